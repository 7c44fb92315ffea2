use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::days::Days;
use super::lock;
use super::request_keys::RequestKeys;
use crate::ports::{
    Acceptance, AddFeedError, FeedRepository, ParticipationRepository, PutParticipationError,
    ReferenceRepository, Reservation, ReservationRepository,
};
use crate::{
    ChallengeGroup, Fault, Feed, FeedId, GroupId, NewFeed, NewReference, ObjectKey, Participation,
    ParticipationId, Reference, ReferenceFeatures, ReferenceId, UserId,
};

/// All repositories in memory. Every operation holds one lock, so each is a transaction.
#[derive(Debug, Default)]
pub struct MemoryDatabase(pub(super) Mutex<Tables>);

#[derive(Debug, Default)]
pub(super) struct Tables {
    groups: HashMap<GroupId, ChallengeGroup>,
    participations: HashMap<ParticipationId, (GroupId, Option<UserId>)>,
    references: Vec<Reference>,
    feeds: Vec<Feed>,
    reservations: BTreeMap<ObjectKey, (Reservation, ReservationState)>,
    pub(super) request_keys: RequestKeys,
    pub(super) days: Days,
    /// Holder and end of each lease, by its name.
    pub(super) leases: HashMap<String, (String, OffsetDateTime)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReservationState {
    Open,
    Abandoned,
}

impl Tables {
    /// Settles an acceptance; where it cannot be, nothing changes.
    fn settle(&mut self, acceptance: &Acceptance) -> Result<(), Fault> {
        let Acceptance { key, claim } = acceptance;
        match self.reservations.get(key) {
            Some((_, ReservationState::Open)) => {}
            Some((_, ReservationState::Abandoned)) | None => {
                return Err(Fault::permanent(format!("the key {key} is not reserved any more")));
            }
        }
        if let Some(claim) = claim {
            if !self.request_keys.is_open(claim.id) {
                return Err(Fault::transient("the request's key was taken over"));
            }
            self.request_keys.answer(claim);
        }
        self.reservations.remove(key);
        Ok(())
    }
}

#[async_trait]
impl ParticipationRepository for MemoryDatabase {
    async fn find(&self, id: ParticipationId) -> Result<Option<Participation>, Fault> {
        let tables = lock(&self.0);
        let Some((group_id, user_id)) = tables.participations.get(&id) else { return Ok(None) };
        Ok(tables.groups.get(group_id).map(|group| Participation {
            id,
            user_id: user_id.clone(),
            group: group.clone(),
        }))
    }

    async fn put_group(&self, group: &ChallengeGroup) -> Result<(), Fault> {
        lock(&self.0).groups.insert(group.id, group.clone());
        Ok(())
    }

    async fn put_participation(
        &self,
        id: ParticipationId,
        group_id: GroupId,
        user_id: Option<UserId>,
    ) -> Result<(), PutParticipationError> {
        let mut tables = lock(&self.0);
        if !tables.groups.contains_key(&group_id) {
            return Err(PutParticipationError::UnknownGroup(group_id));
        }
        tables.participations.insert(id, (group_id, user_id));
        Ok(())
    }

    async fn check(&self) -> Result<(), Fault> {
        Ok(())
    }
}

#[async_trait]
impl ReferenceRepository for MemoryDatabase {
    async fn add(
        &self,
        reference: NewReference,
        acceptance: &Acceptance,
    ) -> Result<ReferenceId, Fault> {
        let mut tables = lock(&self.0);
        let id = ReferenceId::try_from(next_id(tables.references.len()))
            .map_err(|error| Fault::permanent(error.to_string()))?;
        tables.settle(acceptance)?;
        let NewReference { participation_id, image_url, features } = reference;
        tables.references.push(Reference {
            id,
            participation_id,
            image_url,
            features: Some(features),
        });
        Ok(id)
    }

    async fn newest(&self, participation_id: ParticipationId) -> Result<Option<Reference>, Fault> {
        let tables = lock(&self.0);
        let mut newest_first = tables.references.iter().rev();
        Ok(newest_first.find(|row| row.participation_id == participation_id).cloned())
    }

    async fn replace_features(
        &self,
        id: ReferenceId,
        features: &ReferenceFeatures,
    ) -> Result<(), Fault> {
        let mut tables = lock(&self.0);
        match tables.references.iter_mut().find(|row| row.id == id) {
            Some(row) => {
                row.features = Some(features.clone());
                Ok(())
            }
            None => Err(Fault::permanent(format!("there is no reference {id}"))),
        }
    }
}

#[async_trait]
impl FeedRepository for MemoryDatabase {
    async fn add(&self, feed: NewFeed, acceptance: &Acceptance) -> Result<FeedId, AddFeedError> {
        let mut tables = lock(&self.0);
        let id = FeedId::try_from(next_id(tables.feeds.len()))
            .map_err(|error| Fault::permanent(error.to_string()))?;
        let NewFeed { participation_id, created_at, image_url, content, .. } = feed;
        let day = (feed.day, participation_id);
        let is_taken = tables.days.get(&day).is_some_and(|day| day.feed_id.is_some());
        if is_taken && feed.only_one_of_its_day {
            return Err(AddFeedError::DayTaken);
        }
        tables.settle(acceptance)?;
        tables.days.entry(day).or_default().feed_id.get_or_insert(id);
        tables.feeds.push(Feed { id, participation_id, created_at, image_url, content });
        Ok(id)
    }

    async fn latest(
        &self,
        participation_id: ParticipationId,
        limit: u32,
    ) -> Result<Vec<Feed>, Fault> {
        let tables = lock(&self.0);
        let newest_first = tables.feeds.iter().rev();
        let own = newest_first.filter(|row| row.participation_id == participation_id);
        Ok(own.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }
}

#[async_trait]
impl ReservationRepository for MemoryDatabase {
    async fn reserve(&self, reservation: &Reservation) -> Result<bool, Fault> {
        let mut tables = lock(&self.0);
        let url = &reservation.image_url;
        let taken = tables.reservations.contains_key(&reservation.key)
            || tables.references.iter().any(|row| row.image_url == *url)
            || tables.feeds.iter().any(|row| row.image_url == *url);
        if taken {
            return Ok(false);
        }
        let entry = (reservation.clone(), ReservationState::Open);
        tables.reservations.insert(reservation.key.clone(), entry);
        Ok(true)
    }

    async fn abandon(&self, key: &ObjectKey) -> Result<Option<[u8; 32]>, Fault> {
        let mut tables = lock(&self.0);
        Ok(tables.reservations.get_mut(key).map(|(reservation, state)| {
            *state = ReservationState::Abandoned;
            reservation.content_sha256
        }))
    }

    async fn release(&self, key: &ObjectKey) -> Result<(), Fault> {
        lock(&self.0).reservations.remove(key);
        Ok(())
    }

    async fn reserved_before(
        &self,
        instant: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<ObjectKey>, Fault> {
        let tables = lock(&self.0);
        let mut overdue: Vec<_> = tables
            .reservations
            .values()
            .map(|(reservation, _)| reservation)
            .filter(|reservation| reservation.reserved_at < instant)
            .collect();
        overdue.sort_by_key(|reservation| reservation.reserved_at);
        overdue.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(overdue.into_iter().map(|reservation| reservation.key.clone()).collect())
    }
}

fn next_id(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX).saturating_add(1)
}
