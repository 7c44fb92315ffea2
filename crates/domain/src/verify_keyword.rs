use crate::ports::VisionError;
use crate::verification::{self, Submission, UseCaseError};
use crate::{
    Concept, Fault, FeedContent, FeedId, Fingerprint, Keyword, ParticipationId, Photo, PhotoKind,
    Policy, Ports, RequestContext, VerificationError,
};

/// Asks to accept a photo that shows what a keyword names.
#[derive(Debug, Clone)]
pub struct VerifyKeyword {
    /// The participation that sent the photo.
    pub participation_id: ParticipationId,
    /// The photo.
    pub photo: Photo,
    /// The text of the feed row.
    pub content: FeedContent,
    /// What the photo has to show.
    pub keyword: Keyword,
}

impl VerifyKeyword {
    /// What distinguishes this request from others.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&[
            b"verify_keyword",
            &self.participation_id.get().to_be_bytes(),
            self.photo.bytes(),
            self.content.as_str().as_bytes(),
            self.keyword.as_str().as_bytes(),
        ])
    }
}

/// Why a photo was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyKeywordError {
    /// The classifier failed.
    #[error("classify the photo: {0}")]
    Classifier(#[source] Fault),
    /// The photo shows something else.
    #[error("find {keyword:?} among what the photo shows")]
    KeywordNotShown {
        /// What it had to show.
        keyword: Keyword,
        /// What it shows, in descending order of certainty.
        shown: Vec<Concept>,
    },
    /// A reason that every verification has.
    #[error(transparent)]
    Verification(#[from] VerificationError),
}

impl VerifyKeywordError {
    /// Whether a retry of the request is answered with this again. Rejections that depend on the
    /// time or on other requests, and faults, are evaluated again.
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

/// Accepts a photo that shows what the keyword names, in time.
///
/// # Errors
/// Checked in this order: the participation, the window, the keyword. Faults may occur at any point,
/// and corrupt pixels are found when the photo is classified.
pub async fn verify_keyword(
    ports: &Ports,
    policy: &Policy,
    command: VerifyKeyword,
    request: RequestContext,
) -> Result<FeedId, VerifyKeywordError> {
    use VerifyKeywordError as Error;

    let VerifyKeyword { participation_id, photo, content, keyword } = command;
    let look_up = async || Ok(());
    let classify = async |(), photo: &Photo| {
        let shown = ports.classifier.classify(photo).await.map_err(|error| match error {
            VisionError::Photo(error) => VerificationError::Photo(error).into(),
            VisionError::Fault(fault) => Error::Classifier(fault),
        })?;
        if keyword.is_among(&shown) {
            Ok(())
        } else {
            Err(Error::KeywordNotShown { keyword, shown })
        }
    };
    let kind = PhotoKind::Classification;
    let submission = Submission { kind, participation_id, photo, content };
    let (feed_id, ()) =
        verification::accept(ports, policy, submission, request, look_up, classify).await?;
    Ok(feed_id)
}
