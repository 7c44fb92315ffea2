//! JPEGs as cameras write them: defects that harm no pixel pass, missing pixels do not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use bytes::Bytes;
use injeung_domain::{Orientation, Photo, PhotoError, PhotoLimits};
use support::pictures::{exif_with_gps, flat, headers, scan_header, segment};

const SIZE: (u16, u16) = (640, 480);
const END: [u8; 2] = [0xff, 0xd9];

fn parse(file: &[u8]) -> Result<Photo, PhotoError> {
    Photo::parse(
        Bytes::copy_from_slice(file),
        &PhotoLimits { min_side: 64, max_pixels: 50_000_000 },
    )
}

fn stored(file: &[u8]) -> Vec<u8> {
    parse(file).unwrap().jpeg_without_metadata().unwrap().bytes().to_vec()
}

fn for_decoder(file: &[u8]) -> Result<Vec<u8>, PhotoError> {
    parse(file)?.without_harmless_defects().map(|file| file.to_vec())
}

fn with(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [&file[..at], bytes, &file[at..]].concat()
}

/// Offset of the first segment or marker with this code.
fn at(file: &[u8], marker: u8) -> usize {
    file.windows(2).position(|two| two == [0xff, marker]).unwrap()
}

/// Trailers of phones: data in a vendor's format, a second picture, a video, a lone segment.
fn trailers() -> Vec<Vec<u8>> {
    let second = flat((160, 120), 3, 0);
    vec![
        b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFH\x6b\0\0\0SEFT".to_vec(),
        [b"vendor", &second[..]].concat(),
        second,
        b"\0\0\0\x18ftypmp42\0\0\0\0\xff\x01\xff\xfe\0\x09".to_vec(),
        segment(0xe1, b"Exif\0\0SECRETS"),
        b"\xff\xc4".to_vec(),
        vec![0; 5000],
    ]
}

#[test]
fn stray_bytes_between_segments_are_dropped() {
    let whole = flat(SIZE, 3, 0);
    for marker in [0xdb, 0xc4, 0xc0, 0xdd, 0xda] {
        for stray in [&[0][..], &[0; 3], &[1, 2, 3], &[0xff, 0xff], &[0xff, 0]] {
            let file = with(&whole, at(&whole, marker), stray);
            assert_eq!(stored(&file), whole, "{stray:?} before {marker:x}");
            assert_eq!(for_decoder(&file).unwrap(), whole, "{stray:?} before {marker:x}");
        }
    }
}

#[test]
fn a_missing_end_marker_passes_if_all_blocks_are_there() {
    for whole in [flat(SIZE, 3, 0), flat((641, 471), 1, 0), flat(SIZE, 3, 80)] {
        let blocks = &whole[..whole.len() - 2];
        for trailer in trailers() {
            let file = [blocks, &trailer].concat();
            assert_eq!(stored(&file), whole, "{trailer:?}");
            assert_eq!(for_decoder(&file).unwrap(), whole, "{trailer:?}");
        }
        // A file that ends here was cut off.
        for cut in [blocks, &whole[..whole.len() - 1]] {
            assert_eq!(parse(cut).unwrap_err(), PhotoError::CutOff);
        }
    }
}

#[test]
fn missing_blocks_are_not_replaced_by_a_trailer() {
    for whole in [flat(SIZE, 3, 0), flat(SIZE, 3, 80)] {
        let cuts = [whole.len() / 2, whole.len() - 3];
        // Zeros are valid blocks here; bytes of other data are not.
        let trailers = trailers().into_iter().filter(|trailer| trailer.first() != Some(&0));
        for (cut, trailer) in trailers.flat_map(|trailer| cuts.map(|cut| (cut, trailer.clone()))) {
            let file = [&whole[..cut], &trailer].concat();
            assert!(for_decoder(&file).is_err(), "cut at {cut}, then {trailer:?}");
        }
        let half = [&whole[..cuts[0]], &END].concat();
        assert_eq!(for_decoder(&half), Err(PhotoError::CutOff), "half a picture with an end");
    }
    let progressive =
        [&[0xff, 0xd8][..], &headers(0xc2, SIZE, 1), &scan_header(1, [0, 0, 0]), &vec![0; 1200]];
    assert_eq!(parse(&progressive.concat()).unwrap_err(), PhotoError::CutOff);
}

