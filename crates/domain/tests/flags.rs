//! Flags of what the metadata of a photo state, and the mode of a group.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::Cursor;
use std::sync::Arc;

use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};
use injeung_domain::memory::SamePicture;
use injeung_domain::ports::{FeatureExtractor, MockFeatureExtractor, Repository};
use injeung_domain::{Capture, MatchMode, Photo, PhotoFlag, TimeZone};
use support::pictures::{jpeg, jpeg_with, photo, segment};
use support::world::{done, feature, id, keyword, register, world};
use time::Duration;
use time::macros::{datetime, offset};

/// An EXIF segment with these texts.
fn exif(texts: &[(Tag, &str)]) -> Vec<u8> {
    let fields: Vec<Field> = texts
        .iter()
        .map(|(tag, text)| Field {
            tag: *tag,
            ifd_num: In::PRIMARY,
            value: Value::Ascii(vec![text.as_bytes().to_vec()]),
        })
        .collect();
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    segment(0xe1, &[b"Exif\0\0", &block.into_inner()[..]].concat())
}

fn xmp(text: &str) -> Vec<u8> {
    segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", text.as_bytes()].concat())
}

fn with(metadata: &[Vec<u8>]) -> Photo {
    photo(jpeg_with(metadata, &[1; 64]))
}

fn seoul() -> TimeZone {
    "Asia/Seoul".parse().unwrap()
}

#[test]
fn a_photo_states_its_capture() {
    let texts = [
        (Tag::DateTimeOriginal, "2026:11:23 11:58:03"),
        (Tag::OffsetTimeOriginal, "+09:00"),
        (Tag::Model, "SM-S921N"),
        (Tag::Software, "S921NKSU2AXA1"),
    ];
    let expected = Capture {
        taken_at: Some(datetime!(2026-11-23 11:58:03)),
        offset: Some(offset!(+9)),
        has_camera: true,
        is_edited: false,
    };
    let photo = with(&[exif(&texts)]);
    assert_eq!(*photo.capture(), expected);
    let stored = photo.jpeg_without_metadata().unwrap();
    assert_eq!(*stored.photo().capture(), Capture::default());
}

#[test]
fn invalid_values_state_nothing() {
    for time in ["0000:00:00 00:00:00", "2026:13:41 11:58:03", "    :  :     :  :  ", "soon", ""] {
        let photo = with(&[exif(&[(Tag::DateTimeOriginal, time), (Tag::Make, " ")])]);
        assert_eq!(*photo.capture(), Capture::default(), "{time:?}");
    }
    let texts =
        [(Tag::DateTimeOriginal, "2026:11:23 11:58:03"), (Tag::OffsetTimeOriginal, "+99:99")];
    assert_eq!(with(&[exif(&texts)]).capture().offset, None);
    assert_eq!(*with(&[segment(0xe1, b"Exif\0\0no TIFF")]).capture(), Capture::default());
}

#[test]
fn editors_are_found_in_every_kind_of_metadata() {
    let is_edited = |metadata: Vec<u8>| with(&[metadata]).capture().is_edited;
    assert!(is_edited(exif(&[(Tag::Software, "Adobe Photoshop 25.0 (Windows)")])));
    assert!(is_edited(segment(0xed, b"Photoshop 3.0\08BIM")));
    assert!(is_edited(xmp("<rdf:Description xmp:CreatorTool=\"Adobe Lightroom 13.2\"/>")));
    assert!(is_edited(xmp("<xmp:CreatorTool>GIMP 2.10</xmp:CreatorTool>")));
    assert!(is_edited(xmp("<stEvt:softwareAgent>Pixelmator Pro 3.5</stEvt:softwareAgent>")));
    assert!(!is_edited(xmp("<xmp:CreatorTool>17.5.1</xmp:CreatorTool><a>Photoshop</a>")));
    assert!(!is_edited(xmp("<xmp:CreatorTool")));
    assert!(!is_edited(exif(&[(Tag::Software, "HDR+ 1.0.585804376zd")])));
}

#[test]
fn a_capture_time_is_compared_in_its_own_zone_or_the_groups() {
    let received = datetime!(2026-11-23 12:00 +9);
    let flags = |taken_at, offset| {
        let capture = Capture { taken_at: Some(taken_at), offset, ..Capture::default() };
        PhotoFlag::of_capture(&capture, received, &seoul())
    };
    for taken_at in
        [datetime!(2026-11-23 11:58), datetime!(2026-11-23 11:00), datetime!(2026-11-23 13:00)]
    {
        assert_eq!(flags(taken_at, None), [], "{taken_at}");
    }
    for taken_at in [
        datetime!(2026-11-23 10:59:59),
        datetime!(2026-11-23 13:00:01),
        datetime!(2026-11-22 12:00),
        datetime!(2026-11-23 03:00),
    ] {
        assert_eq!(flags(taken_at, None), [PhotoFlag::CaptureTime], "{taken_at}");
    }
    assert_eq!(flags(datetime!(2026-11-23 03:00), Some(offset!(UTC))), []);
}

#[test]
fn flags_of_the_metadata_are_collected_and_reject_nothing() {
    let world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    let flags = |photo: Photo| {
        let request = world.context();
        let collector = request.collector.clone();
        let (ports, policy) = (&world.ports, &world.policy);
        done(injeung_domain::verify_feature(ports, policy, feature(photo), request)).unwrap();
        collector.evidence().flags
    };
    assert_eq!(flags(jpeg(1)), [PhotoFlag::NoMetadata]);
    let edited =
        [exif(&[(Tag::DateTimeOriginal, "2020:01:01 12:00:00"), (Tag::Software, "Snapseed 2.0")])];
    let edited = photo(jpeg_with(&edited, &[1; 64]));
    assert_eq!(flags(edited), [PhotoFlag::CaptureTime, PhotoFlag::Edited]);
    let keyword = done(world.verify_keyword(keyword(jpeg(2), "dog")));
    assert!(keyword.is_ok(), "{keyword:?}");
}

#[test]
fn the_mode_of_the_group_reaches_the_extractor() {
    for mode in MatchMode::ALL {
        let mut world = world();
        let found = done(world.database.find_participation(id(1))).unwrap().unwrap();
        let group = injeung_domain::ChallengeGroup { match_mode: mode, ..found.group };
        done(world.database.put_group(&group)).unwrap();
        done(world.register_reference(register(jpeg(1)))).unwrap();
        let mut extractor = MockFeatureExtractor::new();
        extractor.expect_format().returning(|| SamePicture.format());
        extractor.expect_compare().times(1).returning(move |reference, photo, asked| {
            assert_eq!(asked, mode);
            done(SamePicture.compare(reference, photo, asked))
        });
        world.ports.extractor = Arc::new(extractor);
        done(world.verify_feature(feature(jpeg(1)))).unwrap();
    }
}

#[test]
fn a_mode_and_a_flag_have_one_name_each() {
    for mode in MatchMode::ALL {
        assert_eq!(mode.name().parse(), Ok(mode));
    }
    assert!("food".parse::<MatchMode>().is_err());
    let mut names: Vec<_> = PhotoFlag::ALL.iter().map(|flag| flag.name()).collect();
    names.dedup();
    assert_eq!(names.len(), PhotoFlag::ALL.len());
    assert_eq!(PhotoFlag::TOLERANCE, Duration::hours(1));
}
