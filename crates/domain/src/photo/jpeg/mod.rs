//! JPEG files (ISO/IEC 10918-1): which pictures are accepted, and what is kept of them.

mod bits;
mod blocks;
mod frame;
mod huffman;
mod scans;

use bytes::{Bytes, BytesMut};
use img_parts::jpeg::{Jpeg, JpegSegment, markers};
use sha2::{Digest, Sha256};

use self::blocks::Blocks;
use self::frame::Frame;
use super::capture::names_editor;
use super::{Capture, Orientation, PhotoError, PhotoLimits, container_error};

/// Spectral selection and approximation of each scan of a sequential JPEG. Some cameras write zeros,
/// which decoders ignore with a warning.
const SEQUENTIAL_SCAN: [u8; 3] = [0, 63, 0];

/// Maximum number of scans of the largest progressive JPEG; smaller ones can have more. Encoders write
/// 10 or 12.
const FULL_SCANS: u64 = 12;

/// Maximum number of segments before the first scan. A large ICC profile or XMP takes a few hundred.
const MAX_SEGMENTS: usize = 4096;

const END_MARKER: [u8; 2] = [markers::P, markers::EOI];

/// The first picture of a JPEG file. Bytes between segments and after the picture are dropped.
pub(super) struct JpegFile {
    /// Segments up to the header of the first scan, which is the last.
    segments: Vec<JpegSegment>,
    frame: Frame,
    /// All bytes of the file after the header of the first scan.
    scans: Bytes,
    /// Offset in `scans` of the end of the last block, if another marker than the end marker
    /// follows it.
    unmarked_end: Option<usize>,
    scan_count: u64,
}

impl JpegFile {
    /// Parses the segments, and checks that the picture continues to its end.
    ///
    /// The end is the end marker. Some cameras omit it and append data of their own; then the picture
    /// is complete if all of its blocks are there. A file that ends without either was cut off.
    pub(super) fn parse(file: &Bytes) -> Result<Self, PhotoError> {
        check_segment_count(file)?;
        let mut picture = Jpeg::from_bytes(file.clone()).map_err(container_error)?;
        let segments = std::mem::take(picture.segments_mut());
        let scans = scans_of(file, &segments)?;
        let frame = Frame::of(&segments).ok_or(PhotoError::Corrupt)?;
        if frame.is_arithmetic() {
            return Err(PhotoError::Unsupported("a JPEG with arithmetic coding"));
        }
        let mut file = Self { segments, frame, scans, unmarked_end: None, scan_count: 1 };
        if !scans::ends_after_first(&file.scans) {
            let end = file.blocks().and_then(|blocks| blocks.end());
            file.unmarked_end = end.filter(|end| file.scans.len() - end >= END_MARKER.len());
        }
        file.scan_count = file.visit_scans(&mut |_| {})?;
        Ok(file)
    }