#[test]
fn a_missing_restart_marker_is_damage() {
    let whole = flat(SIZE, 3, 80);
    let mut skipped = whole.clone();
    let lost = at(&whole, 0xd2);
    skipped.drain(lost..lost + 2);
    let mut other = whole;
    other[lost + 1] = 0xd5;
    for damaged in [skipped, other] {
        assert_eq!(for_decoder(&damaged), Err(PhotoError::CutOff));
    }
}

#[test]
fn stray_bytes_after_blocks_are_hidden_from_the_decoder() {
    let whole = flat(SIZE, 3, 80);
    for marker in [0xd0, 0xd7, 0xd9] {
        let file = with(&whole, at(&whole, marker), &[0; 9]);
        assert_eq!(for_decoder(&file).unwrap(), whole, "before {marker:x}");
    }
}

#[test]
fn values_that_decoders_replace_are_normalised() {
    let jfif = |major: u8, rest: &[u8]| {
        segment(0xe0, &[b"JFIF\0", &[major, 2, 0, 0, 1, 0, 1][..], rest].concat())
    };
    let adobe = |transform: u8| segment(0xee, &[b"Adobe\0\x64\0\0\0\0", &[transform][..]].concat());
    for components in [3, 4] {
        let whole = flat(SIZE, components, 0);
        let mut odd = whole.clone();
        let parameters = at(&odd, 0xda) + 5 + 2 * usize::from(components);
        odd[parameters..parameters + 3].copy_from_slice(&[0, 0, 0]);
        let odd = with(&odd, 2, &[jfif(7, &[1, 1, 9, 9, 9]), adobe(9)].concat());
        let expected = with(&whole, 2, &[jfif(1, &[0, 0]), adobe(components - 2)].concat());
        assert_eq!(stored(&odd), expected);
        assert_eq!(for_decoder(&odd).unwrap(), expected);
    }
    let older = with(&flat(SIZE, 3, 0), 2, &segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"));
    assert_eq!(stored(&older), older, "a known revision stays");
    // Each component in a scan of its own.
    let scans = |parameters: [u8; 3]| {
        let scan =
            |id: u8| [segment(0xda, &[&[1, id, 0][..], &parameters].concat()), vec![0; 1200]];
        let scans = [1, 2, 3].map(|id| scan(id).concat()).concat();
        [&[0xff, 0xd8][..], &headers(0xc0, SIZE, 3), &scans, &END].concat()
    };
    assert_eq!(stored(&scans([0, 0, 0])), scans([0, 63, 0]));
    assert_eq!(for_decoder(&scans([0, 0, 0])).unwrap(), scans([0, 63, 0]));
}

#[test]
fn a_file_of_several_pictures_keeps_the_first() {
    let whole = flat(SIZE, 3, 0);
    let other = flat((160, 120), 3, 0);
    let index = segment(0xe2, b"MPF\0MM\0*\0\0\0\x08\xff\xff");
    let gain_map = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version=\"1.0\"/>");
    let gain_map_index = segment(0xe2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0");
    let headed = with(&whole, 2, &[index, gain_map, gain_map_index].concat());
    let video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
    for trailer in
        [&other[..], &[&other[..], video].concat(), video, &[&[0; 64], &other[..]].concat()]
    {
        assert_eq!(stored(&[&headed, trailer].concat()), whole);
    }
}

#[test]
fn a_jpeg_is_limited_by_the_cost_of_decoding_it() {
    let size_of = |file: &[u8]| parse(file).map(|photo| (photo.width(), photo.height()));
    for (width, height) in
        [(8160, 6144), (12_000, 9000), (16_320, 12_240), (16_382, 3628), (65_500, 64)]
    {
        assert_eq!(size_of(&flat((width, height), 3, 0)), Ok((width.into(), height.into())));
    }
    let too_many = |(width, height): (u16, u16)| {
        Err(PhotoError::TooManyPixels { width: width.into(), height: height.into() })
    };
    assert_eq!(size_of(&flat((65_501, 64), 3, 0)), too_many((65_501, 64)));

    // A small file only claims the size.
    let mut claim = flat((64, 64), 3, 0);
    let frame = at(&claim, 0xc0);
    claim[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert_eq!(size_of(&claim), too_many((65_500, 65_500)));

    // Coefficients of 7000x7000 pixels in full colour fit into the memory; of 8000x8000 only grey ones.
    let coded = |marker, size, components, selected, parameters| {
        let file = [
            &[0xff, 0xd8][..],
            &headers(marker, size, components),
            &scan_header(selected, parameters),
            &[0; 9],
            &END,
        ];
        size_of(&file.concat())
    };
    let (fits, large) = ((7000, 7000), (8000, 8000));
    assert_eq!(coded(0xc2, fits, 3, 3, [0, 0, 0]), Ok((7000, 7000)));
    assert_eq!(coded(0xc2, large, 1, 1, [0, 0, 0]), Ok((8000, 8000)));
    assert_eq!(coded(0xc2, large, 3, 3, [0, 0, 0]), too_many(large));
    assert_eq!(coded(0xc0, large, 3, 1, [0, 63, 0]), too_many(large), "one scan per component");
    // Each scan passes over all blocks, though an empty one takes no bytes.
    let scans = |size: (u16, u16), count: usize| {
        let scan = [&scan_header(1, [1, 5, 0])[..], &[0; 2]].concat();
        size_of(&[&[0xff, 0xd8][..], &headers(0xc2, size, 1), &scan.repeat(count), &END].concat())
    };
    assert_eq!(scans((8000, 8000), 12), Ok((8000, 8000)));
    assert_eq!(scans((10_000, 14_000), 40), too_many((10_000, 14_000)));
    assert_eq!(scans((1000, 1000), 100), Ok((1000, 1000)));
    assert_eq!(scans((1000, 1000), 101), Err(PhotoError::Corrupt));
    // Lossless coding.
    assert_eq!(coded(0xc3, fits, 1, 1, [0, 63, 0]), Ok((7000, 7000)));
    assert_eq!(coded(0xc3, large, 1, 1, [0, 63, 0]), too_many(large));
    // Arithmetic coding decodes any number of blocks from a few bytes.
    for marker in [0xc9, 0xca] {
        let error = coded(marker, (64, 64), 1, 1, [0, 63, 0]).unwrap_err();
        assert!(matches!(error, PhotoError::Unsupported(_)), "{error}");
    }
}

/// The parser keeps every segment, and the tables of every component are searched in all of them.
#[test]
fn the_number_of_segments_and_components_is_limited() {
    let whole = flat(SIZE, 3, 0);
    let comment = segment(0xfe, &[]);
    assert!(parse(&with(&whole, 2, &comment.repeat(3000))).is_ok());
    assert_eq!(parse(&with(&whole, 2, &comment.repeat(5000))).unwrap_err(), PhotoError::Corrupt);
    for (count, is_ok) in [(4, true), (5, false), (255, false)] {
        let components: Vec<u8> = (1..=count).flat_map(|id| [id, 0x11, 0]).collect();
        let frame = segment(0xc0, &[&[8, 0, 64, 0, 64, count][..], &components].concat());
        let scan = [&scan_header(1, [0, 63, 0])[..], &[0; 9], &END].concat();
        let parsed = parse(&[&[0xff, 0xd8][..], &frame, &scan].concat());
        assert_eq!(parsed.is_ok(), is_ok, "{count}: {parsed:?}");
    }
}

#[test]
fn an_orientation_is_read_whatever_else_is_damaged() {
    let whole = flat(SIZE, 3, 0);
    let orientation =
        |segments: &[Vec<u8>]| parse(&with(&whole, 2, &segments.concat())).unwrap().orientation();
    let exif = |block: &[u8]| segment(0xe1, &[b"Exif\0\0", block].concat());
    // Big-endian TIFF with these entries, then the offset of the next directory and data.
    let tiff = |count: u8, entries: &[[u8; 12]], rest: &[u8]| {
        exif(&[b"MM\0*\0\0\0\x08\0", &[count][..], &entries.concat(), rest].concat())
    };
    let turned = *b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
    let entry = |tag: u16, kind: u8, count: u32, value: u32| {
        let [t1, t0] = tag.to_be_bytes();
        let head = [t1, t0, 0, kind];
        let values = [count.to_be_bytes(), value.to_be_bytes()].concat();
        <[u8; 12]>::try_from([&head[..], &values].concat()).unwrap()
    };
    let next = 0_u32.to_be_bytes();
    for (what, segment) in [
        ("the directory of GPS is outside", tiff(2, &[turned, entry(0x8825, 4, 1, 0xffff)], &next)),
        ("the directory of GPS is this one", tiff(2, &[turned, entry(0x8825, 4, 1, 8)], &next)),
        (
            "the EXIF directory comes first and is outside",
            tiff(2, &[entry(0x8769, 4, 1, 9999), turned], &next),
        ),
        ("the next directory is outside", tiff(1, &[turned], &0xffff_u32.to_be_bytes())),
        ("the next directory is missing", tiff(1, &[turned], &[])),
        ("fewer entries than counted", tiff(9, &[turned], &[])),
        ("a text outside", tiff(2, &[entry(0x010f, 2, 200, 0xffff), turned], &next)),
        ("a value of unknown type", tiff(2, &[entry(0x010f, 99, 1, 0), turned], &next)),
        ("a value of 2^32 numbers", tiff(2, &[entry(0x010f, 12, u32::MAX, 0), turned], &next)),
        ("a pointer of no type", tiff(2, &[entry(0x8825, 0, 0, 0), turned], &next)),
        ("an orientation of type LONG", tiff(1, &[entry(0x0112, 4, 1, 6)], &next)),
    ] {
        assert_eq!(orientation(&[segment]), Orientation::Rotate90, "{what}");
    }
    // Another EXIF segment has it.
    for other in [exif(b"MM\0*\0\0\0\x08\0\0\0\0\0\0"), exif(b"senseless"), exif(b"")] {
        assert_eq!(orientation(&[other, exif_with_gps(6)]), Orientation::Rotate90);
    }
    let invalid = tiff(1, &[entry(0x0112, 3, 1, 0x0009_0000)], &next);
    assert_eq!(orientation(&[invalid]), Orientation::Upright);
}

#[test]
fn the_digest_of_the_pixels_ignores_what_is_no_pixel() {
    use support::pictures::{exif_with_gps, jpeg_with, segment};

    let digest = |file: Vec<u8>| {
        let jpeg = parse(&file).unwrap().jpeg_without_metadata().unwrap();
        (*jpeg.pixels_sha256(), *jpeg.sha256())
    };
    let (plain, plain_file) = digest(jpeg_with(&[], &[1; 64]));
    let profile = segment(0xe2, b"ICC_PROFILE\0\x01\x01 a profile");
    for segments in [vec![exif_with_gps(1)], vec![exif_with_gps(6)], vec![profile]] {
        assert_eq!(digest(jpeg_with(&segments, &[1; 64])).0, plain);
    }
    let turned = digest(jpeg_with(&[exif_with_gps(6)], &[1; 64]));
    assert_ne!(turned.1, plain_file, "the orientation stays in the stored file");
    assert_ne!(digest(jpeg_with(&[], &[2; 64])).0, plain);
    let finer = segment(0xdb, &[&[0][..], &[1; 64]].concat());
    assert_ne!(digest(jpeg_with(&[finer], &[1; 64])).0, plain, "tables change the pixels");
}
