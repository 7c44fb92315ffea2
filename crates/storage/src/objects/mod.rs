//! Object stores.

mod disk;

pub use disk::DiskObjectStore;
