//! Photos that are sent again, tested with the running program on PostgreSQL and S3.

use crate::support::home::Home;
use crate::support::replay;

#[test]
fn copies_are_rejected_and_honest_photos_are_not() {
    replay::copies_are_rejected_and_honest_photos_are_not(Home::on_servers());
}

#[test]
fn one_of_concurrent_copies_is_accepted() {
    replay::one_of_concurrent_copies_is_accepted(Home::on_servers());
}

#[test]
fn the_scope_decides_whose_photos_count() {
    replay::the_scope_decides_whose_photos_count(Home::on_servers());
}

#[test]
fn flagged_replays_are_accepted_stored_logged_and_counted() {
    replay::flagged_replays_are_accepted_stored_logged_and_counted(Home::on_servers());
}

#[test]
fn a_retry_under_its_key_is_no_replay() {
    replay::a_retry_under_its_key_is_no_replay(Home::on_servers());
}
