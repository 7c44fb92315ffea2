use std::collections::{BTreeMap, HashMap};

use time::OffsetDateTime;

use super::attempts;
use super::days::Days;
use super::messages::Messages;
use super::request_keys::RequestKeys;
use super::traces::Traces;
use super::views::Views;
use crate::ports::{Acceptance, AddFeedError, Reservation, ReviewError};
use crate::{
    ApiKey, Attempt, ChallengeGroup, Erasure, EventKind, Fault, FeatureFormat, Feed, FeedId,
    GroupId, NewFeed, NewMessage, NewReview, NewTrace, ObjectKey, Participation, ParticipationId,
    ReferenceFeatures, ReferenceId, ReviewChange, ReviewEntry, ReviewId, Shard, StoredReference,
    UserId,
};

/// The rows of a database in memory, and changes that concern several tables.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) groups: HashMap<GroupId, ChallengeGroup>,
    pub(super) participations: HashMap<ParticipationId, (GroupId, Option<UserId>)>,
    pub(super) references: Vec<(ParticipationId, StoredReference)>,
    pub(super) features: HashMap<(ReferenceId, FeatureFormat), Features>,
    pub(super) feeds: Vec<Feed>,
    pub(super) traces: Traces,
    pub(super) views: Views,
    /// Ids of rows are not reused.
    pub(super) last_feed: i64,
    pub(super) last_reference: i64,
    pub(super) reservations: BTreeMap<ObjectKey, (Reservation, ReservationState)>,
    pub(super) request_keys: RequestKeys,
    pub(super) days: Days,
    /// Holder and end of each lease, keyed by lease name.
    pub(super) leases: HashMap<String, (String, OffsetDateTime)>,
    pub(super) api_keys: Vec<ApiKey>,
    pub(super) attempts: Vec<Attempt>,
    /// Ids of attempts are not reused.
    pub(super) last_attempt: i64,
    pub(super) reviews: Vec<ReviewEntry>,
    pub(super) erasures: Vec<Erasure>,
    pub(super) messages: Messages,
}

#[derive(Debug)]
pub(super) struct Features {
    pub(super) features: ReferenceFeatures,
    pub(super) superseded_at: Option<OffsetDateTime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReservationState {
    Open,
    Abandoned,
}

impl Tables {
    pub(super) fn participation(&self, id: ParticipationId) -> Option<Participation> {
        let (group_id, user_id) = self.participations.get(&id)?;
        let group = self.groups.get(group_id)?.clone();
        Some(Participation { id, user_id: user_id.clone(), group })
    }

    /// The newest reference of each participation, if it belongs to the shard and has no current features in the format.
    pub(super) fn references_without(
        &self,
        format: &FeatureFormat,
        shard: Shard,
    ) -> impl Iterator<Item = &StoredReference> {
        let is_newest = |at: &usize, owner: &ParticipationId| {
            !self.references.iter().skip(at + 1).any(|(other, _)| other == owner)
        };
        let newest = self.references.iter().enumerate();
        let newest = newest.filter(move |(at, (owner, _))| is_newest(at, owner));
        newest.map(|(_, (_, row))| row).filter(move |row| shard.contains(row.id)).filter(|row| {
            let features = self.features.get(&(row.id, format.clone()));
            features.is_none_or(|features| features.superseded_at.is_some())
        })
    }

    /// Commits an acceptance, or changes nothing and fails.
    pub(super) fn settle(&mut self, acceptance: &Acceptance) -> Result<(), Fault> {
        let Acceptance { key, claim } = acceptance;
        match self.reservations.get(key) {
            Some((_, ReservationState::Open)) => {}
            Some((_, ReservationState::Abandoned)) | None => {
                return Err(Fault::permanent(format!(
                    "add the row of object {key}: its reservation is gone"
                )));
            }
        }
        if let Some(claim) = claim {
            if !self.request_keys.is_open(claim.id) {
                return Err(Fault::transient("answer the request key: another request claimed it"));
            }
            self.request_keys.answer(claim);
        }
        self.reservations.remove(key);
        Ok(())
    }

