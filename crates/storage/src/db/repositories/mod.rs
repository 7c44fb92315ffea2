//! The repositories, each in a file of its own, its rows private to it.
//!
//! This module is loaded once a database (`sqlite::repositories`, `postgres::repositories`), so
//! that each query is written once and still checked against the very connection that runs it.
//! Whatever differs between databases is in the module above: `Repositories`, whose `read`, `write`
//! and `transaction` have work done on a `Connection`.

mod acceptance;
mod days;
mod feeds;
mod leases;
mod participations;
mod references;
mod request_keys;
mod reservations;

use super::{Connection, Repositories};
