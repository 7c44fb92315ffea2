//! Runs the example of docs/existing-tables.md.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{postgres, reserve, url};
use injeung_adapter::Secret;
use injeung_domain::NewFeed;
use injeung_storage::{DatabaseSettings, open_database};
use time::macros::{date, time};

/// SQL statements of the document, block by block.
fn blocks() -> Vec<&'static str> {
    let document = include_str!("../../../docs/existing-tables.md");
    let blocks = document.split("```sql\n").skip(1);
    blocks.map(|block| block.split_once("```").unwrap().0).collect()
}

#[tokio::test]
async fn an_app_maps_its_own_tables() {
    let address = postgres::new_database().await;
    let [tables, schema, view, references] = blocks().try_into().unwrap();
    postgres::execute(&address, tables).await;
    postgres::execute(&address, schema).await;
    let with_schema = format!("{address}?options=-c%20search_path%3Dinjeung");
    let settings =
        DatabaseSettings { url: Secret::new(with_schema), ..DatabaseSettings::default() };
    let database = open_database(&settings).await.unwrap();
    database.migrate().await.unwrap();
    postgres::execute(&address, view).await;
    postgres::execute(&address, references).await;
    postgres::execute(
        &address,
        "INSERT INTO users VALUES (70, 'somebody');
         INSERT INTO challenge VALUES
             (3, '미라클 모닝', '2026-11-01 00:00+09', '2026-11-30 23:59+09', '06:00', '08:30:59'),
             (4, 'any time', '2026-11-01 00:00+09', '2026-11-30 23:59+09', NULL, NULL);
         INSERT INTO participation VALUES (1, 3, 70, NULL), (2, 4, 70, NULL), (5, 4, 70, now());",
    )
    .await;

    let find = async |id: i64| database.find_participation(id.try_into().unwrap()).await.unwrap();
    let first = find(1).await.unwrap();
    assert_eq!(first.user_id.unwrap().as_str(), "70");
    assert_eq!((first.group.id.get(), first.group.name.as_deref()), (3, Some("미라클 모닝")));
    let schedule = first.group.schedule;
    assert_eq!(
        (schedule.start_date(), schedule.end_date()),
        (date!(2026 - 11 - 01), date!(2026 - 11 - 30))
    );
    assert_eq!((schedule.start_time(), schedule.end_time()), (time!(06:00), time!(08:30:59)));
    assert_eq!(schedule.time_zone().name(), "Asia/Seoul");
    assert_eq!(find(2).await.unwrap().group.schedule.end_time(), time!(23:59:59));
    assert_eq!(find(5).await, None, "who left takes no part");
    assert_eq!(find(6).await, None);
    database.check().await.unwrap();

    let acceptance = reserve(&*database, "feature_1.jpg").await;
    let feed = common::new_feed("feature_1.jpg");
    database.add_feed(feed, &acceptance).await.unwrap();
    let acceptance = reserve(&*database, "std_1.jpg").await;
    let reference = common::new_reference("std_1.jpg");
    database.add_reference(reference, &acceptance).await.unwrap();
    assert_eq!(
        postgres::texts(&address, "SELECT feed_img AS text FROM injeung.feed").await,
        [url("feature_1.jpg")]
    );
    let acceptance = reserve(&*database, "feature_6.jpg").await;
    let nobody =
        NewFeed { participation_id: 6.try_into().unwrap(), ..common::new_feed("feature_6.jpg") };
    database.add_feed(nobody, &acceptance).await.unwrap_err();
}
