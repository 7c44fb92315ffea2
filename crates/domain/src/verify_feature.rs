use time::{Date, Duration, OffsetDateTime};

use crate::acceptance::{self, AcceptError, Accepted};
use crate::admission::{self, NotAdmitted};
use crate::ports::{Acceptance, AddFeedError, VisionError};
use crate::{
    Claim, Comparison, Fault, FeedContent, FeedId, Fingerprint, NewFeed, ObjectKey,
    ParticipationId, Photo, PhotoError, PhotoKind, PhotoLimits, Ports, Reference,
    ReferenceFeatures,
};

/// Asks to accept a photo that shows the same scene as the reference.
#[derive(Debug, Clone)]
pub struct VerifyFeature {
    /// Whose photo it is.
    pub participation_id: ParticipationId,
    /// The photo.
    pub photo: Photo,
    /// What was written beside it.
    pub content: FeedContent,
    /// The claim on the key that the request came under, where it came under one.
    pub claim: Option<Claim>,
}

impl VerifyFeature {
    /// What tells this request from others.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&[
            b"verify_feature",
            &self.participation_id.get().to_be_bytes(),
            self.photo.bytes(),
            self.content.as_str().as_bytes(),
        ])
    }
}

/// A photo that was accepted, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedFeature {
    /// Its row.
    pub feed_id: FeedId,
    /// How it compares with the reference.
    pub comparison: Comparison,
}

