//! Adapters of the repository port for SQLite and PostgreSQL.

mod database;
mod instant;
mod postgres;
mod schema;
mod settings;
mod sqlite;
mod work;

pub use database::{Database, open_database};
pub use postgres::PostgresDatabase;
pub use settings::{DatabaseSettings, PostgresSettings};
pub use sqlite::SqliteDatabase;
