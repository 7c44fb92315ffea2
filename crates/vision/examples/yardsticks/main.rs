//! What whole requests are measured against: the least that any service has to do, and a plain
//! pipeline of textbook parts.
//!
//! ```text
//! cargo run --release -p injeung-vision --example yardsticks -- floor PHOTO.jpg [RUNS]
//! cargo run --release -p injeung-vision --example yardsticks -- akaze REFERENCE PHOTO
//! cargo run --release -p injeung-vision --example yardsticks -- enlarge PHOTO LARGE.jpg
//! ```
//!
//! The first two print the milliseconds of processor time of one run, on one thread; `akaze` prints
//! the counts and the verdict, too. `enlarge` makes a photo of 12 megapixels, with as much noise as
//! makes its file as large as a phone's.
#![allow(clippy::print_stdout, reason = "the figures are what the tool is for")]

mod akaze;

use std::fs;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opencv::core::{
    CV_8SC3, CV_8UC3, Mat, Scalar, Size, Vector, add, no_array, randn, set_num_threads,
    set_rng_seed,
};
use opencv::imgcodecs::{
    IMREAD_COLOR, IMREAD_REDUCED_GRAYSCALE_4, IMWRITE_JPEG_QUALITY, imdecode, imread, imwrite,
};
use opencv::imgproc::{INTER_CUBIC, resize};
use opencv::prelude::*;
use rustix::time::{ClockId, clock_gettime};

/// Standard deviation of a channel's noise: the files come to about 3 MB, as those of phones.
const NOISE: f64 = 7.0;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), AnyError> {
    set_num_threads(1)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["floor", photo] => print_floor(photo, 20),
        ["floor", photo, runs] => print_floor(photo, runs.parse()?),
        ["akaze", reference, photo] => print_akaze(reference, photo),
        ["enlarge", photo, large] => enlarge(photo, large),
        [] | [..] => Err("say `floor PHOTO.jpg [RUNS]`, `akaze REFERENCE PHOTO` or \
                          `enlarge PHOTO LARGE.jpg`"
            .into()),
    }
}

/// Decodes base64, and the JPEG in it to a quarter of its size in grey.
fn print_floor(photo: &str, runs: u32) -> Result<(), AnyError> {
    let text = STANDARD.encode(fs::read(photo)?);
    let began = processor_time();
    let mut columns = 0;
    for _ in 0..runs.max(1) {
        let file = Vector::<u8>::from_iter(STANDARD.decode(&text)?);
        columns = small(&file)?.cols();
    }
    let each = (processor_time() - began) / runs.max(1);
    println!("{:.2} ms, {columns} columns", each.as_secs_f64() * 1e3);
    Ok(())
}

fn small(file: &Vector<u8>) -> opencv::Result<Mat> {
    imdecode(file, IMREAD_REDUCED_GRAYSCALE_4)
}

fn print_akaze(reference: &str, photo: &str) -> Result<(), AnyError> {
    let [reference, photo] = [fs::read(reference)?, fs::read(photo)?];
    let began = processor_time();
    let found = akaze::compare(&reference.into(), &photo.into())?;
    let took = processor_time() - began;
    println!("{:.2} ms, {found:?}", took.as_secs_f64() * 1e3);
    Ok(())
}

fn enlarge(photo: &str, large: &str) -> Result<(), AnyError> {
    let pixels = imread(photo, IMREAD_COLOR)?;
    let area = f64::from(pixels.cols()) * f64::from(pixels.rows());
    let scale = (4032.0 * 3024.0 / area).sqrt();
    let mut result = Mat::default();
    resize(&pixels, &mut result, Size::default(), scale, scale, INTER_CUBIC)?;
    let mut noise = Mat::new_size_with_default(result.size()?, CV_8SC3, Scalar::default())?;
    set_rng_seed(1)?;
    randn(&mut noise, &Scalar::all(0.0), &Scalar::all(NOISE))?;
    let mut noisy = Mat::default();
    add(&result, &noise, &mut noisy, &no_array(), CV_8UC3)?;
    imwrite(large, &noisy, &Vector::from_slice(&[IMWRITE_JPEG_QUALITY, 90]))?;
    Ok(())
}

/// What all threads of this process have used so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
