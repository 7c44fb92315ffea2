#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::fs;

use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, PhotoError, PhotoLimits};
use opencv::core::{CV_8UC3, CV_8UC4, CV_16UC4, Mat, Rect, Scalar, Size, Vec3b, Vector};
use opencv::imgcodecs::{IMWRITE_JPEG_PROGRESSIVE, IMWRITE_JPEG_RST_INTERVAL, imencode};
use opencv::imgproc::{FILLED, LINE_8, rectangle};
use opencv::prelude::*;

use super::decode::decode;
use super::pixels::{Colour, Fit};

const RED: [u8; 3] = [0, 0, 255];
const GREEN: [u8; 3] = [0, 255, 0];
const WHITE: [u8; 3] = [255, 255, 255];

/// 1,600 by 1,200 pixels: white with a red square of 200 pixels in the top left corner and a
/// green one in the top right.
fn corners() -> Mat {
    let mut pixels =
        Mat::new_rows_cols_with_default(1200, 1600, CV_8UC3, Scalar::all(255.0)).unwrap();
    fill(&mut pixels, Rect::new(0, 0, 200, 200), Scalar::new(0.0, 0.0, 255.0, 0.0));
    fill(&mut pixels, Rect::new(1400, 0, 200, 200), Scalar::new(0.0, 255.0, 0.0, 0.0));
    pixels
}

fn fill(pixels: &mut Mat, area: Rect, colour: Scalar) {
    rectangle(pixels, area, colour, FILLED, LINE_8, 0).unwrap();
}

fn file(extension: &str, pixels: &Mat) -> Vec<u8> {
    let mut file = Vector::new();
    imencode(extension, pixels, &mut file, &Vector::new()).unwrap();
    file.to_vec()
}

fn photo(file: Vec<u8>) -> Photo {
    Photo::parse(file.into(), &PhotoLimits { min_side: 64, max_pixels: 50_000_000 }).unwrap()
}

/// The file with an EXIF block that holds this orientation.
fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let (start, rest) = jpeg.split_at(2);
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
    [start, exif, &[orientation], b"\0\0\0\0\0\0", rest].concat()
}

#[track_caller]
fn assert_near(pixels: &Mat, row: i32, column: i32, colour: [u8; 3]) {
    let found = pixels.at_2d::<Vec3b>(row, column).unwrap().0;
    let near = found.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 12);
    assert!(near, "{found:?} instead of {colour:?} at row {row}, column {column}");
}

#[test]
fn every_orientation_is_turned_upright() {
    // Where the stored top left and top right corners are seen: (bottom, right).
    let seen = [
        (1, (false, false), (false, true)),
        (2, (false, true), (false, false)),
        (3, (true, true), (true, false)),
        (4, (true, false), (true, true)),
        (5, (false, false), (true, false)),
        (6, (false, true), (true, true)),
        (7, (true, true), (false, true)),
        (8, (true, false), (false, false)),
    ];
    let jpeg = file(".jpg", &corners());
    for (orientation, red, green) in seen {
        let photo = photo(oriented(&jpeg, orientation));
        assert_eq!(photo.orientation().exif_value(), orientation);
        let pixels = decode(&photo, Colour::Bgr, Fit::LongSide(400)).unwrap();
        let (width, height) = if orientation >= 5 { (300, 400) } else { (400, 300) };
        assert_eq!(pixels.size().unwrap(), Size::new(width, height));
        for (corner, colour) in [(red, RED), (green, GREEN)] {
            let row = if corner.0 { height - 20 } else { 20 };
            let column = if corner.1 { width - 20 } else { 20 };
            assert_near(&pixels, row, column, colour);
        }
    }
}

#[test]
fn sizes_fit_whatever_reduction_serves_them() {
    let formats = [".jpg", ".png", ".webp"].map(|extension| photo(file(extension, &corners())));
    for photo in &formats {
        for (fit, width, height) in [
            (Fit::Full, 1600, 1200),
            (Fit::LongSide(5000), 1600, 1200),
            (Fit::LongSide(1600), 1600, 1200),
            (Fit::LongSide(801), 801, 601),
            (Fit::LongSide(800), 800, 600),
            (Fit::LongSide(100), 100, 75),
            (Fit::ShortSide(1200), 1600, 1200),
            (Fit::ShortSide(260), 347, 260),
            (Fit::ShortSide(1800), 2400, 1800),
        ] {
            for (colour, channels) in [(Colour::Grey, 1), (Colour::Bgr, 3)] {
                let pixels = decode(photo, colour, fit).unwrap();
                assert_eq!(pixels.size().unwrap(), Size::new(width, height), "{fit:?}");
                assert_eq!((pixels.channels(), pixels.elem_size1()), (channels, 1));
            }
        }
    }
}

