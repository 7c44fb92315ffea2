//! The repository; each table has a file with its statements and private row types.
//!
//! This module is included once for each database (`sqlite::repositories`,
//! `postgres::repositories`). So each query is written once and checked against the connection type
//! that runs it. The parent module contains the differences: `Repositories`, whose `read`, `write`
//! and `transaction` run work on a `Connection`.

mod acceptances;
mod api_keys;
mod attempts;
mod days;
mod erasures;
mod feeds;
mod leases;
mod messages;
mod participations;
mod references;
mod request_keys;
mod reservations;
mod reviews;
mod traces;
mod views;

use async_trait::async_trait;
use injeung_domain::ports::{
    Acceptance, AddFeedError, Claiming, PutParticipationError, Repository, Reservation,
    ReservedKey, ReviewError,
};
use injeung_domain::{
    ApiKey, Appeal, Attempt, AttemptFact, AttemptId, AttemptQuery, ChallengeGroup, Claim, ClaimId,
    DeliveryEnd, EarlierPhotos, Erasure, ErasureId, ErasureSubject, ExaminedPhoto, Fault,
    FeatureFormat, Feed, FeedId, FeedQuery, Fingerprint, GroupId, KeyId, LearnedView, Message,
    MessageCounts, MessageId, NewAttempt, NewFeed, NewMessage, NewReference, NewReview, NewView,
    ObjectKey, Participation, ParticipationId, ParticipationQuery, ReferenceFeatures, ReferenceId,
    RequestKey, ReviewChange, ReviewEntry, SearchArea, Shard, StoredReference, UserId, ViewId,
};
use time::{Date, OffsetDateTime};

use super::{Backend, Connection, Repositories};
use crate::db::work::End;

#[async_trait]
impl Repository for Repositories {
    async fn check(&self) -> Result<(), Fault> {
        self.probe(|connection| Box::pin(participations::check(connection))).await
    }

    async fn find_participation(
        &self,
        id: ParticipationId,
    ) -> Result<Option<Participation>, Fault> {
        self.read(move |connection| Box::pin(participations::find(connection, id))).await?
    }

    async fn participations(
        &self,
        query: &ParticipationQuery,
    ) -> Result<Vec<Participation>, Fault> {
        let query = query.clone();
        self.read(move |connection| Box::pin(participations::list(connection, query))).await?
    }

    async fn find_group(&self, id: GroupId) -> Result<Option<ChallengeGroup>, Fault> {
        self.read(move |connection| Box::pin(participations::find_group(connection, id))).await?
    }

