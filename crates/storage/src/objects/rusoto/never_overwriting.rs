use std::time::Duration;

use rusoto_core::request::DispatchSignedRequestFuture;
use rusoto_core::signature::SignedRequest;
use rusoto_core::{DispatchSignedRequest, HttpClient};

/// Sends requests, and each that stores an object with the condition that there is none.
///
/// The library is older than that condition. The header is added after signing, which the signature
/// allows: it covers the host and what begins with `x-amz-`, and of other headers those it names.
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