/// Why a photo was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFeatureError {
    /// The photo cannot be worked with.
    #[error("read the photo: {0}")]
    Photo(#[source] PhotoError),
    /// There is nothing to compare with, or no such participation.
    #[error("find a reference photo of participation {0}: there is none")]
    NoReference(ParticipationId),
    /// Now is not when the challenge's photos are taken.
    #[error("accept a photo of participation {0} outside its window")]
    OutsideWindow(ParticipationId),
    /// The window takes one photo of a participation, and has it.
    #[error("accept another photo of participation {0} in its window")]
    DayTaken(ParticipationId),
    /// The window takes no more attempts.
    #[error("verify another photo of participation {participation_id} in its window")]
    TooManyAttempts {
        /// Whose photo it is.
        participation_id: ParticipationId,
        /// How long the window goes on.
        retry_after: Duration,
    },
    /// The photos do not show the same scene.
    #[error("find the reference's scene in the photo: score {}", .0.score)]
    DifferentScene(Comparison),
    /// The photos could not be compared.
    #[error("compare the photos: {0}")]
    Vision(#[source] Fault),
    /// A photo could not be stored, or the reference's not be read.
    #[error("reach the object store: {0}")]
    Objects(#[source] Fault),
    /// The database failed; nothing was accepted.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Accepts a photo that shows the same scene as the participation's newest reference, in time.
///
/// A reference whose features are of another format is read again from its stored photo, once.
///
/// # Errors
/// In the order of [`VerifyFeatureError`]'s variants, but for faults, which may come at any point,
/// and for a photo whose pixels turn out to be undecodable only when they are compared.
pub async fn verify_feature(
    ports: &Ports,
    command: VerifyFeature,
) -> Result<VerifiedFeature, VerifyFeatureError> {
    use VerifyFeatureError as Error;

    let VerifyFeature { participation_id, photo, content, claim } = command;
    let reference = ports.references.newest(participation_id).await.map_err(Error::Database)?;
    let reference = reference.ok_or(Error::NoReference(participation_id))?;
    let participation =
        ports.participations.find(participation_id).await.map_err(Error::Database)?;
    let participation = participation.ok_or(Error::NoReference(participation_id))?;
    let at = ports.clock.now();
    let day = admission::admit(ports, &participation, at)
        .await
        .map_err(|reason| Error::not_admitted(participation_id, reason))?;
    let admitted = Admitted { participation_id, reference, photo, content, claim, at, day };
    let verified = compare_and_accept(ports, admitted).await;
    if verified.as_ref().is_err_and(VerifyFeatureError::is_fault) {
        admission::give_back(ports, participation_id, day).await;
    }
    verified
}

/// A photo that came in time.
struct Admitted {
    participation_id: ParticipationId,
    reference: Reference,
    photo: Photo,
    content: FeedContent,
    claim: Option<Claim>,
    at: OffsetDateTime,
    /// The day whose window it came in.
    day: Date,
}

async fn compare_and_accept(
    ports: &Ports,
    admitted: Admitted,
) -> Result<VerifiedFeature, VerifyFeatureError> {
    use VerifyFeatureError as Error;

    let Admitted { participation_id, reference, photo, content, claim, at, day } = admitted;
    let features = readable_features(ports, reference).await?;
    let comparison = ports.extractor.compare(&features, &photo).await?;
    if !comparison.same_scene {
        return Err(Error::DifferentScene(comparison));
    }
    let jpeg = acceptance::to_jpeg(ports, &photo).await?;
    let only_one_of_its_day = ports.rules.once_per_day;
    let add_row = async |image_url, acceptance: &Acceptance| {
        let created_at = at;
        let feed =
            NewFeed { participation_id, created_at, day, only_one_of_its_day, image_url, content };
        match ports.feeds.add(feed, acceptance).await {
            Ok(id) => Ok(id),
            Err(AddFeedError::DayTaken) => Err(Error::DayTaken(participation_id)),
            Err(AddFeedError::Fault(fault)) => Err(Error::Database(fault)),
        }
    };
    let kind = PhotoKind::Feature;
    let accepted = Accepted { kind, participation_id, at, photo: jpeg, claim };
    let feed_id = acceptance::accept(ports, accepted, add_row).await?;
    Ok(VerifiedFeature { feed_id, comparison })
}

/// The reference's features in the format that the extractor reads.
async fn readable_features(
    ports: &Ports,
    reference: Reference,
) -> Result<ReferenceFeatures, VerifyFeatureError> {
    use VerifyFeatureError as Error;

    if let Some(features) = reference.features
        && features.format == ports.extractor.format()
    {
        return Ok(features);
    }
    let key = ObjectKey::from_url(&reference.image_url).map_err(|error| {
        Error::Objects(Fault::permanent(format!("reference {}: {error}", reference.id)))
    })?;
    let stored = ports.objects.get(&key).await.map_err(Error::Objects)?;
    let stored = stored.ok_or_else(|| {
        Error::Objects(Fault::permanent(format!(
            "object {key} of reference {} is gone",
            reference.id
        )))
    })?;
    let unreadable =
        |error: PhotoError| Error::Vision(Fault::permanent(format!("stored photo {key}: {error}")));
    let photo = Photo::parse(stored, &PhotoLimits::NONE).map_err(unreadable)?;
    let (features, _) = match ports.extractor.extract(&photo).await {
        Ok(extracted) => extracted,
        // The client's photo is not to blame for a reference that cannot be read.
        Err(VisionError::Photo(error)) => return Err(unreadable(error)),
        Err(VisionError::Fault(fault)) => return Err(Error::Vision(fault)),
    };
    ports.references.replace_features(reference.id, &features).await.map_err(Error::Database)?;
    Ok(features)
}

impl From<VisionError> for VerifyFeatureError {
    fn from(error: VisionError) -> Self {
        match error {
            VisionError::Photo(error) => Self::Photo(error),
            VisionError::Fault(fault) => Self::Vision(fault),
        }
    }
}

impl VerifyFeatureError {
    /// Whether something failed that is no business of the participant's.
    fn is_fault(&self) -> bool {
        match self {
            Self::Vision(_) | Self::Objects(_) | Self::Database(_) => true,
            Self::Photo(_)
            | Self::NoReference(_)
            | Self::OutsideWindow(_)
            | Self::DayTaken(_)
            | Self::TooManyAttempts { .. }
            | Self::DifferentScene(_) => false,
        }
    }

    fn not_admitted(participation_id: ParticipationId, reason: NotAdmitted) -> Self {
        match reason {
            NotAdmitted::OutsideWindow => Self::OutsideWindow(participation_id),
            NotAdmitted::DayTaken => Self::DayTaken(participation_id),
            NotAdmitted::TooManyAttempts(retry_after) => {
                Self::TooManyAttempts { participation_id, retry_after }
            }
            NotAdmitted::Database(fault) => Self::Database(fault),
        }
    }
}

impl From<AcceptError> for VerifyFeatureError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Objects(fault) => Self::Objects(fault),
            AcceptError::Database(fault) => Self::Database(fault),
        }
    }
}
