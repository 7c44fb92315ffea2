//! Files that are not photos, and hostile photos.

use std::thread;

use crate::support::home::Home;
use crate::support::pictures::{self, desk, scene};
use crate::support::{jpeg, png};
use crate::{CALLS, MALFORMED, Outcome, Target};

/// Files that are not photos: errcode 2 for references, 1 for others.
fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let scene = scene(1);
    let (jpeg, png, webp) = (desk(), pictures::png(&scene), pictures::webp(&scene));
    let half = |file: &[u8]| file[..file.len() / 2].to_vec();
    let header = png::header(640, 480, png::RGB);
    let pixels = png::zeros(480 * (1 + 640 * 3));
    let mut wrong_sum = png.clone();
    wrong_sum[29] ^= 1;
    vec![
        ("an empty file", vec![]),
        ("one byte", vec![0xff]),
        ("text", "이것은 사진이 아닙니다".as_bytes().to_vec()),
        ("HTML", b"<!DOCTYPE html><html></html>".to_vec()),
        ("an SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("an SVG with a prolog", b"<?xml version=\"1.0\"?><svg/>".to_vec()),
        ("a GIF", b"GIF89a\x40\x01\xf0\0\0\0\0,\0\0\0\0\x40\x01\xf0\0\0\x02\x02L\x01\0;".to_vec()),
        ("an MP4", b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2".to_vec()),
        ("a BMP", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0".to_vec()),
        ("a TIFF", b"II*\0\x08\0\0\0".to_vec()),
        ("a PDF", b"%PDF-1.7\n%\xe2\xe3".to_vec()),
        ("a ZIP", b"PK\x03\x04\x14\0\0\0".to_vec()),
        ("NULs", vec![0; 1_000_000]),
        ("a JPEG's start alone", b"\xff\xd8\xff".to_vec()),
        ("a JPEG cut in its head", jpeg[..100].to_vec()),
        ("a JPEG cut in the middle", half(&jpeg)),
        ("a JPEG without its last byte", jpeg[..jpeg.len() - 1].to_vec()),
        ("a JPEG of no pixels", jpeg::flat(0, 0, 3)),
        ("a JPEG of one pixel", jpeg::flat(1, 1, 3)),
        ("a JPEG of 65500x65500", jpeg_claiming(65_500, 65_500)),
        ("a JPEG without tables", b"\xff\xd8\xff\xda\0\x08\x01\x01\0\0\x3f\0x\xff\xd9".to_vec()),
        ("a segment of length 0", b"\xff\xd8\xff\xe0\0\0\xff\xd9".to_vec()),
        ("a progressive JPEG of 5000 scans", jpeg::progressive(640, 480, 5000)),
        ("a PNG's signature alone", png[..8].to_vec()),
        ("a PNG cut in the middle", half(&png)),
        ("a PNG with a wrong check sum", wrong_sum),
        ("a PNG that claims 60000x60000", png::with_data(60_000, 60_000, png::RGB, &pixels)),
        ("a PNG of 2^31 columns", png::with_data(1 << 31, 480, png::RGB, &pixels)),
        ("a PNG of no pixels", png::with_data(0, 0, png::RGB, &pixels)),
        ("a PNG without pixel data", png::file(&[(b"IHDR", &header), (b"IEND", b"")])),
        ("a PNG without its first chunk", png::file(&[(b"IDAT", &pixels), (b"IEND", b"")])),
        ("a PNG whose pixels are cut off", png::with_data(640, 480, png::RGB, &half(&pixels))),
        ("a PNG whose pixels are text", png::with_data(640, 480, png::RGB, b"text")),
        ("a WebP's signature alone", b"RIFF\x04\0\0\0WEBP".to_vec()),
        ("a WebP cut in the middle", half(&webp)),
        ("a WebP that claims 4 GB", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff".to_vec()),
        ("a WebP whose pixels are NULs", [&webp[..30], &vec![0; webp.len() - 30]].concat()),
    ]
}

/// Small flat picture with a frame header of a larger size.
fn jpeg_claiming(width: u16, height: u16) -> Vec<u8> {
    let mut file = jpeg::flat(64, 64, 3);
    let frame = file.windows(2).position(|window| window == b"\xff\xc0").unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

/// Valid pictures without feature points.
fn featureless() -> Vec<(&'static str, Vec<u8>)> {
    let header = png::header(640, 480, png::RGB);
    let pixels = png::zeros(480 * (1 + 640 * 3));
    let comment = [&b"Comment\0\0"[..], &png::zeros(100_000_000)].concat();
    vec![
        ("a grey JPEG", jpeg::flat(640, 480, 1)),
        ("a CMYK JPEG", jpeg::flat(640, 480, 4)),
        ("a progressive JPEG", jpeg::progressive(640, 480, 10)),
        ("a JPEG of 200 megapixels", jpeg::flat(16_320, 12_240, 3)),
        ("a CMYK JPEG of 200 megapixels", jpeg::flat(16_320, 12_240, 4)),
        ("a JPEG of 65500x10000", jpeg::flat(65_500, 10_000, 3)),
        ("a JPEG with 5 MB behind its end", [jpeg::flat(640, 480, 3), vec![0; 5_000_000]].concat()),
        (
            "a PNG with 100 MB of compressed comment",
            png::file(&[
                (b"IHDR", &header),
                (b"zTXt", &comment),
                (b"IDAT", &pixels),
                (b"IEND", b""),
            ]),
        ),
        ("a black PNG of 49 megapixels", png::black(7000, 7000, png::RGB)),
    ]
}

fn no_photo(path: &str) -> Outcome {
    if path == "/std_img" { (400, Some(2)) } else { MALFORMED }
}

/// Expected outcome of a picture without feature points.
fn nothing_to_see(path: &str) -> Outcome {
    match path {
        "/std_img" => (400, Some(3)),
        "/img_feature" => (400, Some(4)),
        _ => (400, Some(3)),
    }
}

#[test]
fn files_that_are_not_photos_are_rejected() {
    let target = Target::of(Home::with_local_classifier());
    for (what, photo) in refused() {
        for path in CALLS {
            assert_eq!(target.send_photo(path, &photo), no_photo(path), "{path}: {what}");
        }
    }
    target.assert_unharmed();
}

#[test]
fn blank_pictures_are_rejected_as_such() {
    // The examination for flags decodes photos at full size.
    let home = Home::with_local_classifier().with("AUDIT__EXAMINE_PIXELS", "true");
    let target = Target::of(home);
    for (what, photo) in featureless() {
        for path in CALLS {
            assert_eq!(target.send_photo(path, &photo), nothing_to_see(path), "{path}: {what}");
        }
    }
    target.assert_unharmed();
}

#[test]
fn largest_pictures_at_once_stay_within_bounds() {
    let target = Target::of(Home::with_local_classifier());
    // Four channels of 16 bits take the most memory.
    let bombs = [png::RGBA, png::RGBA16].map(|samples| png::black(7000, 7000, samples));
    thread::scope(|scope| {
        for (path, bomb) in CALLS.iter().flat_map(|path| bombs.iter().map(move |bomb| (path, bomb)))
        {
            let target = &target;
            scope.spawn(move || {
                let outcome = target.send_photo(path, bomb);
                // A picture beyond the limit is rejected for its number of pixels.
                let expected = [nothing_to_see(path), no_photo(path)];
                assert!(expected.contains(&outcome), "{path}: {outcome:?}");
            });
        }
    });
    target.assert_unharmed();
}
