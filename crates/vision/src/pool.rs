use std::sync::Arc;

use injeung_domain::Fault;
use injeung_domain::ports::VisionError;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Runs blocking work off the async threads, a bounded number of pieces at once.
///
/// Clones share one pool, so adapters that hold clones share its bounds.
#[derive(Debug, Clone)]
pub struct BlockingPool {
    /// One permit a piece of work that runs or waits.
    admitted: Arc<Semaphore>,
    /// One permit a piece of work that runs.
    running: Arc<Semaphore>,
    workers: usize,
    queue: usize,
}

impl BlockingPool {
    /// A pool that runs up to `workers` pieces of work at once (at least 1) while up to `queue`
    /// more wait.
    pub fn new(workers: usize, queue: usize) -> Self {
        let workers = workers.clamp(1, Semaphore::MAX_PERMITS);
        let queue = queue.min(Semaphore::MAX_PERMITS - workers);
        Self {
            admitted: Arc::new(Semaphore::new(workers + queue)),
            running: Arc::new(Semaphore::new(workers)),
            workers,
            queue,
        }
    }

    /// How many pieces of work run at once, at least 1.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Runs `work` once a worker is free, in the order of the calls, and waits for its result.
    ///
    /// Work that has started goes on when its caller goes away, and counts until it ends; work
    /// that still waits is dropped then.
    ///
    /// # Errors
    /// An overloaded fault when too much work waits already; a permanent fault when `work`
    /// panicked; else what `work` returns.
    pub async fn run<T>(
        &self,
        work: impl FnOnce() -> Result<T, VisionError> + Send + 'static,
    ) -> Result<T, VisionError>
    where
        T: Send + 'static,
    {
        let Ok(admission) = Arc::clone(&self.admitted).try_acquire_owned() else {
            let (workers, queue) = (self.workers, self.queue);
            let full = format!("{workers} workers are busy and {queue} more photos wait");
            return Err(Fault::overloaded(full).into());
        };
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(Fault::permanent)?;
        let task = spawn_blocking(move || {
            let permits = (admission, permit);
            let result = work();
            drop(permits);
            result
        });
        task.await.map_err(|error| {
            if error.is_panic() { Fault::permanent(error) } else { Fault::transient(error) }
        })?
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use injeung_domain::FaultKind;
    use tokio::task::{JoinSet, yield_now};

    use super::*;

    fn kind(result: Result<(), VisionError>) -> FaultKind {
        match result {
            Err(VisionError::Fault(fault)) => fault.kind,
            Err(VisionError::Photo(error)) => panic!("not a fault: {error}"),
            Ok(()) => panic!("not a fault"),
        }
    }

    #[tokio::test]
    async fn no_more_than_the_workers_run_at_once_and_all_that_is_admitted_is_done() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let pool = BlockingPool::new(3, 100);
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let pool = pool.clone();
            tasks.spawn(async move {
                let work = || {
                    MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    RUNNING.fetch_sub(1, Ordering::SeqCst);
                    Ok(())
                };
                pool.run(work).await
            });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 50);
        assert!((1..=3).contains(&MOST.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn more_than_the_queue_holds_is_refused_and_the_rest_is_done() {
        let pool = BlockingPool::new(1, 1);
        let (release, held) = mpsc::channel::<()>();
        let running = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || Ok(held.recv().is_ok())).await }
        });
        while pool.running.available_permits() > 0 {
            yield_now().await;
        }
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| Ok(7)).await }
        });
        while pool.admitted.available_permits() > 0 {
            yield_now().await;
        }
        assert_eq!(kind(pool.run(|| Ok(())).await), FaultKind::Overloaded);
        release.send(()).unwrap();
        assert!(running.await.unwrap().unwrap());
        assert_eq!(waiting.await.unwrap().unwrap(), 7);
        assert_eq!(pool.run(|| Ok(8)).await.unwrap(), 8);
    }

    #[tokio::test]
    async fn work_whose_caller_went_away_keeps_its_place_until_it_ends() {
        let pool = BlockingPool::new(1, 0);
        let (release, held) = mpsc::channel::<()>();
        let (report, done) = mpsc::channel();
        let caller = tokio::spawn({
            let pool = pool.clone();
            async move {
                let work = move || {
                    let released = held.recv().is_ok();
                    report.send(released).unwrap();
                    Ok(())
                };
                pool.run(work).await
            }
        });
        while pool.running.available_permits() > 0 {
            yield_now().await;
        }
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(kind(pool.run(|| Ok(())).await), FaultKind::Overloaded);
        release.send(()).unwrap();
        assert!(done.recv().unwrap());
        while pool.admitted.available_permits() == 0 {
            yield_now().await;
        }
        pool.run(|| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_a_permanent_fault_and_frees_the_worker() {
        let pool = BlockingPool::new(1, 0);
        assert_eq!(kind(pool.run(|| panic!("broken")).await), FaultKind::Permanent);
        pool.run(|| Ok(())).await.unwrap();
    }
}
