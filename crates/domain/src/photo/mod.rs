use bytes::Bytes;
use img_parts::ImageEXIF;
use img_parts::webp::WebP;
use sha2::{Digest, Sha256};

use self::jpeg::JpegFile;
use self::png::PngFile;

mod capture;
mod jpeg;
mod orientation;
mod png;

pub use capture::Capture;
pub use orientation::Orientation;

/// A picture as a client sent it: a complete JPEG, PNG or WebP within [`PhotoLimits`].
///
/// Only the container has been parsed. A decoder may still find that the pixels cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    bytes: Bytes,
    format: PhotoFormat,
    width: u32,
    height: u32,
    orientation: Orientation,
    capture: Capture,
}

impl Photo {
    /// Recognises a picture by its content, never by a name or a declared type.
    ///
    /// # Errors
    /// When the bytes are not a picture, have another format, are cut off, or exceed `limits`.
    pub fn parse(bytes: Bytes, limits: &PhotoLimits) -> Result<Self, PhotoError> {
        let format = recognise(&bytes)?;
        let (size, orientation, capture) = match format {
            PhotoFormat::Jpeg => {
                let picture = JpegFile::parse(&bytes)?;
                picture.check_cost(limits)?;
                (Some(picture.size()), picture.orientation(), picture.capture())
            }
            PhotoFormat::Png => {
                let picture = PngFile::parse(&bytes)?;
                (picture.size, picture.orientation, picture.capture)
            }
            PhotoFormat::WebP => {
                let picture = WebP::from_bytes(bytes.clone()).map_err(container_error)?;
                let exif = picture.exif();
                (
                    picture.dimensions(),
                    exif.as_deref().and_then(Orientation::from_exif),
                    exif.as_deref().map(Capture::from_exif).unwrap_or_default(),
                )
            }
        };
        let (width, height) = size.ok_or(PhotoError::Corrupt)?;
        limits.check_sides(width, height)?;
        if format != PhotoFormat::Jpeg && !limits.holds(width, height) {
            return Err(PhotoError::TooManyPixels { width, height });
        }
        let orientation = orientation.unwrap_or_default();
        Ok(Self { bytes, format, width, height, orientation, capture })
    }

    /// The file as it was sent.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Format of the file, detected from its content.
    pub fn format(&self) -> PhotoFormat {
        self.format
    }

    /// Width of the file in pixels, before the orientation is applied.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height of the file in pixels, before the orientation is applied.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Rotation and mirroring that show the pixels upright.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// What the metadata state about the capture.
    pub fn capture(&self) -> &Capture {
        &self.capture
    }

    /// The photo without metadata if it is a JPEG; `None` otherwise.
    ///
    /// The pixels do not change. EXIF, GPS, XMP, comments, thumbnails and any bytes after the
    /// picture are removed; the colour profile stays. If the photo must be turned, a new EXIF block
    /// holds the orientation and nothing else. Turning the pixels would cost a decode and an encode
    /// of every portrait photo.
    pub fn jpeg_without_metadata(&self) -> Option<JpegPhoto> {
        match self.format {
            PhotoFormat::Jpeg => {
                let picture = JpegFile::parse(&self.bytes).ok()?;
                let bytes = picture.without_metadata(self.orientation).ok()?;
                Some(JpegPhoto::new(Self { bytes, capture: Capture::default(), ..self.clone() }))
            }
            PhotoFormat::Png | PhotoFormat::WebP => None,
        }
    }

    /// The photo in a form in which a decoder warns only of missing or corrupt pixels; a photo that is
    /// no JPEG is returned as it was sent. docs/adr/0020 has the list of harmless warnings.
    ///
    /// # Errors
    /// [`PhotoError::CutOff`] if blocks of a sequential JPEG are missing.
    pub fn without_harmless_defects(&self) -> Result<Bytes, PhotoError> {
        match self.format {
            PhotoFormat::Jpeg => JpegFile::parse(&self.bytes)?.for_decoder(),
            PhotoFormat::Png | PhotoFormat::WebP => Ok(self.bytes.clone()),
        }
    }
}

/// A JPEG without metadata except its orientation, as it is examined, stored and sent on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JpegPhoto {
    photo: Photo,
    sha256: [u8; 32],
    pixels_sha256: [u8; 32],
}

impl JpegPhoto {
    /// Wraps the output of a JPEG encoder that was given only pixels.
    ///
    /// # Errors
    /// When the bytes are not a complete JPEG.
    pub fn from_encoder(bytes: Bytes) -> Result<Self, PhotoError> {
        let photo = Photo::parse(bytes, &PhotoLimits::NONE)?;
        match photo.format {
            PhotoFormat::Jpeg => Ok(Self::new(photo)),
            PhotoFormat::Png | PhotoFormat::WebP => Err(PhotoError::Unsupported("not a JPEG")),
        }
    }

