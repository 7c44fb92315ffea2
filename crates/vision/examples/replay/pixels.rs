//! Pictures as OpenCV's matrices of blue, green and red, and the operations of programs and cameras on them.

use opencv::core::{
    BORDER_CONSTANT, BORDER_REFLECT, CV_8UC3, CV_32FC3, Mat, Point, Rect, Scalar, Size, Vector,
    copy_make_border, flip, randn, rotate,
};
use opencv::imgcodecs::{IMREAD_COLOR, IMWRITE_JPEG_QUALITY, imencode, imread};
use opencv::imgproc::{
    FILLED, FONT_HERSHEY_SIMPLEX, INTER_AREA, INTER_CUBIC, LINE_8, LINE_AA, put_text, rectangle,
    resize, warp_perspective,
};
use opencv::prelude::*;

pub(crate) type Result<T> = opencv::Result<T>;

/// Reads a picture; at most `side` pixels on the longer side.
pub(crate) fn read(path: &str, side: i32) -> Result<Mat> {
    let picture = imread(path, IMREAD_COLOR)?;
    let longer = picture.cols().max(picture.rows());
    if longer <= side {
        Ok(picture)
    } else {
        resized(&picture, f64::from(side) / f64::from(longer))
    }
}

pub(crate) fn jpeg(picture: &Mat, quality: i32) -> Result<Vec<u8>> {
    let mut file = Vector::new();
    let parameters = Vector::from_slice(&[IMWRITE_JPEG_QUALITY, quality]);
    imencode(".jpg", picture, &mut file, &parameters)?;
    Ok(file.to_vec())
}

pub(crate) fn resized(picture: &Mat, factor: f64) -> Result<Mat> {
    let scaled = |side: i32| ((f64::from(side) * factor).round() as i32).max(8);
    to_size(picture, scaled(picture.cols()), scaled(picture.rows()))
}

pub(crate) fn to_size(picture: &Mat, width: i32, height: i32) -> Result<Mat> {
    let how = if width < picture.cols() { INTER_AREA } else { INTER_CUBIC };
    let mut result = Mat::default();
    resize(picture, &mut result, Size::new(width, height), 0.0, 0.0, how)?;
    Ok(result)
}

/// Cuts off this share of both sides, at a corner that depends on `seed`.
pub(crate) fn cropped(picture: &Mat, share: f64, seed: usize) -> Result<Mat> {
    let (width, height) = (f64::from(picture.cols()), f64::from(picture.rows()));
    let left = [0.0, 0.5, 1.0, 0.3][seed % 4] * share * width;
    let top = [0.5, 1.0, 0.2, 0.0][seed % 4] * share * height;
    let kept = 1.0 - share;
    let place = Rect::new(left as i32, top as i32, (kept * width) as i32, (kept * height) as i32);
    Mat::roi(picture, place)?.try_clone()
}

pub(crate) fn framed(picture: &Mat, share: f64, colour: Scalar) -> Result<Mat> {
    let width = (f64::from(picture.cols().min(picture.rows())) * share) as i32;
    let mut result = Mat::default();
    copy_make_border(picture, &mut result, width, width, width, width, BORDER_CONSTANT, colour)?;
    Ok(result)
}

pub(crate) fn mirrored(picture: &Mat) -> Result<Mat> {
    let mut result = Mat::default();
    flip(picture, &mut result, 1)?;
    Ok(result)
}

/// Turned; `code` is OpenCV's.
pub(crate) fn turned(picture: &Mat, code: i32) -> Result<Mat> {
    let mut result = Mat::default();
    rotate(picture, &mut result, code)?;
    Ok(result)
}

/// Values times `contrast` plus `brightness`.
pub(crate) fn toned(picture: &Mat, contrast: f64, brightness: f64) -> Result<Mat> {
    let mut result = Mat::default();
    picture.convert_to(&mut result, CV_8UC3, contrast, brightness)?;
    Ok(result)
}

