use bytes::{Bytes, BytesMut};
use img_parts::ImageEXIF;
use img_parts::jpeg::{Jpeg, JpegSegment, markers};

use super::{Orientation, PhotoError};

/// Maximum number of scans, more than any camera writes. A file with thousands is an attack on the
/// decoder.
const MAX_SCANS: usize = 100;

/// Checks that the picture continues to its end marker.
pub(super) fn check_scans(file: &Bytes, picture: &Jpeg) -> Result<(), PhotoError> {
    let mut scans = ScanReader::new(scans_of(file, picture)?);
    while scans.next_piece()?.is_some() {}
    Ok(())
}

/// The picture without metadata and without any bytes after its end marker.
pub(super) fn without_metadata(file: &Bytes, orientation: Orientation) -> Option<Bytes> {
    let mut picture = Jpeg::from_bytes(file.clone()).ok()?;
    let mut scans = ScanReader::new(scans_of(file, &picture).ok()?);
    picture.segments_mut().retain(|segment| !is_metadata(segment));
    if orientation != Orientation::Upright {
        picture.set_exif(Some(orientation.to_exif().into()));
    }
    let mut clean = BytesMut::with_capacity(file.len());
    clean.extend_from_slice(&[markers::P, markers::SOI]);
    for segment in picture.segments() {
        let contents = without_extras(segment);
        let length = u16::try_from(contents.len() + 2).ok()?;
        clean.extend_from_slice(&[markers::P, segment.marker()]);
        clean.extend_from_slice(&length.to_be_bytes());
        clean.extend_from_slice(&contents);
    }
    while let Some(piece) = scans.next_piece().ok()? {
        clean.extend_from_slice(&piece);
    }
    Some(clean.freeze())
}

/// All bytes after the header of the first scan, which is the last parsed segment.
fn scans_of(file: &Bytes, picture: &Jpeg) -> Result<Bytes, PhotoError> {
    let header = picture.segments().last().ok_or(PhotoError::CutOff)?;
    if header.marker() != markers::SOS {
        return Err(PhotoError::CutOff);
    }
    let length = header.len_with_entropy() - header.len();
    Ok(file.slice(file.len() - length..))
}

/// Comments and application segments are metadata, except those that affect the pixels: JFIF (the
/// colour space), ICC profiles and Adobe's colour transform.
fn is_metadata(segment: &JpegSegment) -> bool {
    let contents = segment.contents();
    match segment.marker() {
        markers::APP0 => !contents.starts_with(b"JFIF\0"),
        markers::APP2 => !contents.starts_with(b"ICC_PROFILE\0"),
        markers::APP14 => !contents.starts_with(b"Adobe"),
        marker => is_metadata_marker(marker),
    }
}

/// The contents of a segment without JFIF's thumbnail and without any bytes after Adobe's first 12.
fn without_extras(segment: &JpegSegment) -> Bytes {
    let contents = segment.contents();
    match (segment.marker(), contents.get(..12)) {
        // Twelve bytes of version and density, then the thumbnail's width and height.
        (markers::APP0, Some(head)) => [head, &[0, 0]].concat().into(),
        (markers::APP14, Some(head)) => Bytes::copy_from_slice(head),
        _ => contents.clone(),
    }
}

fn is_metadata_marker(marker: u8) -> bool {
    (markers::APP0..=markers::APP15).contains(&marker) || marker == markers::COM
}

/// Reads the bytes after the header of the first scan: entropy-coded data, further tables and
/// scans, the end marker (ISO/IEC 10918-1, annex B).
struct ScanReader {
    data: Bytes,
    /// Offset of the first byte that was not returned yet.
    start: usize,
    scans: usize,
    ended: bool,
}

impl ScanReader {
    fn new(data: Bytes) -> Self {
        Self { data, start: 0, scans: 1, ended: false }
    }

    /// The next run of bytes without metadata; `None` after the end marker.
    fn next_piece(&mut self) -> Result<Option<Bytes>, PhotoError> {
        if self.ended {
            return Ok(None);
        }
        let mut position = self.start;
        loop {
            let rest = self.data.get(position..).ok_or(PhotoError::CutOff)?;
            let offset = memchr::memchr(markers::P, rest).ok_or(PhotoError::CutOff)?;
            let at = position + offset;
            match *self.data.get(at + 1).ok_or(PhotoError::CutOff)? {
                // A stuffed zero or a restart marker belongs to the entropy-coded data.
                0 | markers::RST0..=markers::RST7 => position = at + 2,
                // Any number of fill bytes may precede a marker.
                markers::P => position = at + 1,
                markers::EOI => {
                    self.ended = true;
                    return Ok(Some(self.data.slice(self.start..at + 2)));
                }
                marker => {
                    let length = self.data.get(at + 2..at + 4).ok_or(PhotoError::CutOff)?;
                    let length = length.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
                    let end = at + 2 + length;
                    if length < 2 {
                        return Err(PhotoError::Corrupt);
                    }
                    if end > self.data.len() {
                        return Err(PhotoError::CutOff);
                    }
                    if marker == markers::SOS {
                        self.scans += 1;
                        if self.scans > MAX_SCANS {
                            return Err(PhotoError::Corrupt);
                        }
                    }
                    if is_metadata_marker(marker) {
                        let piece = self.data.slice(self.start..at);
                        self.start = end;
                        return Ok(Some(piece));
                    }
                    position = end;
                }
            }
        }
    }
}
