//! Tests of the workers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

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
