//! The database as another program sees it.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row};

pub(crate) struct Rows {
    path: PathBuf,
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
    pub(crate) fn of(path: PathBuf) -> Self {
        Self { path }
    }

    /// The references, oldest first.
    pub(crate) fn references(&self) -> Vec<Reference> {
        let query = "SELECT participation_id, standart_img FROM auth_standard_img
                     ORDER BY auth_standard_img_id";
        self.select(query, |row| Ok(Reference { participation_id: row.get(0)?, url: row.get(1)? }))
    }

    /// The feed, oldest first.
    pub(crate) fn feeds(&self) -> Vec<Feed> {
        let query = "SELECT feed_type, participation_id, created_datetime, feed_img, feed_content
                     FROM feed ORDER BY feed_id";
        self.select(query, |row| {
            Ok(Feed {
                feed_type: row.get(0)?,
                participation_id: row.get(1)?,
                created: row.get(2)?,
                url: row.get(3)?,
                content: row.get(4)?,
            })
        })
    }

    /// The keys of the objects that are on their way, in alphabetical order.
    pub(crate) fn reservations(&self) -> Vec<String> {
        let query = "SELECT object_key FROM object_reservation ORDER BY object_key";
        self.select(query, |row| row.get(0))
    }

    /// The keys of the objects that rows point to, in alphabetical order.
    pub(crate) fn object_keys(&self) -> Vec<String> {
        let urls = self.references().into_iter().map(|reference| reference.url);
        let urls = urls.chain(self.feeds().into_iter().map(|feed| feed.url));
        let mut keys: Vec<String> = urls.map(|url| key_of(&url).to_owned()).collect();
        keys.sort();
        keys
    }

    pub(crate) fn select<T>(
        &self,
        query: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_ONLY);
        let mut statement = connection.prepare(query).unwrap();
        statement.query_map((), read).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    /// Changes something behind the service's back.
    pub(crate) fn execute(&self, sql: &str) {
        self.writer().execute_batch(sql).unwrap();
    }

    /// A connection that may write.
    pub(crate) fn writer(&self) -> Connection {
        self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn open(&self, flags: OpenFlags) -> Connection {
        let connection = Connection::open_with_flags(&self.path, flags).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection
    }
}

/// The object that a URL points to.
pub(crate) fn key_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}