    /// Width and height of the picture in pixels.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.frame.width.into(), self.frame.height.into())
    }

    /// The first orientation in an EXIF segment. A file can have several, not all of them readable.
    pub(super) fn orientation(&self) -> Option<Orientation> {
        self.exif().find_map(Orientation::from_exif)
    }

    /// What EXIF, XMP and Photoshop's own segments state about the capture.
    pub(super) fn capture(&self) -> Capture {
        let is_edited = self.segments.iter().any(|segment| match segment.marker() {
            markers::APP1 => segment.contents().strip_prefix(XMP).is_some_and(is_edited),
            markers::APP13 => segment.contents().starts_with(b"Photoshop 3.0\0"),
            _ => false,
        });
        let stated = Capture { is_edited, ..Capture::default() };
        self.exif().map(Capture::from_exif).fold(stated, Capture::with)
    }

    /// The EXIF blocks.
    fn exif(&self) -> impl Iterator<Item = &[u8]> {
        let exif = self.segments.iter().filter(|segment| {
            segment.marker() == markers::APP1 && segment.contents().starts_with(b"Exif\0")
        });
        exif.filter_map(|segment| segment.contents().get(6..))
    }

    /// Checks the memory and time that decoding takes.
    ///
    /// - A sequential JPEG with all components in one scan is decoded row by row, at a reduced scale.
    ///   Time grows with the file, so only its claimed size must be plausible.
    /// - A progressive JPEG, or one scan per component: all coefficients are in memory. Each scan passes
    ///   over its blocks, whether or not the file has bits for them.
    /// - A lossless JPEG cannot be reduced.
    pub(super) fn check_cost(&self, limits: &PhotoLimits) -> Result<(), PhotoError> {
        let (width, height) = self.size();
        let is_within = if self.frame.is_huffman_sequential() && self.is_one_scan() {
            limits.holds(width, height) || self.scans.len() as u64 * 4 >= self.frame.block_count()
        } else if self.frame.is_huffman() {
            let bytes = self.frame.coefficient_bytes();
            let limit = limits.max_coefficient_bytes();
            bytes <= limit
                && bytes.saturating_mul(self.scan_count) <= limit.saturating_mul(FULL_SCANS)
        } else {
            limits.holds(width, height)
        };
        if is_within { Ok(()) } else { Err(PhotoError::TooManyPixels { width, height }) }
    }

    /// The picture without metadata and without any bytes after its end.
    pub(super) fn without_metadata(&self, orientation: Orientation) -> Result<Bytes, PhotoError> {
        let exif = orientation.to_exif();
        let exif = (orientation != Orientation::Upright).then_some(&exif[..]);
        let mut clean = self.headers(exif, |segment| !is_metadata(segment));
        self.visit_scans(&mut |piece| clean.extend_from_slice(piece))?;
        Ok(clean.freeze())
    }

    /// The picture without anything that makes a decoder warn although no pixel is missing: only what
    /// affects pixels, and no stray bytes after the entropy-coded data of a sequential scan.
    ///
    /// # Errors
    /// If blocks are missing.
    pub(super) fn for_decoder(&self) -> Result<Bytes, PhotoError> {
        let mut clean = self
            .headers(None, |segment| !is_metadata(segment) && segment.marker() != markers::APP2);
        match self.blocks() {
            Some(blocks) => {
                let mut restarts = (markers::RST0..=markers::RST7).cycle();
                let mut is_first = true;
                blocks
                    .visit(|interval| {
                        if let Some(restart) = (!is_first).then(|| restarts.next()).flatten() {
                            clean.extend_from_slice(&[markers::P, restart]);
                        }
                        is_first = false;
                        clean.extend_from_slice(interval);
                    })
                    .ok_or(PhotoError::CutOff)?;
                clean.extend_from_slice(&END_MARKER);
            }
            None => {
                self.visit_scans(&mut |piece| clean.extend_from_slice(piece))?;
            }
        }
        Ok(clean.freeze())
    }

    /// SHA-256 digest of what decides the coefficients: the tables, the frame and the scans.
    pub(super) fn pixels_sha256(&self) -> Result<[u8; 32], PhotoError> {
        let headers = self.headers(None, |segment| !is_metadata_marker(segment.marker()));
        let mut digest = Sha256::new_with_prefix(&headers);
        self.visit_scans(&mut |piece| digest.update(piece))?;
        Ok(digest.finalize().into())
    }

    /// The start marker, an EXIF segment, and the segments that `is_kept` selects.
    fn headers(&self, exif: Option<&[u8]>, is_kept: impl Fn(&JpegSegment) -> bool) -> BytesMut {
        // The scans are appended by most callers.
        let mut headers = BytesMut::with_capacity(self.scans.len() + 4096);
        headers.extend_from_slice(&[markers::P, markers::SOI]);
        let mut add = |marker: u8, contents: &[u8]| {
            // A parsed segment is never longer than the field of its length allows.
            let length = u16::try_from(contents.len() + 2).unwrap_or(u16::MAX);
            headers.extend_from_slice(&[markers::P, marker]);
            headers.extend_from_slice(&length.to_be_bytes());
            headers.extend_from_slice(contents);
        };
        let mut segments = self.segments.iter().filter(|segment| is_kept(segment)).peekable();
        // JFIF requires its segment to be the first.
        while let Some(jfif) = segments.next_if(|segment| segment.marker() == markers::APP0) {
            add(jfif.marker(), &self.normalized(jfif));
        }
        if let Some(exif) = exif {
            add(markers::APP1, &[b"Exif\0\0", exif].concat());
        }
        for segment in segments {
            add(segment.marker(), &self.normalized(segment));
        }
        headers
    }

    /// The contents of a segment without JFIF's thumbnail, without any bytes after Adobe's first 12, and
    /// without values that decoders replace with a warning.
    fn normalized(&self, segment: &JpegSegment) -> Bytes {
        let contents = segment.contents();
        match (segment.marker(), contents.get(..12)) {
            // The name, version and density, then the thumbnail's width and height.
            (markers::APP0, Some([name @ .., major, minor, a, b, c, d, e])) => {
                let [major, minor] = if *major == 1 { [1, *minor] } else { [1, 2] };
                [name, &[major, minor, *a, *b, *c, *d, *e, 0, 0]].concat().into()
            }
            (markers::APP14, Some([head @ .., transform])) => {
                let assumed = if self.frame.components.len() == 4 { 2 } else { 1 };
                let transform = if *transform > 2 { assumed } else { *transform };
                [head, &[transform]].concat().into()
            }
            (markers::SOS, _) if self.frame.is_huffman_sequential() => {
                let parameters = contents.len().saturating_sub(SEQUENTIAL_SCAN.len());
                [contents.get(..parameters).unwrap_or_default(), &SEQUENTIAL_SCAN].concat().into()
            }
            _ => contents.clone(),
        }
    }

    /// Passes the bytes after the header of the first scan to `sink`, without metadata and to the end of
    /// the picture. Returns the number of scans.
    fn visit_scans(&self, sink: &mut impl FnMut(&[u8])) -> Result<u64, PhotoError> {
        match self.unmarked_end.and_then(|end| self.scans.get(..end)) {
            Some(blocks) => {
                sink(blocks);
                sink(&END_MARKER);
                Ok(1)
            }
            None => scans::visit(&self.scans, self.frame.is_huffman_sequential(), sink),
        }
    }

    fn is_one_scan(&self) -> bool {
        let components = self.segments.last().and_then(|scan| scan.contents().first());
        components.is_some_and(|&count| usize::from(count) == self.frame.components.len())
    }

    /// The blocks of a sequential JPEG with all components in one scan.
    fn blocks(&self) -> Option<Blocks<'_>> {
        if !self.frame.is_huffman_sequential() || !self.is_one_scan() {
            return None;
        }
        Blocks::new(&self.frame, &self.segments, &self.scans)
    }
}

