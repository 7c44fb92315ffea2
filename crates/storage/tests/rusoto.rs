//! The bucket tests on `rusoto_s3`.
#![cfg(feature = "rusoto")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::buckets;
use injeung_storage::{RusotoObjectStore, S3Settings};

fn open(settings: &S3Settings) -> RusotoObjectStore {
    RusotoObjectStore::open(settings, None).unwrap()
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
