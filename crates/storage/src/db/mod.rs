//! Databases: each repository in a file of its own, its rows private to it.

mod feeds;
mod instant;
mod participations;
mod references;
mod reservations;
mod schema;
mod sqlite;

pub use sqlite::{SqliteDatabase, SqliteSettings};
