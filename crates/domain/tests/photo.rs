//! Parsing of photos and removal of their metadata.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use bytes::Bytes;
use injeung_domain::{Orientation, Photo, PhotoError, PhotoFormat, PhotoLimits};
use proptest::prelude::*;
use support::pictures::{exif_with_gps, jpeg_with, photo, png, segment};

fn parse(file: &[u8]) -> Result<Photo, PhotoError> {
    Photo::parse(
        Bytes::copy_from_slice(file),
        &PhotoLimits { min_side: 64, max_pixels: 50_000_000 },
    )
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn a_jpeg_has_its_size_and_orientation() {
    let photo = photo(jpeg_with(&[exif_with_gps(6)], &[1, 2, 0xff, 0, 3, 0xff, 0xd0, 4]));
    assert_eq!(photo.format(), PhotoFormat::Jpeg);
    assert_eq!((photo.width(), photo.height()), (640, 480));
    assert_eq!(photo.orientation(), Orientation::Rotate90);
}

#[test]
fn each_invalid_photo_has_its_own_error() {
    let whole = jpeg_with(&[], &[1; 1000]);
    let cases: [(&[u8], PhotoError); 14] = [
        (b"", PhotoError::Empty),
        (b"hello", PhotoError::NotAPicture),
        (b"GIF89a\x01\0\x01\0", PhotoError::Unsupported("GIF")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PhotoError::Unsupported("SVG")),
        (b"\0\0\0\x18ftypisom\0\0\x02\0isommp41", PhotoError::Unsupported("a video")),
        (b"BM\0\0\0\0", PhotoError::Unsupported("BMP")),
        (b"\xff\xd8\xff", PhotoError::CutOff),
        (&whole[..whole.len() - 2], PhotoError::CutOff),
        (&whole[..whole.len() / 2], PhotoError::CutOff),
        (&whole[..30], PhotoError::CutOff),
        (&png(640, 480)[..40], PhotoError::CutOff),
        (&png(60_000, 60_000), PhotoError::TooManyPixels { width: 60_000, height: 60_000 }),
        (&png(66_000, 700), PhotoError::TooManyPixels { width: 66_000, height: 700 }),
        (&png(1, 1), PhotoError::TooSmall { width: 1, height: 1 }),
    ];
    for (file, error) in cases {
        assert_eq!(parse(file).unwrap_err(), error, "{:?}", &file[..file.len().min(20)]);
    }
}

/// Decoders take the first header, so the limits must examine that one.
#[test]
fn a_png_has_one_header_which_comes_first() {
    // Without its signature and end chunk, then without its signature.
    let chunks = |file: &[u8]| file[8..file.len() - 12].to_vec();
    let two = [&png(60_000, 60_000)[..33], &chunks(&png(200, 200)), &png(1, 1)[45..]].concat();
    assert_eq!(parse(&two).unwrap_err(), PhotoError::Corrupt);
    let late = [&png(1, 1)[..8], &png(1, 1)[33..45], &png(640, 480)[8..]].concat();
    assert_eq!(parse(&late).unwrap_err(), PhotoError::Corrupt);
}

#[test]
fn heic_heif_and_avif_are_recognised_by_any_of_their_brands() {
    for file in [
        &b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..],
        b"\0\0\0\x10ftypheix\0\0\0\0",
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic",
        b"\0\0\0\x18ftypMiHE\0\0\0\0mif1heic",
        b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc",
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf",
        b"\0\0\0\x18ftypavis\0\0\0\0msf1avis",
        b"\0\0\0\x18ftypheic",
    ] {
        assert_eq!(parse(file).unwrap_err(), PhotoError::Heif, "{file:?}");
    }
    // The brands end with their box.
    let video = b"\0\0\0\x14ftypmp42\0\0\0\0mp42heic";
    assert_eq!(parse(video).unwrap_err(), PhotoError::Unsupported("a video"));
}

