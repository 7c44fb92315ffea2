use time::OffsetDateTime;

use super::as_len;
use super::tables::{ReservationState, Tables};
use crate::ObjectKey;
use crate::ports::{Reservation, ReservedKey};

impl Tables {
    pub(super) fn reserve(&mut self, reservation: &Reservation) -> bool {
        let url = &reservation.image_url;
        let taken = self.reservations.contains_key(&reservation.key)
            || self.references.iter().any(|(_, row)| row.image_url == *url)
            || self.feeds.iter().any(|row| row.image_url == *url)
            || self.attempts.iter().any(|row| row.record.photo_url.as_ref() == Some(url));
        if !taken {
            let entry = (reservation.clone(), ReservationState::Open);
            self.reservations.insert(reservation.key.clone(), entry);
        }
        !taken
    }

    pub(super) fn abandon(&mut self, key: &ObjectKey) -> Option<[u8; 32]> {
        let (reservation, state) = self.reservations.get_mut(key)?;
        *state = ReservationState::Abandoned;
        Some(reservation.content_sha256)
    }

    pub(super) fn reserved_before(
        &self,
        instant: OffsetDateTime,
        after: Option<&ReservedKey>,
        limit: u32,
    ) -> Vec<ReservedKey> {
        let place = |reserved: &ReservedKey| (reserved.reserved_at, reserved.key.clone());
        let mut overdue: Vec<_> = self
            .reservations
            .values()
            .map(|(Reservation { key, reserved_at, .. }, _)| ReservedKey {
                reserved_at: *reserved_at,
                key: key.clone(),
            })
            .filter(|reserved| reserved.reserved_at < instant)
            .filter(|reserved| after.is_none_or(|after| place(reserved) > place(after)))
            .collect();
        overdue.sort_by_key(place);
        overdue.truncate(as_len(limit));
        overdue
    }
}
