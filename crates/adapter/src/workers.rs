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
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
mod tests {
    use std::future::pending;
    use std::sync::mpsc;

    use injeung_domain::FaultKind;
    use tokio::task::{JoinSet, yield_now};

    use super::*;

    fn workers(max_running: usize, max_waiting: usize) -> Workers {
        Workers::new(Limits { max_running, max_waiting, ..Limits::default() })
    }

    #[tokio::test]
    async fn no_more_than_the_maximum_run_at_once_and_every_admitted_call_is_done() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let workers = Workers::new(Limits::untimed(3, 100));
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let workers = workers.clone();
            tasks.spawn(async move {
                let work = || {
                    MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    RUNNING.fetch_sub(1, Ordering::SeqCst);
                };
                workers.run_blocking(work).await
            });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 50);
        assert!((1..=3).contains(&MOST.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn one_more_than_the_queue_holds_is_rejected_and_the_rest_is_done() {
        let workers = workers(1, 1);
        let (release, held) = mpsc::channel::<()>();
        let running = tokio::spawn({
            let workers = workers.clone();
            async move { workers.run_blocking(move || held.recv().is_ok()).await }
        });
        while workers.turns.available_permits() > 0 {
            yield_now().await;
        }
        let waiting = tokio::spawn({
            let workers = workers.clone();
            async move { workers.run(async { 7 }).await }
        });
        while workers.places.available_permits() > 0 {
            yield_now().await;
        }
        assert_eq!(workers.calls(), (1, 1));
        assert_eq!(workers.run(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
        release.send(()).unwrap();
        assert!(running.await.unwrap().unwrap());
        assert_eq!(waiting.await.unwrap().unwrap(), 7);
        assert_eq!(workers.run(async { 8 }).await.unwrap(), 8);
        assert_eq!(workers.calls(), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_turn_ends() {
        let workers = workers(1, 1);
        let hog = workers.clone();
        tokio::spawn(async move { hog.run(pending::<()>()).await });
        yield_now().await;
        assert_eq!(workers.run(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
    }

    #[tokio::test(start_paused = true)]
    async fn checks_and_calls_do_not_wait_for_each_other() {
        let workers = Workers::new(Limits { max_running: 1, max_waiting: 0, ..Limits::default() });
        let hog = workers.clone();
        tokio::spawn(async move { hog.run(pending::<()>()).await });
        yield_now().await;
        assert_eq!(workers.run(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
        assert_eq!(workers.check(async { 7 }).await.unwrap(), 7);

        let workers = Workers::new(Limits { max_running: 1, max_waiting: 0, ..Limits::default() });
        let check = workers.clone();
        tokio::spawn(async move { check.check(pending::<()>()).await });
        yield_now().await;
        assert_eq!(workers.run(async { 7 }).await.unwrap(), 7);
        assert_eq!(workers.check(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_an_answer_ends() {
        let fault = workers(1, 1).run(pending::<()>()).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Transient);
    }

    #[tokio::test]
    async fn work_goes_on_without_its_caller_and_keeps_its_place_until_it_ends() {
        let workers = workers(1, 0);
        let (release, held) = mpsc::channel::<()>();
        let (report, done) = mpsc::channel();
        let caller = tokio::spawn({
            let workers = workers.clone();
            async move { workers.run_blocking(move || report.send(held.recv().is_ok())).await }
        });
        while workers.turns.available_permits() > 0 {
            yield_now().await;
        }
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(workers.run(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
        release.send(()).unwrap();
        assert!(done.recv().unwrap());
        while workers.places.available_permits() == 0 {
            yield_now().await;
        }
        workers.run(async {}).await.unwrap();
    }

    #[tokio::test]
    async fn a_call_that_waits_is_dropped_with_its_caller() {
        let workers = workers(1, 1);
        let (release, held) = mpsc::channel::<()>();
        let running = tokio::spawn({
            let workers = workers.clone();
            async move { workers.run_blocking(move || held.recv().is_ok()).await }
        });
        while workers.turns.available_permits() > 0 {
            yield_now().await;
        }
        let mut waiting = Box::pin(workers.run(async { panic!("it must not run") }));
        tokio::select! {
            biased;
            result = &mut waiting => { let _: Result<(), Fault> = result; panic!("it has no turn") }
            () = yield_now() => {}
        }
        drop(waiting);
        release.send(()).unwrap();
        assert!(running.await.unwrap().unwrap());
        assert_eq!(workers.run(async { 7 }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_call_whose_client_has_left_is_not_started() {
        let workers = workers(1, 1);
        let by_request = workers.clone().by_request();
        for (workers, is_started) in [(workers, true), (by_request, false)] {
            let client = Arc::new(());
            let call = crate::on_behalf_of(&client, workers.run(async { 7 }));
            assert_eq!(call.await.unwrap(), 7);
            let call = crate::on_behalf_of(&client, workers.run(async { 7 }));
            drop(client);
            assert_eq!(call.await.is_ok(), is_started);
            // The turn is free again.
            assert_eq!(workers.run(async { 8 }).await.unwrap(), 8);
        }
    }

    /// 40 requests of four calls each, of which the time for a first turn suffices for a part.
    #[tokio::test(start_paused = true)]
    async fn a_request_that_has_begun_is_not_rejected_halfway() {
        let limits = Limits { max_running: 2, max_waiting: 40, ..Limits::default() };
        let limits = Limits { turn_timeout: Duration::from_secs(1), ..limits };
        let workers = Workers::new(limits).by_request();
        let client = Arc::new(());
        let mut requests = JoinSet::new();
        for _ in 0..40 {
            let workers = workers.clone();
            requests.spawn(crate::on_behalf_of(&client, async move {
                for calls in 0..4 {
                    let call = workers.run(tokio::time::sleep(Duration::from_millis(100)));
                    if let Err(fault) = call.await {
                        assert_eq!((calls, fault.kind), (0, FaultKind::Overloaded));
                        return false;
                    }
                }
                true
            }));
        }
        let done = requests.join_all().await.into_iter().filter(|done| *done).count();
        assert!((5..40).contains(&done), "{done} requests were done");
        assert_eq!(workers.calls(), (0, 0));
    }

    /// A service that a request waits for in between takes no turn from the others.
    #[tokio::test(start_paused = true)]
    async fn a_request_that_waits_elsewhere_does_not_block_others() {
        let workers = workers(1, 1).by_request();
        let client = Arc::new(());
        for _ in 0..100 {
            let workers = workers.clone();
            let request = async move {
                workers.run(async {}).await.unwrap();
                pending::<()>().await;
            };
            tokio::spawn(crate::on_behalf_of(&client, request));
            yield_now().await;
            yield_now().await;
        }
        let other = crate::on_behalf_of(&client, async { workers.run(async { 7 }).await });
        assert_eq!(other.await.unwrap(), 7);
        assert!(!workers.is_full());
    }

    #[tokio::test]
    async fn a_panic_is_a_permanent_fault_and_frees_its_turn() {
        let workers = workers(1, 0);
        let fault = workers.run_blocking::<()>(|| panic!("on purpose")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permanent);
        assert_eq!(workers.run_blocking(|| 7).await.unwrap(), 7);
    }
}
