use time::{Date, Duration, OffsetDateTime};

use crate::acceptance::{self, AcceptError, Accepted};
use crate::admission::{self, NotAdmitted};
use crate::ports::{Acceptance, AddFeedError, VisionError};
use crate::{
    Claim, Concept, Fault, FeedContent, FeedId, Fingerprint, Keyword, NewFeed, ParticipationId,
    Photo, PhotoError, PhotoKind, Ports,
};

/// Asks to accept a photo that shows what a keyword names.
#[derive(Debug, Clone)]
pub struct VerifyKeyword {
    /// Whose photo it is.
    pub participation_id: ParticipationId,
    /// The photo.
    pub photo: Photo,
    /// What was written beside it.
    pub content: FeedContent,
    /// What it has to show.
    pub keyword: Keyword,
    /// The claim on the key that the request came under, where it came under one.
    pub claim: Option<Claim>,
}

impl VerifyKeyword {
    /// What tells this request from others.
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
    /// The photo cannot be worked with.
    #[error("read the photo: {0}")]
    Photo(#[source] PhotoError),
    /// There is no such participation.
    #[error("find participation {0}: there is none")]
    UnknownParticipation(ParticipationId),
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
    /// The classifier did not answer.
    #[error("classify the photo: {0}")]
    Classifier(#[source] Fault),
    /// The photo shows something else.
    #[error("find {keyword:?} among what the photo shows")]
    KeywordNotShown {
        /// What it had to show.
        keyword: Keyword,
        /// What it shows, surest first.
        shown: Vec<Concept>,
    },
    /// The photo could not be made into a JPEG.
    #[error("encode the photo: {0}")]
    Vision(#[source] Fault),
    /// The photo could not be stored.
    #[error("store the photo: {0}")]
    Objects(#[source] Fault),
    /// The database failed; nothing was accepted.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Accepts a photo that shows what the keyword names, in time.
///
/// # Errors
/// In the order of [`VerifyKeywordError`]'s variants, but for database faults, which may come at
/// any point, and for a photo whose pixels turn out to be undecodable only when they are looked at.
pub async fn verify_keyword(
    ports: &Ports,
    command: VerifyKeyword,
) -> Result<FeedId, VerifyKeywordError> {
    use VerifyKeywordError as Error;

    let VerifyKeyword { participation_id, photo, content, keyword, claim } = command;
    let participation =
        ports.participations.find(participation_id).await.map_err(Error::Database)?;
    let participation = participation.ok_or(Error::UnknownParticipation(participation_id))?;
    let at = ports.clock.now();
    let day = admission::admit(ports, &participation, at)
        .await
        .map_err(|reason| Error::not_admitted(participation_id, reason))?;
    let admitted = Admitted { participation_id, photo, content, keyword, claim, at, day };
    let verified = classify_and_accept(ports, admitted).await;
    if verified.as_ref().is_err_and(VerifyKeywordError::is_fault) {
        admission::give_back(ports, participation_id, day).await;
    }
    verified
}

/// A photo that came in time.
struct Admitted {
    participation_id: ParticipationId,
    photo: Photo,
    content: FeedContent,
    keyword: Keyword,
    claim: Option<Claim>,
    at: OffsetDateTime,
    /// The day whose window it came in.
    day: Date,
}

async fn classify_and_accept(
    ports: &Ports,
    admitted: Admitted,
) -> Result<FeedId, VerifyKeywordError> {
    use VerifyKeywordError as Error;

    let Admitted { participation_id, photo, content, keyword, claim, at, day } = admitted;
    let shown = match ports.classifier.classify(&photo).await {
        Ok(concepts) => concepts,
        Err(VisionError::Photo(error)) => return Err(Error::Photo(error)),
        Err(VisionError::Fault(fault)) => return Err(Error::Classifier(fault)),
    };
    if !keyword.is_among(&shown) {
        return Err(Error::KeywordNotShown { keyword, shown });
    }
    let jpeg = match acceptance::to_jpeg(ports, &photo).await {
        Ok(jpeg) => jpeg,
        Err(VisionError::Photo(error)) => return Err(Error::Photo(error)),
        Err(VisionError::Fault(fault)) => return Err(Error::Vision(fault)),
    };
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
    let kind = PhotoKind::Classification;
    let accepted = Accepted { kind, participation_id, at, photo: jpeg, claim };
    acceptance::accept(ports, accepted, add_row).await
}

impl VerifyKeywordError {
    /// Whether something failed that is no business of the participant's.
    fn is_fault(&self) -> bool {
        match self {
            Self::Classifier(_) | Self::Vision(_) | Self::Objects(_) | Self::Database(_) => true,
            Self::Photo(_)
            | Self::UnknownParticipation(_)
            | Self::OutsideWindow(_)
            | Self::DayTaken(_)
            | Self::TooManyAttempts { .. }
            | Self::KeywordNotShown { .. } => false,
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

impl From<AcceptError> for VerifyKeywordError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Objects(fault) => Self::Objects(fault),
            AcceptError::Database(fault) => Self::Database(fault),
        }
    }
}
