//! What adapters say that cannot do their work.

use time::Duration;

use super::fixtures::{
    DAY, NOON, features, group, jpeg, key, new_feed, new_reference, participation_id, reservation,
};
use crate::ports::{
    Acceptance, AddFeedError, DayRepository, FeedRepository, LeaseRepository, ObjectStore,
    ParticipationRepository, PutError, PutParticipationError, ReferenceRepository,
    RequestKeyRepository, ReservationRepository,
};
use crate::{Claim, ClaimId, Fault, FaultKind, Fingerprint, ReferenceId};

/// Checks an [`ObjectStore`] that cannot reach its objects: every call says so, by a fault of this
/// kind, and none takes an object for absent or a key for taken. The faults are for further looks.
///
/// # Panics
/// Where a call says anything else.
pub async fn broken_object_store(store: &dyn ObjectStore, kind: FaultKind) -> Vec<Fault> {
    let key = key("std_1_broken.jpg");
    let put = match store.put_new(&key, &jpeg(10, 1)).await {
        Err(PutError::Fault(fault)) => Err(fault),
        other @ (Ok(()) | Err(PutError::AlreadyExists)) => panic!("put_new answers {other:?}"),
    };
    of_kind(
        kind,
        [
            ("put_new", put),
            ("get", store.get(&key).await.map(drop)),
            ("delete", store.delete(&key).await),
            ("check", store.check().await),
        ],
    )
}

/// Checks the repositories of a database that cannot reach its rows: every call says so, by a fault
/// of this kind, and none takes what it was asked for as absent, taken or refused. The faults are
/// for further looks.
///
/// # Panics
/// Where a call says anything else.
pub async fn broken_database<D>(database: &D, kind: FaultKind) -> Vec<Fault>
where
    D: ParticipationRepository
        + ReferenceRepository
        + FeedRepository
        + ReservationRepository
        + DayRepository
        + RequestKeyRepository
        + LeaseRepository,
{
    let (id, group, name) = (participation_id(1), group(1), "feature_1_broken.jpg");
    let acceptance = Acceptance { key: key(name), claim: None };
    let put = match database.put_participation(id, group.id, None).await {
        Err(PutParticipationError::Fault(fault)) => Err(fault),
        other @ (Ok(()) | Err(PutParticipationError::UnknownGroup(_))) => {
            panic!("put_participation answers {other:?}")
        }
    };
    let added = match FeedRepository::add(database, new_feed(1, name), &acceptance).await {
        Err(AddFeedError::Fault(fault)) => Err(fault),
        other @ (Ok(_) | Err(AddFeedError::DayTaken)) => panic!("add answers {other:?}"),
    };
    let reference = new_reference(1, name);
    let reference_id = ReferenceId::try_from(1).expect("an id");
    let claim_id = ClaimId::try_from(1).expect("an id");
    let claim = Claim { id: claim_id, answer: "완료".into(), keep_until: NOON };
    let request_key = "broken".parse().expect("a request key");
    let (later, fingerprint) = (NOON + Duration::HOUR, Fingerprint::of(&[b"the request"]));
    of_kind(
        kind,
        [
            ("find", database.find(id).await.map(drop)),
            ("put_group", database.put_group(&group).await),
            ("put_participation", put),
            ("check", database.check().await),
            ("add of references", {
                ReferenceRepository::add(database, reference, &acceptance).await.map(drop)
            }),
            ("newest", database.newest(id).await.map(drop)),
            ("replace_features", {
                database.replace_features(reference_id, &features("orb", vec![0])).await
            }),
            ("add of feeds", added),
            ("latest", database.latest(id, 1).await.map(drop)),
            ("reserve", database.reserve(&reservation(name)).await.map(drop)),
            ("abandon", database.abandon(&acceptance.key).await.map(drop)),
            ("release of reservations", {
                ReservationRepository::release(database, &acceptance.key).await
            }),
            ("reserved_before", database.reserved_before(NOON, 1).await.map(drop)),
            ("has_feed", database.has_feed(id, DAY).await.map(drop)),
            ("count_attempt", database.count_attempt(id, DAY).await.map(drop)),
            ("give_back_attempt", database.give_back_attempt(id, DAY).await),
            ("forget of days", DayRepository::forget(database, DAY, 1).await.map(drop)),
            ("claim", database.claim(&request_key, &fingerprint, NOON, later).await.map(drop)),
            ("answer", database.answer(&claim).await),
            ("release of claims", RequestKeyRepository::release(database, claim_id).await),
            ("forget of keys", RequestKeyRepository::forget(database, NOON, 1).await.map(drop)),
            ("acquire", database.acquire("sweep", "replica", NOON, later).await.map(drop)),
        ],
    )
}

fn of_kind<const N: usize>(kind: FaultKind, calls: [(&str, Result<(), Fault>); N]) -> Vec<Fault> {
    let faults = calls.map(|(call, said)| {
        let fault = said.expect_err(call);
        assert_eq!(fault.kind, kind, "{call}: {fault}");
        fault
    });
    faults.into()
}
