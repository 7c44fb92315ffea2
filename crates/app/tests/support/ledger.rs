//! What clients sent, and what they were told.

use std::collections::BTreeMap;

/// Whose row a request leaves behind, as far as the row itself tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A reference says for which participation, and not for which request.
    Reference { participation_id: i64 },
    /// A feed has what was written beside the photo: the request's key.
    Feed { participation_id: i64, content: String },
}

/// What came of a request in the end, after every retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 200: it has to be stored.
    Accepted,
    /// 400: it must not be.
    Refused,
    /// Its client never knew: it may be stored.
    Unknown,
}

/// The requests of each owner, by what came of them.
#[derive(Debug, Default)]
pub(crate) struct Ledger(BTreeMap<Owner, Entry>);

/// The requests of one owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Entry {
    /// Rows that have to be there.
    pub(crate) accepted: usize,
    /// Rows that may be there besides.
    pub(crate) unknown: usize,
}

impl Ledger {
    /// Writes down what came of one more request, which has a key of its own.
    pub(crate) fn enter(&mut self, owner: Owner, outcome: Outcome) {
        let entry = self.0.entry(owner).or_default();
        match outcome {
            Outcome::Accepted => entry.accepted += 1,
            Outcome::Refused => {}
            Outcome::Unknown => entry.unknown += 1,
        }
    }

    /// The requests of an owner.
    pub(crate) fn of(&self, owner: &Owner) -> Entry {
        self.0.get(owner).copied().unwrap_or_default()
    }

    /// Everyone who sent something.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.0.keys()
    }
}
