use bytes::Bytes;
use img_parts::ImageEXIF;
use img_parts::jpeg::Jpeg;
use img_parts::png::Png;
use img_parts::webp::WebP;
use sha2::{Digest, Sha256};

mod jpeg;
mod orientation;

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
}

impl Photo {
    /// Recognises a picture by its content, never by a name or a declared type.
    ///
    /// # Errors
    /// When the bytes are not a picture, have another format, are cut off, or exceed `limits`.
    pub fn parse(bytes: Bytes, limits: &PhotoLimits) -> Result<Self, PhotoError> {
        let format = recognise(&bytes)?;
        let (size, exif) = match format {
            PhotoFormat::Jpeg => {
                let picture = Jpeg::from_bytes(bytes.clone()).map_err(container_error)?;
                jpeg::check_scans(&bytes, &picture)?;
                let size = picture.dimensions().map(|(w, h)| (u32::from(w), u32::from(h)));
                (size, picture.exif())
            }
            PhotoFormat::Png => {
                let picture = Png::from_bytes(bytes.clone()).map_err(container_error)?;
                (picture.dimensions(), picture.exif())
            }
            PhotoFormat::WebP => {
                let picture = WebP::from_bytes(bytes.clone()).map_err(container_error)?;
                (picture.dimensions(), picture.exif())
            }
        };
        let (width, height) = size.ok_or(PhotoError::Corrupt)?;
        limits.check(width, height)?;
        let orientation = exif.and_then(|exif| Orientation::from_exif(&exif)).unwrap_or_default();
        Ok(Self { bytes, format, width, height, orientation })
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

    /// The photo without metadata if it is a JPEG; `None` otherwise.
    ///
    /// The pixels do not change. EXIF, GPS, XMP, comments, thumbnails and any bytes after the
    /// picture are removed; the colour profile stays. If the photo must be turned, a new EXIF block
    /// holds the orientation and nothing else. Turning the pixels would cost a decode and an encode
    /// of every portrait photo.
    pub fn jpeg_without_metadata(&self) -> Option<JpegPhoto> {
        match self.format {
            PhotoFormat::Jpeg => {
                let bytes = jpeg::without_metadata(&self.bytes, self.orientation)?;
                Some(JpegPhoto::new(Self { bytes, ..self.clone() }))
            }
            PhotoFormat::Png | PhotoFormat::WebP => None,
        }
    }
}

/// A JPEG without metadata except its orientation, as it is examined, stored and sent on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JpegPhoto {
    photo: Photo,
    sha256: [u8; 32],
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

    fn new(photo: Photo) -> Self {
        let sha256 = Sha256::digest(&photo.bytes).into();
        Self { photo, sha256 }
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
    /// Maximum number of pixels; a larger picture would take too much memory.
    pub max_pixels: u64,
}

impl Default for PhotoLimits {
    /// At least 64 pixels a side, at most 50 megapixels.
    fn default() -> Self {
        Self { min_side: 64, max_pixels: 50_000_000 }
    }
}

/// Maximum side of the stored JPEG in pixels, a limit of libjpeg.
const LONGEST_SIDE: u32 = 65_500;

impl PhotoLimits {
    /// Accepts every size, for photos that were accepted before.
    pub const NONE: Self = Self { min_side: 1, max_pixels: u64::MAX };

    fn check(&self, width: u32, height: u32) -> Result<(), PhotoError> {
        if width.min(height) < self.min_side {
            return Err(PhotoError::TooSmall { width, height });
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.max_pixels || width.max(height) > LONGEST_SIDE {
            return Err(PhotoError::TooManyPixels { width, height });
        }
        Ok(())
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
    /// The photo has more pixels than [`PhotoLimits::max_pixels`], or a side longer than a JPEG can
    /// have.
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
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Ok(PhotoFormat::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(PhotoFormat::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(PhotoFormat::WebP);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Err(PhotoError::Unsupported("HEIC, AVIF or a video"));
    }
    for (start, name) in OTHER_FORMATS {
        if bytes.starts_with(start) {
            return Err(PhotoError::Unsupported(name));
        }
    }
    Err(PhotoError::NotAPicture)
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
