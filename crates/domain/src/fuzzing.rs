//! Bodies of the fuzz targets of this crate. `fuzz/` runs them on inputs that it invents, `cargo test` on the stored ones.
#![allow(clippy::expect_used, reason = "a broken promise must stop the fuzzer")]

#[cfg(test)]
#[path = "../../../fuzz/corpus.rs"]
mod corpus;

use bytes::Bytes;

use crate::{Capture, Photo, PhotoFormat, PhotoLimits};

/// Limits that keep an input fast.
const LIMITS: PhotoLimits = PhotoLimits { min_side: 1, max_pixels: 1_000_000 };

/// A file that claims to be a photo. What is stored of a JPEG is a JPEG of the same size and orientation without metadata,
/// and so is what would be stored of that. It need not be the same file: if entropy-coded data continue after a removed
/// segment, they are only then seen to be complete.
pub fn photo(file: &[u8]) {
    let Ok(photo) = Photo::parse(Bytes::copy_from_slice(file), &LIMITS) else { return };
    let _ = photo.without_harmless_defects();
    let Some(stored) = photo.jpeg_without_metadata() else {
        assert_ne!(photo.format(), PhotoFormat::Jpeg);
        return;
    };
    let read = Photo::parse(stored.bytes().clone(), &PhotoLimits::NONE).expect("it is a photo");
    assert_eq!((read.width(), read.height()), (photo.width(), photo.height()));
    assert_eq!(read.orientation(), photo.orientation());
    assert_eq!(read.capture(), &Capture::default());
    let again = read.jpeg_without_metadata().expect("it is a JPEG");
    let again = Photo::parse(again.bytes().clone(), &PhotoLimits::NONE).expect("it is a photo");
    assert_eq!((again.width(), again.height()), (photo.width(), photo.height()));
}

/// An EXIF block in a valid JPEG, which stays a photo whatever the block contains.
pub fn exif(block: &[u8]) {
    /// Grey picture of 8 by 8 pixels: tables with one symbol each, a frame, and a scan of two bits.
    const PICTURE: &[u8] = b"\xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \xff\xc4\0\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0\
        \xff\xda\0\x08\x01\x01\0\0\x3f\0\x3f\xff\xd9";
    let Ok(length) = u16::try_from(block.len() + 8) else { return };
    let exif = [b"\xff\xd8\xff\xe1", &length.to_be_bytes()[..], b"Exif\0\0", block].concat();
    let file = [&exif, PICTURE].concat();
    Photo::parse(file.clone().into(), &LIMITS).expect("the picture is valid");
    photo(&file);
}

#[cfg(test)]
mod tests {
    use super::corpus;

    #[test]
    fn stored_inputs() {
        corpus::replay("photo", super::photo);
        corpus::replay("exif", super::exif);
    }
}
