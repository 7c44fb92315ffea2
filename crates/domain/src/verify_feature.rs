use crate::acceptance::{self, AcceptError};
use crate::ports::VisionError;
use crate::{
    Comparison, Fault, FeedContent, FeedId, NewFeed, ObjectKey, ParticipationId, Photo, PhotoError,
    PhotoKind, PhotoLimits, Ports, Reference, ReferenceFeatures,
};

/// Asks to accept a photo that shows the same scene as the reference.
#[derive(Debug)]
pub struct VerifyFeature {
    /// Whose photo it is.
    pub participation_id: ParticipationId,
    /// The photo.
    pub photo: Photo,
    /// What was written beside it.
    pub content: FeedContent,
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
) -> Result<FeedId, VerifyFeatureError> {
    use VerifyFeatureError as Error;

    let VerifyFeature { participation_id, photo, content } = command;
    let reference = ports.references.newest(participation_id).await.map_err(Error::Database)?;
    let reference = reference.ok_or(Error::NoReference(participation_id))?;
    let participation =
        ports.participations.find(participation_id).await.map_err(Error::Database)?;
    let participation = participation.ok_or(Error::NoReference(participation_id))?;
    let created_at = ports.clock.now();
    if !participation.group.schedule.is_open(created_at) {
        return Err(Error::OutsideWindow(participation_id));
    }
    let features = readable_features(ports, reference).await?;
    let comparison = ports.extractor.compare(&features, &photo).await?;
    if !comparison.same_scene {
        return Err(Error::DifferentScene(comparison));
    }
    let jpeg = acceptance::to_jpeg(ports, &photo).await?;
    let add_row = async |image_url, key: &ObjectKey| {
        ports.feeds.add(NewFeed { participation_id, created_at, image_url, content }, key).await
    };
    Ok(acceptance::accept(ports, PhotoKind::Feature, participation_id, &jpeg, add_row).await?)
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

impl From<AcceptError> for VerifyFeatureError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Objects(fault) => Self::Objects(fault),
            AcceptError::Database(fault) => Self::Database(fault),
        }
    }
}
