use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

tokio::task_local! {
    static REQUEST: Arc<Request>;
}

/// The request for which a task works.
#[derive(Debug)]
pub(crate) struct Request {
    /// Exists as long as the client waits for the response.
    client: Weak<()>,
    /// What the request holds of the pools that admitted it, until it ends.
    admissions: Mutex<Vec<Admission>>,
}

/// Permits of one pool: its place, and the one that distinguishes it from requests that wait.
pub(crate) type Admission = [OwnedSemaphorePermit; 2];

/// Runs `work` for a request whose client waits for the result as long as `client` exists.
///
/// [`Workers::by_request`](crate::Workers::by_request) starts no call of `work` after that.
pub fn on_behalf_of<F: Future>(
    client: &Arc<()>,
    work: F,
) -> impl Future<Output = F::Output> + use<F> {
    let request = Request { client: Arc::downgrade(client), admissions: Mutex::default() };
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

    /// Whether the request has an admission of a pool, which is identified by its semaphore.
    pub(crate) fn is_admitted(&self, by: &Arc<Semaphore>) -> bool {
        let admissions = self.admissions.lock().unwrap_or_else(PoisonError::into_inner);
        admissions.iter().any(|[_, admitted]| Arc::ptr_eq(admitted.semaphore(), by))
    }

    pub(crate) fn admit(&self, admission: Admission) {
        let mut admissions = self.admissions.lock().unwrap_or_else(PoisonError::into_inner);
        admissions.push(admission);
    }
}
