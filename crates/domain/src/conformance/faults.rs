//! Checks the faults that adapters return when they cannot work.

use time::Duration;

use super::fixtures::{
    DAY, NOON, api_key, examined, features, group, jpeg, key, new_feed, new_reference,
    participation_id, reservation, search_area, url,
};
use crate::ports::{
    Acceptance, AddFeedError, ObjectStore, PutError, PutParticipationError, Repository,
};
use crate::{
    Claim, ClaimId, DeliveryEnd, ErasureId, ErasureSubject, Fault, FaultKind, FeedId, Fingerprint,
    MessageId, NewView, ParticipationQuery, ReferenceId, ReplayScope, Shard, ViewId, Voucher,
};

/// Checks an [`ObjectStore`] that cannot reach its objects. Every call must return a fault of this
/// kind; none may report an object as absent or a key as taken. Returns the faults for further
/// checks.
///
/// # Panics
/// If a call returns anything else.
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

/// Checks a [`Repository`] that cannot reach its rows. Every call must return a fault of this kind;
/// none may report a row as absent, taken or rejected. Returns the faults for further checks.
///
/// # Panics
/// If a call returns anything else.
pub async fn broken_database(database: &dyn Repository, kind: FaultKind) -> Vec<Fault> {
    let (id, group, name) = (participation_id(1), group(1), "feature_1_broken.jpg");
    let acceptance = Acceptance { key: key(name), claim: None };
    let put = match database.put_participation(id, group.id, None).await {
        Err(PutParticipationError::Fault(fault)) => Err(fault),
        other @ (Ok(()) | Err(PutParticipationError::UnknownGroup(_))) => {
            panic!("put_participation answers {other:?}")
        }
    };
    let added = match database.add_feed(new_feed(1, name), &acceptance).await {
        Err(AddFeedError::Fault(fault)) => Err(fault),
        other @ (Ok(_) | Err(AddFeedError::DayTaken | AddFeedError::NewerPhotos)) => {
            panic!("add answers {other:?}")
        }
    };
    let (reference, others) = (new_reference(1, name), features("orb", vec![0]));
    let reference_id = ReferenceId::try_from(1).expect("an id");
    let view_id = ViewId::try_from(1).expect("an id");
    let view = NewView {
        reference_id,
        feed_id: FeedId::try_from(1).expect("an id"),
        voucher: Voucher::Reference,
        features: others.clone(),
    };
    let erasure_id = ErasureId::try_from(1).expect("an id");
    let area = search_area(1, ReplayScope::All);
    let claim_id = ClaimId::try_from(1).expect("an id");
    let claim = Claim { id: claim_id, answer: "완료".into(), keep_until: NOON };
    let message_id = MessageId::try_from(1).expect("an id");
    let api_key = api_key(1);
    let request_key = "broken".parse().expect("a request key");
    let (later, fingerprint) = (NOON + Duration::HOUR, Fingerprint::of(&[b"the request"]));
    of_kind(
        kind,
        [
            ("find_participation", database.find_participation(id).await.map(drop)),
            ("put_group", database.put_group(&group).await),
            ("put_participation", put),
            ("check", database.check().await),
            ("add_reference", database.add_reference(reference, &acceptance).await.map(drop)),
            ("newest_reference", database.newest_reference(id).await.map(drop)),
            ("find_features", {
                database.find_features(reference_id, &others.format).await.map(drop)
            }),
            ("put_features", database.put_features(reference_id, &others, NOON).await),
            ("references_without", {
                database.references_without(&others.format, Shard::ALL, None, 1).await.map(drop)
            }),
            ("count_references_without", {
                database.count_references_without(&others.format, Shard::ALL).await.map(drop)
            }),
            ("views", database.views(reference_id, &others.format).await.map(drop)),
            ("add_view", database.add_view(view, NOON).await.map(drop)),
            ("touch_view", database.touch_view(view_id, NOON).await),
            ("add_feed", added),
            ("find_same_pixels", database.find_same_pixels(&area, &[0; 32]).await.map(drop)),
            ("earlier_photos", database.earlier_photos(&area, &examined(0)).await.map(drop)),
            ("latest_feed", database.latest_feed(id, 1).await.map(drop)),
            ("reserve", database.reserve(&reservation(name)).await.map(drop)),
            ("abandon", database.abandon(&acceptance.key).await.map(drop)),
            ("release", database.release(&acceptance.key).await),
            ("reserved_before", database.reserved_before(NOON, None, 1).await.map(drop)),
            ("has_feed", database.has_feed(id, DAY).await.map(drop)),
            ("count_attempt", database.count_attempt(id, DAY).await.map(drop)),
            ("release_attempt", database.release_attempt(id, DAY).await),
            ("forget_days", database.forget_days(DAY, 1).await.map(drop)),
            ("claim_key", {
                database.claim_key(&request_key, &fingerprint, NOON, later).await.map(drop)
            }),
            ("answer_key", database.answer_key(&claim).await),
            ("release_key", database.release_key(claim_id).await),
            ("forget_keys", database.forget_keys(NOON, 1).await.map(drop)),
            ("forget_features", database.forget_features(NOON, 1).await.map(drop)),
            ("participations", {
                database.participations(&ParticipationQuery::default()).await.map(drop)
            }),
            ("find_group", database.find_group(group.id).await.map(drop)),
            ("groups", database.groups(None, 1).await.map(drop)),
            ("add_erasure", {
                let subject = ErasureSubject::Participation(id);
                database.add_erasure(&subject, NOON).await.map(drop)
            }),
            ("find_erasure", database.find_erasure(erasure_id).await.map(drop)),
            ("open_erasures", database.open_erasures(1).await.map(drop)),
            ("photos_of", database.photos_of(id, 1).await.map(drop)),
            ("erase_photos", database.erase_photos(erasure_id, id, &[url(name)]).await),
            ("erase_participation", {
                database.erase_participation(erasure_id, id).await.map(drop)
            }),
            ("complete_erasure", database.complete_erasure(erasure_id, NOON).await),
            ("acquire_lease", {
                database.acquire_lease("sweep", "replica", NOON, later).await.map(drop)
            }),
            ("due_messages", database.due_messages(NOON, 1).await.map(drop)),
            ("end_delivery", database.end_delivery(message_id, DeliveryEnd::Delivered).await),
            ("messages", database.messages(true, 1).await.map(drop)),
            ("count_messages", database.count_messages().await.map(drop)),
            ("send_again", database.send_again(message_id, NOON).await.map(drop)),
            ("forget_messages", database.forget_messages(NOON, 1).await.map(drop)),
            ("add_api_key", database.add_api_key(&api_key).await.map(drop)),
            ("find_api_key", database.find_api_key(&api_key.id).await.map(drop)),
            ("api_keys", database.api_keys().await.map(drop)),
            ("revoke_api_key", database.revoke_api_key(&api_key.id, NOON).await.map(drop)),
            ("touch_api_key", database.touch_api_key(&api_key.id, NOON).await),
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
