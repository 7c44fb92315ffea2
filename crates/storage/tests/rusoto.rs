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
async fn an_object_whose_answer_was_lost_is_not_taken_for_somebody_elses() {
    buckets::an_object_whose_answer_was_lost_is_not_taken_for_somebody_elses(open).await;
}

#[tokio::test]
async fn a_put_whose_answer_never_came_is_retried_and_recognised() {
    buckets::a_put_whose_answer_never_came_is_retried_and_recognised(open).await;
}

#[tokio::test]
async fn a_short_outage_is_not_noticed_and_a_long_one_is_a_fault_that_may_pass() {
    buckets::a_short_outage_is_not_noticed_and_a_long_one_is_a_fault_that_may_pass(open).await;
}

#[tokio::test]
async fn wrong_keys_and_missing_buckets_do_not_pass() {
    buckets::wrong_keys_and_missing_buckets_do_not_pass(open).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_or_says_nothing_may_come_back() {
    buckets::a_server_that_is_not_there_or_says_nothing_may_come_back(open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_served_as_they_should_be_to_whoever_has_a_signed_url() {
    buckets::objects_are_served_as_they_should_be_to_whoever_has_a_signed_url(open).await;
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_object_or_none() {
    buckets::a_caller_that_goes_away_leaves_a_whole_object_or_none(open).await;
}
