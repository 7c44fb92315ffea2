use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use time::OffsetDateTime;

use super::{MemoryDatabase, lock};
use crate::ports::{Claiming, RequestKeyRepository};
use crate::{Claim, ClaimId, Fault, Fingerprint, RequestKey};

/// The table of request keys.
#[derive(Debug, Default)]
pub(super) struct RequestKeys {
    rows: HashMap<RequestKey, Row>,
    /// Ids are never given twice.
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
    /// Whether a claim holds its key and has not answered it.
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

    fn claim(
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
}

#[async_trait]
impl RequestKeyRepository for MemoryDatabase {
    async fn claim(
        &self,
        key: &RequestKey,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Claiming, Fault> {
        lock(&self.0).request_keys.claim(key, fingerprint, now, until)
    }

    async fn answer(&self, claim: &Claim) -> Result<(), Fault> {
        lock(&self.0).request_keys.answer(claim);
        Ok(())
    }

    async fn release(&self, id: ClaimId) -> Result<(), Fault> {
        let keys = &mut lock(&self.0).request_keys;
        keys.rows.retain(|_, row| row.id != id || row.answer.is_some());
        Ok(())
    }

    async fn forget(&self, now: OffsetDateTime, limit: u32) -> Result<u32, Fault> {
        let keys = &mut lock(&self.0).request_keys;
        let mut forgotten = 0;
        keys.rows.retain(|_, row| {
            let stays = row.valid_until > now || forgotten == limit;
            forgotten += u32::from(!stays);
            stays
        });
        Ok(forgotten)
    }
}
