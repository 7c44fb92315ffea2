use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use injeung_domain::Fault;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::client::Request;

/// Limits of [`Workers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of calls that run at once, at least 1; for a database, its connections.
    pub max_running: usize,
    /// Maximum number of calls that wait. One more is rejected at once as overloaded.
    pub max_waiting: usize,
    /// Maximum time that a call waits before it is rejected as overloaded.
    pub turn_timeout: Duration,
    /// Maximum time that a caller waits for the result of a running call. The call continues, so after this transient
    /// fault its effects may or may not happen.
    pub answer_timeout: Duration,
}

impl Limits {
    /// Limits without timeouts, for work whose duration is limited otherwise.
    pub fn untimed(max_running: usize, max_waiting: usize) -> Self {
        let (turn_timeout, answer_timeout) = (Duration::MAX, Duration::MAX);
        Self { max_running, max_waiting, turn_timeout, answer_timeout }
    }
}

impl Default for Limits {
    /// 8 running calls, 256 waiting, 5 seconds for a turn, 30 seconds for an answer.
    fn default() -> Self {
        Self {
            max_running: 8,
            max_waiting: 256,
            turn_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(30),
        }
    }
}

/// Runs a limited number of calls at once, in the order of their arrival, each to its end.
///
/// A call runs in a task of the runtime on which the workers were created, not in its caller. A caller that goes away
/// cannot stop it halfway, with a transaction open or a file half written. A call that still waits is dropped with
/// its caller. Clones share their limits.
#[derive(Debug, Clone)]
pub struct Workers {
    runtime: Handle,
    limits: Limits,
    /// One permit for each running or waiting call, except later calls of a request.
    places: Arc<Semaphore>,
    /// One permit, for the call that is next among those with a place. The others wait for it, so that later calls of requests
    /// wait behind one of them at most.
    next: Arc<Semaphore>,
    /// One permit for each running call.
    turns: Arc<Semaphore>,
    /// One permit, for the running readiness check.
    checks: Arc<Semaphore>,
    /// Number of calls that wait for a turn.
    waiting: Arc<AtomicUsize>,
    by_request: bool,
}

impl Workers {
    /// Workers on the current tokio runtime.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(limits: Limits) -> Self {
        let max_running = limits.max_running.clamp(1, Semaphore::MAX_PERMITS / 2);
        let max_waiting = limits.max_waiting.min(Semaphore::MAX_PERMITS / 2);
        Self {
            runtime: Handle::current(),
            limits: Limits { max_running, max_waiting, ..limits },
            places: Arc::new(Semaphore::new(max_running + max_waiting)),
            next: Arc::new(Semaphore::new(1)),
            turns: Arc::new(Semaphore::new(max_running)),
            checks: Arc::new(Semaphore::new(1)),
            waiting: Arc::default(),
            by_request: false,
        }
    }

    /// Treats the calls of a request as one, as far as the caller states it by [`on_behalf_of`](crate::on_behalf_of): the
    /// limits on waiting apply to the first, and the later ones are preferred to the first ones of other requests. So a request
    /// that has begun is not rejected halfway, which would waste what it cost. No call is started after the client has left.
    #[must_use]
    pub fn by_request(self) -> Self {
        Self { by_request: true, ..self }
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Numbers of calls that run and that wait for a turn.
    pub fn calls(&self) -> (usize, usize) {
        let running = self.limits.max_running.saturating_sub(self.turns.available_permits());
        (running, self.waiting.load(Ordering::Relaxed))
    }

    /// Whether one more call, or the first of a request, would be rejected at once.
    pub fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// Runs asynchronous work and returns its result.
    ///
    /// # Errors
    /// - An overloaded fault if too many calls wait, the wait is too long or the client has left.
    /// - A transient fault if the result takes too long.
    /// - A permanent fault if the work panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.turn().await?;
        self.finish(work, turn).await
    }

    /// Runs a readiness check. It waits for other checks only and no call waits for it, so probes and load do not
    /// influence each other.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub async fn check<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.in_time(permit(&self.checks)).await?;
        self.finish(work, turn).await
    }

    /// Runs work in a task of its own, which releases the turn at its end.
    async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        turn: impl Send + 'static,
    ) -> Result<T, Fault> {
        let task = self.runtime.spawn(async move {
            let answer = work.await;
            drop(turn);
            answer
        });
        self.answer(task).await
    }

    /// Runs work that blocks its thread and returns its result.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.turn().await?;
        let task = self.runtime.spawn_blocking(move || {
            let answer = work();
            drop(turn);
            answer
        });
        self.answer(task).await
    }

    /// Waits for a turn. The result is dropped at the end of the call.
    async fn turn(&self) -> Result<Vec<OwnedSemaphorePermit>, Fault> {
        let request = Request::current().filter(|_| self.by_request);
        let permits = match &request {
            Some(request) if request.has_begun(&self.turns) => {
                let _waiting = Waiting::begin(&self.waiting);
                vec![permit(&self.turns).await?]
            }
            Some(_) | None => {
                let place = self.place()?;
                let turn = async {
                    let _next = permit(&self.next).await?;
                    permit(&self.turns).await
                };
                vec![place, self.in_time(turn).await?]
            }
        };
        if let Some(request) = request {
            if request.is_abandoned() {
                return Err(Fault::overloaded("start the call: its client has left"));
            }
            request.begin(&self.turns);
        }
        Ok(permits)
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let Limits { max_running, max_waiting, .. } = self.limits;
        Arc::clone(&self.places).try_acquire_owned().map_err(|_full| {
            Fault::overloaded(format!("queue the call: {max_running} run and {max_waiting} wait"))
        })
    }

    /// Waits for a permit for at most the configured time.
    async fn in_time(
        &self,
        wait: impl Future<Output = Result<OwnedSemaphorePermit, Fault>>,
    ) -> Result<OwnedSemaphorePermit, Fault> {
        let turn_timeout = self.limits.turn_timeout;
        let _waiting = Waiting::begin(&self.waiting);
        timeout(turn_timeout, wait).await.unwrap_or_else(|_elapsed| {
            Err(Fault::overloaded(format!("start the call within {turn_timeout:?}")))
        })
    }

    /// Dropping the handle of a task, as the timeout does, does not stop the task.
    async fn answer<T>(&self, task: JoinHandle<T>) -> Result<T, Fault> {
        let limit = self.limits.answer_timeout;
        match timeout(limit, task).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(died)) if died.is_panic() => Err(Fault::permanent(died)),
            Ok(Err(cancelled)) => Err(Fault::transient(cancelled)),
            Err(_elapsed) => Err(Fault::transient(format!("finish the call within {limit:?}"))),
        }
    }
}

async fn permit(of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Fault> {
    Arc::clone(of).acquire_owned().await.map_err(Fault::permanent)
}

/// Counts a call as waiting until it is dropped.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "workers_tests.rs"]
mod tests;