#[test]
fn a_reduced_photo_looks_as_the_whole_one() {
    let photo = photo(file(".jpg", &corners()));
    for side in [100, 200, 400, 800] {
        let pixels = decode(&photo, Colour::Bgr, Fit::LongSide(side)).unwrap();
        let end = side.cast_signed();
        assert_near(&pixels, end / 16, end / 16, RED);
        assert_near(&pixels, end / 16, end - end / 16, GREEN);
        assert_near(&pixels, end / 2, end / 2, WHITE);
    }
}

#[test]
fn what_is_transparent_becomes_white() {
    let clear = Scalar::new(0.0, 0.0, 255.0, 0.0);
    let mut narrow = Mat::new_rows_cols_with_default(64, 96, CV_8UC4, clear).unwrap();
    fill(&mut narrow, Rect::new(0, 0, 48, 64), Scalar::new(0.0, 255.0, 0.0, 255.0));
    fill(&mut narrow, Rect::new(0, 0, 24, 64), Scalar::new(0.0, 0.0, 255.0, 128.0));
    let pixels = decode(&photo(file(".png", &narrow)), Colour::Bgr, Fit::Full).unwrap();
    assert_near(&pixels, 32, 80, WHITE);
    assert_near(&pixels, 32, 36, GREEN);
    assert_near(&pixels, 32, 12, [127, 127, 255]);

    let mut wide = Mat::default();
    narrow.convert_to(&mut wide, CV_16UC4, 257.0, 0.0).unwrap();
    let pixels = decode(&photo(file(".png", &wide)), Colour::Bgr, Fit::Full).unwrap();
    assert_near(&pixels, 32, 80, WHITE);
    assert_near(&pixels, 32, 36, GREEN);
    assert_near(&pixels, 32, 12, [127, 127, 255]);
}

#[test]
fn a_png_with_a_wrong_checksum_of_a_text_is_decoded() {
    let text = b"\0\0\0\x05tEXta\0bcd\xba\xdc\xc5\x0c";
    let png = photo(with(&file(".png", &corners()), 33, text));
    assert_near(&decode(&png, Colour::Bgr, Fit::LongSide(400)).unwrap(), 20, 20, RED);
}

#[test]
fn grey_and_deep_files_are_decoded_to_8_bits() {
    let mut deep = Mat::default();
    corners().convert_to(&mut deep, opencv::core::CV_16UC3, 257.0, 0.0).unwrap();
    let pixels = decode(&photo(file(".png", &deep)), Colour::Bgr, Fit::LongSide(400)).unwrap();
    assert_near(&pixels, 20, 20, RED);
    let grey = Mat::new_rows_cols_with_default(80, 80, opencv::core::CV_16U, Scalar::all(25700.0));
    for extension in [".png", ".jpg"] {
        let mut pixels = grey.as_ref().unwrap().clone();
        if extension == ".jpg" {
            grey.as_ref()
                .unwrap()
                .convert_to(&mut pixels, opencv::core::CV_8U, 1.0 / 257.0, 0.0)
                .unwrap();
        }
        let pixels = decode(&photo(file(extension, &pixels)), Colour::Bgr, Fit::Full).unwrap();
        assert_near(&pixels, 40, 40, [100, 100, 100]);
    }
}

#[test]
fn a_jpeg_for_the_press_is_decoded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cmyk.jpg");
    let pixels = decode(&photo(fs::read(path).unwrap()), Colour::Bgr, Fit::Full).unwrap();
    assert_near(&pixels, 32, 12, RED);
    assert_near(&pixels, 32, 84, WHITE);
}

