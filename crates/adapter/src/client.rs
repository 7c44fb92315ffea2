use std::sync::{Arc, Weak};

tokio::task_local! {
    static CLIENT: Weak<()>;
}

/// Runs `work` for a client that waits for the result as long as `client` exists.
///
/// [`Workers::only_for_present_clients`](crate::Workers::only_for_present_clients) starts no call of `work` after that.
pub fn on_behalf_of<F: Future>(
    client: &Arc<()>,
    work: F,
) -> impl Future<Output = F::Output> + use<F> {
    CLIENT.scope(Arc::downgrade(client), work)
}

/// Whether the client for whom the current task works has left. Work without a client is always wanted.
pub(crate) fn has_left() -> bool {
    CLIENT.try_with(|client| client.strong_count() == 0).unwrap_or(false)
}
