//! Databases.

mod database;
mod instant;
mod postgres;
mod schema;
mod sqlite;
mod work;

pub use database::{Database, DatabaseSettings, open_database};
pub use postgres::{PostgresDatabase, PostgresSettings};
pub use sqlite::{SqliteDatabase, SqliteSettings};
