//! Stored photos: JPEG, shown upright, without metadata about the owner or the place.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage, imageops};

use crate::support::home::{Home, demo_photo};
use crate::support::jpeg::{exif, flat, segment, with_segments};
use crate::support::pictures::{self, HEIGHT, WIDTH, desk, difference, scene};
use crate::support::service::Service;
use crate::{classification, img_feature, std_img};

/// Registers a photo as a reference and fetches the stored file from its URL.
fn stored(home: &Home, service: &Service, photo: &[u8]) -> Vec<u8> {
    assert_eq!(service.client().post("/std_img", &std_img(1, photo)).outcome(), (200, None));
    let reply = service.client().fetch(&home.rows().references().pop().unwrap().url);
    assert_eq!(reply.status, 200);
    reply.body
}

/// Pixels as a viewer shows them, with the file's orientation applied.
fn shown(file: &[u8]) -> RgbImage {
    let mut reader = ImageReader::new(Cursor::new(file));
    reader.set_format(ImageFormat::Jpeg);
    let mut decoder = reader.into_decoder().unwrap();
    let orientation = decoder.orientation().unwrap();
    let mut picture = DynamicImage::from_decoder(decoder).unwrap();
    picture.apply_orientation(orientation);
    picture.into_rgb8()
}

fn holds(file: &[u8], bytes: &[u8]) -> bool {
    file.windows(bytes.len()).any(|window| window == bytes)
}

/// Tags of the entries in a file's EXIF block; empty without a block.
fn exif_tags(file: &[u8]) -> Vec<u16> {
    let Some(at) = file.windows(6).position(|window| window == b"Exif\0\0") else {
        return Vec::new();
    };
    let block = &file[at + 6..];
    let is_little = &block[..2] == b"II";
    let u16_at = |at: usize| {
        let bytes = [block[at], block[at + 1]];
        if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
    };
    // The tested blocks have their directory within the first 64 kB.
    let directory = usize::from(u16_at(4).max(u16_at(6)));
    let count = usize::from(u16_at(directory));
    (0..count).map(|entry| u16_at(directory + 2 + entry * 12)).collect()
}

#[test]
fn metadata_is_not_stored_and_pixels_are_as_they_were() {
    let home = Home::new();
    let service = home.serve_open();
    let plain = desk();
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x>SECRETS</x>");
    let comment = segment(0xfe, b"SECRETS");
    let mut photo = with_segments(&plain, &[exif(1), xmp, comment]);
    photo.extend(b"SECRETS behind the end");
    assert!(exif_tags(&photo).contains(&0x8825), "the test's photo tells where it was taken");

    let stored = stored(&home, &service, &photo);
    assert!(!holds(&stored, b"SECRETS"));
    assert!(!holds(&stored, b"Exif"));
    assert_eq!(stored, plain);
}

#[test]
fn orientation_is_applied() {
    let home = Home::new();
    let service = home.serve_open();
    let upright = scene(1);
    // The file's pixels are turned left, and its orientation turns them right by 90 degrees.
    let turned = pictures::jpeg(&imageops::rotate270(&upright));
    let photo = with_segments(&turned, &[exif(6)]);

    let stored = stored(&home, &service, &photo);
    let shown = shown(&stored);
    assert_eq!(shown.dimensions(), (WIDTH, HEIGHT));
    assert!(difference(&shown, &upright) < 8.0, "{}", difference(&shown, &upright));
    assert!(!holds(&stored, b"SECRETS"));
    assert!(exif_tags(&stored).iter().all(|tag| *tag == 0x0112), "{:?}", exif_tags(&stored));

    // The comparison also applies the orientation.
    let reply = service.client().post("/img_feature", &img_feature(1, &desk()));
    assert_eq!(reply.outcome(), (200, None));
}

