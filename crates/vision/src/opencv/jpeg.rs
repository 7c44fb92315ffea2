//! JPEGs, decoded at reduced scale and rejected if pixels are missing.

use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, Photo, PhotoError};
use opencv::core::{CV_8UC1, CV_8UC3, CV_8UC4, Mat, Scalar};
use opencv::prelude::*;
use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, ScalingFactor};

use super::channels::without_inks;
use super::fault;
use super::pixels::{Colour, Fit};

/// Decodes a JPEG by libjpeg-turbo at the smallest scale of 1/8, 2/8, ... 8/8 that still gives the wanted size. Grey
/// pixels are the brightness channel of the file, so colour is not transformed.
///
/// libjpeg-turbo decodes a defective file as far as it can and reports the first defect only. If there is one, the photo is
/// decoded again without the defects that harm no pixel (docs/adr/0020).
///
/// # Errors
/// A [`PhotoError`] if pixels are corrupt or missing; a permanent fault if libjpeg-turbo or OpenCV fails at anything else.
pub(super) fn decode_jpeg(photo: &Photo, colour: Colour, fit: Fit) -> Result<Mat, VisionError> {
    match decode_file(photo.bytes(), colour, fit) {
        Err(VisionError::Photo(defect)) => match photo.without_harmless_defects() {
            Ok(file) => decode_file(&file, colour, fit),
            Err(_) => Err(defect.into()),
        },
        decoded => decoded,
    }
}

fn decode_file(file: &[u8], colour: Colour, fit: Fit) -> Result<Mat, VisionError> {
    let mut decompressor = Decompressor::new().map_err(Fault::permanent)?;
    decompressor.set_scan_limit(MAX_SCANS).map_err(Fault::permanent)?;
    let header = decompressor.read_header(file).map_err(undecodable)?;
    // A lossless JPEG has no cosine transform to reduce.
    if !header.is_lossless {
        let scale = scale(header.width, header.height, fit);
        decompressor.set_scaling_factor(scale).map_err(Fault::permanent)?;
    }
    let scaled = header.scaled(decompressor.scaling_factor());
    let has_inks = matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK);
    let (format, kind) = match colour {
        _ if has_inks => (PixelFormat::CMYK, CV_8UC4),
        Colour::Grey => (PixelFormat::GRAY, CV_8UC1),
        Colour::Bgr => (PixelFormat::BGR, CV_8UC3),
    };
    let [rows, columns] = [scaled.height, scaled.width].map(i32::try_from);
    let rows = rows.map_err(Fault::permanent)?;
    let columns = columns.map_err(Fault::permanent)?;
    let mut pixels =
        Mat::new_rows_cols_with_default(rows, columns, kind, Scalar::default()).map_err(fault)?;
    let output = Image {
        pixels: pixels.data_bytes_mut().map_err(fault)?,
        width: scaled.width,
        pitch: scaled.width * format.size(),
        height: scaled.height,
        format,
    };
    match decompressor.decompress(file, output) {
        Err(error) if !is_harmless(&error, file) => Err(undecodable(error)),
        Ok(()) | Err(_) if has_inks => without_inks(&pixels).map_err(fault),
        Ok(()) | Err(_) => Ok(pixels),
    }
}

/// Progressive JPEGs of cameras and programs have about ten scans. A scan costs as much as decoding the whole photo, so
/// thousands of them are an attack.
const MAX_SCANS: u32 = 100;

/// Some cameras leave a few bytes before the end marker. Without restart markers all pixels are decoded then, and no
/// other warning can follow. With them, the decoder can meet the end marker where it expects a restart marker.
fn is_harmless(error: &turbojpeg::Error, file: &[u8]) -> bool {
    /// Marker and length of the segment that sets the number of MCUs between restart markers.
    const DRI: [u8; 4] = [0xff, 0xdd, 0, 4];
    let has_restarts =
        || file.windows(6).any(|bytes| bytes.starts_with(&DRI) && !bytes.ends_with(&[0, 0]));
    error.to_string().contains("extraneous bytes before marker 0xd9") && !has_restarts()
}

fn undecodable(error: turbojpeg::Error) -> VisionError {
    VisionError::Photo(PhotoError::Undecodable(error.to_string()))
}

fn scale(width: usize, height: usize, fit: Fit) -> ScalingFactor {
    let (side, wanted) = match fit {
        Fit::Full => (1, u32::MAX),
        Fit::LongSide(wanted) | Fit::Between { least: wanted, .. } => (width.max(height), wanted),
        Fit::ShortSide(wanted) => (width.min(height), wanted),
    };
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    (1..8)
        .map(|eighths| ScalingFactor::new(eighths, 8))
        .find(|factor| factor.scale(side) >= wanted)
        .unwrap_or(ScalingFactor::new(8, 8))
}