    pub(super) fn add_feed(
        &mut self,
        feed: NewFeed,
        acceptance: &Acceptance,
    ) -> Result<FeedId, AddFeedError> {
        self.last_feed += 1;
        let id = FeedId::try_from(self.last_feed)
            .map_err(|error| Fault::permanent(error.to_string()))?;
        let NewFeed { participation_id, created_at, image_url, content, trace, .. } = feed;
        let message = feed.message;
        let day = (feed.day, participation_id);
        let is_taken = self.days.get(&day).is_some_and(|day| day.feed_id.is_some());
        if is_taken && feed.only_one_of_its_day {
            return Err(AddFeedError::DayTaken);
        }
        if trace.as_ref().is_some_and(|trace| self.traces.has_newer(trace)) {
            return Err(AddFeedError::NewerPhotos);
        }
        self.settle(acceptance)?;
        if let Some(NewTrace { area, photo, .. }) = trace {
            self.traces.add(&area, image_url.clone(), photo.trace);
        }
        self.days.entry(day).or_default().feed_id.get_or_insert(id);
        self.messages.add(message)?;
        self.feeds.push(Feed { id, participation_id, created_at, image_url, content });
        Ok(id)
    }

    /// Removes a feed row, releases its day and abandons its object.
    fn withdraw(&mut self, feed_id: FeedId, content_sha256: [u8; 32], at: OffsetDateTime) {
        for day in self.days.values_mut().filter(|day| day.feed_id == Some(feed_id)) {
            day.feed_id = None;
        }
        let Some(place) = self.feeds.iter().position(|row| row.id == feed_id) else { return };
        let image_url = self.feeds.remove(place).image_url;
        self.traces.remove(&image_url);
        self.views.remove_feed(feed_id);
        if let Ok(key) = ObjectKey::from_url(&image_url) {
            let reserved_at = at;
            let reservation =
                Reservation { key: key.clone(), image_url, content_sha256, reserved_at };
            self.reservations.entry(key).or_insert((reservation, ReservationState::Abandoned));
        }
    }

    pub(super) fn review(
        &mut self,
        review: NewReview,
        change: ReviewChange,
        messages: Vec<NewMessage>,
    ) -> Result<Option<FeedId>, ReviewError> {
        let place = self.attempts.iter().position(|one| attempts::is_expected(one, &review));
        let place = place.ok_or(ReviewError::OtherState)?;
        let (decision, after) = (change.decision(), change.after());
        let feed_id = match change {
            ReviewChange::Confirm | ReviewChange::Reopen => None,
            ReviewChange::Accept { feed, acceptance } => {
                let added = self.add_feed(*feed, &acceptance).map_err(|error| match error {
                    AddFeedError::DayTaken => ReviewError::DayTaken,
                    error @ AddFeedError::NewerPhotos => Fault::permanent(error).into(),
                    AddFeedError::Fault(fault) => fault.into(),
                })?;
                Some(added)
            }
            ReviewChange::Withdraw { feed_id, content_sha256 } => {
                self.withdraw(feed_id, content_sha256, review.reviewed_at);
                Some(feed_id)
            }
        };
        if let Some(attempt) = self.attempts.get_mut(place) {
            attempt.review = after;
        }
        let id = ReviewId::try_from(next_id(self.reviews.len()))
            .map_err(|error| Fault::permanent(error.to_string()))?;
        let has_appeal =
            self.attempts.iter().any(|one| one.id == review.attempt_id && one.appeal.is_some());
        let reported = |one: &NewMessage| has_appeal || one.event != EventKind::AppealClosed;
        self.messages.add(messages.into_iter().filter(reported))?;
        self.reviews.push(ReviewEntry { id, review, decision, after, feed_id });
        Ok(feed_id)
    }
}

pub(super) fn next_id(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX).saturating_add(1)
}
