use std::collections::HashMap;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::ports::Claiming;
use crate::{Claim, ClaimId, Fault, Fingerprint, RequestKey};

/// The table of request keys.
#[derive(Debug, Default)]
pub(super) struct RequestKeys {
    rows: HashMap<RequestKey, Row>,
    /// Last id assigned; ids are never reused.
    last_id: i64,
}

#[derive(Debug)]
struct Row {
    id: ClaimId,
    fingerprint: Fingerprint,
    answer: Option<Bytes>,
    valid_until: OffsetDateTime,
}

impl RequestKeys {
    /// Whether a claim holds its key and the key is not answered.
    pub(super) fn is_open(&self, id: ClaimId) -> bool {
        self.rows.values().any(|row| row.id == id && row.answer.is_none())
    }

    /// Answers the key of an open claim.
    pub(super) fn answer(&mut self, claim: &Claim) {
        let mut open = self.rows.values_mut().filter(|row| row.answer.is_none());
        if let Some(row) = open.find(|row| row.id == claim.id) {
            row.answer = Some(claim.answer.clone());
            row.valid_until = claim.keep_until;
        }
    }

    pub(super) fn claim(
        &mut self,
        key: &RequestKey,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Claiming, Fault> {
        if let Some(row) = self.rows.get(key).filter(|row| row.valid_until > now) {
            return Ok(match &row.answer {
                _ if row.fingerprint != *fingerprint => Claiming::OtherRequest,
                Some(answer) => Claiming::Answered(answer.clone()),
                None => Claiming::Pending,
            });
        }
        self.last_id += 1;
        let id = ClaimId::try_from(self.last_id).map_err(Fault::permanent)?;
        let row = Row { id, fingerprint: *fingerprint, answer: None, valid_until: until };
        self.rows.insert(key.clone(), row);
        Ok(Claiming::Claimed(id))
    }

    /// Deletes an open claim.
    pub(super) fn release(&mut self, id: ClaimId) {
        self.rows.retain(|_, row| row.id != id || row.answer.is_some());
    }

    pub(super) fn forget(&mut self, now: OffsetDateTime, limit: u32) -> u32 {
        let mut forgotten = 0;
        self.rows.retain(|_, row| {
            let stays = row.valid_until > now || forgotten == limit;
            forgotten += u32::from(!stays);
            stays
        });
        forgotten
    }
}
