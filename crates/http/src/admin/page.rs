use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::access::Content;

/// Maximum number of records of a page, and the number without a `limit`.
const MAX: u32 = 1000;
const DEFAULT: u32 = 100;

/// Number of records of a page, from 1 to 1000.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit(pub(super) u32);

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limit = u32::deserialize(deserializer)?;
        if (1..=MAX).contains(&limit) {
            Ok(Self(limit))
        } else {
            Err(serde::de::Error::custom("limit must be from 1 to 1000"))
        }
    }
}

/// A page of records: `name` has them, and `next` the id to continue after; it is null on the last page.
pub(super) fn page<T>(
    name: &str,
    Limit(limit): Limit,
    records: &[T],
    id: impl Fn(&T) -> i64,
    view: impl Fn(&T) -> Value,
) -> Content {
    let is_full = u32::try_from(records.len()).is_ok_and(|number| number == limit);
    let next = records.last().filter(|_| is_full).map(id);
    let records: Vec<Value> = records.iter().map(view).collect();
    Content::from_iter([(name.to_owned(), json!(records)), ("next".to_owned(), json!(next))])
}
