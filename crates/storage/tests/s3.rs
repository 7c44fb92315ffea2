//! The bucket tests on `object_store`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::buckets::{self, status};
use common::s3::{S3Server, key_pair};
use common::{jpeg, key};
use injeung_domain::ports::ObjectStore;
use injeung_storage::{S3ObjectStore, S3Settings};

const HOUR: Duration = Duration::from_secs(3600);

fn open(settings: &S3Settings) -> S3ObjectStore {
    S3ObjectStore::open(settings, None).unwrap()
}

#[tokio::test]
async fn the_bucket_of_a_server_that_checks_signatures_keeps_objects() {
    buckets::the_bucket_of_a_server_that_checks_signatures_keeps_objects(open).await;
}

#[tokio::test]
async fn the_bucket_of_moto_keeps_objects() {
    buckets::the_bucket_of_moto_keeps_objects(open).await;
}

#[tokio::test]
async fn an_object_whose_response_was_lost_is_not_taken_for_another_programs() {
    buckets::an_object_whose_response_was_lost_is_not_taken_for_another_programs(open).await;
}

#[tokio::test]
async fn a_put_without_a_response_is_retried_and_recognised() {
    buckets::a_put_without_a_response_is_retried_and_recognised(open).await;
}

#[tokio::test]
async fn a_short_outage_is_not_noticed_and_a_long_one_is_a_transient_fault() {
    buckets::a_short_outage_is_not_noticed_and_a_long_one_is_a_transient_fault(open).await;
}

#[tokio::test]
async fn wrong_keys_and_missing_buckets_are_permanent_faults() {
    buckets::wrong_keys_and_missing_buckets_are_permanent_faults(open).await;
}

#[tokio::test]
async fn an_absent_or_silent_server_is_a_transient_fault() {
    buckets::an_absent_or_silent_server_is_a_transient_fault(open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_served_as_they_should_be_to_whoever_has_a_signed_url() {
    buckets::objects_are_served_as_they_should_be_to_whoever_has_a_signed_url(open).await;
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_object_or_none() {
    buckets::a_caller_that_goes_away_leaves_a_whole_object_or_none(open).await;
}

/// Bucket host names cannot be resolved here, so only signed URLs are tested.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_may_be_in_the_host_name() {
    let server = S3Server::start().await;
    let in_path = server.settings("homybk");
    open(&in_path).put_new(&key("a.jpg"), &jpeg(10)).await.unwrap();
    let in_host = open(&S3Settings { virtual_hosted: true, ..in_path });
    let url = in_host.signed_url(&key("a.jpg"), HOUR).await.unwrap().unwrap();
    assert!(url.starts_with("http://homybk.localhost:"), "{url}");
    let resolved = ["--connect-to", "::127.0.0.1:", &url];
    assert_eq!(status(&resolved), "200", "the signature holds");

    let amazon = open(&S3Settings { credentials: key_pair(), ..S3Settings::default() });
    let address = "https://homybk.s3.ap-northeast-2.amazonaws.com/a.jpg";
    assert_eq!(amazon.url(&key("a.jpg")), address);
    let url = amazon.signed_url(&key("a.jpg"), HOUR).await.unwrap().unwrap();
    assert!(url.starts_with(&format!("{address}?")), "{url}");
}
