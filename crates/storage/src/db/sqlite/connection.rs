//! Opening and configuring a connection.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::Text;
use diesel::{ConnectionError, ConnectionResult, QueryResult, RunQueryDsl, SqliteConnection};

/// Opens and configures a connection; blocks.
///
/// - A write-ahead log, so that readers and the one writer do not wait for each other.
/// - `synchronous=FULL`: every commit syncs the log, so that the row of an accepted photo survives
///   a power cut. The weaker `NORMAL` may lose the last commits.
/// - Foreign keys, which SQLite does not check by default.
pub(super) fn establish(path: &str, busy_timeout: Duration) -> ConnectionResult<SqliteConnection> {
    let mut connection = <SqliteConnection as diesel::Connection>::establish(path)?;
    let journal_mode = set_up(&mut connection, busy_timeout)
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    if journal_mode != "wal" {
        return Err(ConnectionError::BadConnection(format!(
            "keep a write-ahead log: the file system of the database supports only {journal_mode:?}"
        )));
    }
    Ok(connection)
}

fn set_up(connection: &mut SqliteConnection, busy_timeout: Duration) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }

    let milliseconds = i32::try_from(busy_timeout.as_millis()).unwrap_or(i32::MAX);
    connection.batch_execute(&format!("PRAGMA busy_timeout = {milliseconds}"))?;
    let row: Row = diesel::sql_query("PRAGMA journal_mode = WAL").get_result(connection)?;
    connection.batch_execute("PRAGMA synchronous = FULL")?;
    connection.batch_execute("PRAGMA foreign_keys = ON")?;
    // In KiB. Each connection has a cache of its own, of pages that the system caches already.
    // SQLite's default of 2 MB would cause most of the service's memory growth.
    connection.batch_execute("PRAGMA cache_size = -256")?;
    Ok(row.journal_mode)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use diesel::sql_types::Integer;
    use tempfile::TempDir;

    use super::*;

    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Integer)]
        number: i32,
    }

    #[test]
    fn a_connection_is_durable_and_checks_foreign_keys() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("test.sqlite");
        let path = path.to_str().unwrap();
        let mut connection = establish(path, Duration::from_millis(1234)).unwrap();
        for (query, expected) in [
            ("SELECT journal_mode = 'wal' AS number FROM pragma_journal_mode", 1),
            ("SELECT synchronous AS number FROM pragma_synchronous", 2),
            ("SELECT foreign_keys AS number FROM pragma_foreign_keys", 1),
            ("SELECT timeout AS number FROM pragma_busy_timeout", 1234),
            ("SELECT cache_size AS number FROM pragma_cache_size", -256),
        ] {
            let row: Row = diesel::sql_query(query).get_result(&mut connection).unwrap();
            assert_eq!(row.number, expected, "{query}");
        }
    }

    #[test]
    fn a_database_without_a_write_ahead_log_is_rejected() {
        assert!(establish(":memory:", Duration::ZERO).is_err());
    }
}