#[test]
fn metadata_goes_and_pixels_stay() {
    let entropy = [7, 8, 0xff, 0, 9, 0xff, 0xd7, 10];
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>");
    let profile = segment(0xe2, b"ICC_PROFILE\0\x01\x01profile");
    let thumbnails = segment(0xe2, b"MPF\0MM\0*");
    let comment = segment(0xfe, b"taken at home");
    let metadata = [exif_with_gps(1), xmp, profile, thumbnails, comment];
    let mut file = jpeg_with(&metadata, &entropy);
    file.extend(b"trailer with a second picture");

    let clean = photo(file).jpeg_without_metadata().unwrap();
    let profile = segment(0xe2, b"ICC_PROFILE\0\x01\x01profile");
    assert_eq!(clean.bytes()[..], jpeg_with(&[profile], &entropy)[..]);
}

#[test]
fn thumbnails_and_appendices_go_too() {
    let thumbnail = segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01secret");
    let adobe = segment(0xee, b"Adobe\0\x64\0\0\0\0\x01secret");
    let clean = photo(jpeg_with(&[thumbnail, adobe], &[1; 9])).jpeg_without_metadata().unwrap();
    assert!(!contains(clean.bytes(), b"secret"));
    assert!(contains(clean.bytes(), b"Adobe\0\x64\0\0\0\0\x01"), "colours depend on it");
    assert!(parse(clean.bytes()).is_ok());
}

#[test]
fn a_turned_photo_keeps_its_orientation_and_nothing_else() {
    for value in 2..=8 {
        let clean = photo(jpeg_with(&[exif_with_gps(value)], &[5; 9])).jpeg_without_metadata();
        let clean = clean.unwrap();
        assert_eq!(parse(clean.bytes()).unwrap().orientation().exif_value(), value);
        let exif = exif::Reader::new()
            .read_from_container(&mut std::io::Cursor::new(clean.bytes()))
            .unwrap();
        assert_eq!(exif.fields().count(), 1, "only the orientation is left");
    }
}

#[test]
fn metadata_between_scans_goes_too() {
    let second_scan = segment(0xda, &[1, 1, 0, 0, 63, 0]);
    let tables = segment(0xc4, &[0; 17]);
    let comment = segment(0xfe, b"secret");
    let scans = |with: &[u8]| [&[1, 2][..], &tables, with, &second_scan, &[3, 4]].concat();
    let clean = photo(jpeg_with(&[], &scans(&comment))).jpeg_without_metadata().unwrap();
    assert!(!contains(clean.bytes(), b"secret"));
    assert_eq!(clean.bytes()[..], jpeg_with(&[], &scans(&[]))[..]);
}

#[test]
fn a_file_of_endless_scans_is_rejected() {
    let scans = segment(0xda, &[1, 1, 0, 0, 63, 0]).repeat(5000);
    assert_eq!(parse(&jpeg_with(&[], &scans)).unwrap_err(), PhotoError::Corrupt);
}

#[test]
fn a_wrong_checksum_matters_only_if_the_chunk_does() {
    let whole = png(640, 480);
    let text = b"\0\0\0\x05tEXta\0bcd\xba\xdc\xc5\x0c";
    let header_end = 33;
    let with_text = [&whole[..header_end], text, &whole[header_end..]].concat();
    assert_eq!(parse(&with_text).unwrap().width(), 640);
    let mut cut = with_text[..header_end + 9].to_vec();
    assert_eq!(parse(&cut).unwrap_err(), PhotoError::CutOff);
    cut = whole;
    cut[header_end - 1] ^= 1;
    assert_eq!(parse(&cut).unwrap_err(), PhotoError::Corrupt);
}

#[test]
fn other_formats_have_no_jpeg() {
    assert!(photo(png(640, 480)).jpeg_without_metadata().is_none());
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(
        cut in 0_usize..400,
        flips in proptest::collection::vec((0_usize..400, any::<u8>()), 0..8),
        noise in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        for mut file in [jpeg_with(&[exif_with_gps(6)], &noise), png(640, 480)] {
            for (at, value) in &flips {
                let at = at % file.len();
                file[at] = *value;
            }
            file.truncate(file.len().saturating_sub(cut));
            if let Ok(photo) = parse(&file) {
                let _ = photo.jpeg_without_metadata();
            }
        }
    }
}