#[test]
fn photos_of_feeds_have_no_metadata_either() {
    let home = Home::with_local_classifier();
    let service = home.serve_open();
    let squirrel = with_segments(&demo_photo("squirrel_cls.jpg"), &[exif(1)]);
    let desk = with_segments(&desk(), &[exif(1)]);
    for (path, body) in [
        ("/std_img", std_img(1, &desk)),
        ("/img_feature", img_feature(1, &desk)),
        ("/classification", classification(1, &squirrel, "squirrel")),
    ] {
        assert_eq!(service.client().post(path, &body).outcome(), (200, None), "{path}");
    }
    let objects = home.objects();
    assert_eq!(objects.len(), 3);
    for object in objects {
        let file = fs::read(home.objects_directory().join(&object)).unwrap();
        assert!(!holds(&file, b"SECRETS") && !holds(&file, b"Exif"), "{object}");
    }
}

#[test]
fn png_and_webp_are_stored_as_jpeg() {
    let home = Home::new();
    let service = home.serve_open();
    let scene = scene(1);
    for photo in [pictures::png(&scene), pictures::webp(&scene)] {
        let stored = stored(&home, &service, &photo);
        assert!(stored.starts_with(b"\xff\xd8\xff"));
        let shown = shown(&stored);
        assert!(difference(&shown, &scene) < 8.0, "{}", difference(&shown, &scene));
        let reply = service.client().post("/img_feature", &img_feature(1, &photo));
        assert_eq!(reply.outcome(), (200, None));
    }
    assert!(home.objects().iter().all(|name| name.ends_with(".jpg")));
}

/// The offset of the first segment with this marker.
fn at(file: &[u8], marker: u8) -> usize {
    file.windows(2).position(|two| two == [0xff, marker]).unwrap()
}

#[test]
fn jpegs_with_harmless_defects_are_stored_without_them() {
    let home = Home::new();
    let service = home.serve_open();
    let plain = desk();
    let (body, end) = plain.split_at(plain.len() - 2);
    let mut scan = plain.clone();
    let parameters = at(&plain, 0xda) + 11;
    scan[parameters..parameters + 3].fill(0);
    let with = |at: usize, bytes: &[u8]| [&plain[..at], bytes, &plain[at..]].concat();
    let trailer = b"\0\0\x01\x0aImage_UTC_Data1700000000000SECRETSSEFH\x6b\0\0\0SEFT";
    let video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isomSECRETS";
    for photo in [
        scan,
        with(2, &[0; 3]),
        with(at(&plain, 0xdb), &[0; 3]),
        [body, trailer].concat(),
        [body, end, &plain, video].concat(),
    ] {
        assert_eq!(stored(&home, &service, &photo), plain);
        let reply = service.client().post("/img_feature", &img_feature(1, &photo));
        assert_eq!(reply.outcome(), (200, None));
        let half = photo[..plain.len() / 2].to_vec();
        for half in [half.clone(), [&half[..], trailer].concat(), [&half[..], end].concat()] {
            let reply = service.client().post("/std_img", &std_img(1, &half));
            assert_eq!(reply.outcome(), (400, Some(2)));
        }
    }
}

#[test]
fn photos_of_many_megapixels_are_accepted() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/files");
    let home = Home::new();
    let service = home.serve_open();
    for (width, height) in [(16_320, 12_240), (16_382, 3628)] {
        // Examined, and found to show nothing.
        let reply = service.client().post("/std_img", &std_img(1, &flat(width, height, 3)));
        assert_eq!(reply.outcome(), (400, Some(3)), "{width}x{height}");
    }
    let Ok(large) = fs::read(files.join("pixel50_8160x6144.jpg")) else { return };
    let small = fs::read(files.join("ref.jpg")).unwrap();
    assert_eq!(stored(&home, &service, &large), large);
    let reply = service.client().post("/img_feature", &img_feature(1, &small));
    assert_eq!(reply.outcome(), (200, None));
}

#[test]
fn heic_heif_and_avif_are_errcode_114_of_415() {
    let home = Home::new();
    let service = home.serve_open();
    for photo in [
        &b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..],
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic",
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf",
    ] {
        for (path, body) in [
            ("/std_img", std_img(1, photo)),
            ("/img_feature", img_feature(1, photo)),
            ("/classification", classification(1, photo, "dog")),
        ] {
            let reply = service.client().post(path, &body);
            reply.assert(415, 114, "JPEG, PNG 또는 WebP 사진을 보내주세요.");
        }
    }
    home.assert_nothing_stored();
}
