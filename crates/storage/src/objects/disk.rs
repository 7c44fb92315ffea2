use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_adapter::{Limits, UrlSigner, Workers};
use injeung_domain::ports::{ObjectStore, PutError};
use injeung_domain::{Fault, JpegPhoto, ObjectKey};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use crate::directory;
use crate::io_fault::io_fault;

/// Prefix of the names of unfinished files; no object key begins with a dot.
const UNFINISHED: &str = ".put-";

/// Stores photos as the files of one directory, each named by its key.
///
/// A photo is written to a file with a hidden name, synced, and renamed without overwriting; then
/// the directory is synced. At every moment, including a power cut, an object exists completely or
/// not at all. Only owner and group can read the files.
///
/// Several stores, in one or several processes, may share a directory of a local file system.
#[derive(Clone)]
pub struct DiskObjectStore {
    directory: Arc<Path>,
    public_base: Arc<str>,
    workers: Workers,
    /// `None` without signed URLs.
    urls: Option<UrlSigner>,
}

impl DiskObjectStore {
    /// Opens a directory on the current tokio runtime, and creates it if it is missing. Deletes
    /// unfinished files that a crash left.
    ///
    /// `public_base` is the URL that precedes a key when clients fetch its object; a missing `/` at
    /// its end is added.
    ///
    /// # Errors
    /// When the directory cannot be created, read or written.
    pub async fn open(
        directory: impl AsRef<Path>,
        public_base: &str,
        limits: Limits,
    ) -> Result<Self, Fault> {
        let directory = std::path::absolute(directory).map_err(io_fault("find", "objects"))?;
        let slash = if public_base.ends_with('/') { "" } else { "/" };
        let store = Self {
            directory: directory.into(),
            public_base: format!("{public_base}{slash}").into(),
            workers: Workers::new(limits),
            urls: None,
        };
        store
            .blocking(|directory| {
                directory::create(directory).map_err(io_fault("create", "its directory"))?;
                sweep(directory).map_err(io_fault("sweep", "its directory"))?;
                probe(directory)
            })
            .await?;
        Ok(store)
    }

    /// Signs URLs, for a service that serves the photos only at signed ones.
    pub fn with_url_signer(self, urls: Option<UrlSigner>) -> Self {
        Self { urls, ..self }
    }

    /// The workers that run its calls.
    pub fn workers(&self) -> &Workers {
        &self.workers
    }

    async fn blocking<T: Send + 'static, E: From<Fault> + Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let directory = Arc::clone(&self.directory);
        self.workers.run_blocking(move || work(&directory)).await?
    }
}

#[async_trait]
impl ObjectStore for DiskObjectStore {
    async fn put_new(&self, key: &ObjectKey, photo: &JpegPhoto) -> Result<(), PutError> {
        let (key, bytes) = (key.clone(), photo.bytes().clone());
        self.blocking(move |directory| put_new(directory, &key, &bytes)).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Bytes>, Fault> {
        let key = key.clone();
        self.blocking(move |directory| get(directory, &key)).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Fault> {
        let key = key.clone();
        self.blocking(move |directory| delete(directory, &key)).await
    }

    fn url(&self, key: &ObjectKey) -> String {
        format!("{}{key}", self.public_base)
    }

    async fn signed_url(&self, key: &ObjectKey, valid: Duration) -> Result<Option<String>, Fault> {
        let query = self.urls.as_ref().map(|urls| urls.query(key, valid));
        Ok(query.map(|query| format!("{}?{query}", self.url(key))))
    }

    async fn check(&self) -> Result<(), Fault> {
        let directory = Arc::clone(&self.directory);
        let probed = async move { spawn_blocking(move || probe(&directory)).await };
        self.workers.check(probed).await?.map_err(Fault::permanent)?
    }
}

fn put_new(directory: &Path, key: &ObjectKey, bytes: &[u8]) -> Result<(), PutError> {
    let fault = |error| PutError::Fault(io_fault("write", key.as_str())(error));
    let path = directory.join(key.as_str());
    // Finds most taken keys without writing anything; the rename decides.
    if path.try_exists().map_err(fault)? {
        return Err(PutError::AlreadyExists);
    }
    let mut file = unfinished_file(directory).map_err(fault)?;
    file.as_file_mut().write_all(bytes).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    match file.persist_noclobber(&path) {
        Ok(_file) => directory::sync(directory).map_err(fault),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
            Err(PutError::AlreadyExists)
        }
        Err(refused) => Err(fault(refused.error)),
    }
}

fn get(directory: &Path, key: &ObjectKey) -> Result<Option<Bytes>, Fault> {
    match fs::read(directory.join(key.as_str())) {
        Ok(bytes) => Ok(Some(bytes.into())),
        // If the whole directory is missing, the absence of the object is not known.
        Err(error) if error.kind() == ErrorKind::NotFound && directory.is_dir() => Ok(None),
        Err(error) => Err(io_fault("read", key.as_str())(error)),
    }
}

fn delete(directory: &Path, key: &ObjectKey) -> Result<(), Fault> {
    let removed = match fs::remove_file(directory.join(key.as_str())) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    // A call that died before it synced may have deleted a missing object, so the directory is
    // always synced. The sync also fails if the whole directory is missing.
    removed.and_then(|()| directory::sync(directory)).map_err(io_fault("remove", key.as_str()))
}

/// Checks that files can be created.
fn probe(directory: &Path) -> Result<(), Fault> {
    unfinished_file(directory).map(drop).map_err(io_fault("write to", "its directory"))
}

/// Creates a hidden file, which is deleted when it is dropped.
///
/// It stays locked while it is open. The lock distinguishes it from a file that a crash left.
fn unfinished_file(directory: &Path) -> io::Result<NamedTempFile> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let mut builder = tempfile::Builder::new();
    let file = builder.prefix(UNFINISHED).make_in(directory, |path| options.open(path))?;
    file.as_file().lock()?;
    Ok(file)
}

/// Deletes unfinished files that a crash left.
fn sweep(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            remove_abandoned(entry.path())?;
        }
    }
    directory::sync(directory)
}

fn remove_abandoned(path: PathBuf) -> io::Result<()> {
    // A file that disappears meanwhile was finished, or another store deleted it.
    let vanished = |error: io::Error| match error.kind() == ErrorKind::NotFound {
        true => Ok(()),
        false => Err(error),
    };
    match File::open(&path) {
        Ok(file) if file.try_lock().is_ok() => {
            tracing::info!(file = %path.display(), "remove an unfinished photo of an earlier process");
            fs::remove_file(path).or_else(vanished)
        }
        // A running store is writing the file.
        Ok(_) => Ok(()),
        Err(error) => vanished(error),
    }
}
