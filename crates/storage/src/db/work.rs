//! Units of work that the repository runs on a connection.

use std::pin::Pin;

use diesel::QueryResult;
use diesel::result::Error as QueryError;

/// A unit of work, boxed because its future borrows the connection.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = QueryResult<T>> + Send + 'c>>;

/// Whether a transaction commits, with the result for its caller. A query error also rolls back.
pub(super) enum End<T> {
    /// Commit all changes.
    Commit(T),
    /// Roll back all changes.
    Rollback(T),
}

impl<T> End<T> {
    /// Converts a rollback to an error, which makes Diesel roll back.
    pub(super) fn into_result(self) -> Result<T, Undo<T>> {
        match self {
            Self::Commit(answer) => Ok(answer),
            Self::Rollback(answer) => Err(Undo::Asked(answer)),
        }
    }
}

/// Why a transaction was rolled back.
pub(super) enum Undo<T> {
    /// The work requested it, with this result.
    Asked(T),
    Failed(QueryError),
}

impl<T> Undo<T> {
    /// Result of an ended transaction for its caller.
    pub(super) fn answer(ended: Result<T, Self>) -> QueryResult<T> {
        match ended {
            Ok(answer) | Err(Self::Asked(answer)) => Ok(answer),
            Err(Self::Failed(error)) => Err(error),
        }
    }
}

impl<T> From<QueryError> for Undo<T> {
    fn from(error: QueryError) -> Self {
        Self::Failed(error)
    }
}
