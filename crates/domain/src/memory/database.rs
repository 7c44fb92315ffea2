use std::sync::Mutex;

use async_trait::async_trait;
use time::{Date, OffsetDateTime};

use super::tables::{Features, Tables};
use super::{as_len, attempts, lock};
use crate::ports::{
    Acceptance, AddFeedError, Claiming, PutParticipationError, Repository, Reservation,
    ReservedKey, ReviewError,
};
use crate::{
    ApiKey, Appeal, Attempt, AttemptFact, AttemptId, AttemptQuery, ChallengeGroup, Claim, ClaimId,
    DeliveryEnd, EarlierPhotos, Erasure, ErasureId, ErasureSubject, ExaminedPhoto, Fault,
    FeatureFormat, Feed, FeedId, FeedQuery, Fingerprint, GroupId, KeyId, LearnedView, Message,
    MessageCounts, MessageId, NewAttempt, NewFeed, NewMessage, NewReference, NewReview, NewView,
    ObjectKey, Participation, ParticipationId, ParticipationQuery, ReferenceFeatures, ReferenceId,
    RequestKey, ReviewChange, ReviewEntry, SearchArea, Shard, StoredReference, UserId, ViewId,
};

/// A repository in memory. Every operation holds one lock, so each is a transaction.
#[derive(Debug, Default)]
pub struct MemoryDatabase(Mutex<Tables>);

#[async_trait]
impl Repository for MemoryDatabase {
    async fn check(&self) -> Result<(), Fault> {
        Ok(())
    }

    async fn find_participation(
        &self,
        id: ParticipationId,
    ) -> Result<Option<Participation>, Fault> {
        Ok(lock(&self.0).participation(id))
    }

    async fn participations(
        &self,
        query: &ParticipationQuery,
    ) -> Result<Vec<Participation>, Fault> {
        let ParticipationQuery { group_id, user_id, after, limit } = query;
        let tables = lock(&self.0);
        let mut ids: Vec<_> =
            tables.participations.keys().filter(|id| Some(**id) > *after).collect();
        ids.sort_unstable();
        let all = ids.into_iter().filter_map(|id| tables.participation(*id));
        let found = all
            .filter(|row| group_id.is_none_or(|id| row.group.id == id))
            .filter(|row| user_id.is_none() || row.user_id == *user_id);
        Ok(found.take(as_len(*limit)).collect())
    }

    async fn find_group(&self, id: GroupId) -> Result<Option<ChallengeGroup>, Fault> {
        Ok(lock(&self.0).groups.get(&id).cloned())
    }

