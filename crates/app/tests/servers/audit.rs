//! Checks that the audit detects each defect.

use crate::support::audit::{Findings, Stored, audit};
use crate::support::ledger::{Ledger, Outcome, Owner};

fn feed(content: &str) -> Owner {
    Owner::Feed { participation_id: 1, content: content.to_owned() }
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.enter(feed("accepted"), Outcome::Accepted);
    ledger.enter(feed("refused"), Outcome::Refused);
    ledger.enter(feed("unknown"), Outcome::Unknown);
    ledger.enter(Owner::Reference { participation_id: 2 }, Outcome::Accepted);
    ledger.enter(Owner::Reference { participation_id: 2 }, Outcome::Accepted);
    ledger
}

/// Rows with complete objects.
fn stored(rows: &[(Owner, &str)]) -> Stored {
    let rows = rows.iter().map(|(owner, key)| (owner.clone(), (*key).to_owned()));
    let rows: Vec<_> = rows.collect();
    let objects = rows.iter().map(|(_, key)| key.clone());
    Stored {
        objects: objects.clone().collect(),
        readable: objects.collect(),
        rows,
        reservations: Vec::new(),
    }
}

fn as_in_the_ledger() -> Stored {
    let reference = Owner::Reference { participation_id: 2 };
    stored(&[(feed("accepted"), "a"), (reference.clone(), "b"), (reference, "c")])
}

#[test]
fn the_stored_state_of_the_ledger_is_clean() {
    assert!(audit(&ledger(), &as_in_the_ledger()).is_clean());
    // The client does not know whether this photo is stored.
    let mut stored = as_in_the_ledger();
    stored.rows.push((feed("unknown"), "d".to_owned()));
    stored.objects.insert("d".to_owned());
    assert!(audit(&ledger(), &stored).is_clean());
}

#[test]
fn a_row_that_is_gone_is_missing() {
    let mut stored = as_in_the_ledger();
    stored.rows.remove(0);
    stored.objects.remove("a");
    let found = Findings { missing: 1, ..Findings::default() };
    assert_eq!(audit(&ledger(), &stored), found);
}

#[test]
fn an_object_that_cannot_be_read_is_missing() {
    let mut stored = as_in_the_ledger();
    stored.readable.remove("b");
    let found = Findings { missing: 1, ..Findings::default() };
    assert_eq!(audit(&ledger(), &stored), found);
}

#[test]
fn a_row_without_an_object_dangles() {
    let mut stored = as_in_the_ledger();
    stored.objects.remove("a");
    stored.readable.remove("a");
    let found = Findings { missing: 1, dangling: 1, ..Findings::default() };
    assert_eq!(audit(&ledger(), &stored), found);
}

#[test]
fn objects_and_reservations_without_a_row_are_orphans() {
    let mut stored = as_in_the_ledger();
    stored.objects.insert("d".to_owned());
    stored.reservations.push("e".to_owned());
    let found = Findings { orphans: 2, ..Findings::default() };
    assert_eq!(audit(&ledger(), &stored), found);
}

#[test]
fn rows_beyond_the_one_of_a_request_are_duplicates() {
    for owner in [feed("accepted"), feed("refused"), feed("never sent")] {
        let mut stored = as_in_the_ledger();
        stored.rows.push((owner, "d".to_owned()));
        stored.objects.insert("d".to_owned());
        stored.readable.insert("d".to_owned());
        let found = Findings { duplicates: 1, ..Findings::default() };
        assert_eq!(audit(&ledger(), &stored), found);
    }
    let mut stored = as_in_the_ledger();
    stored.rows[1].1 = "c".to_owned();
    stored.objects.remove("b");
    let found = Findings { duplicates: 1, ..Findings::default() };
    assert_eq!(audit(&ledger(), &stored), found, "one object of two rows");
}
