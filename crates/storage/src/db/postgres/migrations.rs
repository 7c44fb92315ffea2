//! The embedded migrations of PostgreSQL.

use std::error::Error;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Advisory lock of migrating processes: the letters `injeung` as a number, which other programs
/// are unlikely to use.
const LOCK: i64 = 0x69_6e_6a_65_75_6e_67;

/// Runs all pending migrations or none, and returns their versions; blocks.
///
/// One transaction covers everything and first acquires an advisory lock. Of several processes, the
/// first runs the migrations and the others find them done. The wait for that lock and the duration
/// of a migration are not limited. The wait of a migration for a table is limited as for the
/// service, because all other queries on the table wait behind it.
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