fn write(
    picture: &mut Mat,
    text: &str,
    [x, y]: [i32; 2],
    scale: f64,
    colour: Scalar,
) -> Result<()> {
    let thickness = (scale * 2.0).ceil() as i32;
    let at = Point::new(x, y);
    put_text(picture, text, at, FONT_HERSHEY_SIMPLEX, scale, colour, thickness, LINE_AA, false)
}

fn fill(picture: &mut Mat, place: Rect, colour: Scalar) -> Result<()> {
    rectangle(picture, place, colour, FILLED, LINE_8, 0)
}

const WHITE: Scalar = Scalar::new(255.0, 255.0, 255.0, 0.0);
const DARK: Scalar = Scalar::new(20.0, 20.0, 24.0, 0.0);

/// A camera app's stamp: a box with a clock in a corner and a date in large letters.
pub(crate) fn stamped(picture: &Mat) -> Result<Mat> {
    let mut result = picture.try_clone()?;
    let (width, height) = (result.cols(), result.rows());
    let unit = f64::from(width.min(height)) / 500.0;
    let pixels = |length: f64| (length * unit) as i32;
    let (left, top) = (pixels(16.0), height - pixels(86.0));
    fill(
        &mut result,
        Rect::new(left, top, pixels(190.0), pixels(70.0)),
        Scalar::new(200.0, 90.0, 30.0, 0.0),
    )?;
    write(&mut result, "07:31", [left + pixels(14.0), top + pixels(52.0)], 1.6 * unit, WHITE)?;
    write(&mut result, "2026.11.23", [width / 2, pixels(60.0)], 1.1 * unit, WHITE)?;
    Ok(result)
}

/// A phone's screen that shows the picture in a viewer.
pub(crate) fn screenshot(picture: &Mat, is_dark: bool) -> Result<Mat> {
    let (width, height) = (1080, 2340);
    let (back, front) = if is_dark { (DARK, WHITE) } else { (WHITE, DARK) };
    let mut screen = Mat::new_rows_cols_with_default(height, width, CV_8UC3, back)?;
    let scale = (f64::from(width) / f64::from(picture.cols()))
        .min(f64::from(height - 420) / f64::from(picture.rows()));
    let shown = resized(picture, scale)?;
    let place = Rect::new(
        (width - shown.cols()) / 2,
        210 + (height - 420 - shown.rows()) / 2,
        shown.cols(),
        shown.rows(),
    );
    shown.copy_to(&mut Mat::roi_mut(&mut screen, place)?)?;
    write(&mut screen, "9:41", [60, 62], 1.2, front)?;
    for bar in 0..4 {
        let tall = 12 + bar * 8;
        fill(&mut screen, Rect::new(900 + bar * 14, 64 - tall, 9, tall), front)?;
    }
    fill(&mut screen, Rect::new(980, 36, 50, 26), front)?;
    for button in 0..4 {
        fill(&mut screen, Rect::new(130 + button * 250, height - 130, 50, 50), front)?;
    }
    Ok(screen)
}

/// Moves the camera: a roll in degrees, a zoom, a shift and two tilts as shares of the picture.
pub(crate) struct Motion {
    pub(crate) roll: f64,
    pub(crate) zoom: f64,
    pub(crate) shift: [f64; 2],
    pub(crate) tilt: [f64; 2],
}

pub(crate) fn moved(picture: &Mat, motion: &Motion) -> Result<Mat> {
    let (width, height) = (f64::from(picture.cols()), f64::from(picture.rows()));
    let (sine, cosine) = motion.roll.to_radians().sin_cos();
    let (a, b) = (motion.zoom * cosine, motion.zoom * sine);
    let [cx, cy] = [width / 2.0, height / 2.0];
    let [tx, ty] = [motion.shift[0] * width, motion.shift[1] * width];
    let [px, py] = [motion.tilt[0] / width, motion.tilt[1] / width];
    // Around the centre, then back.
    let to_centre = [[1.0, 0.0, -cx], [0.0, 1.0, -cy], [0.0, 0.0, 1.0]];
    let change = [[a, -b, tx], [b, a, ty], [px, py, 1.0]];
    let back = [[1.0, 0.0, cx], [0.0, 1.0, cy], [0.0, 0.0, 1.0]];
    let matrix = product(&back, &product(&change, &to_centre));
    let matrix = Mat::from_slice_2d(&matrix)?;
    let mut result = Mat::default();
    let size = picture.size()?;
    warp_perspective(
        picture,
        &mut result,
        &matrix,
        size,
        INTER_CUBIC,
        BORDER_REFLECT,
        Scalar::default(),
    )?;
    Ok(result)
}

