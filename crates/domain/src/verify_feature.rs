use crate::ports::VisionError;
use crate::retry::retried;
use crate::verification::{self, Submission, UseCaseError};
use crate::{
    Comparison, Fault, FeedContent, FeedId, Fingerprint, ObjectKey, ParticipationId, Photo,
    PhotoError, PhotoKind, PhotoLimits, Policy, Ports, ReferenceFeatures, RequestContext,
    StoredReference, VerificationError,
};

/// Asks to accept a photo that shows the same scene as the reference.
#[derive(Debug, Clone)]
pub struct VerifyFeature {
    /// The participation that sent the photo.
    pub participation_id: ParticipationId,
    /// The photo.
    pub photo: Photo,
    /// The text of the feed row.
    pub content: FeedContent,
}

impl VerifyFeature {
    /// What distinguishes this request from others.
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
    /// The comparison with the reference.
    pub comparison: Comparison,
}

/// Why a photo was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFeatureError {
    /// The participation has no reference photo.
    #[error("find a reference photo of participation {0}: there is none")]
    NoReference(ParticipationId),
    /// The photos do not show the same scene.
    #[error("find the reference's scene in the photo: score {}", .0.score)]
    DifferentScene(Comparison),
    /// A reason that every verification has.
    #[error(transparent)]
    Verification(#[from] VerificationError),
}

impl VerifyFeatureError {
    /// Whether a retry of the request is answered with this again. Rejections that depend on the
    /// time or on other requests, and faults, are evaluated again.
    pub fn is_final(&self) -> bool {
        match self {
            Self::DifferentScene(_) => true,
            Self::NoReference(_) | Self::Verification(_) => false,
        }
    }
}

impl UseCaseError for VerifyFeatureError {
    fn is_fault(&self) -> bool {
        match self {
            Self::NoReference(_) | Self::DifferentScene(_) => false,
            Self::Verification(error) => error.is_fault(),
        }
    }
}

/// Accepts a photo that shows the same scene as the participation's newest reference, in time.
///
/// A reference without features in the extractor's format is extracted again from its stored photo.
///
/// # Errors
/// Checked in this order: the participation, its reference, the window, the scene. Faults may occur
/// at any point, and corrupt pixels are found when the photos are compared.
pub async fn verify_feature(
    ports: &Ports,
    policy: &Policy,
    command: VerifyFeature,
    request: RequestContext,
) -> Result<VerifiedFeature, VerifyFeatureError> {
    use VerifyFeatureError as Error;

    let VerifyFeature { participation_id, photo, content } = command;
    let find_reference = async || {
        let newest = || ports.repository.newest_reference(participation_id);
        let newest = retried(&*ports.clock, newest).await.map_err(VerificationError::Database)?;
        newest.ok_or(Error::NoReference(participation_id))
    };
    let compare = async |reference: StoredReference, photo: &Photo| {
        let features = current_features(ports, &reference).await?;
        let compared = ports.extractor.compare(&features, photo).await;
        let comparison = compared.map_err(VerificationError::from)?;
        if comparison.same_scene { Ok(comparison) } else { Err(Error::DifferentScene(comparison)) }
    };
    let submission = Submission { kind: PhotoKind::Feature, participation_id, photo, content };
    let (feed_id, comparison) =
        verification::accept(ports, policy, submission, request, find_reference, compare).await?;
    Ok(VerifiedFeature { feed_id, comparison })
}

/// The reference's features in the extractor's format, extracted again where there are none.
async fn current_features(
    ports: &Ports,
    reference: &StoredReference,
) -> Result<ReferenceFeatures, VerificationError> {
    use VerificationError as Error;

    let format = ports.extractor.format();
    let find = || ports.repository.find_features(reference.id, &format);
    if let Some(features) = retried(&*ports.clock, find).await.map_err(Error::Database)? {
        return Ok(features);
    }
    let features = extract_again(ports, reference).await?;
    let put = ports.repository.put_features(reference.id, &features, ports.clock.now()).await;
    if let Err(fault) = put {
        // The next request extracts them again; this one has what it needs.
        fault.log(format_args!("save the features of reference {}", reference.id));
    }
    Ok(features)
}

/// Extracts the features of a reference from its stored photo.
async fn extract_again(
    ports: &Ports,
    reference: &StoredReference,
) -> Result<ReferenceFeatures, VerificationError> {
    use VerificationError as Error;

    let StoredReference { id, image_url } = reference;
    let key = ObjectKey::from_url(image_url)
        .map_err(|error| Error::Objects(Fault::permanent(format!("reference {id}: {error}"))))?;
    let stored = ports.objects.get(&key).await.map_err(Error::Objects)?;
    let stored = stored.ok_or_else(|| {
        Error::Objects(Fault::permanent(format!("object {key} of reference {id} is gone")))
    })?;
    let unreadable =
        |error: PhotoError| Error::Vision(Fault::permanent(format!("stored photo {key}: {error}")));
    let photo = Photo::parse(stored, &PhotoLimits::NONE).map_err(unreadable)?;
    match ports.extractor.extract(&photo).await {
        Ok((features, _)) => Ok(features),
        // The client's photo is not responsible for a reference that cannot be read.
        Err(VisionError::Photo(error)) => Err(unreadable(error)),
        Err(VisionError::Fault(fault)) => Err(Error::Vision(fault)),
    }
}
