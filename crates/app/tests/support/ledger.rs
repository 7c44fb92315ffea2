//! The clients' requests and their outcomes.

use std::collections::BTreeMap;

/// Identification of a request's row, as far as the row allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A reference row contains the participation but not the request.
    Reference { participation_id: i64 },
    /// A feed row contains the text beside the photo, which is the request's key.
    Feed { participation_id: i64, content: String },
}

/// Final outcome of a request, after all retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 200: the photo must be stored.
    Accepted,
    /// 400: the photo must not be stored.
    Refused,
    /// No response: the photo may be stored.
    Unknown,
}

/// Requests of each owner, by outcome.
#[derive(Debug, Default)]
pub(crate) struct Ledger(BTreeMap<Owner, Entry>);

/// Requests of one owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Entry {
    /// Number of rows that must exist.
    pub(crate) accepted: usize,
    /// Number of further rows that may exist.
    pub(crate) unknown: usize,
}

impl Ledger {
    /// Records the outcome of a request with its own key.
    pub(crate) fn enter(&mut self, owner: Owner, outcome: Outcome) {
        let entry = self.0.entry(owner).or_default();
        match outcome {
            Outcome::Accepted => entry.accepted += 1,
            Outcome::Refused => {}
            Outcome::Unknown => entry.unknown += 1,
        }
    }

    /// Entry of an owner; empty without requests.
    pub(crate) fn of(&self, owner: &Owner) -> Entry {
        self.0.get(owner).copied().unwrap_or_default()
    }

    /// All owners of requests.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.0.keys()
    }
}
