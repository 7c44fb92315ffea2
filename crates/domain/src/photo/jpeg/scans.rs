use img_parts::jpeg::markers;

use super::{SEQUENTIAL_SCAN, is_metadata_marker};
use crate::PhotoError;

/// Maximum number of scans, more than any camera writes. A file with thousands is an attack on the
/// decoder.
const MAX_SCANS: u64 = 100;

/// Whether the end marker is the first marker after the entropy-coded data of the first scan.
pub(super) fn ends_after_first(data: &[u8]) -> bool {
    matches!(next_marker(data, 0), Ok(Marker { code: markers::EOI, .. }))
}

/// Passes the bytes after the header of the first scan to `sink`, without metadata: entropy-coded
/// data, further tables and scans, the end marker (annex B). The parameters of sequential scans are
/// normalised. Returns the number of scans.
///
/// # Errors
/// If the end marker is missing, or a segment or the number of scans is invalid.
pub(super) fn visit(
    data: &[u8],
    is_sequential: bool,
    sink: &mut impl FnMut(&[u8]),
) -> Result<u64, PhotoError> {
    let piece = |from: usize, to: usize| data.get(from..to).ok_or(PhotoError::CutOff);
    let (mut start, mut position, mut scans) = (0, 0, 1);
    loop {
        let Marker { fill, at, code: marker } = next_marker(data, position)?;
        if marker == markers::EOI {
            sink(piece(start, at + 2)?);
            return Ok(scans);
        }
        let length = piece(at + 2, at + 4)?;
        let length = length.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
        if length < 2 {
            return Err(PhotoError::Corrupt);
        }
        let end = at + 2 + length;
        if end > data.len() {
            return Err(PhotoError::CutOff);
        }
        if marker == markers::SOS {
            scans += 1;
            if scans > MAX_SCANS {
                return Err(PhotoError::Corrupt);
            }
        }
        if is_metadata_marker(marker) {
            // Fill bytes that stay would make a marker of the byte that follows the segment.
            sink(piece(start, fill)?);
            start = end;
        } else if marker == markers::SOS && is_sequential && length >= 8 {
            sink(piece(start, end - SEQUENTIAL_SCAN.len())?);
            sink(&SEQUENTIAL_SCAN);
            start = end;
        }
        position = end;
    }
}

/// A marker that does not belong to entropy-coded data.
struct Marker {
    /// Offset of the fill bytes before it; that of the marker if there are none.
    fill: usize,
    at: usize,
    code: u8,
}

fn next_marker(data: &[u8], mut position: usize) -> Result<Marker, PhotoError> {
    let mut fill = None;
    loop {
        let rest = data.get(position..).ok_or(PhotoError::CutOff)?;
        let at = position + memchr::memchr(markers::P, rest).ok_or(PhotoError::CutOff)?;
        match *data.get(at + 1).ok_or(PhotoError::CutOff)? {
            // A stuffed zero or a restart marker belongs to the entropy-coded data.
            0 | markers::RST0..=markers::RST7 => {
                position = at + 2;
                fill = None;
            }
            // Any number of fill bytes may precede a marker.
            markers::P => {
                position = at + 1;
                fill = fill.or(Some(at));
            }
            code => return Ok(Marker { fill: fill.unwrap_or(at), at, code }),
        }
    }
}