    async fn groups(
        &self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<ChallengeGroup>, Fault> {
        let tables = lock(&self.0);
        let mut groups: Vec<_> =
            tables.groups.values().filter(|row| Some(row.id) > after).collect();
        groups.sort_by_key(|group| group.id);
        Ok(groups.into_iter().take(as_len(limit)).cloned().collect())
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

    async fn newest_reference(
        &self,
        participation_id: ParticipationId,
    ) -> Result<Option<StoredReference>, Fault> {
        let tables = lock(&self.0);
        let mut newest_first = tables.references.iter().rev();
        let newest = newest_first.find(|(id, _)| *id == participation_id);
        Ok(newest.map(|(_, reference)| reference.clone()))
    }

    async fn latest_references(
        &self,
        participation_id: ParticipationId,
        before: Option<ReferenceId>,
        limit: u32,
    ) -> Result<Vec<StoredReference>, Fault> {
        let tables = lock(&self.0);
        let newest_first = tables.references.iter().rev();
        let own = newest_first
            .filter(|(owner, _)| *owner == participation_id)
            .filter(|(_, row)| before.is_none_or(|before| row.id < before));
        Ok(own.map(|(_, row)| row.clone()).take(as_len(limit)).collect())
    }

    async fn find_features(
        &self,
        id: ReferenceId,
        format: &FeatureFormat,
    ) -> Result<Option<ReferenceFeatures>, Fault> {
        let tables = lock(&self.0);
        Ok(tables.features.get(&(id, format.clone())).map(|row| row.features.clone()))
    }

    async fn put_features(
        &self,
        id: ReferenceId,
        features: &ReferenceFeatures,
        now: OffsetDateTime,
    ) -> Result<(), Fault> {
        let tables = &mut *lock(&self.0);
        if !tables.references.iter().any(|(_, reference)| reference.id == id) {
            return Err(Fault::permanent(format!("find reference {id}: there is none")));
        }
        for ((of, _), row) in &mut tables.features {
            if *of == id {
                row.superseded_at.get_or_insert(now);
            }
        }
        let row = Features { features: features.clone(), superseded_at: None };
        tables.features.insert((id, features.format.clone()), row);
        Ok(())
    }

    async fn references_without(
        &self,
        format: &FeatureFormat,
        shard: Shard,
        after: Option<ReferenceId>,
        limit: u32,
    ) -> Result<Vec<StoredReference>, Fault> {
        let tables = lock(&self.0);
        let lacking = tables.references_without(format, shard);
        let rest = lacking.filter(|row| after.is_none_or(|after| row.id > after));
        Ok(rest.take(as_len(limit)).cloned().collect())
    }

    async fn count_references_without(
        &self,
        format: &FeatureFormat,
        shard: Shard,
    ) -> Result<u64, Fault> {
        let lacking = lock(&self.0).references_without(format, shard).count();
        u64::try_from(lacking).map_err(|error| Fault::permanent(error.to_string()))
    }

    async fn add_reference(
        &self,
        reference: NewReference,
        acceptance: &Acceptance,
    ) -> Result<ReferenceId, Fault> {
        let tables = &mut *lock(&self.0);
        let id = ReferenceId::try_from(tables.last_reference + 1)
            .map_err(|error| Fault::permanent(error.to_string()))?;
        tables.settle(acceptance)?;
        tables.last_reference += 1;
        let NewReference { participation_id, image_url, features, trace, message } = reference;
        if let Some((area, trace)) = trace {
            tables.traces.add(&area, image_url.clone(), trace);
        }
        tables.messages.add(message)?;
        for (_, older) in tables.references.iter().filter(|(of, _)| *of == participation_id) {
            tables.views.remove_reference(older.id);
        }
        tables.references.push((participation_id, StoredReference { id, image_url }));
        let format = features.format.clone();
        tables.features.insert((id, format), Features { features, superseded_at: None });
        Ok(id)
    }

    async fn views(
        &self,
        id: ReferenceId,
        format: &FeatureFormat,
    ) -> Result<Vec<LearnedView>, Fault> {
        Ok(lock(&self.0).views_of(id, format))
    }

    async fn add_view(&self, view: NewView, now: OffsetDateTime) -> Result<bool, Fault> {
        lock(&self.0).add_view(view, now)
    }

    async fn touch_view(&self, id: ViewId, now: OffsetDateTime) -> Result<(), Fault> {
        lock(&self.0).views.touch(id, now);
        Ok(())
    }

    async fn add_feed(
        &self,
        feed: NewFeed,
        acceptance: &Acceptance,
    ) -> Result<FeedId, AddFeedError> {
        lock(&self.0).add_feed(feed, acceptance)
    }

    async fn feed(&self, query: &FeedQuery) -> Result<Vec<Feed>, Fault> {
        let FeedQuery { participation_id, since, until, before, limit } = *query;
        let tables = lock(&self.0);
        let newest_first = tables.feeds.iter().rev();
        let found = newest_first
            .filter(|row| participation_id.is_none_or(|id| row.participation_id == id))
            .filter(|row| since.is_none_or(|since| row.created_at >= since))
            .filter(|row| until.is_none_or(|until| row.created_at < until))
            .filter(|row| before.is_none_or(|before| row.id < before));
        Ok(found.take(as_len(limit)).cloned().collect())
    }

    async fn find_same_pixels(
        &self,
        area: &SearchArea,
        pixels_sha256: &[u8; 32],
    ) -> Result<Option<String>, Fault> {
        Ok(lock(&self.0).traces.same_pixels(area, pixels_sha256))
    }

    async fn earlier_photos(
        &self,
        area: &SearchArea,
        photo: &ExaminedPhoto,
    ) -> Result<EarlierPhotos, Fault> {
        Ok(lock(&self.0).traces.earlier(area, photo))
    }

    async fn reserve(&self, reservation: &Reservation) -> Result<bool, Fault> {
        Ok(lock(&self.0).reserve(reservation))
    }

    async fn abandon(&self, key: &ObjectKey) -> Result<Option<[u8; 32]>, Fault> {
        Ok(lock(&self.0).abandon(key))
    }

    async fn release(&self, key: &ObjectKey) -> Result<(), Fault> {
        lock(&self.0).reservations.remove(key);
        Ok(())
    }

    async fn reserved_before(
        &self,
        instant: OffsetDateTime,
        after: Option<ReservedKey>,
        limit: u32,
    ) -> Result<Vec<ReservedKey>, Fault> {
        Ok(lock(&self.0).reserved_before(instant, after.as_ref(), limit))
    }

    async fn has_feed(&self, participation_id: ParticipationId, day: Date) -> Result<bool, Fault> {
        let tables = lock(&self.0);
        Ok(tables.days.get(&(day, participation_id)).is_some_and(|day| day.feed_id.is_some()))
    }

    async fn count_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<u32, Fault> {
        let mut tables = lock(&self.0);
        let day = tables.days.entry((day, participation_id)).or_default();
        day.attempts = day.attempts.saturating_add(1);
        Ok(day.attempts)
    }

    async fn release_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<(), Fault> {
        if let Some(day) = lock(&self.0).days.get_mut(&(day, participation_id)) {
            day.attempts = day.attempts.saturating_sub(1);
        }
        Ok(())
    }

    async fn claim_key(
        &self,
        key: &RequestKey,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Claiming, Fault> {
        lock(&self.0).request_keys.claim(key, fingerprint, now, until)
    }

    async fn answer_key(&self, claim: &Claim) -> Result<(), Fault> {
        lock(&self.0).request_keys.answer(claim);
        Ok(())
    }

    async fn release_key(&self, id: ClaimId) -> Result<(), Fault> {
        lock(&self.0).request_keys.release(id);
        Ok(())
    }

    async fn forget_keys(&self, now: OffsetDateTime, limit: u32) -> Result<u32, Fault> {
        Ok(lock(&self.0).request_keys.forget(now, limit))
    }

    async fn forget_days(&self, before: Date, limit: u32) -> Result<u32, Fault> {
        let days = &mut lock(&self.0).days;
        let mut forgotten = 0;
        days.retain(|(day, _), _| {
            let stays = *day >= before || forgotten == limit;
            forgotten += u32::from(!stays);
            stays
        });
        Ok(forgotten)
    }

    async fn forget_features(
        &self,
        superseded_before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, Fault> {
        let features = &mut lock(&self.0).features;
        let mut forgotten = 0;
        features.retain(|_, row| {
            let is_old = row.superseded_at.is_some_and(|at| at < superseded_before);
            let stays = !is_old || forgotten == limit;
            forgotten += u32::from(!stays);
            stays
        });
        Ok(forgotten)
    }

    async fn add_attempt(
        &self,
        attempt: NewAttempt,
        message: Option<NewMessage>,
        acceptance: Option<Acceptance>,
    ) -> Result<AttemptId, Fault> {
        let mut tables = lock(&self.0);
        if let Some(acceptance) = &acceptance {
            tables.settle(acceptance)?;
        }
        tables.last_attempt += 1;
        let id = AttemptId::try_from(tables.last_attempt)
            .map_err(|error| Fault::permanent(error.to_string()))?;
        tables.messages.add(message)?;
        tables.attempts.push(Attempt { id, record: attempt, review: None, appeal: None });
        Ok(id)
    }

    async fn find_attempt(&self, id: AttemptId) -> Result<Option<Attempt>, Fault> {
        Ok(lock(&self.0).attempts.iter().find(|attempt| attempt.id == id).cloned())
    }

    async fn attempts(&self, query: &AttemptQuery) -> Result<Vec<Attempt>, Fault> {
        Ok(attempts::listed(&lock(&self.0).attempts, query))
    }

    async fn attempt_facts(
        &self,
        since: OffsetDateTime,
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<AttemptFact>, Fault> {
        let query = AttemptQuery {
            since: Some(since),
            until: Some(until),
            limit,
            ..AttemptQuery::default()
        };
        Ok(attempts::listed(&lock(&self.0).attempts, &query).iter().map(attempts::fact).collect())
    }

    async fn review_attempt(
        &self,
        review: NewReview,
        change: ReviewChange,
        messages: Vec<NewMessage>,
    ) -> Result<Option<FeedId>, ReviewError> {
        lock(&self.0).review(review, change, messages)
    }

    async fn file_appeal(&self, id: AttemptId, appeal: &Appeal) -> Result<bool, Fault> {
        let mut tables = lock(&self.0);
        let mut attempts = tables.attempts.iter_mut();
        let open =
            attempts.find(|one| one.id == id && one.appeal.is_none() && one.review.is_none());
        Ok(open.map(|attempt| attempt.appeal = Some(appeal.clone())).is_some())
    }

    async fn reviews(
        &self,
        attempt_id: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<ReviewEntry>, Fault> {
        Ok(attempts::entries(&lock(&self.0).reviews, attempt_id, limit))
    }

    async fn kept_photos_before(
        &self,
        instant: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<(AttemptId, String)>, Fault> {
        Ok(attempts::kept_photos(&lock(&self.0).attempts, instant, limit))
    }

    async fn forget_kept_photo(&self, id: AttemptId) -> Result<(), Fault> {
        let mut tables = lock(&self.0);
        if let Some(attempt) = tables.attempts.iter_mut().find(|attempt| attempt.id == id) {
            attempt.record.photo_url = None;
        }
        Ok(())
    }

    async fn forget_attempts(&self, before: OffsetDateTime, limit: u32) -> Result<u32, Fault> {
        Ok(attempts::forget(&mut lock(&self.0).attempts, before, limit))
    }

    async fn add_erasure(
        &self,
        subject: &ErasureSubject,
        now: OffsetDateTime,
    ) -> Result<ErasureId, Fault> {
        lock(&self.0).add_erasure(subject, now)
    }

    async fn find_erasure(&self, id: ErasureId) -> Result<Option<Erasure>, Fault> {
        Ok(lock(&self.0).erasures.iter().find(|erasure| erasure.id == id).cloned())
    }

    async fn open_erasures(&self, limit: u32) -> Result<Vec<Erasure>, Fault> {
        let tables = lock(&self.0);
        let open = tables.erasures.iter().filter(|erasure| erasure.completed_at.is_none());
        Ok(open.take(as_len(limit)).cloned().collect())
    }

    async fn photos_of(
        &self,
        participation_id: ParticipationId,
        limit: u32,
    ) -> Result<Vec<String>, Fault> {
        Ok(lock(&self.0).photos_of(participation_id).take(as_len(limit)).collect())
    }

    async fn erase_photos(
        &self,
        id: ErasureId,
        participation_id: ParticipationId,
        image_urls: &[String],
    ) -> Result<(), Fault> {
        lock(&self.0).erase_photos(id, participation_id, image_urls);
        Ok(())
    }

    async fn erase_participation(
        &self,
        id: ErasureId,
        participation_id: ParticipationId,
    ) -> Result<bool, Fault> {
        Ok(lock(&self.0).erase_participation(id, participation_id))
    }

    async fn complete_erasure(&self, id: ErasureId, now: OffsetDateTime) -> Result<(), Fault> {
        let mut tables = lock(&self.0);
        let open =
            tables.erasures.iter_mut().find(|row| row.id == id && row.completed_at.is_none());
        if let Some(erasure) = open {
            erasure.completed_at = Some(now);
            erasure.participations.clear();
        }
        Ok(())
    }

    async fn due_messages(&self, now: OffsetDateTime, limit: u32) -> Result<Vec<Message>, Fault> {
        Ok(lock(&self.0).messages.due(now, limit))
    }

    async fn end_delivery(&self, id: MessageId, end: DeliveryEnd) -> Result<(), Fault> {
        lock(&self.0).messages.end(id, end);
        Ok(())
    }

    async fn messages(&self, dead: bool, limit: u32) -> Result<Vec<Message>, Fault> {
        Ok(lock(&self.0).messages.list(dead, limit))
    }

    async fn count_messages(&self) -> Result<MessageCounts, Fault> {
        Ok(lock(&self.0).messages.count())
    }

    async fn send_again(&self, id: MessageId, now: OffsetDateTime) -> Result<bool, Fault> {
        Ok(lock(&self.0).messages.send_again(id, now))
    }

    async fn forget_messages(&self, before: OffsetDateTime, limit: u32) -> Result<u32, Fault> {
        Ok(lock(&self.0).messages.forget(before, limit))
    }

    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, Fault> {
        let leases = &mut lock(&self.0).leases;
        let is_anothers = leases
            .get(name)
            .is_some_and(|(held_by, held_until)| held_by != holder && *held_until > now);
        if !is_anothers {
            leases.insert(name.to_owned(), (holder.to_owned(), until));
        }
        Ok(!is_anothers)
    }

    async fn add_api_key(&self, key: &ApiKey) -> Result<bool, Fault> {
        let keys = &mut lock(&self.0).api_keys;
        let is_free = keys.iter().all(|known| known.id != key.id);
        if is_free {
            keys.push(key.clone());
        }
        Ok(is_free)
    }

    async fn find_api_key(&self, id: &KeyId) -> Result<Option<ApiKey>, Fault> {
        Ok(lock(&self.0).api_keys.iter().find(|key| key.id == *id).cloned())
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, Fault> {
        let mut keys = lock(&self.0).api_keys.clone();
        keys.sort_by_key(|key| (key.created_at, key.id.clone()));
        Ok(keys)
    }

    async fn revoke_api_key(&self, id: &KeyId, now: OffsetDateTime) -> Result<bool, Fault> {
        let keys = &mut lock(&self.0).api_keys;
        let key = keys.iter_mut().find(|key| key.id == *id);
        Ok(key.map(|key| key.revoked_at.get_or_insert(now)).is_some())
    }

    async fn touch_api_key(&self, id: &KeyId, now: OffsetDateTime) -> Result<(), Fault> {
        if let Some(key) = lock(&self.0).api_keys.iter_mut().find(|key| key.id == *id) {
            key.last_used_at = key.last_used_at.max(Some(now));
        }
        Ok(())
    }
}
