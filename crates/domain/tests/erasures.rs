//! Erasure of what is stored about a person.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use injeung_domain::memory::MemoryObjectStore;
use injeung_domain::ports::{MockObjectStore, MockRepository, Repository};
use injeung_domain::{
    ErasedRows, Erasure, ErasureId, ErasureSubject, Fault, FaultKind, ParticipationId,
    continue_erasures, erase,
};
use support::pictures::jpeg;
use support::world::{NOON, World, done, feature, id, register, world};
use time::Duration;

/// A world in which participation 1 has a reference and an accepted photo, and its erasure.
fn with_photos() -> (World, ErasureId) {
    let world = world();
    done(world.register_reference(register(jpeg(1)))).unwrap();
    done(world.verify_feature(feature(jpeg(1)))).unwrap();
    let subject = ErasureSubject::Participation(id(1));
    let erasure = done(world.database.add_erasure(&subject, NOON)).unwrap();
    (world, erasure)
}

fn found(world: &World, id: ErasureId) -> Erasure {
    done(world.database.find_erasure(id)).unwrap().unwrap()
}

#[test]
fn an_erasure_is_completed_after_the_requests_of_its_time() {
    let (world, id) = with_photos();
    let (database, objects) = (&*world.database, &*world.objects);
    let grace = Duration::MINUTE;
    assert_eq!(done(continue_erasures(database, objects, NOON, grace)).unwrap(), 0);
    let erased = ErasedRows { participations: 1, references: 1, feeds: 1, attempts: 0 };
    assert_eq!((found(&world, id).erased, found(&world, id).completed_at), (erased, None));
    let later = NOON + grace;
    assert_eq!(done(continue_erasures(database, objects, later, grace)).unwrap(), 1);
    assert_eq!(found(&world, id).completed_at, Some(later));
    assert_eq!(done(continue_erasures(database, objects, later, grace)).unwrap(), 0);
}

#[test]
fn a_photo_that_cannot_be_deleted_keeps_its_row() {
    let (world, id) = with_photos();
    let mut away = MockObjectStore::new();
    away.expect_delete().returning(|_| Err(Fault::transient("the bucket is away")));
    let later = NOON + Duration::DAY;
    let completed = continue_erasures(&*world.database, &away, later, Duration::MINUTE);
    assert_eq!(done(completed).unwrap(), 0, "it is continued by the next call");
    assert_eq!(found(&world, id).erased, ErasedRows::default());
    done(erase(&*world.database, &*world.objects, id)).unwrap();
    assert_eq!(found(&world, id).erased.references, 1);
}

#[test]
fn a_participation_that_other_tables_refer_to_stops_no_other() {
    let participations = [1, 2].map(|id| ParticipationId::try_from(id).unwrap()).to_vec();
    let mut database = MockRepository::new();
    database.expect_find_erasure().returning(move |id| {
        let participations = participations.clone();
        let erased = ErasedRows::default();
        Ok(Some(Erasure { id, requested_at: NOON, completed_at: None, participations, erased }))
    });
    database.expect_photos_of().returning(|_, _| Ok(Vec::new()));
    let is_free = |_, participation: ParticipationId| Ok(participation.get() == 2);
    database.expect_erase_participation().returning(is_free);
    let objects = MemoryObjectStore::default();
    let fault = done(erase(&database, &objects, ErasureId::try_from(1).unwrap())).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent);
    assert!(fault.to_string().contains("participation 1"), "{fault}");
}
