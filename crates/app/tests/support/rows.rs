//! Access to the database as another program.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row};
use sha2::{Digest, Sha256};

use super::postgres;

/// Location of the rows.
pub(crate) enum Rows {
    /// Path of the database file.
    Sqlite(PathBuf),
    /// URL of the database.
    Postgres(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) participation_id: i64,
    pub(crate) url: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Feed {
    pub(crate) feed_type: String,
    pub(crate) participation_id: i64,
    pub(crate) created: String,
    pub(crate) url: String,
    pub(crate) content: String,
}

impl Rows {
    /// References, oldest first.
    pub(crate) fn references(&self) -> Vec<Reference> {
        let query = "SELECT CAST(participation_id AS TEXT), standart_img FROM auth_standard_img
                     ORDER BY auth_standard_img_id";
        let rows = self.texts(query).into_iter();
        rows.map(|[participation_id, url]| Reference {
            participation_id: participation_id.parse().unwrap(),
            url,
        })
        .collect()
    }

    /// Feed rows, oldest first.
    pub(crate) fn feeds(&self) -> Vec<Feed> {
        let query = "SELECT feed_type, CAST(participation_id AS TEXT),
                         CAST(created_datetime AS TEXT), feed_img, feed_content
                     FROM feed ORDER BY feed_id";
        let rows = self.texts(query).into_iter();
        rows.map(|[feed_type, participation_id, created, url, content]| Feed {
            feed_type,
            participation_id: participation_id.parse().unwrap(),
            created,
            url,
            content,
        })
        .collect()
    }

    /// Keys of the reservations, in alphabetical order.
    pub(crate) fn reservations(&self) -> Vec<String> {
        let keys = self.texts("SELECT object_key FROM object_reservation").into_iter();
        let mut keys: Vec<String> = keys.map(|[key]| key).collect();
        keys.sort();
        keys
    }

    /// Keys of the rows' objects, in alphabetical order.
    pub(crate) fn object_keys(&self) -> Vec<String> {
        let urls = self.references().into_iter().map(|reference| reference.url);
        let urls = urls.chain(self.feeds().into_iter().map(|feed| feed.url));
        let mut keys: Vec<String> = urls.map(|url| key_of(&url).to_owned()).collect();
        keys.sort();
        keys
    }

    /// Queries text columns of either database.
    pub(crate) fn texts<const N: usize>(&self, query: &str) -> Vec<[String; N]> {
        match self {
            Self::Sqlite(_) => self.select(query, |row| {
                let mut texts = [const { String::new() }; N];
                for (column, text) in texts.iter_mut().enumerate() {
                    *text = row.get(column)?;
                }
                Ok(texts)
            }),
            Self::Postgres(url) => {
                let rows = postgres::connect(url).query(query, &[]).unwrap();
                rows.iter().map(|row| std::array::from_fn(|column| row.get(column))).collect()
            }
        }
    }

    /// Queries SQLite only.
    pub(crate) fn select<T>(
        &self,
        query: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_ONLY);
        let mut statement = connection.prepare(query).unwrap();
        statement.query_map((), read).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    /// Changes rows without the service.
    pub(crate) fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(_) => self.writer().execute_batch(sql).unwrap(),
            Self::Postgres(url) => postgres::connect(url).batch_execute(sql).unwrap(),
        }
    }

    /// Writable connection to SQLite.
    pub(crate) fn writer(&self) -> Connection {
        self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn open(&self, flags: OpenFlags) -> Connection {
        let Self::Sqlite(path) = self else { panic!("the rows are in Postgres") };
        let connection = Connection::open_with_flags(path, flags).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection
    }
}

/// Key of the object at a URL.
pub(crate) fn key_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

/// SHA-256 digest of a photo as a literal of SQLite.
pub(crate) fn sql_digest(photo: &[u8]) -> String {
    let hex: String = Sha256::digest(photo).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{hex}'")
}
