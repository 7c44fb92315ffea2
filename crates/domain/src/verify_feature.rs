use crate::learn_view::{self, Lesson, Seen};
use crate::reference_features::current_features;
use crate::retry::retried;
use crate::verification::{self, Accepted, Submission, UseCaseError};
use crate::{
    AttemptKind, ChallengeGroup, Comparison, Difference, EvidenceCollector, FeedContent, FeedId,
    Fingerprint, MatchMode, ParticipationId, Photo, Policy, Ports, RecognisingView, Replay,
    RequestContext, StoredReference, VerificationError,
};

/// Command to accept a photo that shows the same scene as the reference.
#[derive(Debug, Clone)]
pub struct VerifyFeature {
    /// The participation that sent the photo.
    pub participation_id: ParticipationId,
    /// Photo to compare with the reference.
    pub photo: Photo,
    /// Text of the feed row.
    pub content: FeedContent,
}

impl VerifyFeature {
    /// Digest that distinguishes this request from others.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&[
            b"verify_feature",
            &self.participation_id.get().to_be_bytes(),
            self.photo.bytes(),
            self.content.as_str().as_bytes(),
        ])
    }
}

/// An accepted photo with the comparison that justified it.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedFeature {
    /// Database id of its feed row.
    pub feed_id: FeedId,
    /// Comparison with the reference, or with the view that recognised the photo.
    pub comparison: Comparison,
    /// The earlier photo that was sent again, if the rule accepts replays.
    pub replay: Option<Replay>,
    /// Input of [`learn_view`](crate::learn_view()), which should run after the response; `None` if there is nothing to
    /// learn.
    pub lesson: Option<Lesson>,
}

/// Why a photo was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFeatureError {
    /// The participation has no reference photo.
    #[error("find a reference photo of participation {0}: there is none")]
    NoReference(ParticipationId),
    /// The photos do not show the same scene, or other things in it.
    #[error("find the reference's scene in the photo: probability {}{}", .0.score, of_things(.0))]
    DifferentScene(Comparison),
    /// A reason that all verifications share.
    #[error(transparent)]
    Verification(#[from] VerificationError),
}

/// The difference of the things in the scene, for messages.
fn of_things(comparison: &Comparison) -> String {
    let text = |difference: Difference| {
        format!(", things differ by {}, at most {}", difference.amount, difference.limit)
    };
    comparison.difference.map(text).unwrap_or_default()
}

impl VerifyFeatureError {
    /// Whether a retry of the request gets this error again without a new evaluation. Rejections
    /// that depend on the time or on other requests, and faults, are evaluated again.
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

/// Accepts a photo that arrives in time and shows the same scene as the participation's newest
/// reference.
///
/// If a reference has no features in the extractor's format, they are extracted again from its
/// stored photo. A photo whose place the reference does not recognise is compared with the learned views, if the rule is on.
///
/// # Errors
/// Checked in this order: the participation, its owner, its reference, the window, whether the same file
/// was sent before, the scene, whether the photo is a copy. Faults may occur at any point. Corrupt pixels are detected when the photo is encoded or compared.
pub async fn verify_feature(
    ports: &Ports,
    policy: &Policy,
    command: VerifyFeature,
    request: RequestContext,
) -> Result<VerifiedFeature, VerifyFeatureError> {
    use VerifyFeatureError as Error;

    let VerifyFeature { participation_id, photo, content } = command;
    let collector = request.collector.clone();
    let find_reference = async || {
        let newest = || ports.repository.newest_reference(participation_id);
        let newest = retried(&*ports.clock, newest).await.map_err(VerificationError::Database)?;
        newest.ok_or(Error::NoReference(participation_id))
    };
    let learns = policy.rules.learn_views;
    let compare = async |reference: StoredReference, group: &ChallengeGroup, photo: &Photo| {
        let seen = compare(ports, &collector, reference, photo, group.match_mode).await?;
        // Other things in the same place are a verdict, which no view changes.
        let is_decided = seen.comparison.same_scene || seen.comparison.difference.is_some();
        let seen = if learns && !is_decided {
            compare_with_views(ports, &collector, seen).await?
        } else {
            seen
        };
        if seen.comparison.same_scene {
            Ok(seen)
        } else {
            Err(Error::DifferentScene(seen.comparison))
        }
    };
    let submission = Submission { kind: AttemptKind::Feature, participation_id, photo, content };
    let (Accepted { feed_id, replay }, seen) =
        verification::accept(ports, policy, submission, request, find_reference, compare).await?;
    let comparison = seen.comparison.clone();
    // A copy shows nothing new, and most photos are recognised at once.
    let is_new = replay.is_none() && (seen.view.is_some() || !comparison.is_plain());
    let lesson = (learns && is_new).then_some(Lesson { feed_id, seen });
    Ok(VerifiedFeature { feed_id, comparison, replay, lesson })
}

/// Compares a photo with the reference.
async fn compare(
    ports: &Ports,
    collector: &EvidenceCollector,
    reference: StoredReference,
    photo: &Photo,
    match_mode: MatchMode,
) -> Result<Seen, VerificationError> {
    let features = current_features(ports, &reference).await?;
    let reference_id = reference.id;
    collector.found(|evidence| evidence.reference = Some(reference));
    let examination = ports.extractor.compare(&features, photo, match_mode).await?;
    let comparison = examination.comparison.clone();
    collector.found(|evidence| evidence.examination = Some(examination));
    Ok(Seen { reference_id, photo: photo.clone(), match_mode, view: None, comparison })
}

/// Compares a photo that the reference does not recognise with the learned views. Without a matching view the result is
/// that of the reference.
async fn compare_with_views(
    ports: &Ports,
    collector: &EvidenceCollector,
    seen: Seen,
) -> Result<Seen, VerificationError> {
    let Some((view, examination)) = learn_view::recognise(ports, &seen).await? else {
        return Ok(seen);
    };
    let comparison = examination.comparison.clone();
    let (image_url, reference_score) = (view.image_url, seen.comparison.score);
    collector.found(|evidence| {
        evidence.examination = Some(examination);
        evidence.view = Some(RecognisingView { image_url, reference_score });
    });
    Ok(Seen { view: Some(view.id), comparison, ..seen })
}
