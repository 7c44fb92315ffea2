//! Conformance suites, run on the adapters in memory.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use futures_executor::block_on;
use injeung_domain::memory::{
    FixedConcepts, JpegOnly, ManualClock, MemoryDatabase, MemoryObjectStore, NearAngles,
    SameEnding, SamePicture,
};
use injeung_domain::{Concept, JpegPhoto, conformance};
use support::pictures::{jpeg, jpeg_with, photo};
use time::OffsetDateTime;

#[test]
fn clock() {
    block_on(conformance::clock(&ManualClock::new(OffsetDateTime::UNIX_EPOCH)));
}

#[test]
fn objects() {
    block_on(conformance::object_store(async || Arc::<MemoryObjectStore>::default()));
}

#[test]
fn repository() {
    block_on(conformance::repository(async || Arc::<MemoryDatabase>::default()));
}

#[test]
fn vision() {
    let scenes = conformance::Scenes { reference: jpeg(1), same: jpeg(1), other: jpeg(2) };
    block_on(conformance::feature_extractor(&SamePicture, &scenes));
    let scenes = conformance::Scenes { reference: jpeg(1), same: jpeg(3), other: jpeg(60) };
    block_on(conformance::feature_extractor(&NearAngles, &scenes));
    block_on(conformance::jpeg_encoder(&JpegOnly, &[jpeg(1)]));
    let photos = [1, 2, 3].map(|seed| jpeg(seed).jpeg_without_metadata().unwrap());
    let copy_of = |original: &JpegPhoto| {
        let bytes = original.bytes();
        let ending = &bytes[bytes.len() - 42..bytes.len() - 2];
        photo(jpeg_with(&[], ending)).jpeg_without_metadata().unwrap()
    };
    block_on(conformance::replay_detector(&SameEnding, &photos, copy_of));
    let dog = Concept { name: "dog".to_owned(), value: 0.9 };
    block_on(conformance::classifier(&FixedConcepts(vec![dog]), &[jpeg(1)]));
}
