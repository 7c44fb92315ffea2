use std::error::Error;
use std::path::PathBuf;

use injeung_domain::ports::VisionError;

/// Errors of an evaluation, as fragments that fit after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A folder, a manifest or a photo cannot be read.
    #[error("read {}", path.display())]
    Read {
        /// Path of the folder or file.
        path: PathBuf,
        /// I/O, CSV or photo error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file of results cannot be written.
    #[error("write {}", path.display())]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// I/O or CSV error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The folder contains no photos in folders.
    #[error("find scenes in {}: it has no folders with photos", .0.display())]
    NoScenes(PathBuf),
    /// The folder contains more photos than fit into memory.
    #[error("evaluate {count} photos of {}: the maximum is {maximum}", directory.display())]
    TooManyPhotos {
        /// Number of photos.
        count: usize,
        /// Maximum number of photos.
        maximum: usize,
        /// Path of the folder.
        directory: PathBuf,
    },
    /// Fewer than two photos can be read.
    #[error("find two photos to compare in {}", .0.display())]
    NoPairs(PathBuf),
    /// The features of a photo cannot be computed, or two photos cannot be compared.
    #[error("examine {photo}")]
    Vision {
        /// Path of the photo below the folder of scenes.
        photo: String,
        /// Fault of the cascade.
        source: VisionError,
    },
    /// A pair refers to a photo that was not read.
    #[error("find the photos of pair {reference} and {query}")]
    UnknownPhotos {
        /// Index of the reference.
        reference: usize,
        /// Index of the other photo.
        query: usize,
    },
    /// A simulated service failed.
    #[error("simulate a chain")]
    Chain {
        /// Fault of a use case.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The threads cannot be started.
    #[error("start {workers} threads")]
    Threads {
        /// Number of threads.
        workers: usize,
        /// Error of the thread pool.
        source: rayon::ThreadPoolBuildError,
    },
}

impl EvalError {
    pub(crate) fn chain(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Chain { source: source.into() }
    }

    pub(crate) fn read(
        path: impl Into<PathBuf>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Read { path: path.into(), source: source.into() }
    }

    pub(crate) fn write(
        path: impl Into<PathBuf>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Write { path: path.into(), source: source.into() }
    }
}
