use std::time::Duration;

use rusoto_core::request::DispatchSignedRequestFuture;
use rusoto_core::signature::SignedRequest;
use rusoto_core::{DispatchSignedRequest, HttpClient};

/// Adds `If-None-Match: *` to every request that stores an object.
///
/// The library is older than that condition. The header is added after signing, which the signature
/// allows: it covers the host, the headers that begin with `x-amz-`, and others that it names.
pub(super) struct NeverOverwriting(pub(super) HttpClient);

impl DispatchSignedRequest for NeverOverwriting {
    fn dispatch(
        &self,
        mut request: SignedRequest,
        timeout: Option<Duration>,
    ) -> DispatchSignedRequestFuture {
        if request.method == "PUT" {
            request.add_header("if-none-match", "*");
        }
        self.0.dispatch(request, timeout)
    }
}
