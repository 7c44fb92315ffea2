//! Tests of the directory store beyond the port's contract.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use common::{jpeg, key};
use injeung_domain::ports::{ObjectStore, PutError};
use injeung_domain::{FaultKind, conformance};
use injeung_storage::{DiskObjectStore, Limits};
use tempfile::TempDir;

const BASE: &str = "http://127.0.0.1:8080/objects/";

async fn store(directory: impl AsRef<Path>) -> DiskObjectStore {
    DiskObjectStore::open(directory, BASE, Limits::default()).await.unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn objects_survive_and_nothing_else_is_left() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("var/objects");
    let first = store(&path).await;
    first.put_new(&key("a.jpg"), &jpeg(10_000)).await.unwrap();
    let again = first.put_new(&key("a.jpg"), &jpeg(10)).await;
    assert!(matches!(again, Err(PutError::AlreadyExists)), "{again:?}");
    first.check().await.unwrap();
    drop(first);

    let second = store(&path).await;
    assert_eq!(second.get(&key("a.jpg")).await.unwrap().unwrap(), jpeg(10_000).bytes());
    assert_eq!(names(&path), ["a.jpg"]);
    second.delete(&key("a.jpg")).await.unwrap();
    assert!(names(&path).is_empty());
}

#[tokio::test]
async fn files_of_a_crash_are_deleted_and_files_being_written_are_kept() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join(".put-crash"), b"\xff\xd8\xff half").unwrap();
    fs::write(directory.path().join(".put-other"), b"\xff\xd8\xff half").unwrap();
    fs::write(directory.path().join(".gitkeep"), b"").unwrap();
    store(&directory).await.put_new(&key("a.jpg"), &jpeg(10)).await.unwrap();
    assert_eq!(names(directory.path()), [".gitkeep", "a.jpg"]);

    let writing = File::create(directory.path().join(".put-busy")).unwrap();
    writing.lock().unwrap();
    store(&directory).await;
    assert_eq!(names(directory.path()), [".gitkeep", ".put-busy", "a.jpg"]);
    drop(writing);
    store(&directory).await;
    assert_eq!(names(directory.path()), [".gitkeep", "a.jpg"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_in_two_stores_one_wins() {
    let directory = TempDir::new().unwrap();
    let stores = [store(&directory).await, store(&directory).await];
    for round in 0..20 {
        let key = key(&format!("{round}.jpg"));
        let writers: Vec<_> = (0..16)
            .map(|nth| {
                let (store, key) = (stores[nth % 2].clone(), key.clone());
                tokio::spawn(async move { store.put_new(&key, &jpeg(1000 + nth)).await })
            })
            .collect();
        let mut lengths = Vec::new();
        for (nth, writer) in writers.into_iter().enumerate() {
            match writer.await.unwrap() {
                Ok(()) => lengths.push(jpeg(1000 + nth).bytes().len()),
                Err(PutError::AlreadyExists) => {}
                Err(PutError::Fault(fault)) => panic!("{fault}"),
            }
        }
        let stored = stores[0].get(&key).await.unwrap().unwrap();
        assert_eq!(lengths, [stored.len()]);
    }
    assert_eq!(names(directory.path()).len(), 20);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_object_or_none() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory).await;
    for round in 0..40_usize {
        let (key, photo) = (key(&format!("{round}.jpg")), jpeg(300_000));
        {
            let mut put = pin!(store.put_new(&key, &photo));
            for _ in 0..=round % 4 {
                let polled = std::future::poll_fn(|context| {
                    Poll::Ready(put.as_mut().poll(context).is_ready())
                });
                if polled.await {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // A second put of the key does not wait for the dropped one, so it may find only a whole
        // object.
        match store.put_new(&key, &photo).await {
            Ok(()) | Err(PutError::AlreadyExists) => {}
            Err(PutError::Fault(fault)) => panic!("{fault}"),
        }
        assert_eq!(store.get(&key).await.unwrap().unwrap(), photo.bytes());
    }
}

#[tokio::test]
async fn calls_above_the_length_of_the_queue_are_rejected() {
    let directory = TempDir::new().unwrap();
    let limits = Limits { max_running: 1, max_waiting: 0, ..Limits::default() };
    let store = DiskObjectStore::open(&directory, BASE, limits).await.unwrap();
    let workers = store.workers().clone();
    tokio::spawn(async move { workers.run(std::future::pending::<()>()).await });
    while store.workers().calls().0 == 0 {
        tokio::task::yield_now().await;
    }
    let second = store.put_new(&key("b.jpg"), &jpeg(100)).await;
    let Err(PutError::Fault(fault)) = second else { panic!("{second:?}") };
    assert_eq!(fault.kind, injeung_domain::FaultKind::Overloaded);
    assert_eq!(names(directory.path()), [""; 0]);
}

#[tokio::test]
async fn a_vanished_directory_is_a_fault_and_not_an_absent_object() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("objects");
    let store = store(&path).await;
    fs::remove_dir(&path).unwrap();
    for fault in conformance::broken_object_store(&store, FaultKind::Transient).await {
        assert!(!fault.to_string().contains(directory.path().to_str().unwrap()), "{fault}");
    }
}

#[tokio::test]
async fn a_directory_that_is_a_file_is_rejected() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("objects");
    fs::write(&path, b"").unwrap();
    assert!(DiskObjectStore::open(&path, BASE, Limits::default()).await.is_err());
}

#[tokio::test]
async fn the_public_base_ends_with_a_slash() {
    let directory = TempDir::new().unwrap();
    for base in ["https://photos.example/objects", "https://photos.example/objects/"] {
        let store = DiskObjectStore::open(&directory, base, Limits::default()).await.unwrap();
        assert_eq!(store.url(&key("a.jpg")), "https://photos.example/objects/a.jpg");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn others_cannot_read_photos() {
    use std::os::unix::fs::PermissionsExt;

    let directory = TempDir::new().unwrap();
    let path = directory.path().join("objects");
    store(&path).await.put_new(&key("a.jpg"), &jpeg(10)).await.unwrap();
    for (path, most) in [(path.join("a.jpg"), 0o640), (path, 0o750)] {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & !most, 0, "{path:?} has mode {mode:o}");
    }
}
