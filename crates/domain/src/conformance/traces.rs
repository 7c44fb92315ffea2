use std::sync::Arc;

use super::fixtures::{
    examined, group, new_feed, new_reference, participation_id, reserve, search_area, url,
};
use crate::ports::{AddFeedError, Repository};
use crate::{
    EarlierPhotos, ExaminedPhoto, FeedId, NewFeed, NewReference, NewTrace, PerceptualHash, Replay,
    ReplayKind, ReplayScope, SearchArea, TracePosition,
};

/// Checks the traces of photos; `empty` creates a database without rows.
pub(super) async fn traces<D: Repository>(empty: impl AsyncFn() -> Arc<D>) {
    let database = empty().await;
    participations(&*database).await;
    same_pixels(&*database).await;
    let database = empty().await;
    participations(&*database).await;
    similar(&*database).await;
    let database = empty().await;
    participations(&*database).await;
    newer(&*database).await;
    at_once(&*database).await;
}

/// Creates participations 1 to 3. The group of each has its id, except that 2 is in group 1.
async fn participations(database: &dyn Repository) {
    for (id, group_id) in [(1, 1), (2, 1), (3, 3)] {
        let group = group(group_id);
        database.put_group(&group).await.expect("a group");
        let put = database.put_participation(participation_id(id), group.id, None).await;
        put.expect("a participation");
    }
}

fn area(id: i64, scope: ReplayScope) -> SearchArea {
    let group_id = search_area(if id == 2 { 1 } else { id }, scope).group_id;
    SearchArea { group_id, ..search_area(id, scope) }
}

async fn earlier(
    database: &dyn Repository,
    area: &SearchArea,
    photo: &ExaminedPhoto,
) -> EarlierPhotos {
    database.earlier_photos(area, photo).await.expect("an answer")
}

/// Adds a photo of a participation after a look-up up to `until`.
async fn add(
    database: &dyn Repository,
    area: SearchArea,
    (name, photo): (&str, ExaminedPhoto),
    until: TracePosition,
) -> Result<FeedId, AddFeedError> {
    let kind = ReplayKind::NearCopy;
    let replay = Some(Replay { kind, earlier: url("feature_0.jpg") });
    let trace = Some(NewTrace { area, photo, until, replay });
    let feed = NewFeed { trace, ..new_feed(area.participation_id.get(), name) };
    database.add_feed(feed, &reserve(database, name).await).await
}

async fn same_pixels(database: &dyn Repository) {
    let scopes = [ReplayScope::Participation, ReplayScope::Group, ReplayScope::All];
    let found = async |id: i64, byte: u8| {
        let mut found = Vec::new();
        for scope in scopes {
            let same = database.find_same_pixels(&area(id, scope), &[byte; 32]).await;
            found.push(same.expect("an answer"));
        }
        found
    };
    assert_eq!(found(1, 7).await, [None, None, None]);
    let area_of_1 = area(1, ReplayScope::Participation);
    let first = ("feature_1.jpg", examined(7));
    add(database, area_of_1, first, TracePosition(0)).await.expect("a row");
    let reference = NewReference {
        trace: Some((area(3, ReplayScope::All), examined(9).trace)),
        ..new_reference(3, "std_3.jpg")
    };
    let acceptance = reserve(database, "std_3.jpg").await;
    database.add_reference(reference, &acceptance).await.expect("a reference");

    let of_1 = Some(url("feature_1.jpg"));
    assert_eq!(found(1, 7).await, [of_1.clone(), of_1.clone(), of_1.clone()]);
    assert_eq!(found(2, 7).await, [None, of_1.clone(), of_1.clone()], "2 is in the same group");
    assert_eq!(found(3, 7).await, [None, None, of_1]);
    let of_3 = Some(url("std_3.jpg"));
    assert_eq!(found(3, 9).await, [of_3.clone(), of_3.clone(), of_3], "references count");
    assert_eq!(found(1, 8).await, [None, None, None]);
}

