//! PNG files (ISO/IEC 15948).

use bytes::Bytes;
use img_parts::Error;
use img_parts::png::PngChunk;

use super::{Capture, Orientation, PhotoError, container_error};

/// Length of the signature, which is the start of the file.
const SIGNATURE: usize = 8;

/// What the chunks of a PNG say about its pixels.
#[derive(Default)]
pub(super) struct PngFile {
    /// Width and height in pixels.
    pub(super) size: Option<(u32, u32)>,
    pub(super) orientation: Option<Orientation>,
    pub(super) capture: Capture,
}

impl PngFile {
    /// Parses the chunks up to the end chunk. Decoders discard an ancillary chunk with a wrong checksum, such as a
    /// text, and show the picture.
    pub(super) fn parse(file: &Bytes) -> Result<Self, PhotoError> {
        let mut parsed = Self::default();
        let mut rest = file.slice(SIGNATURE.min(file.len())..);
        while !rest.is_empty() {
            // The first letter of an ancillary chunk's type is small.
            let is_ancillary = rest.get(4).is_some_and(u8::is_ascii_lowercase);
            match PngChunk::from_bytes(&mut rest) {
                Ok(chunk) => match &chunk.kind() {
                    // Decoders take the first one.
                    b"IHDR" if parsed.size.is_some() => return Err(PhotoError::Corrupt),
                    b"IHDR" => parsed.size = size(chunk.contents()),
                    _ if parsed.size.is_none() => return Err(PhotoError::Corrupt),
                    b"eXIf" => {
                        let found = || Orientation::from_exif(chunk.contents());
                        parsed.orientation = parsed.orientation.or_else(found);
                        parsed.capture = parsed.capture.with(Capture::from_exif(chunk.contents()));
                    }
                    b"IEND" => break,
                    _ => {}
                },
                Err(Error::BadCRC) if is_ancillary => {}
                Err(error) => return Err(container_error(error)),
            }
        }
        Ok(parsed)
    }
}

fn size(header: &[u8]) -> Option<(u32, u32)> {
    let (width, rest) = header.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    let [width, height] = [*width, *height].map(u32::from_be_bytes);
    (width > 0 && height > 0).then_some((width, height))
}