    /// The photo to examine.
    pub fn photo(&self) -> &Photo {
        &self.photo
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &Bytes {
        &self.photo.bytes
    }

    /// SHA-256 digest of the file, computed once on creation.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// SHA-256 digest of the compressed pixels and their tables, computed once on creation. It is the same
    /// for two files that differ only in their application segments, comments and orientation.
    pub fn pixels_sha256(&self) -> &[u8; 32] {
        &self.pixels_sha256
    }

    fn new(photo: Photo) -> Self {
        let sha256 = Sha256::digest(&photo.bytes).into();
        let pixels = JpegFile::parse(&photo.bytes).and_then(|file| file.pixels_sha256());
        // A photo that was parsed before is parsed again.
        Self { photo, sha256, pixels_sha256: pixels.unwrap_or(sha256) }
    }
}

/// File formats of a [`Photo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhotoFormat {
    /// ISO/IEC 10918-1, baseline or progressive.
    Jpeg,
    /// Portable Network Graphics.
    Png,
    /// WebP, lossy or lossless.
    WebP,
}

/// Minimum and maximum size of accepted photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoLimits {
    /// Minimum length of the shorter side in pixels; a smaller picture shows too little.
    pub min_side: u32,
    /// Maximum number of pixels of a PNG or WebP, which is decoded at full size. A JPEG is limited by
    /// the memory and time of decoding it at a reduced size.
    pub max_pixels: u64,
}

/// Maximum side of the stored JPEG in pixels, a limit of libjpeg.
const LONGEST_SIDE: u32 = 65_500;

impl PhotoLimits {
    /// Accepts every size, for photos that were accepted before.
    pub const NONE: Self = Self { min_side: 1, max_pixels: u64::MAX };

    fn check_sides(&self, width: u32, height: u32) -> Result<(), PhotoError> {
        if width.min(height) < self.min_side {
            return Err(PhotoError::TooSmall { width, height });
        }
        if width.max(height) > LONGEST_SIDE {
            return Err(PhotoError::TooManyPixels { width, height });
        }
        Ok(())
    }

    fn holds(&self, width: u32, height: u32) -> bool {
        u64::from(width) * u64::from(height) <= self.max_pixels
    }

    /// Maximum memory of a JPEG's coefficients: that of `max_pixels` with full colour resolution,
    /// three channels of 16 bits.
    fn max_coefficient_bytes(&self) -> u64 {
        self.max_pixels.saturating_mul(6)
    }
}

/// Why bytes are not a usable photo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// The input has no bytes.
    #[error("the photo is empty")]
    Empty,
    /// The input in place of a photo is not base64.
    #[error("the photo is not base64")]
    NotBase64,
    /// The format is not recognised.
    #[error("the bytes are not a picture")]
    NotAPicture,
    /// A recognised format that is not supported, by its name.
    #[error("the picture is not a JPEG, PNG or WebP: {0}")]
    Unsupported(&'static str),
    /// HEIC, HEIF or AVIF. Most clients can send the same photo as a JPEG.
    #[error("the picture is HEIC, HEIF or AVIF")]
    Heif,
    /// The end of the file is missing.
    #[error("the picture is truncated")]
    CutOff,
    /// The file contradicts itself or its format.
    #[error("the picture is corrupt")]
    Corrupt,
    /// The container is complete, but the pixels could not be decoded.
    #[error("the picture cannot be decoded: {0}")]
    Undecodable(String),
    /// A side is shorter than [`PhotoLimits::min_side`].
    #[error("the picture has a side below the minimum: {width}x{height} pixels")]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Decoding would take more memory or time than [`PhotoLimits::max_pixels`] allows, or a side is
    /// longer than a JPEG can have.
    #[error("the picture has too many pixels, or a side above {LONGEST_SIDE}: {width}x{height}")]
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
}

fn recognise(bytes: &[u8]) -> Result<PhotoFormat, PhotoError> {
    if bytes.is_empty() {
        return Err(PhotoError::Empty);
    }
    // Stray bytes can follow the start marker.
    if bytes.starts_with(b"\xff\xd8") {
        return Ok(PhotoFormat::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(PhotoFormat::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(PhotoFormat::WebP);
    }
    if let Some(brands) = brands(bytes) {
        let is_heif = brands.iter().any(|brand| HEIF_BRANDS.contains(brand));
        return Err(if is_heif { PhotoError::Heif } else { PhotoError::Unsupported("a video") });
    }
    for (start, name) in OTHER_FORMATS {
        if bytes.starts_with(start) {
            return Err(PhotoError::Unsupported(name));
        }
    }
    Err(PhotoError::NotAPicture)
}

/// Brands of HEIF (ISO/IEC 23008-12), HEIC and AVIF, as pictures and sequences.
const HEIF_BRANDS: [&[u8; 4]; 14] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2",
    b"msf1", b"avif", b"avis", b"avio",
];

/// The major and compatible brands of an ISO base media file (ISO/IEC 14496-12), which its first box
/// lists.
fn brands(bytes: &[u8]) -> Option<Vec<&[u8; 4]>> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let boxed = rest.strip_prefix(b"ftyp")?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let listed = boxed.get(..length.saturating_sub(8).min(boxed.len()).min(64))?;
    let (brands, _) = listed.as_chunks::<4>();
    // The second value is the version of the major brand.
    Some(brands.iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, brand)| brand).collect())
}

const OTHER_FORMATS: [(&[u8], &str); 6] = [
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"<svg", "SVG"),
    (b"<?xml", "SVG"),
];

fn container_error(error: img_parts::Error) -> PhotoError {
    match error {
        img_parts::Error::Truncated => PhotoError::CutOff,
        img_parts::Error::WrongSignature | img_parts::Error::BadCRC => PhotoError::Corrupt,
    }
}