fn product(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..3).map(|k| a[row][k] * b[k][column]).sum())
    })
}

/// Adds a sensor's noise: its variance grows with brightness, and it is a little blurred like a phone's.
pub(crate) fn noisy(picture: &Mat, deviation: f64, seed: i32) -> Result<Mat> {
    opencv::core::set_rng_seed(seed)?;
    let mut noise = Mat::new_rows_cols_with_default(
        picture.rows(),
        picture.cols(),
        CV_32FC3,
        Scalar::default(),
    )?;
    randn(&mut noise, &Scalar::all(0.0), &Scalar::all(deviation))?;
    let mut values = Mat::default();
    picture.convert_to(&mut values, CV_32FC3, 1.0, 0.0)?;
    let (entries, noise) = (
        values.data_typed_mut::<opencv::core::Vec3f>()?,
        noise.data_typed::<opencv::core::Vec3f>()?,
    );
    for (entry, noise) in entries.iter_mut().zip(noise) {
        for channel in 0..3 {
            let value = entry[channel];
            entry[channel] = value + noise[channel] * (0.5 + value / 255.0).sqrt();
        }
    }
    let mut result = Mat::default();
    values.convert_to(&mut result, CV_8UC3, 1.0, 0.0)?;
    Ok(result)
}

/// A page with lines of text.
pub(crate) fn page(seed: usize) -> Result<Mat> {
    let mut page = Mat::new_rows_cols_with_default(
        1600,
        1200,
        CV_8UC3,
        Scalar::new(225.0, 235.0, 238.0, 0.0),
    )?;
    let words =
        ["morning", "run", "book", "water", "page", "today", "stretch", "diary", "seven", "plan"];
    let mut state = seed * 7919 + 13;
    for line in 0..26 {
        let mut text = String::new();
        while text.len() < 46 {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345) % 2_147_483_648;
            text.push_str(words[(state >> 8) % words.len()]);
            text.push(' ');
        }
        write(&mut page, &text, [80, 120 + line * 55], 1.1, DARK)?;
    }
    Ok(page)
}

/// A wall: light that falls off, and little texture.
pub(crate) fn wall(seed: usize) -> Result<Mat> {
    let mut wall = Mat::new_rows_cols_with_default(
        1200,
        1600,
        CV_8UC3,
        Scalar::new(190.0, 200.0, 205.0, 0.0),
    )?;
    let fall = 0.01 + 0.005 * (seed % 5) as f64;
    let columns = wall.cols();
    let entries = wall.data_typed_mut::<opencv::core::Vec3b>()?;
    for (place, entry) in entries.iter_mut().enumerate() {
        let (x, y) = (place as i32 % columns, place as i32 / columns);
        let darker = fall * f64::from(x + y / 2);
        for channel in 0..3 {
            entry[channel] = (f64::from(entry[channel]) - darker).clamp(0.0, 255.0) as u8;
        }
    }
    let textured = noisy(&wall, 6.0 + seed as f64, 900 + seed as i32)?;
    let mut soft = Mat::default();
    opencv::imgproc::gaussian_blur_def(&textured, &mut soft, Size::new(0, 0), 2.0)?;
    // A switch and the edge of a door frame.
    let x = 300 + 150 * (seed as i32 % 6);
    fill(&mut soft, Rect::new(x, 500, 90, 130), Scalar::new(240.0, 240.0, 240.0, 0.0))?;
    fill(&mut soft, Rect::new(x + 25, 540, 40, 50), Scalar::new(220.0, 220.0, 220.0, 0.0))?;
    fill(&mut soft, Rect::new(1480, 0, 20, 1200), Scalar::new(120.0, 110.0, 100.0, 0.0))?;
    Ok(soft)
}
