//! The database is slow, rejects connections, is down, and recovers.

use std::time::Duration;

use crate::scene::{Call, Scene};
use crate::support::proxy::Way;
use crate::support::{postgres, times};

const FAILED: (u16, Option<u64>) = (500, Some(111));

#[track_caller]
fn assert_all_fail(scene: &mut Scene, fault: &str) {
    for call in [Call::Reference, Call::Feature, Call::Keyword] {
        assert_eq!(scene.call(fault, call), FAILED, "{call:?}");
    }
    let (status, checks) = scene.readiness();
    assert_eq!((status, checks["database"].as_str()), (503, Some("failed")), "{checks}");
    assert_eq!(checks["objects"], "ok", "{checks}");
}

#[test]
fn a_slow_database_is_waited_for() {
    let mut scene = Scene::new();
    scene.database.set(Way::Slow(Duration::from_millis(20)));
    for call in [Call::Reference, Call::Feature] {
        assert_eq!(scene.call("database slow (20 ms a piece)", call), (200, None));
    }
    assert_eq!(scene.readiness().0, 200);
    scene.assert_recovered();
}

#[test]
fn a_database_that_is_too_slow_is_500_errcode_111() {
    let mut scene = Scene::new();
    scene.database.set(Way::Slow(Duration::from_secs(10)));
    assert_all_fail(&mut scene, "database too slow (10 s a piece)");
    scene.assert_recovered();
}

#[test]
fn a_database_that_is_gone_is_500_errcode_111() {
    let mut scene = Scene::new();
    scene.database.set(Way::Refused);
    assert_all_fail(&mut scene, "database gone (connections cut, then refused)");
    scene.assert_recovered();
}

#[test]
fn a_database_that_does_not_respond_is_500_errcode_111() {
    let mut scene = Scene::new();
    scene.database.set(Way::Silent);
    assert_all_fail(&mut scene, "database silent (packets dropped)");
    scene.assert_recovered();
}

#[test]
fn a_database_that_refuses_connections_is_500_errcode_111() {
    let mut scene = Scene::new();
    let url = scene.home.servers().database.url();
    let (server, name) = url.rsplit_once('/').unwrap();
    let mut server = postgres::connect(&format!("{server}/postgres"));
    let allow = |allowed| format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}");
    server.batch_execute(&allow(false)).unwrap();
    let terminate = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                     WHERE datname = $1";
    server.execute(terminate, &[&name]).unwrap();
    assert_all_fail(&mut scene, "database refuses (lets nobody in)");
    server.batch_execute(&allow(true)).unwrap();
    scene.assert_recovered();
}

#[test]
fn locked_tables_are_500_errcode_111() {
    let mut scene = Scene::new();
    let mut other = postgres::connect(&scene.home.servers().database.url());
    let mut lock = other.transaction().unwrap();
    lock.batch_execute("LOCK TABLE auth_standard_img, feed, participation").unwrap();
    for call in [Call::Reference, Call::Feature] {
        assert_eq!(scene.call("database locked (by somebody else)", call), FAILED);
    }
    lock.rollback().unwrap();
    scene.assert_recovered();
}

#[test]
fn an_answer_of_the_database_that_is_lost_at_any_point_neither_loses_nor_doubles_a_reference() {
    lose_one_answer_after_the_other(Call::Reference);
}

#[test]
fn an_answer_of_the_database_that_is_lost_at_any_point_neither_loses_nor_doubles_a_feed() {
    lose_one_answer_after_the_other(Call::Feature);
}

/// Loses each answer of the database in turn, including the one to the commit that adds the row.
/// Then the client gets a failure although the row exists.
#[track_caller]
fn lose_one_answer_after_the_other(call: Call) {
    // With one connection, and in a second of its own, every call takes about the same number of
    // answers.
    let mut scene = Scene::with(|home| {
        home.with("DATABASE__MAX_CONNECTIONS", "1")
            .with("DATABASE__ANSWER_TIMEOUT_MS", "400")
            .with("DATABASE__POSTGRES__CONNECT_TIMEOUT_MS", "400")
            .with("REQUEST_KEYS__CLAIM_S", "1")
            // The look-up of replays returns all earlier photos, so each call would take more answers than the last.
            .with("RULES__REPLAY", "off")
    });
    let (mut after, mut stored_nevertheless) = (0, 0);
    // The number of pieces per answer varies slightly. So near the end the loop goes back and forth
    // until the answer to the commit was lost.
    for _ in 0..60 {
        let fault = format!("database's answers lost after {after}");
        let before = scene.home.rows().object_keys().len();
        times::await_next_second();
        let block = |scene: &Scene| scene.database.set(Way::Deaf { after });
        let (first, stored) = scene.call_until_accepted(&fault, call, block);
        if first == FAILED {
            stored_nevertheless += stored - before;
            after += 1;
        } else if stored_nevertheless == 0 {
            after -= 1;
            // The connection was replaced. The new one must prepare its statements first, or the
            // next call would take more answers. On a busy machine that can exceed the short timeouts.
            scene.call_until_accepted("none", call, |_| ());
        } else {
            break;
        }
    }
    assert!(after > 5, "a call takes a few answers, and not {after}");
    assert!(stored_nevertheless > 0, "the answer to a commit was lost");
    scene.assert_recovered();
}

#[test]
fn connections_that_are_cut_at_once_are_replaced() {
    let mut scene = Scene::new();
    for _ in 0..5 {
        scene.database.set(Way::Refused);
        scene.database.set(Way::Open);
        // A broken connection may be used once more.
        scene.wait_until_ready();
        assert_eq!(scene.call("database's connections cut", Call::Feature), (200, None));
    }
    scene.assert_recovered();
}
