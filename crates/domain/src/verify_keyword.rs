use crate::acceptance::{self, AcceptError};
use crate::ports::VisionError;
use crate::{
    Concept, Fault, FeedContent, FeedId, Keyword, NewFeed, ObjectKey, ParticipationId, Photo,
    PhotoError, PhotoKind, Ports,
};

/// Asks to accept a photo that shows what a keyword names.
#[derive(Debug)]
pub struct VerifyKeyword {
    /// Whose photo it is.
    pub participation_id: ParticipationId,
    /// The photo.
    pub photo: Photo,
    /// What was written beside it.
    pub content: FeedContent,
    /// What it has to show.
    pub keyword: Keyword,
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

    let VerifyKeyword { participation_id, photo, content, keyword } = command;
    let participation =
        ports.participations.find(participation_id).await.map_err(Error::Database)?;
    let participation = participation.ok_or(Error::UnknownParticipation(participation_id))?;
    let created_at = ports.clock.now();
    if !participation.group.schedule.is_open(created_at) {
        return Err(Error::OutsideWindow(participation_id));
    }
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
    let add_row = async |image_url, key: &ObjectKey| {
        ports.feeds.add(NewFeed { participation_id, created_at, image_url, content }, key).await
    };
    Ok(acceptance::accept(ports, PhotoKind::Classification, participation_id, &jpeg, add_row)
        .await?)
}

impl From<AcceptError> for VerifyKeywordError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Objects(fault) => Self::Objects(fault),
            AcceptError::Database(fault) => Self::Database(fault),
        }
    }
}