    async fn groups(
        &self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<ChallengeGroup>, Fault> {
        self.read(move |connection| Box::pin(participations::groups(connection, after, limit)))
            .await?
    }

    async fn put_group(&self, group: &ChallengeGroup) -> Result<(), Fault> {
        let group = group.clone();
        self.transaction(move |connection| {
            Box::pin(
                async move { participations::put_group(connection, group).await.map(End::Commit) },
            )
        })
        .await
    }

    async fn put_participation(
        &self,
        id: ParticipationId,
        group_id: GroupId,
        user_id: Option<UserId>,
    ) -> Result<(), PutParticipationError> {
        let group_is_known = self
            .write(move |connection| {
                Box::pin(participations::put(connection, id, group_id, user_id))
            })
            .await?;
        if group_is_known { Ok(()) } else { Err(PutParticipationError::UnknownGroup(group_id)) }
    }

    async fn newest_reference(
        &self,
        participation_id: ParticipationId,
    ) -> Result<Option<StoredReference>, Fault> {
        self.read(move |connection| Box::pin(references::newest(connection, participation_id)))
            .await?
    }

    async fn latest_references(
        &self,
        participation_id: ParticipationId,
        before: Option<ReferenceId>,
        limit: u32,
    ) -> Result<Vec<StoredReference>, Fault> {
        self.read(move |connection| {
            Box::pin(references::latest(connection, participation_id, before, limit))
        })
        .await?
    }

    async fn find_features(
        &self,
        id: ReferenceId,
        format: &FeatureFormat,
    ) -> Result<Option<ReferenceFeatures>, Fault> {
        let format = format.clone();
        self.read(move |connection| Box::pin(references::find_features(connection, id, format)))
            .await
    }

    async fn put_features(
        &self,
        id: ReferenceId,
        features: &ReferenceFeatures,
        now: OffsetDateTime,
    ) -> Result<(), Fault> {
        let features = features.clone();
        self.transaction(move |connection| {
            Box::pin(async move {
                references::put_features(connection, id, &features, now).await.map(End::Commit)
            })
        })
        .await
    }

    async fn references_without(
        &self,
        format: &FeatureFormat,
        shard: Shard,
        after: Option<ReferenceId>,
        limit: u32,
    ) -> Result<Vec<StoredReference>, Fault> {
        let format = format.clone();
        self.read(move |connection| {
            Box::pin(references::without(connection, format, shard, after, limit))
        })
        .await?
    }

    async fn count_references_without(
        &self,
        format: &FeatureFormat,
        shard: Shard,
    ) -> Result<u64, Fault> {
        let format = format.clone();
        self.read(move |connection| Box::pin(references::count_without(connection, format, shard)))
            .await?
    }

    async fn add_reference(
        &self,
        reference: NewReference,
        acceptance: &Acceptance,
    ) -> Result<ReferenceId, Fault> {
        let acceptance = acceptance.clone();
        self.transaction(move |connection| {
            Box::pin(
                async move { acceptances::reference(connection, reference, &acceptance).await },
            )
        })
        .await?
    }

    async fn views(
        &self,
        id: ReferenceId,
        format: &FeatureFormat,
    ) -> Result<Vec<LearnedView>, Fault> {
        let format = format.clone();
        self.read(move |connection| Box::pin(views::of_reference(connection, id, format))).await?
    }

    async fn add_view(&self, view: NewView, now: OffsetDateTime) -> Result<bool, Fault> {
        self.transaction(move |connection| Box::pin(views::add(connection, view, now))).await
    }

    async fn touch_view(&self, id: ViewId, now: OffsetDateTime) -> Result<(), Fault> {
        self.write(move |connection| Box::pin(views::touch(connection, id, now))).await
    }

    async fn add_feed(
        &self,
        feed: NewFeed,
        acceptance: &Acceptance,
    ) -> Result<FeedId, AddFeedError> {
        let acceptance = acceptance.clone();
        self.transaction(move |connection| {
            Box::pin(async move { acceptances::feed(connection, feed, &acceptance).await })
        })
        .await?
    }

    async fn feed(&self, query: &FeedQuery) -> Result<Vec<Feed>, Fault> {
        let query = query.clone();
        self.read(move |connection| Box::pin(feeds::list(connection, query))).await?
    }

    async fn find_same_pixels(
        &self,
        area: &SearchArea,
        pixels_sha256: &[u8; 32],
    ) -> Result<Option<String>, Fault> {
        let (area, pixels_sha256) = (*area, *pixels_sha256);
        self.read(move |connection| {
            Box::pin(traces::find_same_pixels(connection, area, pixels_sha256))
        })
        .await
    }

    async fn earlier_photos(
        &self,
        area: &SearchArea,
        photo: &ExaminedPhoto,
    ) -> Result<EarlierPhotos, Fault> {
        let (area, photo) = (*area, photo.clone());
        self.read(move |connection| Box::pin(traces::earlier(connection, area, photo))).await?
    }

    async fn reserve(&self, reservation: &Reservation) -> Result<bool, Fault> {
        let reservation = reservation.clone();
        self.transaction(move |connection| {
            Box::pin(async move {
                let reserved = reservations::reserve(connection, reservation).await?;
                Ok(if reserved { End::Commit(true) } else { End::Rollback(false) })
            })
        })
        .await
    }

    async fn abandon(&self, key: &ObjectKey) -> Result<Option<[u8; 32]>, Fault> {
        let key = key.clone();
        self.write(move |connection| Box::pin(reservations::abandon(connection, key))).await?
    }

    async fn release(&self, key: &ObjectKey) -> Result<(), Fault> {
        let key = key.clone();
        self.write(move |connection| Box::pin(reservations::release(connection, key))).await
    }

    async fn reserved_before(
        &self,
        instant: OffsetDateTime,
        after: Option<ReservedKey>,
        limit: u32,
    ) -> Result<Vec<ReservedKey>, Fault> {
        self.read(move |connection| {
            Box::pin(reservations::reserved_before(connection, instant, after, limit))
        })
        .await
    }

    async fn has_feed(&self, participation_id: ParticipationId, day: Date) -> Result<bool, Fault> {
        self.read(move |connection| Box::pin(days::has_feed(connection, participation_id, day)))
            .await
    }

    async fn count_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<u32, Fault> {
        self.write(move |connection| {
            Box::pin(days::count_attempt(connection, participation_id, day))
        })
        .await
    }

    async fn release_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<(), Fault> {
        self.write(move |connection| {
            Box::pin(days::release_attempt(connection, participation_id, day))
        })
        .await
    }

    async fn claim_key(
        &self,
        key: &RequestKey,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Claiming, Fault> {
        let (key, fingerprint) = (key.clone(), *fingerprint);
        self.transaction(move |connection| {
            Box::pin(async move {
                let claiming = request_keys::claim(connection, key, fingerprint, now, until);
                claiming.await.map(End::Commit)
            })
        })
        .await?
    }

    async fn answer_key(&self, claim: &Claim) -> Result<(), Fault> {
        let claim = claim.clone();
        self.write(move |connection| {
            Box::pin(async move { request_keys::answer(connection, &claim).await.map(drop) })
        })
        .await
    }

    async fn release_key(&self, id: ClaimId) -> Result<(), Fault> {
        self.write(move |connection| Box::pin(request_keys::release(connection, id))).await
    }

    async fn forget_keys(&self, now: OffsetDateTime, limit: u32) -> Result<u32, Fault> {
        self.transaction(move |connection| {
            Box::pin(
                async move { request_keys::forget(connection, now, limit).await.map(End::Commit) },
            )
        })
        .await
    }

    async fn forget_days(&self, before: Date, limit: u32) -> Result<u32, Fault> {
        self.transaction(move |connection| {
            Box::pin(async move { days::forget(connection, before, limit).await.map(End::Commit) })
        })
        .await
    }

    async fn forget_features(
        &self,
        superseded_before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, Fault> {
        self.transaction(move |connection| {
            Box::pin(async move {
                let forgotten = references::forget_features(connection, superseded_before, limit);
                forgotten.await.map(End::Commit)
            })
        })
        .await
    }

    async fn add_attempt(
        &self,
        attempt: NewAttempt,
        message: Option<NewMessage>,
        acceptance: Option<Acceptance>,
    ) -> Result<AttemptId, Fault> {
        self.transaction(move |connection| {
            Box::pin(async move {
                acceptances::attempt(connection, attempt, message, acceptance.as_ref()).await
            })
        })
        .await?
    }

    async fn find_attempt(&self, id: AttemptId) -> Result<Option<Attempt>, Fault> {
        self.read(move |connection| Box::pin(attempts::find(connection, id))).await?
    }

    async fn attempts(&self, query: &AttemptQuery) -> Result<Vec<Attempt>, Fault> {
        let query = query.clone();
        self.read(move |connection| Box::pin(attempts::list(connection, query))).await?
    }

    async fn attempt_facts(
        &self,
        since: OffsetDateTime,
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<AttemptFact>, Fault> {
        self.read(move |connection| Box::pin(attempts::facts(connection, since, until, limit)))
            .await?
    }

    async fn review_attempt(
        &self,
        review: NewReview,
        change: ReviewChange,
        messages: Vec<NewMessage>,
    ) -> Result<Option<FeedId>, ReviewError> {
        self.transaction(move |connection| {
            Box::pin(
                async move { acceptances::review(connection, &review, change, messages).await },
            )
        })
        .await?
    }

    async fn file_appeal(&self, id: AttemptId, appeal: &Appeal) -> Result<bool, Fault> {
        let appeal = appeal.clone();
        self.write(move |connection| Box::pin(attempts::file_appeal(connection, id, appeal))).await
    }

    async fn reviews(
        &self,
        attempt_id: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<ReviewEntry>, Fault> {
        self.read(move |connection| Box::pin(reviews::list(connection, attempt_id, limit))).await?
    }

    async fn kept_photos_before(
        &self,
        instant: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<(AttemptId, String)>, Fault> {
        self.read(move |connection| Box::pin(attempts::kept_photos(connection, instant, limit)))
            .await?
    }

    async fn forget_kept_photo(&self, id: AttemptId) -> Result<(), Fault> {
        self.write(move |connection| Box::pin(attempts::forget_photo(connection, id))).await
    }

    async fn forget_attempts(&self, before: OffsetDateTime, limit: u32) -> Result<u32, Fault> {
        self.transaction(move |connection| {
            Box::pin(
                async move { attempts::forget(connection, before, limit).await.map(End::Commit) },
            )
        })
        .await
    }

    async fn add_erasure(
        &self,
        subject: &ErasureSubject,
        now: OffsetDateTime,
    ) -> Result<ErasureId, Fault> {
        let subject = subject.clone();
        self.transaction(move |connection| {
            Box::pin(async move { erasures::add(connection, &subject, now).await.map(End::Commit) })
        })
        .await?
    }

    async fn find_erasure(&self, id: ErasureId) -> Result<Option<Erasure>, Fault> {
        self.read(move |connection| Box::pin(erasures::find(connection, id))).await?
    }

    async fn open_erasures(&self, limit: u32) -> Result<Vec<Erasure>, Fault> {
        self.read(move |connection| Box::pin(erasures::open(connection, limit))).await?
    }

    async fn photos_of(
        &self,
        participation_id: ParticipationId,
        limit: u32,
    ) -> Result<Vec<String>, Fault> {
        self.read(move |connection| Box::pin(erasures::photos(connection, participation_id, limit)))
            .await
    }

    async fn erase_photos(
        &self,
        id: ErasureId,
        participation_id: ParticipationId,
        image_urls: &[String],
    ) -> Result<(), Fault> {
        let urls = image_urls.to_vec();
        self.transaction(move |connection| {
            Box::pin(async move {
                let erased = erasures::erase_photos(connection, id, participation_id, &urls);
                erased.await.map(End::Commit)
            })
        })
        .await
    }

    async fn erase_participation(
        &self,
        id: ErasureId,
        participation_id: ParticipationId,
    ) -> Result<bool, Fault> {
        self.transaction(move |connection| {
            Box::pin(erasures::erase_participation(connection, id, participation_id))
        })
        .await
    }

    async fn complete_erasure(&self, id: ErasureId, now: OffsetDateTime) -> Result<(), Fault> {
        self.transaction(move |connection| {
            Box::pin(async move { erasures::complete(connection, id, now).await.map(End::Commit) })
        })
        .await
    }

    async fn due_messages(&self, now: OffsetDateTime, limit: u32) -> Result<Vec<Message>, Fault> {
        self.read(move |connection| Box::pin(messages::due(connection, now, limit))).await?
    }

    async fn end_delivery(&self, id: MessageId, end: DeliveryEnd) -> Result<(), Fault> {
        self.transaction(move |connection| {
            Box::pin(async move { messages::end(connection, id, end).await.map(End::Commit) })
        })
        .await
    }

    async fn messages(&self, dead: bool, limit: u32) -> Result<Vec<Message>, Fault> {
        self.read(move |connection| Box::pin(messages::list(connection, dead, limit))).await?
    }

    async fn count_messages(&self) -> Result<MessageCounts, Fault> {
        self.read(|connection| Box::pin(messages::counts(connection))).await
    }

    async fn send_again(&self, id: MessageId, now: OffsetDateTime) -> Result<bool, Fault> {
        self.transaction(move |connection| {
            Box::pin(
                async move { messages::send_again(connection, id, now).await.map(End::Commit) },
            )
        })
        .await
    }

    async fn forget_messages(&self, before: OffsetDateTime, limit: u32) -> Result<u32, Fault> {
        self.transaction(move |connection| {
            Box::pin(
                async move { messages::forget(connection, before, limit).await.map(End::Commit) },
            )
        })
        .await
    }

    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, Fault> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.write(move |connection| {
            Box::pin(leases::acquire(connection, name, holder, now, until))
        })
        .await
    }

    async fn add_api_key(&self, key: &ApiKey) -> Result<bool, Fault> {
        let key = key.clone();
        self.write(move |connection| Box::pin(api_keys::add(connection, key))).await
    }

    async fn find_api_key(&self, id: &KeyId) -> Result<Option<ApiKey>, Fault> {
        let id = id.clone();
        self.read(move |connection| Box::pin(api_keys::find(connection, id))).await?
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, Fault> {
        self.read(|connection| Box::pin(api_keys::all(connection))).await?
    }

    async fn revoke_api_key(&self, id: &KeyId, now: OffsetDateTime) -> Result<bool, Fault> {
        let id = id.clone();
        self.transaction(move |connection| {
            Box::pin(async move { api_keys::revoke(connection, id, now).await.map(End::Commit) })
        })
        .await
    }

    async fn touch_api_key(&self, id: &KeyId, now: OffsetDateTime) -> Result<(), Fault> {
        let id = id.clone();
        self.write(move |connection| Box::pin(api_keys::touch(connection, id, now))).await
    }
}

/// Row count, saturated at `u32::MAX`.
fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