/// Start of a segment with XMP metadata.
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Whether XMP metadata name an editor as the program that created or changed the file: the property `CreatorTool` or
/// `softwareAgent`, as an attribute or an element.
fn is_edited(xmp: &[u8]) -> bool {
    const PROPERTIES: [&[u8]; 2] = [b"CreatorTool", b"softwareAgent"];
    /// Maximum length of the value with its quotes or tags.
    const LENGTH: usize = 80;
    let names = |property: &[u8]| {
        memchr::memmem::find_iter(xmp, property).take(8).any(|at| {
            let value = xmp.get(at + property.len()..).unwrap_or_default();
            let value = value.get(..LENGTH.min(value.len())).unwrap_or_default();
            // The value ends with its quote or with the next tag.
            let ends = |byte: &u8| matches!(byte, b'"' | b'<' | b'\'');
            let value = value.splitn(2, |byte| matches!(byte, b'"' | b'>' | b'\'')).nth(1);
            value.and_then(|value| value.split(ends).next()).is_some_and(names_editor)
        })
    };
    PROPERTIES.into_iter().any(names)
}

/// Checks the number of segments before the first scan, which the parser would all keep.
fn check_segment_count(file: &[u8]) -> Result<(), PhotoError> {
    let mut rest = file;
    for _ in 0..MAX_SEGMENTS {
        // The parser skips bytes between segments, too.
        let Some(at) = memchr::memchr(markers::P, rest) else { return Ok(()) };
        rest = rest.get(at..).unwrap_or_default();
        match rest {
            [_, markers::SOS, ..] => return Ok(()),
            [_, 0 | 1 | markers::P | 0xd0..=0xd9, ..] => rest = rest.get(1..).unwrap_or_default(),
            [_, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            _ => return Ok(()),
        }
    }
    Err(PhotoError::Corrupt)
}

/// All bytes after the header of the first scan, which is the last parsed segment.
fn scans_of(file: &Bytes, segments: &[JpegSegment]) -> Result<Bytes, PhotoError> {
    let header = segments.last().ok_or(PhotoError::CutOff)?;
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

fn is_metadata_marker(marker: u8) -> bool {
    (markers::APP0..=markers::APP15).contains(&marker) || marker == markers::COM
}
