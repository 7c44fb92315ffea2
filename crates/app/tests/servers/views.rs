//! Learned views, tested with the running program on PostgreSQL and S3.

use crate::support::home::Home;
use crate::support::views;

#[test]
fn a_view_recognises_what_the_reference_does_not() {
    views::a_view_recognises_what_the_reference_does_not(Home::on_servers());
}
