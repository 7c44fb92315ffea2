use exif::{DateTime, Exif, In, Reader, Tag, Value};
use time::{Date, PrimitiveDateTime, Time, UtcOffset};

/// What the metadata of a sent file states about its capture. Anyone can write it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capture {
    /// Local time of the capture.
    pub taken_at: Option<PrimitiveDateTime>,
    /// Offset of that time from UTC; many cameras write none.
    pub offset: Option<UtcOffset>,
    /// Whether a maker or model of a camera is named.
    pub has_camera: bool,
    /// Whether a program for editing photos is named.
    pub is_edited: bool,
}

/// Words in the names of programs that edit photos, in lower case. Cameras and phones write the version of their system
/// into the same field.
const EDITORS: [&str; 34] = [
    "affinity",
    "aftershot",
    "airbrush",
    "b612",
    "camera360",
    "canva",
    "capcut",
    "darktable",
    "epik",
    "faceapp",
    "facetune",
    "fotor",
    "gimp",
    "imagemagick",
    "lightroom",
    "luminar",
    "meitu",
    "paint",
    "photodirector",
    "photoleap",
    "photopea",
    "photoroom",
    "photoscape",
    "photoshop",
    "picsart",
    "pixelmator",
    "pixlr",
    "polarr",
    "prequel",
    "rawtherapee",
    "remini",
    "snapseed",
    "soda",
    "vsco",
];

impl Capture {
    /// Reads a TIFF-structured EXIF block, which can be damaged elsewhere.
    pub(super) fn from_exif(block: &[u8]) -> Self {
        let exif = Reader::new()
            .continue_on_error(true)
            .read_raw(block.to_vec())
            .or_else(|error| error.distill_partial_result(|_| {}));
        exif.map(|exif| Self::of(&exif)).unwrap_or_default()
    }

    fn of(exif: &Exif) -> Self {
        let offset = text(exif, Tag::OffsetTimeOriginal);
        let taken_at = text(exif, Tag::DateTimeOriginal).and_then(|text| local_time(text, offset));
        Self {
            taken_at: taken_at.map(|(taken_at, _)| taken_at),
            offset: taken_at.and_then(|(_, offset)| offset),
            has_camera: [Tag::Make, Tag::Model].iter().any(|tag| text(exif, *tag).is_some()),
            is_edited: text(exif, Tag::Software).is_some_and(names_editor),
        }
    }

    /// Adds what another block of the same file states.
    pub(super) fn with(self, other: Self) -> Self {
        let (taken_at, offset) = match self.taken_at {
            Some(_) => (self.taken_at, self.offset),
            None => (other.taken_at, other.offset),
        };
        Self {
            taken_at,
            offset,
            has_camera: self.has_camera || other.has_camera,
            is_edited: self.is_edited || other.is_edited,
        }
    }
}

/// Whether the name of a program contains the name of an editor as a word.
pub(super) fn names_editor(name: &[u8]) -> bool {
    name.split(|byte| !byte.is_ascii_alphanumeric())
        .any(|word| EDITORS.iter().any(|editor| word.eq_ignore_ascii_case(editor.as_bytes())))
}

/// The text of a tag; `None` if it is missing or blank.
fn text(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    let field = exif.get_field(tag, In::PRIMARY)?;
    let Value::Ascii(texts) = &field.value else { return None };
    texts.iter().map(|text| text.trim_ascii()).find(|text| !text.is_empty())
}

fn local_time(
    text: &[u8],
    offset: Option<&[u8]>,
) -> Option<(PrimitiveDateTime, Option<UtcOffset>)> {
    let mut parsed = DateTime::from_ascii(text).ok()?;
    let date =
        Date::from_calendar_date(parsed.year.into(), parsed.month.try_into().ok()?, parsed.day);
    let time = Time::from_hms(parsed.hour, parsed.minute, parsed.second);
    let local = PrimitiveDateTime::new(date.ok()?, time.ok()?);
    // An invalid offset is as good as none.
    let minutes = offset.and_then(|offset| {
        parsed.parse_offset(offset).ok()?;
        parsed.offset
    });
    let offset =
        minutes.and_then(|minutes| UtcOffset::from_whole_seconds(i32::from(minutes) * 60).ok());
    Some((local, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_is_a_whole_word() {
        for name in ["Adobe Photoshop 25.0 (Windows)", "GIMP 2.10.36", "snapseed", "paint.net 5.0"]
        {
            assert!(names_editor(name.as_bytes()), "{name}");
        }
        for name in ["17.5.1", "HDR+ 1.0.585804376zd", "S901NKSU2CWAI", "Painter's phone", ""] {
            assert!(!names_editor(name.as_bytes()), "{name}");
        }
    }
}
