//! Adapters of the domain's storage ports, for rows and photos.
//!
//! - [`SqliteDatabase`]: the repository on an embedded SQLite database;
//! - [`PostgresDatabase`]: the repository on a PostgreSQL server;
//! - [`open_database`]: opens either, depending on the URL;
//! - [`DiskObjectStore`]: photos as files of one directory;
//! - [`S3ObjectStore`]: photos as objects of one S3 bucket; the feature `rusoto` adds
//!   `RusotoObjectStore`, which uses another library.
//!
//! All run a limited number of calls at once, on the tokio runtime on which they were opened. A
//! call that has begun runs to its end even if its caller gives up: see [`Limits`].

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
