use std::io::{self, ErrorKind};

use injeung_domain::Fault;

/// Makes a fault of what goes wrong with one action, such as `write` on `a.jpg`.
///
/// What a person has to mend is permanent; anything else may pass, a full disk included.
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

/// What the file system refused.
#[derive(Debug, thiserror::Error)]
#[error("{action} {what}: {source}")]
struct IoError {
    action: &'static str,
    what: String,
    source: io::Error,
}