#[test]
fn broken_pixels_are_the_photos_fault() {
    let mut jpeg = file(".jpg", &corners());
    // The segments stay whole; only the numbers of codes in a Huffman table make no sense any more.
    let table = jpeg.windows(2).position(|two| two == b"\xff\xc4").unwrap();
    jpeg.iter_mut().skip(table + 5).take(16).for_each(|count| *count = 0xff);
    let ruined = photo(jpeg);
    match decode(&ruined, Colour::Bgr, Fit::Full) {
        Err(VisionError::Photo(PhotoError::Undecodable(_))) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn half_a_jpeg_is_rejected_even_with_an_end_marker() {
    let jpeg = file(".jpg", &corners());
    let half = [jpeg.split_at(jpeg.len() / 2).0, b"\xff\xd9"].concat();
    for (colour, fit) in [(Colour::Grey, Fit::LongSide(640)), (Colour::Bgr, Fit::Full)] {
        match decode(&photo(half.clone()), colour, fit) {
            Err(VisionError::Photo(PhotoError::Undecodable(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Parameters of `imencode` for a JPEG.
fn jpeg_with(parameters: &[i32]) -> Vec<u8> {
    let mut file = Vector::new();
    imencode(".jpg", &corners(), &mut file, &Vector::from_slice(parameters)).unwrap();
    file.to_vec()
}

/// Offset of the first segment or marker with this code.
fn at(file: &[u8], marker: u8) -> usize {
    file.windows(2).position(|two| two == [0xff, marker]).unwrap()
}

fn with(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [file.split_at(at).0, bytes, file.split_at(at).1].concat()
}

/// Each defect that decoders warn of although no pixel is missing.
fn harmless_defects() -> Vec<(&'static str, Vec<u8>)> {
    let plain = file(".jpg", &corners());
    let restarting = jpeg_with(&[IMWRITE_JPEG_RST_INTERVAL, 50]);
    let end = plain.len() - 2;
    let mut scan = plain.clone();
    let parameters = at(&plain, 0xda) + 11;
    scan.splice(parameters..parameters + 3, [0; 3]);
    let mut revision = plain.clone();
    revision.splice(11..12, [7]);
    let adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x09";
    let profile = b"\xff\xe2\0\x14ICC_PROFILE\0\x05\x02bad!";
    let trailer = b"\0\0\x01\x0aImage_UTC_Data1700000000000SEFH\x6b\0\0\0SEFT";
    vec![
        ("scan parameters of another coding", scan),
        ("an unknown revision of JFIF", revision),
        ("an unknown colour transform of Adobe", with(&plain, 20, adobe)),
        ("a malformed profile", with(&plain, 20, profile)),
        ("stray bytes after the start", with(&plain, 2, &[0; 3])),
        ("stray bytes between segments", with(&plain, 20, &[0; 3])),
        ("stray bytes before a scan", with(&plain, at(&plain, 0xda), &[1, 2, 3])),
        ("stray bytes before the end", with(&plain, end, &[0; 3])),
        ("stray bytes before a restart", with(&restarting, at(&restarting, 0xd3), &[0; 3])),
        ("a trailer in place of the end", [plain.split_at(end).0, trailer].concat()),
    ]
}

#[test]
fn harmless_defects_of_a_jpeg_pass() {
    for (what, jpeg) in harmless_defects() {
        for (colour, fit) in [(Colour::Bgr, Fit::LongSide(400)), (Colour::Grey, Fit::Full)] {
            let pixels = decode(&photo(jpeg.clone()), colour, fit).expect(what);
            if colour == Colour::Bgr {
                assert_near(&pixels, 20, 20, RED);
                assert_near(&pixels, 20, 380, GREEN);
                assert_near(&pixels, 280, 380, WHITE);
            }
        }
    }
}

/// libjpeg-turbo reports the first defect only, so a harmless one must not hide damage.
#[test]
fn a_harmless_defect_hides_no_damage() {
    for (what, jpeg) in harmless_defects() {
        let half = [jpeg.split_at(jpeg.len() / 2).0, b"\xff\xd9"].concat();
        let decoded =
            Photo::parse(half.into(), &PhotoLimits { min_side: 64, max_pixels: 50_000_000 })
                .map_err(VisionError::from)
                .and_then(|photo| decode(&photo, Colour::Bgr, Fit::LongSide(400)));
        match decoded {
            Err(VisionError::Photo(_)) => {}
            other => panic!("half of a photo with {what}: {other:?}"),
        }
    }
}

/// The decoder reports bytes before the end marker, and then no longer that rows are missing.
#[test]
fn stray_bytes_hide_no_missing_restart_intervals() {
    let whole = jpeg_with(&[IMWRITE_JPEG_RST_INTERVAL, 50]);
    let end = whole.len() - 2;
    assert!(decode(&photo(with(&whole, end, &[0; 4])), Colour::Bgr, Fit::LongSide(400)).is_ok());
    let restart = whole.windows(2).position(|two| two == [0xff, 0xd3]).unwrap();
    let cut = [whole.split_at(restart).0, &[0; 4], &[0xff, 0xd9]].concat();
    for fit in [Fit::Full, Fit::LongSide(400)] {
        let decoded = decode(&photo(cut.clone()), Colour::Bgr, fit);
        assert!(matches!(decoded, Err(VisionError::Photo(_))), "{decoded:?}");
    }
}

#[test]
fn damage_to_a_progressive_jpeg_is_found_in_every_scan() {
    let whole = jpeg_with(&[IMWRITE_JPEG_PROGRESSIVE, 1]);
    assert!(decode(&photo(whole.clone()), Colour::Bgr, Fit::LongSide(400)).is_ok());
    let end = whole.len() - 2;
    assert!(decode(&photo(with(&whole, end, &[0; 3])), Colour::Bgr, Fit::Full).is_ok());
    let mut tried = 0;
    for scan in (0..end).filter(|&at| whole.get(at..at + 2) == Some(b"\xff\xda")) {
        // The header of the scan and four bytes of its data stay.
        let start = scan + 2 + usize::from(*whole.get(scan + 3).unwrap()) + 4;
        let is_marker = |at: &usize| match whole.get(*at..at + 2) {
            Some([0xff, marker]) => !matches!(marker, 0 | 0xff),
            _ => false,
        };
        let next = (scan + 2..=end).find(is_marker).unwrap();
        if start < next {
            tried += 1;
            let mut damaged = whole.clone();
            damaged.drain(start..next);
            let decoded = decode(&photo(damaged), Colour::Bgr, Fit::LongSide(400));
            assert!(matches!(decoded, Err(VisionError::Photo(_))), "scan at {scan}");
        }
    }
    assert!(tried > 3, "{tried} scans");
}

#[test]
fn a_jpeg_for_the_press_lacks_no_pixels() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cmyk.jpg");
    let whole = fs::read(path).unwrap();
    let half = [whole.split_at(whole.len() - 40).0, b"\xff\xd9"].concat();
    let decoded = decode(&photo(half), Colour::Bgr, Fit::Full);
    assert!(matches!(decoded, Err(VisionError::Photo(_))), "{decoded:?}");
}

#[test]
fn the_largest_jpegs_of_phones_are_decoded() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/cases/files/pixel50_8160x6144.jpg");
    for (width, height) in [(8160, 6144), (12_000, 9000), (16_320, 12_240), (16_382, 3628)] {
        let jpeg = flat(width, height);
        let pixels = decode(&photo(jpeg), Colour::Bgr, Fit::LongSide(640)).unwrap();
        let short = (f64::from(height) * 640.0 / f64::from(width)).round() as i32;
        assert_eq!(pixels.size().unwrap(), Size::new(640, short));
        assert_near(&pixels, short / 2, 320, [128, 128, 128]);
    }
    if let Ok(jpeg) = fs::read(path) {
        let pixels = decode(&photo(jpeg), Colour::Grey, Fit::LongSide(640)).unwrap();
        assert_eq!(pixels.size().unwrap(), Size::new(640, 482));
    }
}

/// Grey baseline JPEG of which each block takes two bits.
fn flat(width: u16, height: u16) -> Vec<u8> {
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    let huffman = |class: u8| [b"\xff\xc4\0\x14", &[class, 1][..], &[0; 16]].concat();
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    [
        b"\xff\xd8\xff\xdb\0\x43\0",
        &[1; 64][..],
        &huffman(0),
        &huffman(0x10),
        b"\xff\xc0\0\x0b\x08",
        &size,
        b"\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0",
        &vec![0; blocks.div_ceil(4)],
        b"\xff\xd9",
    ]
    .concat()
}