async fn similar(database: &dyn Repository) {
    let alone = area(1, ReplayScope::Participation);
    let none = earlier(database, &area(1, ReplayScope::All), &examined(0)).await;
    assert_eq!(none, EarlierPhotos::default());

    // Each differs from the one before in 16 bits.
    let photos =
        [(1, "feature_a.jpg", 0b1), (2, "feature_b.jpg", 0b11), (3, "feature_c.jpg", 0b111)];
    for (id, name, byte) in photos {
        let area = area(id, ReplayScope::Participation);
        let photo = (name, examined(byte));
        add(database, area, photo, TracePosition(0)).await.expect("a row");
    }
    let flat = ExaminedPhoto {
        trace: crate::PhotoTrace { hash: None, ..examined(0b1111).trace },
        variants: Vec::new(),
        ..examined(0b1111)
    };
    let until = earlier(database, &alone, &flat).await.until;
    add(database, alone, ("feature_d.jpg", flat.clone()), until).await.expect("a row");

    let urls = |photos: &[crate::EarlierPhoto]| {
        photos.iter().map(|photo| photo.image_url.clone()).collect::<Vec<_>>()
    };
    // Half of its bands are those of c, and half those of a and b.
    let bytes = std::array::from_fn(|place| match (place % 2, place < 16) {
        (0, true) => 0b11,
        (0, false) => 0b111,
        _ => 0,
    });
    let between = ExaminedPhoto { variants: vec![PerceptualHash::new(bytes)], ..examined(0b111) };
    let found = earlier(database, &alone, &between).await;
    assert_eq!(urls(&found.own), [url("feature_d.jpg"), url("feature_a.jpg")], "newest first");
    assert!(found.near.is_empty(), "the photos of others do not count");
    let [newest, oldest] = &found.own[..] else { panic!("two photos") };
    assert_eq!((&newest.trace, &oldest.trace), (&flat.trace, &examined(0b1).trace), "whole");
    assert!(newest.position > oldest.position && found.until >= newest.position);

    let found = earlier(database, &area(1, ReplayScope::Group), &between).await;
    assert_eq!(urls(&found.own), [url("feature_d.jpg"), url("feature_a.jpg")]);
    assert_eq!(urls(&found.near), [url("feature_b.jpg")]);
    let found = earlier(database, &area(1, ReplayScope::All), &between).await;
    let mut near = urls(&found.near);
    near.sort();
    assert_eq!(near, [url("feature_b.jpg"), url("feature_c.jpg")]);
    let found = earlier(database, &area(2, ReplayScope::All), &examined(0b111)).await;
    assert_eq!(found.near.first().map(|photo| &*photo.image_url), Some(&*url("feature_c.jpg")));
    let other = earlier(database, &area(2, ReplayScope::All), &examined(0xf8)).await;
    assert!(other.near.is_empty(), "too far: {other:?}");
}

/// Checks that a photo that was added since the look-up prevents the row if it can be the original.
async fn newer(database: &dyn Repository) {
    let of_1 = area(1, ReplayScope::Group);
    let start = TracePosition(0);
    add(database, of_1, ("feature_1a.jpg", examined(0)), start).await.expect("a row");
    let refused = async |area, photo: ExaminedPhoto, name| {
        matches!(add(database, area, (name, photo), start).await, Err(AddFeedError::NewerPhotos))
    };
    assert!(refused(of_1, examined(0xff), "feature_1b.jpg").await, "the same participation");
    let of_2 = area(2, ReplayScope::Group);
    assert!(refused(of_2, examined(0), "feature_2a.jpg").await, "the same pixels");
    assert!(refused(of_2, examined(0b11), "feature_2b.jpg").await, "a near hash");
    let rows = database.latest_feed(participation_id(2), 10).await.expect("an answer");
    assert!(rows.is_empty(), "nothing was added");
    let reserved = reserve(database, "feature_2c.jpg").await;
    let trace = |until| Some(NewTrace { area: of_2, photo: examined(0), until, replay: None });
    let feed = |until| NewFeed { trace: trace(until), ..new_feed(2, "feature_2c.jpg") };
    let early = database.add_feed(feed(start), &reserved).await;
    assert!(matches!(early, Err(AddFeedError::NewerPhotos)), "{early:?}");
    let until = earlier(database, &of_2, &examined(0)).await.until;
    database.add_feed(feed(until), &reserved).await.expect("the key is still reserved");

    let another = ("feature_2d.jpg", examined(0xff));
    let of_3 = area(3, ReplayScope::Group);
    add(database, of_3, another, start).await.expect("the photos of other groups do not count");
}

/// Checks that of several concurrent copies of one photo, one is added.
async fn at_once(database: &dyn Repository) {
    let area = area(3, ReplayScope::All);
    let photo = examined(0b1010_1010);
    let until = earlier(database, &area, &photo).await.until;
    let additions = (0..8).map(async |nth| {
        let name = format!("feature_3_{nth}.jpg");
        add(database, area, (&name, photo.clone()), until).await
    });
    let outcomes = futures_util::future::join_all(additions).await;
    let refused =
        outcomes.iter().filter(|added| matches!(added, Err(AddFeedError::NewerPhotos))).count();
    assert_eq!(refused, 7, "{outcomes:?}");
}
