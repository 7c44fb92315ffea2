//! Extraction of the features of references after a change of the algorithm.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::num::NonZeroUsize;
use std::sync::Arc;

use injeung_domain::memory::SamePicture;
use injeung_domain::ports::{
    FeatureExtractor, MockFeatureExtractor, MockObjectStore, ObjectStore, Ports, Repository,
};
use injeung_domain::{
    Fault, FeatureFormat, GroupId, ObjectKey, Reextraction, ReextractionPorts, ReferenceFeatures,
    ReferenceId, RegisterReference, Shard, reextract_references,
};
use support::logs::logged;
use support::pictures::jpeg;
use support::world::{World, done, id, register, world};

fn newer_format() -> FeatureFormat {
    FeatureFormat { version: 2, ..SamePicture.format() }
}

/// A world with one replaced reference and the references of three participations, all in an older format.
fn with_older_references() -> (World, Vec<ReferenceId>) {
    let mut world = world();
    let group = GroupId::try_from(1).unwrap();
    done(world.register_reference(register(jpeg(9)))).unwrap();
    let mut references = Vec::new();
    for number in 1..=3 {
        done(world.database.put_participation(id(number), group, None)).unwrap();
        let photo = jpeg(u8::try_from(number).unwrap());
        let command = RegisterReference { participation_id: id(number), photo: Ok(photo) };
        references.push(done(world.register_reference(command)).unwrap().reference_id);
    }
    let mut extractor = MockFeatureExtractor::new();
    extractor.expect_format().returning(newer_format);
    extractor.expect_extract().returning(|photo| {
        let (features, quality) = done(SamePicture.extract(photo))?;
        Ok((ReferenceFeatures { format: newer_format(), ..features }, quality))
    });
    world.ports.extractor = Arc::new(extractor);
    (world, references)
}

fn ports(world: &World) -> ReextractionPorts<'_> {
    let Ports { clock, repository, objects, extractor, .. } = &world.ports;
    ReextractionPorts {
        clock: &**clock,
        repository: &**repository,
        objects: &**objects,
        extractor: &**extractor,
    }
}

/// Returns the final counts and the number of references after each report.
fn reextract(world: &World, shard: Shard) -> (Reextraction, Vec<u64>) {
    let mut reports = Vec::new();
    let report = |done: &Reextraction| reports.push(done.tried());
    let two = NonZeroUsize::new(2).unwrap();
    let counts = done(reextract_references(ports(world), shard, two, report)).unwrap();
    (counts, reports)
}

fn has_newer(world: &World, reference: ReferenceId) -> bool {
    done(world.database.find_features(reference, &newer_format())).unwrap().is_some()
}

#[test]
fn references_without_features_get_them_once() {
    let (world, references) = with_older_references();
    let (counts, reports) = reextract(&world, Shard::ALL);
    assert_eq!(counts, Reextraction { total: 3, extracted: 3, ..Reextraction::default() });
    assert_eq!(reports, [0, 1, 2, 3]);
    assert!(references.iter().all(|reference| has_newer(&world, *reference)));
    assert_eq!(reextract(&world, Shard::ALL).0, Reextraction::default(), "nothing is left");
}

#[test]
fn shards_divide_the_references() {
    let (world, references) = with_older_references();
    let shard: Shard = "1/2".parse().unwrap();
    reextract(&world, shard);
    for reference in references {
        assert_eq!(has_newer(&world, reference), shard.contains(reference), "{reference}");
    }
    for text in ["", "1", "2/2", "0/0", "-1/2", "1/2/3", " 0/2", "0/4294967296", "+1/2"] {
        text.parse::<Shard>().expect_err(text);
    }
}

#[test]
fn a_reference_that_fails_stops_no_other_and_is_logged() {
    let (world, references) = with_older_references();
    let lost = done(world.database.newest_reference(id(2))).unwrap().unwrap();
    let lost_key = ObjectKey::from_url(&lost.image_url).unwrap();
    done(world.objects.delete(&lost_key)).unwrap();
    let mut counts = Reextraction::default();
    let lines = logged(|| counts = reextract(&world, Shard::ALL).0);
    assert_eq!(counts, Reextraction { total: 3, extracted: 2, unreadable: 1, failed: 0 });
    assert!(lines.iter().any(|line| line.contains(lost_key.as_str())), "{lines:?}");
    let missing = references.into_iter().filter(|reference| !has_newer(&world, *reference));
    assert_eq!(missing.collect::<Vec<_>>(), [lost.id]);
}

#[test]
fn a_store_that_is_down_ends_the_run() {
    let (mut world, _) = with_older_references();
    let group = GroupId::try_from(1).unwrap();
    let extractor = std::mem::replace(&mut world.ports.extractor, Arc::new(SamePicture));
    for number in 4..=30 {
        done(world.database.put_participation(id(number), group, None)).unwrap();
        let photo = Ok(jpeg(1));
        let command = RegisterReference { participation_id: id(number), photo };
        done(world.register_reference(command)).unwrap();
    }
    world.ports.extractor = extractor;
    let mut down = MockObjectStore::new();
    down.expect_get().times(20).returning(|_| Err(Fault::transient("the bucket is down")));
    world.ports.objects = Arc::new(down);
    let mut failed = 0;
    let report = |done: &Reextraction| failed = done.failed;
    let one = NonZeroUsize::MIN;
    let fault = done(reextract_references(ports(&world), Shard::ALL, one, report)).unwrap_err();
    assert!(fault.to_string().contains("the bucket is down"), "{fault}");
    assert_eq!(failed, 19, "the last one ended the run");
}

#[test]
fn a_database_that_cannot_list_ends_the_run() {
    let (mut world, _) = with_older_references();
    world.mock_repository(|mock| {
        mock.expect_count_references_without()
            .returning(|_, _| Err(Fault::permanent("no such table")));
    });
    let one = NonZeroUsize::MIN;
    done(reextract_references(ports(&world), Shard::ALL, one, |_| {})).unwrap_err();
}
