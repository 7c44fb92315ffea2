//! Work on a connection.

use std::pin::Pin;

use diesel::QueryResult;
use diesel::result::Error as QueryError;

/// Work on a connection.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = QueryResult<T>> + Send + 'c>>;

/// How a transaction ends, and what its caller is answered. A query's error rolls back too.
pub(super) enum End<T> {
    /// Everything stays.
    Commit(T),
    /// Nothing has happened.
    Rollback(T),
}

impl<T> End<T> {
    /// As an error what has to be rolled back, which is how Diesel is told to.
    pub(super) fn into_result(self) -> Result<T, Undo<T>> {
        match self {
            Self::Commit(answer) => Ok(answer),
            Self::Rollback(answer) => Err(Undo::Asked(answer)),
        }
    }
}

/// Why a transaction was rolled back.
pub(super) enum Undo<T> {
    /// Its work said so.
    Asked(T),
    /// A query failed.
    Failed(QueryError),
}

impl<T> Undo<T> {
    /// What the caller of a transaction that has ended is answered.
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
