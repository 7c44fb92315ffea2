use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

tokio::task_local! {
    static REQUEST: Arc<Request>;
}

/// The request for which a task works.
#[derive(Debug)]
pub(crate) struct Request {
    /// Exists as long as the client waits for the response.
    client: Weak<()>,
    /// Pools on which the request had a turn, each identified by the semaphore of its turns.
    begun: Mutex<Vec<Arc<Semaphore>>>,
}

/// Runs `work` for a request whose client waits for the result as long as `client` exists.
///
/// [`Workers::by_request`](crate::Workers::by_request) starts no call of `work` after that.
pub fn on_behalf_of<F: Future>(
    client: &Arc<()>,
    work: F,
) -> impl Future<Output = F::Output> + use<F> {
    let request = Request { client: Arc::downgrade(client), begun: Mutex::default() };
    REQUEST.scope(Arc::new(request), work)
}

impl Request {
    /// The request of the current task, if it works for one.
    pub(crate) fn current() -> Option<Arc<Self>> {
        REQUEST.try_with(Arc::clone).ok()
    }

    /// Whether the client has left.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.client.strong_count() == 0
    }

    /// Whether the request had a turn of these.
    pub(crate) fn has_begun(&self, turns: &Arc<Semaphore>) -> bool {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.iter().any(|one| Arc::ptr_eq(one, turns))
    }

    pub(crate) fn begin(&self, turns: &Arc<Semaphore>) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.push(Arc::clone(turns));
    }
}
