//! The migrations, embedded.

use std::error::Error;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The advisory lock of those who migrate: the letters `injeung` as a number, which no other
/// program is likely to use.
const LOCK: i64 = 0x69_6e_6a_65_75_6e_67;

/// Runs what has not run yet, all of it or nothing, and answers with the versions that ran; blocks.
///
/// The one transaction around everything begins by taking an advisory lock, so that of several
/// processes that migrate at once the first does it and the others find it done. They wait for it
/// as long as it takes, and a migration may take its time; but no statement of a migration waits
/// longer for a table than the service itself would, since everyone else would wait behind it.
pub(super) fn run_pending(
    connection: AsyncPgConnection,
) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
    let mut connection = AsyncConnectionWrapper::<AsyncPgConnection>::from(connection);
    connection.transaction(|connection| {
        connection.batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")?;
        connection.batch_execute(&format!("SELECT pg_advisory_xact_lock({LOCK})"))?;
        connection.batch_execute("SET LOCAL lock_timeout TO DEFAULT")?;
        let versions = connection.run_pending_migrations(MIGRATIONS)?;
        Ok(versions.iter().map(ToString::to_string).collect())
    })
}
