//! Adapters of the object store port.

mod disk;
#[cfg(feature = "rusoto")]
mod rusoto;
mod s3;

pub use disk::DiskObjectStore;
#[cfg(feature = "rusoto")]
pub use rusoto::RusotoObjectStore;
pub use s3::{S3Credentials, S3Encryption, S3ObjectStore, S3Settings};
