use async_trait::async_trait;
use time::{Date, OffsetDateTime};

use super::{
    Acceptance, AddFeedError, Claiming, PutParticipationError, Reservation, ReservedKey,
    ReviewError,
};
use crate::{
    ApiKey, Appeal, Attempt, AttemptFact, AttemptId, AttemptQuery, ChallengeGroup, Claim, ClaimId,
    DeliveryEnd, EarlierPhotos, Erasure, ErasureId, ErasureSubject, ExaminedPhoto, Fault,
    FeatureFormat, Feed, FeedId, FeedQuery, Fingerprint, GroupId, KeyId, LearnedView, Message,
    MessageCounts, MessageId, NewAttempt, NewFeed, NewMessage, NewReference, NewReview, NewView,
    ObjectKey, Participation, ParticipationId, ParticipationQuery, ReferenceFeatures, ReferenceId,
    RequestKey, ReviewChange, ReviewEntry, SearchArea, Shard, StoredReference, UserId, ViewId,
};

/// Rows of one database. Every call is one unit of work: all its changes are committed, or none.
///
/// - A reservation is *open* from [`reserve`](Self::reserve) until the row of its photo is added,
///   which deletes it, or until it is *abandoned*. No row can be added for an abandoned key, so
///   its object can be deleted.
/// - A request key is *claimed* from [`claim_key`](Self::claim_key) until it is *answered* or
///   released. [`answer_key`](Self::answer_key) answers it, and so does the row that is added under
///   the claim. Claims and answers are valid until an instant. An expired one has no effect.
/// - A message is *waiting* from the transaction that queued it until it is delivered, which deletes it,
///   or *dead*. Messages of one participation are delivered one after another, in the order of the
///   commits.
/// - An attempt is *decided* from [`review_attempt`](Self::review_attempt) until that is undone. The log
///   of decisions is only added to.
///
/// After a transient fault, the changes of a call may be committed completely or not at all.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Repository: Send + Sync {
    /// Checks that the database responds and has its tables, for readiness probes.
    async fn check(&self) -> Result<(), Fault>;

    /// Returns a participation with its challenge group; `None` if it does not exist.
    async fn find_participation(&self, id: ParticipationId)
    -> Result<Option<Participation>, Fault>;

    /// Returns the participations of a query.
    async fn participations(&self, query: &ParticipationQuery)
    -> Result<Vec<Participation>, Fault>;

    /// Returns a challenge group that was put; `None` if it does not exist.
    async fn find_group(&self, id: GroupId) -> Result<Option<ChallengeGroup>, Fault>;

    /// Returns the challenge groups that were put, in ascending order of their ids, at most `limit`. The list starts
    /// after the group `after`.
    async fn groups(
        &self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<ChallengeGroup>, Fault>;

    /// Creates a challenge group, or replaces the one with the same id.
    async fn put_group(&self, group: &ChallengeGroup) -> Result<(), Fault>;

    /// Creates a participation, or replaces the one with the same id.
    ///
    /// # Errors
    /// [`PutParticipationError::UnknownGroup`] when the group does not exist; nothing is changed.
    async fn put_participation(
        &self,
        id: ParticipationId,
        group_id: GroupId,
        user_id: Option<UserId>,
    ) -> Result<(), PutParticipationError>;

    /// Returns the reference that was added last, without its features.
    async fn newest_reference(
        &self,
        participation_id: ParticipationId,
    ) -> Result<Option<StoredReference>, Fault>;

    /// Returns the references of a participation, newest first, at most `limit`, without their features. The list
    /// starts after the reference `before`.
    async fn latest_references(
        &self,
        participation_id: ParticipationId,
        before: Option<ReferenceId>,
        limit: u32,
    ) -> Result<Vec<StoredReference>, Fault>;

    /// Returns the features of a reference in one format; `None` if there are none.
    async fn find_features(
        &self,
        id: ReferenceId,
        format: &FeatureFormat,
    ) -> Result<Option<ReferenceFeatures>, Fault>;

    /// Adds features to a reference, or replaces those in the same format. The features in other
    /// formats stay and are marked as superseded at `now`, unless they are marked already.
    ///
    /// # Errors
    /// A permanent fault when the reference does not exist.
    async fn put_features(
        &self,
        id: ReferenceId,
        features: &ReferenceFeatures,
        now: OffsetDateTime,
    ) -> Result<(), Fault>;

    /// Returns the references of a shard that are the newest of their participation and have no features in a
    /// format, or superseded ones, in ascending order of their ids, at most `limit`. The list starts after the reference `after`.
    async fn references_without(
        &self,
        format: &FeatureFormat,
        shard: Shard,
        after: Option<ReferenceId>,
        limit: u32,
    ) -> Result<Vec<StoredReference>, Fault>;

    /// Returns the number of all that [`references_without`](Self::references_without) lists.
    async fn count_references_without(
        &self,
        format: &FeatureFormat,
        shard: Shard,
    ) -> Result<u64, Fault>;

    /// Adds a reference with its features and its trace, queues its message and commits the acceptance. Older
    /// references stay; their views are deleted.
    /// [`Acceptance`] describes the faults.
    async fn add_reference(
        &self,
        reference: NewReference,
        acceptance: &Acceptance,
    ) -> Result<ReferenceId, Fault>;

    /// Returns the learned views of a reference in one format, oldest first. Views of photos without a feed row are left
    /// out.
    async fn views(
        &self,
        id: ReferenceId,
        format: &FeatureFormat,
    ) -> Result<Vec<LearnedView>, Fault>;

    /// Adds a view that is last used at `now`, and returns whether it did. Does nothing if its feed row, one of its
    /// vouchers or its reference is gone, if the reference is not the participation's newest, if the photo is a view
    /// already, or if there is no room.
    ///
    /// Of more than [`LearnedView::MAX`] views of the reference in its format, the one that was not used for longest goes.
    /// Those that vouch for others stay; if all do, there is no room. Views in other formats go if they were not used for
    /// [`LearnedView::UNUSED_FORMAT`].
    ///
    /// A view is deleted with its feed row, with its reference, when a newer reference is added, and with either of its
    /// vouchers.
    async fn add_view(&self, view: NewView, now: OffsetDateTime) -> Result<bool, Fault>;

    /// Stores `now` as the last use of a view. A missing view is no error.
    async fn touch_view(&self, id: ViewId, now: OffsetDateTime) -> Result<(), Fault>;

    /// Adds a row to the feed with its trace, marks its day as one with a photo, queues its message and
    /// commits the acceptance. The day is marked even if the row need not be its only one.
    ///
    /// # Errors
    /// [`AddFeedError::DayTaken`] when the row must be the only one of its day and another exists.
    /// [`AddFeedError::NewerPhotos`] when the row has a trace and, later than its
    /// [`until`](crate::NewTrace::until), a photo was added to the search area of which it can be a
    /// copy: one with the same pixels, with a near hash, or of the same participation. Of several such
    /// concurrent calls at most one succeeds. [`Acceptance`] describes the faults.
    async fn add_feed(
        &self,
        feed: NewFeed,
        acceptance: &Acceptance,
    ) -> Result<FeedId, AddFeedError>;

    /// Returns the rows of a query.
    async fn feed(&self, query: &FeedQuery) -> Result<Vec<Feed>, Fault>;

    /// Returns the rows of a participation, newest first, at most `limit`.
    async fn latest_feed(
        &self,
        participation_id: ParticipationId,
        limit: u32,
    ) -> Result<Vec<Feed>, Fault> {
        let participation_id = Some(participation_id);
        self.feed(&FeedQuery { participation_id, limit, ..FeedQuery::default() }).await
    }

    /// Returns the URL of an earlier photo of the area with these pixels; `None` if there is none.
    async fn find_same_pixels(
        &self,
        area: &SearchArea,
        pixels_sha256: &[u8; 32],
    ) -> Result<Option<String>, Fault>;

    /// Returns the earlier photos of the area that a photo can be a copy of. `near` may lack photos
    /// whose hash differs in every band but one.
    async fn earlier_photos(
        &self,
        area: &SearchArea,
        photo: &ExaminedPhoto,
    ) -> Result<EarlierPhotos, Fault>;

    /// Reserves a key, unless it is already reserved or a row contains its URL. Returns whether it
    /// was reserved. Of several concurrent calls exactly one succeeds.
    async fn reserve(&self, reservation: &Reservation) -> Result<bool, Fault>;

    /// Abandons a reservation and returns its `content_sha256`, even if it was abandoned before.
    /// Returns `None` if there is no reservation: its row was added, or it was released.
    async fn abandon(&self, key: &ObjectKey) -> Result<Option<[u8; 32]>, Fault>;

    /// Deletes a reservation, whatever its state. A missing one is no error.
    async fn release(&self, key: &ObjectKey) -> Result<(), Fault>;

    /// Returns reservations made before an instant, oldest first, at most `limit`. The list starts
    /// after the reservation `after`.
    async fn reserved_before(
        &self,
        instant: OffsetDateTime,
        after: Option<ReservedKey>,
        limit: u32,
    ) -> Result<Vec<ReservedKey>, Fault>;

    /// Returns whether the window of a day has an accepted photo.
    async fn has_feed(&self, participation_id: ParticipationId, day: Date) -> Result<bool, Fault>;

    /// Counts an attempt in the window of a day and returns the new number. Concurrent calls get
    /// distinct numbers.
    async fn count_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<u32, Fault>;

    /// Subtracts a counted attempt; the number never falls below 0.
    async fn release_attempt(
        &self,
        participation_id: ParticipationId,
        day: Date,
    ) -> Result<(), Fault>;

    /// Claims a key until an instant, unless it is claimed or answered at `now`. Of several
    /// concurrent calls exactly one succeeds.
    ///
    /// An expired claim is replaced. Its former holder can no longer answer the key or add a row
    /// under it.
    async fn claim_key(
        &self,
        key: &RequestKey,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Claiming, Fault>;

    /// Answers a claimed key. Does nothing if the claim was lost or the key answered.
    async fn answer_key(&self, claim: &Claim) -> Result<(), Fault>;

    /// Releases a claimed key. Does nothing if the claim was lost or the key answered.
    async fn release_key(&self, id: ClaimId) -> Result<(), Fault>;

    /// Deletes keys that expired at or before an instant, at most `limit`, and returns their
    /// number.
    async fn forget_keys(&self, now: OffsetDateTime, limit: u32) -> Result<u32, Fault>;

    /// Deletes the attempts and marks of the days before `before`, oldest first, at most
    /// `limit`, and returns their number. More may remain if the number is less than `limit`; none
    /// remain if it is 0.
    async fn forget_days(&self, before: Date, limit: u32) -> Result<u32, Fault>;

    /// Deletes features that were superseded before an instant, oldest first, at most `limit`, and
    /// returns their number.
    async fn forget_features(
        &self,
        superseded_before: OffsetDateTime,
        limit: u32,
    ) -> Result<u32, Fault>;

    /// Adds a record of a verification and queues its message. With an acceptance, also commits that of
    /// its kept photo; [`Acceptance`] describes the faults.
    async fn add_attempt(
        &self,
        attempt: NewAttempt,
        message: Option<NewMessage>,
        acceptance: Option<Acceptance>,
    ) -> Result<AttemptId, Fault>;

    /// Returns an attempt; `None` if it does not exist.
    async fn find_attempt(&self, id: AttemptId) -> Result<Option<Attempt>, Fault>;

    /// Returns the attempts of a query.
    async fn attempts(&self, query: &AttemptQuery) -> Result<Vec<Attempt>, Fault>;

    /// Returns figures of the attempts from `since` until before `until`, newest first, at most `limit`.
    async fn attempt_facts(
        &self,
        since: OffsetDateTime,
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<AttemptFact>, Fault>;

    /// Carries out a decision about an attempt: marks the attempt, makes the change, adds an entry to the
    /// log and queues the messages; that of a closed appeal only if the attempt has one. Returns the feed row that was added or removed.
    ///
    /// # Errors
    /// [`ReviewError::OtherState`] when the attempt does not exist or the decision in force is another
    /// than expected; of several concurrent calls at most one succeeds. [`ReviewError::DayTaken`] as
    /// in [`add_feed`](Self::add_feed). Nothing is changed then.
    async fn review_attempt(
        &self,
        review: NewReview,
        change: ReviewChange,
        messages: Vec<NewMessage>,
    ) -> Result<Option<FeedId>, ReviewError>;

    /// Adds an appeal to an attempt, unless it has one or is decided. Returns whether it was added.
    async fn file_appeal(&self, id: AttemptId, appeal: &Appeal) -> Result<bool, Fault>;

    /// Returns the log of decisions about one attempt, or about all, newest first, at most `limit`.
    async fn reviews(
        &self,
        attempt_id: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<ReviewEntry>, Fault>;

    /// Returns rejected attempts from before an instant whose photos are kept, with the photos' URLs,
    /// oldest first, at most `limit`. Those with an open appeal are left out.
    async fn kept_photos_before(
        &self,
        instant: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<(AttemptId, String)>, Fault>;

    /// Removes the URL of an attempt's photo. A missing attempt is no error.
    async fn forget_kept_photo(&self, id: AttemptId) -> Result<(), Fault>;

    /// Deletes attempts from before an instant, oldest first, at most `limit`, and returns their
    /// number. Does not delete rejected attempts with a kept photo.
    async fn forget_attempts(&self, before: OffsetDateTime, limit: u32) -> Result<u32, Fault>;

    /// Adds an erasure of the subject's participations of this moment.
    async fn add_erasure(
        &self,
        subject: &ErasureSubject,
        now: OffsetDateTime,
    ) -> Result<ErasureId, Fault>;

    /// Returns an erasure; `None` if it does not exist.
    async fn find_erasure(&self, id: ErasureId) -> Result<Option<Erasure>, Fault>;

    /// Returns the erasures that are not completed, oldest first, at most `limit`.
    async fn open_erasures(&self, limit: u32) -> Result<Vec<Erasure>, Fault>;

    /// Returns URLs of photos that belong to rows of a participation, at most `limit`: its references, accepted photos and kept
    /// rejected ones.
    async fn photos_of(
        &self,
        participation_id: ParticipationId,
        limit: u32,
    ) -> Result<Vec<String>, Fault>;

    /// Deletes the rows of a participation with these photos, with their features, views and traces, and adds their
    /// number to the erasure.
    async fn erase_photos(
        &self,
        id: ErasureId,
        participation_id: ParticipationId,
        image_urls: &[String],
    ) -> Result<(), Fault>;

    /// Deletes a participation with all other rows about it, and adds their number to the erasure. Returns whether it did:
    /// a participation with photos stays, and nothing is changed. A participation of another program stays.
    async fn erase_participation(
        &self,
        id: ErasureId,
        participation_id: ParticipationId,
    ) -> Result<bool, Fault>;

    /// Completes an erasure at `now` and deletes its list of participations. Does nothing if it is completed.
    async fn complete_erasure(&self, id: ErasureId, now: OffsetDateTime) -> Result<(), Fault>;

    /// Returns the first waiting message of each participation whose delivery is due, those that are due
    /// for longest first, at most `limit`.
    async fn due_messages(&self, now: OffsetDateTime, limit: u32) -> Result<Vec<Message>, Fault>;

    /// Stores how the delivery of a message that is due ended. Does nothing if the message does not wait.
    async fn end_delivery(&self, id: MessageId, end: DeliveryEnd) -> Result<(), Fault>;

    /// Returns the messages that are dead, or those that wait, oldest first, at most `limit`.
    async fn messages(&self, dead: bool, limit: u32) -> Result<Vec<Message>, Fault>;

    /// Returns the numbers of messages.
    async fn count_messages(&self) -> Result<MessageCounts, Fault>;

    /// Lets a dead message wait again, as the first of its participation and due at `now`. Returns
    /// whether it was dead.
    async fn send_again(&self, id: MessageId, now: OffsetDateTime) -> Result<bool, Fault>;

    /// Deletes messages that died before an instant, at most `limit`, and returns their number.
    async fn forget_messages(&self, before: OffsetDateTime, limit: u32) -> Result<u32, Fault>;

    /// Acquires or renews a lease until an instant, unless another holder has it `now`. Returns
    /// whether the caller has it. Of several concurrent callers exactly one does.
    async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, Fault>;

    /// Adds an API key. Returns whether its id was free; otherwise nothing is changed.
    async fn add_api_key(&self, key: &ApiKey) -> Result<bool, Fault>;

    /// Returns an API key, valid or not; `None` if it does not exist.
    async fn find_api_key(&self, id: &KeyId) -> Result<Option<ApiKey>, Fault>;

    /// Returns all API keys, oldest first.
    async fn api_keys(&self) -> Result<Vec<ApiKey>, Fault>;

    /// Revokes an API key at `now`, unless it was revoked before. Returns whether it exists.
    async fn revoke_api_key(&self, id: &KeyId, now: OffsetDateTime) -> Result<bool, Fault>;

    /// Stores `now` as the last use of an API key, unless a later one is stored. A missing key is no
    /// error.
    async fn touch_api_key(&self, id: &KeyId, now: OffsetDateTime) -> Result<(), Fault>;
}
