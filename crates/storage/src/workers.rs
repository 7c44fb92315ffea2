use std::sync::Arc;
use std::time::Duration;

use injeung_domain::Fault;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How much work an adapter takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls that are worked on at once, at least 1; for a database, its connections.
    pub max_running: usize,
    /// Calls that wait for their turn; one more is refused at once as overloaded.
    pub max_waiting: usize,
    /// How long a call waits for its turn before it is refused as overloaded.
    pub turn_timeout: Duration,
    /// How long a caller waits for the answer once work began. What was begun is finished
    /// nevertheless, so that after this transient fault it may or may not have happened.
    pub answer_timeout: Duration,
}

impl Default for Limits {
    /// 8 calls at once, 256 waiting, 5 seconds for a turn, 30 seconds for an answer.
    fn default() -> Self {
        Self {
            max_running: 8,
            max_waiting: 256,
            turn_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(30),
        }
    }
}

/// Works on a bounded number of calls at once, each to its end.
///
/// Work runs in tasks of the runtime that the adapter was opened on, not in its caller: a caller
/// that goes away (a client hung up) cannot stop it halfway, with a transaction open or a file
/// half written. Only while it waits for its turn a caller that goes away takes its call with it.
#[derive(Debug)]
pub(crate) struct Workers {
    runtime: Handle,
    limits: Limits,
    /// Everyone who is running or waiting.
    places: Arc<Semaphore>,
    /// Everyone who is running.
    turns: Arc<Semaphore>,
    /// The readiness check that is running.
    checks: Arc<Semaphore>,
}

impl Workers {
    /// Workers of the present tokio runtime.
    pub(crate) fn new(limits: Limits) -> Self {
        let max_running = limits.max_running.clamp(1, Semaphore::MAX_PERMITS / 2);
        let max_waiting = limits.max_waiting.min(Semaphore::MAX_PERMITS / 2);
        Self {
            runtime: Handle::current(),
            limits,
            places: Arc::new(Semaphore::new(max_running + max_waiting)),
            turns: Arc::new(Semaphore::new(max_running)),
            checks: Arc::new(Semaphore::new(1)),
        }
    }

    /// Runs asynchronous work.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.turn().await?;
        let task = self.runtime.spawn(async move {
            let answer = work.await;
            drop(turn);
            answer
        });
        self.answer(task).await
    }

    /// Runs a readiness check. It waits for other checks only, and no call waits for it, so that
    /// probes and load do not influence each other.
    pub(crate) async fn check<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.turn_of(&self.checks).await?;
        let task = self.runtime.spawn(async move {
            let answer = work.await;
            drop(turn);
            answer
        });
        self.answer(task).await
    }

    /// Runs work that blocks its thread.
    pub(crate) async fn run_blocking<T: Send + 'static>(
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

    async fn turn(&self) -> Result<[OwnedSemaphorePermit; 2], Fault> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_full| {
            Fault::overloaded(format!("{} calls are waiting already", self.limits.max_waiting))
        })?;
        Ok([place, self.turn_of(&self.turns).await?])
    }

    async fn turn_of(&self, turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Fault> {
        let turn = Arc::clone(turns).acquire_owned();
        match timeout(self.limits.turn_timeout, turn).await {
            Ok(turn) => turn.map_err(Fault::permanent),
            Err(_elapsed) => {
                let waited = self.limits.turn_timeout;
                Err(Fault::overloaded(format!("it was no turn of this call within {waited:?}")))
            }
        }
    }

    /// Dropping the handle of a task, as the time-out does, leaves the task running.
    async fn answer<T>(&self, task: JoinHandle<T>) -> Result<T, Fault> {
        match timeout(self.limits.answer_timeout, task).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(died)) if died.is_panic() => Err(Fault::permanent(died)),
            Ok(Err(cancelled)) => Err(Fault::transient(cancelled)),
            Err(_elapsed) => {
                let waited = self.limits.answer_timeout;
                Err(Fault::transient(format!("there was no answer within {waited:?}")))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
mod tests {
    use std::future::pending;

    use injeung_domain::FaultKind;
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::*;

    fn limits(max_running: usize, max_waiting: usize) -> Limits {
        Limits { max_running, max_waiting, ..Limits::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn one_more_than_may_wait_is_refused_at_once() {
        let workers = Arc::new(Workers::new(limits(1, 1)));
        for _ in 0..2 {
            let workers = Arc::clone(&workers);
            tokio::spawn(async move { workers.run(pending::<()>()).await });
            yield_now().await;
        }
        assert_eq!(workers.run(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_turn_ends() {
        let workers = Arc::new(Workers::new(limits(1, 1)));
        let hog = Arc::clone(&workers);
        tokio::spawn(async move { hog.run(pending::<()>()).await });
        yield_now().await;
        assert_eq!(workers.run(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
    }

    #[tokio::test(start_paused = true)]
    async fn checks_and_calls_do_not_wait_for_each_other() {
        let workers = Arc::new(Workers::new(limits(1, 0)));
        let hog = Arc::clone(&workers);
        tokio::spawn(async move { hog.run(pending::<()>()).await });
        yield_now().await;
        assert_eq!(workers.run(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
        assert_eq!(workers.check(async { 7 }).await.unwrap(), 7);

        let workers = Arc::new(Workers::new(limits(1, 0)));
        let check = Arc::clone(&workers);
        tokio::spawn(async move { check.check(pending::<()>()).await });
        yield_now().await;
        assert_eq!(workers.run(async { 7 }).await.unwrap(), 7);
        assert_eq!(workers.check(async {}).await.unwrap_err().kind, FaultKind::Overloaded);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_an_answer_ends() {
        let workers = Workers::new(limits(1, 1));
        let fault = workers.run(pending::<()>()).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Transient);
    }

    #[tokio::test]
    async fn work_goes_on_without_its_caller() {
        let workers = Workers::new(limits(1, 1));
        let (go, gone) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel();
        let mut call = Box::pin(workers.run(async move {
            gone.await.unwrap();
            done.send(()).unwrap();
        }));
        tokio::select! {
            biased;
            _ = &mut call => panic!("the work waits for a message"),
            () = yield_now() => {}
        }
        drop(call);
        go.send(()).unwrap();
        finished.await.unwrap();
        assert_eq!(workers.run(async { 7 }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_and_frees_its_turn() {
        let workers = Workers::new(limits(1, 0));
        let fault = workers.run_blocking::<()>(|| panic!("on purpose")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permanent);
        assert_eq!(workers.run_blocking(|| 7).await.unwrap(), 7);
    }
}
