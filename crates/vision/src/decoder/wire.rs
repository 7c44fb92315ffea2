//! Messages between the service and a decoder, over a socket. Numbers are little-endian.
//!
//! | to the decoder | bytes |
//! |---|---|
//! | limits, once | memory 8, CPU seconds 4; answered by a byte |
//! | job | colour 1, whether it is finished 1, fit 1, its two numbers 4 each, whether a file follows 1 |
//! | file, unless it is that of the last job | length 8; then its bytes |
//!
//! | from the decoder | bytes |
//! |---|---|
//! | pixels | 0, channels 1, rows 4, columns 4; then the pixels, row by row |
//! | the photo's error or a fault | 1 or 2, length 8; then its text |

use std::io::{self, ErrorKind, Read, Write};

use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, Photo, PhotoError};
use opencv::core::{CV_8U, CV_8UC1, CV_8UC3, Mat, Scalar};
use opencv::prelude::*;

use super::{DecoderLimits, Job};
use crate::opencv::{Colour, Fit};

const PIXELS: u8 = 0;
const PHOTO_ERROR: u8 = 1;
const FAULT: u8 = 2;

/// Maximum length of an error's text in bytes.
const MAX_TEXT: u64 = 4096;

pub(super) fn write_limits(to: &mut impl Write, limits: &DecoderLimits) -> io::Result<()> {
    to.write_all(&limits.memory.to_le_bytes())?;
    to.write_all(&limits.cpu_s.to_le_bytes())
}

pub(super) fn read_limits(from: &mut impl Read) -> io::Result<DecoderLimits> {
    Ok(DecoderLimits {
        memory: u64::from_le_bytes(read(from)?),
        cpu_s: u32::from_le_bytes(read(from)?),
    })
}

/// Reports that the decoder is limited and waits for jobs.
pub(super) fn write_ready(to: &mut impl Write) -> io::Result<()> {
    to.write_all(&[0])
}

pub(super) fn read_ready(from: &mut impl Read) -> io::Result<()> {
    read::<1>(from).map(drop)
}

/// Sends a job, and the file unless the decoder has it from its last job.
pub(super) fn write_job(to: &mut impl Write, job: Job, file: Option<&[u8]>) -> io::Result<()> {
    let colour = match job.colour {
        Colour::Grey => 0,
        Colour::Bgr => 1,
    };
    let (fit, [a, b]) = match job.fit {
        Fit::Full => (0, [0, 0]),
        Fit::LongSide(side) => (1, [side, 0]),
        Fit::Between { least, most } => (2, [least, most]),
        Fit::ShortSide(side) => (3, [side, 0]),
    };
    let [a, b] = [a, b].map(u32::to_le_bytes);
    let has_file = [file.is_some().into()];
    to.write_all(&[&[colour, job.is_finished.into(), fit][..], &a, &b, &has_file].concat())?;
    let Some(file) = file else { return Ok(()) };
    to.write_all(&(file.len() as u64).to_le_bytes())?;
    to.write_all(file)
}

/// The next job, and its file unless it is that of the last job; `None` if the service has gone.
pub(super) fn read_job(from: &mut impl Read) -> io::Result<Option<(Job, Option<Vec<u8>>)>> {
    let colour = match read(from) {
        Ok([0]) => Colour::Grey,
        Ok([1]) => Colour::Bgr,
        Ok(_) => return Err(ErrorKind::InvalidData.into()),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let [is_finished, fit] = read(from)?;
    let [a, b] = [read(from)?, read(from)?].map(u32::from_le_bytes);
    let fit = match fit {
        0 => Fit::Full,
        1 => Fit::LongSide(a),
        2 => Fit::Between { least: a, most: b },
        3 => Fit::ShortSide(a),
        _ => return Err(ErrorKind::InvalidData.into()),
    };
    let job = Job { colour, fit, is_finished: is_finished != 0 };
    if read(from)? == [0] {
        return Ok(Some((job, None)));
    }
    let length = u64::from_le_bytes(read(from)?);
    let mut file = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
    from.take(length).read_to_end(&mut file)?;
    Ok(Some((job, Some(file))))
}

pub(super) fn write_reply(
    to: &mut impl Write,
    decoded: Result<Mat, VisionError>,
) -> io::Result<()> {
    let (kind, text) = match decoded {
        Ok(pixels) => return write_pixels(to, &pixels),
        Err(VisionError::Photo(PhotoError::Undecodable(reason))) => (PHOTO_ERROR, reason),
        Err(VisionError::Photo(error)) => (PHOTO_ERROR, error.to_string()),
        Err(VisionError::Fault(fault)) => (FAULT, fault.to_string()),
    };
    let text: String = text.chars().take(1000).collect();
    let length = (text.len() as u64).to_le_bytes();
    to.write_all(&[&[kind][..], &length, text.as_bytes()].concat())
}

fn write_pixels(to: &mut impl Write, pixels: &Mat) -> io::Result<()> {
    if pixels.depth() != CV_8U {
        return Err(ErrorKind::InvalidData.into());
    }
    let channels = u8::try_from(pixels.channels()).map_err(io::Error::other)?;
    let [rows, columns] = [pixels.rows(), pixels.cols()].map(i32::to_le_bytes);
    to.write_all(&[&[PIXELS, channels][..], &rows, &columns].concat())?;
    to.write_all(pixels.data_bytes().map_err(io::Error::other)?)
}

/// The result of a job.
///
/// # Errors
/// Of the kind [`ErrorKind::InvalidData`] if it is no result of this job; otherwise those of the socket.
pub(super) fn read_reply(
    from: &mut impl Read,
    photo: &Photo,
) -> io::Result<Result<Mat, VisionError>> {
    match read(from)? {
        [PIXELS] => read_pixels(from, photo).map(Ok),
        [PHOTO_ERROR] => Ok(Err(VisionError::Photo(PhotoError::Undecodable(read_text(from)?)))),
        [FAULT] => Ok(Err(Fault::permanent(read_text(from)?).into())),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

fn read_text(from: &mut impl Read) -> io::Result<String> {
    let length = u64::from_le_bytes(read(from)?);
    if length > MAX_TEXT {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut text = String::new();
    from.take(length).read_to_string(&mut text)?;
    Ok(text)
}

/// Pixels of at most the size of the photo, so that a decoder that was taken over cannot use up the memory.
fn read_pixels(from: &mut impl Read, photo: &Photo) -> io::Result<Mat> {
    let [channels] = read(from)?;
    let [rows, columns] = [read(from)?, read(from)?].map(i32::from_le_bytes);
    let kind = match channels {
        1 => CV_8UC1,
        3 => CV_8UC3,
        _ => return Err(ErrorKind::InvalidData.into()),
    };
    let area = u64::from(rows.unsigned_abs()) * u64::from(columns.unsigned_abs());
    if rows < 1 || columns < 1 || area > u64::from(photo.width()) * u64::from(photo.height()) {
        return Err(ErrorKind::InvalidData.into());
    }
    let pixels = Mat::new_rows_cols_with_default(rows, columns, kind, Scalar::default());
    let mut pixels = pixels.map_err(io::Error::other)?;
    from.read_exact(pixels.data_bytes_mut().map_err(io::Error::other)?)?;
    Ok(pixels)
}

fn read<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
