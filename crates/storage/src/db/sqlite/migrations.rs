//! The embedded migrations of SQLite.

use std::error::Error;

use diesel::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Runs all pending migrations or none, and returns their versions.
///
/// One transaction covers everything and first acquires the write lock. Of several processes, the
/// first runs the migrations and the others find them done.
pub(super) fn run_pending(
    connection: &mut SqliteConnection,
) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
    connection.immediate_transaction(|connection| {
        let versions = connection.run_pending_migrations(MIGRATIONS)?;
        Ok(versions.iter().map(ToString::to_string).collect())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_types::Text;

    use super::*;

    fn schema(connection: &mut SqliteConnection) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            sql: String,
        }

        let rows: Vec<Row> = diesel::sql_query(
            "SELECT coalesce(sql, name) AS sql FROM sqlite_schema
             WHERE name NOT LIKE '__diesel%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .load(connection)
        .unwrap();
        rows.into_iter().map(|row| row.sql).collect()
    }

    #[test]
    fn up_down_up() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let ran = run_pending(&mut connection).unwrap();
        assert!(ran.is_sorted() && ran.len() > 1, "{ran:?}");
        let first = schema(&mut connection);
        assert!(first.len() > 6, "{first:?}");
        connection.revert_all_migrations(MIGRATIONS).unwrap();
        assert_eq!(schema(&mut connection), [""; 0]);
        assert_eq!(run_pending(&mut connection).unwrap(), ran);
        assert_eq!(schema(&mut connection), first);
        assert_eq!(run_pending(&mut connection).unwrap(), [""; 0], "nothing is left to do");
    }
}
