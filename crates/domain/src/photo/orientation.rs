use exif::{In, Reader, Tag};

/// Rotation and mirroring that show a picture upright: the EXIF tag `Orientation` (0x0112), values
/// 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    /// 1: unchanged.
    #[default]
    Upright,
    /// 2: mirror left and right.
    MirrorHorizontal,
    /// 3: turn by 180 degrees.
    Rotate180,
    /// 4: mirror top and bottom.
    MirrorVertical,
    /// 5: mirror along the diagonal from the top left.
    Transpose,
    /// 6: turn by 90 degrees clockwise.
    Rotate90,
    /// 7: mirror along the diagonal from the top right.
    Transverse,
    /// 8: turn by 270 degrees clockwise.
    Rotate270,
}

impl Orientation {
    /// Value of the EXIF tag, 1 to 8.
    pub fn exif_value(self) -> u8 {
        match self {
            Self::Upright => 1,
            Self::MirrorHorizontal => 2,
            Self::Rotate180 => 3,
            Self::MirrorVertical => 4,
            Self::Transpose => 5,
            Self::Rotate90 => 6,
            Self::Transverse => 7,
            Self::Rotate270 => 8,
        }
    }

    /// Whether the orientation exchanges width and height.
    pub fn swaps_sides(self) -> bool {
        self.exif_value() >= 5
    }

    /// Reads the tag from a TIFF-structured EXIF block, which can be damaged elsewhere; `None` if the
    /// tag is missing or invalid.
    pub(super) fn from_exif(block: &[u8]) -> Option<Self> {
        let exif = Reader::new()
            .continue_on_error(true)
            .read_raw(block.to_vec())
            .or_else(|error| error.distill_partial_result(|_| {}))
            .ok()?;
        match exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)? {
            1 => Some(Self::Upright),
            2 => Some(Self::MirrorHorizontal),
            3 => Some(Self::Rotate180),
            4 => Some(Self::MirrorVertical),
            5 => Some(Self::Transpose),
            6 => Some(Self::Rotate90),
            7 => Some(Self::Transverse),
            8 => Some(Self::Rotate270),
            _ => None,
        }
    }

    /// A TIFF-structured EXIF block with this tag only.
    pub(super) fn to_exif(self) -> Vec<u8> {
        let mut block = b"MM\0*\0\0\0\x08".to_vec(); // big-endian TIFF, the directory follows
        block.extend(b"\0\x01"); // one entry
        block.extend(b"\x01\x12\0\x03\0\0\0\x01"); // Orientation, SHORT, one value
        block.extend([0, self.exif_value(), 0, 0]);
        block.extend([0; 4]); // no further directory
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_survives_the_block_written_for_it() {
        for orientation in [
            Orientation::Upright,
            Orientation::MirrorHorizontal,
            Orientation::Rotate180,
            Orientation::MirrorVertical,
            Orientation::Transpose,
            Orientation::Rotate90,
            Orientation::Transverse,
            Orientation::Rotate270,
        ] {
            assert_eq!(Orientation::from_exif(&orientation.to_exif()), Some(orientation));
        }
    }

    #[test]
    fn an_invalid_block_has_no_orientation() {
        let mut block = Orientation::Rotate90.to_exif();
        if let Some(value) = block.get_mut(19) {
            *value = 9;
        }
        assert_eq!(Orientation::from_exif(&block), None);
        assert_eq!(Orientation::from_exif(b"not a TIFF"), None);
        assert_eq!(Orientation::from_exif(b""), None);
    }
}
