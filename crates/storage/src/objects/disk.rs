use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_adapter::{Limits, Workers};
use injeung_domain::ports::{ObjectStore, PutError};
use injeung_domain::{Fault, JpegPhoto, ObjectKey};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use crate::directory;
use crate::io_fault::io_fault;

/// A photo that is being written has a name that begins so; no object key begins with a dot.
const UNFINISHED: &str = ".put-";

/// Keeps photos as the files of one directory, each named by its key.
///
/// A photo is written to a file with a hidden name, synced, and then renamed where nothing is
/// overwritten, and the directory is synced: at every moment, power cuts included, an object is
/// there whole or not at all. Files can be read by owner and group only.
///
/// Several stores, in one process or several, may share a directory of a local file system.
#[derive(Debug, Clone)]
pub struct DiskObjectStore {
    directory: Arc<Path>,
    public_base: Arc<str>,
    workers: Workers,
}

impl DiskObjectStore {
    /// Opens a directory, which is created where it is missing, on the present tokio runtime.
    ///
    /// `public_base` is what clients put before a key to fetch its object; a `/` at its end is
    /// added when missing. What a crash left half written is removed.
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

    async fn signed_url(
        &self,
        _key: &ObjectKey,
        _valid: Duration,
    ) -> Result<Option<String>, Fault> {
        Ok(None)
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
    // Most taken keys are found here without writing anything; the rename decides.
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
        // Where the whole directory is gone, nobody knows which objects there are.
        Err(error) if error.kind() == ErrorKind::NotFound && directory.is_dir() => Ok(None),
        Err(error) => Err(io_fault("read", key.as_str())(error)),
    }
}

fn delete(directory: &Path, key: &ObjectKey) -> Result<(), Fault> {
    let removed = match fs::remove_file(directory.join(key.as_str())) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    // An object that is not there may have been removed by a call that died before it synced, so
    // the directory is synced in any case; that fails too where the whole directory is gone.
    removed.and_then(|()| directory::sync(directory)).map_err(io_fault("remove", key.as_str()))
}

/// Whether files can be created.
fn probe(directory: &Path) -> Result<(), Fault> {
    unfinished_file(directory).map(drop).map_err(io_fault("write to", "its directory"))
}

/// A new hidden file, which is removed when it is dropped.
///
/// It is locked as long as it is open, so that a store that is opened meanwhile can tell it from
/// what a crash left.
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

/// Removes what a crash left half written.
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
    // A file that vanishes meanwhile has just been finished, or swept by somebody else.
    let vanished = |error: io::Error| match error.kind() == ErrorKind::NotFound {
        true => Ok(()),
        false => Err(error),
    };
    match File::open(&path) {
        Ok(file) if file.try_lock().is_ok() => {
            tracing::info!(file = %path.display(), "remove a photo that was left half written");
            fs::remove_file(path).or_else(vanished)
        }
        // Somebody is writing it.
        Ok(_) => Ok(()),
        Err(error) => vanished(error),
    }
}
