//! Classification of a bucket's errors as transient or permanent.

use injeung_domain::Fault;
use object_store::Error;

pub(super) fn of_request(error: Error) -> Fault {
    if may_pass(&error) { Fault::transient(error) } else { Fault::permanent(error) }
}

/// Whether the object does not exist, as opposed to the bucket.
pub(super) fn is_absence(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && !error.to_string().contains("NoSuchBucket")
}

/// Whether a retry can help: after an outage, a timeout, a conflict, an overload or no response,
/// but not after any other error status. For statuses without a variant of their own, the library
/// exposes the status only in the error's text.
pub(super) fn may_pass(error: &Error) -> bool {
    let text = error.to_string();
    let has_status = |status| text.contains(&format!("status code: {status}"));
    if matches!(error, Error::Generic { .. }) {
        !has_status("4") || has_status("408") || has_status("429")
    } else {
        matches!(error, Error::AlreadyExists { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_errors_are_recognised_by_their_status() {
        for (text, expected) in [
            ("Server returned non-2xx status code: 400 Bad Request: <Code>4</Code>", false),
            ("Server returned non-2xx status code: 429 Too Many Requests: ", true),
            ("Server returned non-2xx status code: 503 Service Unavailable: 400", true),
            ("HTTP error: operation timed out", true),
        ] {
            let error = Error::Generic { store: "S3", source: text.into() };
            assert_eq!(may_pass(&error), expected, "{text}");
        }
    }
}
