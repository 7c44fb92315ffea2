use crate::ports::VisionError;
use crate::verification::{self, Accepted, Submission, UseCaseError};
use crate::{
    AttemptKind, ChallengeGroup, Concept, Fault, FeedContent, FeedId, Fingerprint, Keyword,
    ParticipationId, Photo, Policy, Ports, Replay, RequestContext, VerificationError,
};

/// Command to accept a photo that shows what a keyword names.
#[derive(Debug, Clone)]
pub struct VerifyKeyword {
    /// The participation that sent the photo.
    pub participation_id: ParticipationId,
    /// Photo to classify.
    pub photo: Photo,
    /// Text of the feed row.
    pub content: FeedContent,
    /// Subject that the photo must show.
    pub keyword: Keyword,
}

impl VerifyKeyword {
    /// Digest that distinguishes this request from others.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&[
            b"verify_keyword",
            &self.participation_id.get().to_be_bytes(),
            self.photo.bytes(),
            self.content.as_str().as_bytes(),
            self.keyword.subjects().join("\n").as_bytes(),
        ])
    }
}

/// An accepted photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedKeyword {
    /// Database id of its feed row.
    pub feed_id: FeedId,
    /// The earlier photo that was sent again, if the rule accepts replays.
    pub replay: Option<Replay>,
}

/// Why a photo was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyKeywordError {
    /// The classifier failed.
    #[error("classify the photo: {0}")]
    Classifier(#[source] Fault),
    /// The photo does not show the keyword.
    #[error("find {:?} in the photo", keyword.as_str())]
    KeywordNotShown {
        /// Subject that the photo had to show.
        keyword: Keyword,
        /// Concepts that the photo shows, in descending order of certainty.
        shown: Vec<Concept>,
    },
    /// A reason that all verifications share.
    #[error(transparent)]
    Verification(#[from] VerificationError),
}

impl VerifyKeywordError {
    /// Whether a retry of the request gets this error again without a new evaluation. Rejections
    /// that depend on the time or on other requests, and faults, are evaluated again.
    pub fn is_final(&self) -> bool {
        match self {
            Self::KeywordNotShown { .. } => true,
            Self::Classifier(_) | Self::Verification(_) => false,
        }
    }
}

impl UseCaseError for VerifyKeywordError {
    fn is_fault(&self) -> bool {
        match self {
            Self::Classifier(_) => true,
            Self::KeywordNotShown { .. } => false,
            Self::Verification(error) => error.is_fault(),
        }
    }
}

/// Accepts a photo that arrives in time and shows what the keyword names.
///
/// # Errors
/// Checked in this order: the participation, its owner, the window, whether the same file was sent
/// before, the keyword, whether the photo is a copy. Faults may occur at any point. Corrupt pixels are detected when the photo is encoded or classified.
pub async fn verify_keyword(
    ports: &Ports,
    policy: &Policy,
    command: VerifyKeyword,
    request: RequestContext,
) -> Result<VerifiedKeyword, VerifyKeywordError> {
    use VerifyKeywordError as Error;

    let VerifyKeyword { participation_id, photo, content, keyword } = command;
    let collector = request.collector.clone();
    let look_up = async || Ok(());
    let classify = async |(), _: &ChallengeGroup, photo: &Photo| {
        let classified = ports.classifier.classify(photo, &keyword).await;
        let shown = classified.map_err(|error| match error {
            VisionError::Photo(error) => VerificationError::Photo(error).into(),
            VisionError::Fault(fault) => Error::Classifier(fault),
        })?;
        collector.found(|evidence| {
            evidence.keyword_certainty = keyword.certainty_among(&shown);
            evidence.concepts = Some(shown.clone());
        });
        if keyword.is_among(&shown) {
            Ok(())
        } else {
            Err(Error::KeywordNotShown { keyword, shown })
        }
    };
    let kind = AttemptKind::Keyword;
    let submission = Submission { kind, participation_id, photo, content };
    let (Accepted { feed_id, replay }, ()) =
        verification::accept(ports, policy, submission, request, look_up, classify).await?;
    Ok(VerifiedKeyword { feed_id, replay })
}
