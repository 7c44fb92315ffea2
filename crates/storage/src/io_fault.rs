use std::io::{self, ErrorKind};

use injeung_domain::Fault;

/// Returns a function that converts an I/O error of one action, such as `write` on `a.jpg`, to a
/// fault.
///
/// Errors that a person must fix are permanent. Others, including a full disk, are transient.
pub(crate) fn io_fault(action: &'static str, what: &str) -> impl FnOnce(io::Error) -> Fault {
    move |source| {
        let may_pass = ![
            ErrorKind::PermissionDenied,
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::NotADirectory,
            ErrorKind::IsADirectory,
            ErrorKind::AlreadyExists,
        ]
        .contains(&source.kind());
        let error = IoError { action, what: what.to_owned(), source };
        if may_pass { Fault::transient(error) } else { Fault::permanent(error) }
    }
}

/// I/O error with its action and its object.
#[derive(Debug, thiserror::Error)]
#[error("{action} {what}: {source}")]
struct IoError {
    action: &'static str,
    what: String,
    source: io::Error,
}
