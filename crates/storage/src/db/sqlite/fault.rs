//! Classification of SQLite's errors as transient or permanent.

use std::error::Error;

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel_async::pooled_connection::PoolError as ManagerError;
use diesel_async::pooled_connection::deadpool::PoolError;
use injeung_domain::Fault;

/// SQLite's texts of transient errors: busy, locked, I/O error, disk full, file unreachable, out of
/// memory, lock contention. Diesel exposes the text but not SQLite's result code.
const PASSING: [&str; 7] = [
    "database is locked",
    "database table is locked",
    "disk I/O error",
    "database or disk is full",
    "unable to open database file",
    "out of memory",
    "locking protocol",
];

pub(super) fn of_query(error: QueryError) -> Fault {
    if query_may_pass(&error) { Fault::transient(error) } else { Fault::permanent(error) }
}

pub(super) fn of_connection(error: ConnectionError) -> Fault {
    if connection_may_pass(&error) { Fault::transient(error) } else { Fault::permanent(error) }
}

pub(super) fn of_pool(error: PoolError) -> Fault {
    match error {
        PoolError::Backend(ManagerError::ConnectionError(error)) => of_connection(error),
        PoolError::Backend(ManagerError::QueryError(error)) => of_query(error),
        other @ (PoolError::Timeout(_)
        | PoolError::Closed
        | PoolError::NoRuntimeSpecified
        | PoolError::PostCreateHook(_)) => Fault::permanent(other),
    }
}

pub(super) fn of_migration(error: Box<dyn Error + Send + Sync>) -> Fault {
    // The error of the query may be wrapped in migration errors, which have no common type.
    if is_passing(&error.to_string()) { Fault::transient(error) } else { Fault::permanent(error) }
}

fn query_may_pass(error: &QueryError) -> bool {
    if let QueryError::RollbackErrorOnCommit { commit_error, .. } = error {
        return query_may_pass(commit_error);
    }
    if let QueryError::DatabaseError(DatabaseErrorKind::Unknown, information) = error {
        return is_passing(information.message());
    }
    // The pool replaces a broken connection, so the next one may work.
    matches!(
        error,
        QueryError::BrokenTransactionManager
            | QueryError::DatabaseError(
                DatabaseErrorKind::SerializationFailure
                    | DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::UnableToSendCommand,
                _
            )
    )
}

fn connection_may_pass(error: &ConnectionError) -> bool {
    if let ConnectionError::CouldntSetupConfiguration(error) = error {
        return query_may_pass(error);
    }
    is_passing(&error.to_string())
}

fn is_passing(text: &str) -> bool {
    PASSING.iter().any(|passing| text.contains(passing))
}
