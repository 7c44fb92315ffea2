use std::collections::HashMap;

use time::OffsetDateTime;

use super::as_len;
use crate::{DeliveryEnd, Fault, Message, MessageCounts, MessageId, NewMessage, ParticipationId};

/// The queued messages, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Messages {
    rows: Vec<Message>,
    /// When the first waiting message of a participation is due.
    due: HashMap<ParticipationId, OffsetDateTime>,
    /// Ids are not reused.
    last: i64,
}

impl Messages {
    pub(super) fn add(&mut self, new: impl IntoIterator<Item = NewMessage>) -> Result<(), Fault> {
        for message in new {
            self.last += 1;
            let id = MessageId::try_from(self.last).map_err(Fault::permanent)?;
            self.due.entry(message.participation_id).or_insert(message.occurred_at);
            self.rows.push(Message { id, message, failures: 0, error: None, dead_at: None });
        }
        Ok(())
    }

    pub(super) fn remove_all(&mut self, id: ParticipationId) {
        self.rows.retain(|row| row.message.participation_id != id);
        self.due.remove(&id);
    }

    fn first(&self, id: ParticipationId) -> Option<&Message> {
        let mut waiting = self.rows.iter().filter(|row| row.dead_at.is_none());
        waiting.find(|row| row.message.participation_id == id)
    }

    pub(super) fn due(&self, now: OffsetDateTime, limit: u32) -> Vec<Message> {
        let mut due: Vec<_> = self.due.iter().filter(|(_, at)| **at <= now).collect();
        due.sort_by_key(|(id, at)| (**at, **id));
        due.into_iter().filter_map(|(id, _)| self.first(*id)).take(as_len(limit)).cloned().collect()
    }

    pub(super) fn end(&mut self, id: MessageId, end: DeliveryEnd) {
        let Some(place) = self.rows.iter().position(|row| row.id == id) else { return };
        let Some(row) = self.rows.get_mut(place).filter(|row| row.dead_at.is_none()) else {
            return;
        };
        let participation_id = row.message.participation_id;
        let next = match end {
            DeliveryEnd::Delivered => {
                self.rows.remove(place);
                None
            }
            DeliveryEnd::Again { at, error } => {
                (row.failures, row.error) = (row.failures.saturating_add(1), Some(error));
                Some(at)
            }
            DeliveryEnd::Dead { at, error } => {
                (row.failures, row.error) = (row.failures.saturating_add(1), Some(error));
                row.dead_at = Some(at);
                None
            }
        };
        let next = next.or_else(|| self.first(participation_id).map(|row| row.message.occurred_at));
        match next {
            Some(at) => self.due.insert(participation_id, at),
            None => self.due.remove(&participation_id),
        };
    }

    pub(super) fn list(&self, dead: bool, limit: u32) -> Vec<Message> {
        let found = self.rows.iter().filter(|row| row.dead_at.is_some() == dead);
        found.take(as_len(limit)).cloned().collect()
    }

    pub(super) fn count(&self) -> MessageCounts {
        let dead = self.rows.iter().filter(|row| row.dead_at.is_some()).count() as u64;
        MessageCounts { waiting: self.rows.len() as u64 - dead, dead }
    }

    pub(super) fn send_again(&mut self, id: MessageId, now: OffsetDateTime) -> bool {
        let mut dead = self.rows.iter_mut().filter(|row| row.dead_at.is_some());
        let Some(row) = dead.find(|row| row.id == id) else { return false };
        (row.failures, row.dead_at) = (0, None);
        self.due.insert(row.message.participation_id, now);
        true
    }

    pub(super) fn forget(&mut self, before: OffsetDateTime, limit: u32) -> u32 {
        let mut forgotten = 0;
        self.rows.retain(|row| {
            let is_old = row.dead_at.is_some_and(|at| at < before);
            let stays = !is_old || forgotten == limit;
            forgotten += u32::from(!stays);
            stays
        });
        forgotten
    }
}
