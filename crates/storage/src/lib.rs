//! Where Injeung keeps rows and photos: adapters of the domain's storage ports.
//!
//! - [`SqliteDatabase`]: the repositories on an embedded SQLite database;
//! - [`PostgresDatabase`]: the same on a PostgreSQL server;
//! - [`open_database`]: whichever of both an address names;
//! - [`DiskObjectStore`]: photos as files of one directory;
//! - [`S3ObjectStore`]: photos as objects of one S3 bucket; with the feature `rusoto` also
//!   `RusotoObjectStore`, the same by another library.
//!
//! All do their work on the tokio runtime they were opened on, a bounded part of it at once, and
//! finish what they began even where the caller gives up: see [`Limits`].

mod db;
mod directory;
mod io_fault;
mod objects;

pub use injeung_adapter::Limits;

pub use db::{
    Database, DatabaseSettings, PostgresDatabase, PostgresSettings, SqliteDatabase, open_database,
};
pub use objects::DiskObjectStore;
#[cfg(feature = "rusoto")]
pub use objects::RusotoObjectStore;
pub use objects::{S3Credentials, S3Encryption, S3ObjectStore, S3Settings};
