//! Classification of PostgreSQL's errors as transient or permanent.

use std::error::Error;

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as QueryError};
use diesel_async::pooled_connection::PoolError as ManagerError;
use diesel_async::pooled_connection::deadpool::PoolError;
use injeung_domain::Fault;

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
    let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(error) = cause {
        if error.downcast_ref().is_some_and(query_may_pass) {
            return Fault::transient(error.to_string());
        }
        cause = error.source();
    }
    Fault::permanent(error)
}

fn query_may_pass(error: &QueryError) -> bool {
    if let QueryError::RollbackErrorOnCommit { commit_error, .. } = error {
        return query_may_pass(commit_error);
    }
    if let QueryError::DatabaseError(DatabaseErrorKind::Unknown, information) = error {
        return server_may_recover(&**information);
    }
    // The pool replaces a broken connection, so the next one may work. A server that is read-only
    // is a replica, which the URL can lead to during a failover.
    matches!(
        error,
        QueryError::BrokenTransactionManager
            | QueryError::DatabaseError(
                DatabaseErrorKind::SerializationFailure
                    | DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ReadOnlyTransaction,
                _
            )
    )
}

/// Whether an error without a Diesel kind is caused by the server's state and not by the statement.
///
/// Diesel exposes the SQLSTATE only through its kinds. Among the other errors, those of the schema
/// (class 42) have a position in the statement or deny a permission. The rest describe the server:
/// a shutdown (57P01), a deadlock (40P01), a full disk or memory (class 53). A timeout of a lock or
/// statement (55P03, 57014) may have a position too. It is recognised by its English text, so a
/// server with messages in another language is not covered.
fn server_may_recover(information: &dyn DatabaseErrorInformation) -> bool {
    let message = information.message();
    message.starts_with("canceling statement")
        || information.statement_position().is_none() && !message.starts_with("permission denied")
}

fn connection_may_pass(error: &ConnectionError) -> bool {
    if let ConnectionError::CouldntSetupConfiguration(error) = error {
        return query_may_pass(error);
    }
    matches!(error, ConnectionError::BadConnection(_))
}
