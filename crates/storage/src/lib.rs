//! Where Injeung keeps rows and photos: adapters of the domain's storage ports.
//!
//! - [`SqliteDatabase`]: the four repositories on an embedded SQLite database;
//! - [`DiskObjectStore`]: photos as files of one directory.
//!
//! Both do their work on the tokio runtime they were opened on, a bounded part of it at once, and
//! finish what they began even where the caller gives up: see [`Limits`].

mod db;
mod directory;
mod io_fault;
mod objects;
mod workers;

pub use db::{SqliteDatabase, SqliteSettings};
pub use objects::DiskObjectStore;
pub use workers::Limits;
