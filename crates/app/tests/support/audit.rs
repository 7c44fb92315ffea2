//! Checks the stored data against the responses to clients: complete and without duplicates.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use super::home::Home;
use super::ledger::{Ledger, Owner};
use super::rows::key_of;

/// All stored data of a home.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// Owner and object of each row.
    pub(crate) rows: Vec<(Owner, String)>,
    /// Keys of the existing objects.
    pub(crate) objects: BTreeSet<String>,
    /// Keys of the rows' objects that are complete photos.
    pub(crate) readable: BTreeSet<String>,
    /// Keys of the reservations.
    pub(crate) reservations: Vec<String>,
}

/// Numbers of defects; all must be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Findings {
    /// Acknowledged requests without a row whose object can be read.
    pub(crate) missing: usize,
    /// Rows without an object.
    pub(crate) dangling: usize,
    /// Objects without a row, and reservations that were not resolved.
    pub(crate) orphans: usize,
    /// Surplus rows of a request, rows of rejected requests, and rows that share an object.
    pub(crate) duplicates: usize,
}

impl Findings {
    pub(crate) fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Findings {
    fn add_assign(&mut self, other: Self) {
        self.missing += other.missing;
        self.dangling += other.dangling;
        self.orphans += other.orphans;
        self.duplicates += other.duplicates;
    }
}

impl Stored {
    /// Reads all data after every process that could change it has stopped.
    pub(crate) fn of(home: &Home) -> Self {
        let rows = home.rows();
        let references = rows.references().into_iter().map(|row| {
            let owner = Owner::Reference { participation_id: row.participation_id };
            (owner, key_of(&row.url).to_owned())
        });
        let feeds = rows.feeds().into_iter().map(|row| {
            let owner =
                Owner::Feed { participation_id: row.participation_id, content: row.content };
            (owner, key_of(&row.url).to_owned())
        });
        let stored: Vec<_> = references.chain(feeds).collect();
        let keys = stored.iter().map(|(_, key)| key.clone());
        let is_whole = |key: &String| home.object(key).is_some_and(|object| is_jpeg(&object));
        Self {
            readable: keys.filter(is_whole).collect(),
            rows: stored,
            objects: home.objects().into_iter().collect(),
            reservations: rows.reservations(),
        }
    }
}

/// Compares the clients' responses with the stored data, after the clean-up.
pub(crate) fn audit(ledger: &Ledger, stored: &Stored) -> Findings {
    let mut findings = Findings::default();
    let (mut count, mut whole) = (BTreeMap::new(), BTreeMap::new());
    let mut pointed_to = BTreeSet::new();
    for (owner, key) in &stored.rows {
        *count.entry(owner).or_insert(0) += 1;
        *whole.entry(owner).or_insert(0) += usize::from(stored.readable.contains(key));
        findings.dangling += usize::from(!stored.objects.contains(key));
        findings.duplicates += usize::from(!pointed_to.insert(key));
    }
    for (owner, rows) in count {
        let entry = ledger.of(owner);
        findings.duplicates += usize::saturating_sub(rows, entry.accepted + entry.unknown);
    }
    for owner in ledger.owners() {
        let rows = whole.get(owner).copied().unwrap_or(0);
        findings.missing += ledger.of(owner).accepted.saturating_sub(rows);
    }
    let lost = stored.objects.iter().filter(|key| !pointed_to.contains(key));
    findings.orphans = lost.count() + stored.reservations.len();
    findings
}

/// Whether the bytes begin and end with JPEG's first and last markers.
fn is_jpeg(object: &[u8]) -> bool {
    object.starts_with(&[0xff, 0xd8]) && object.ends_with(&[0xff, 0xd9])
}
