//! Outcomes of calls to the repository that mean something to the domain.

use crate::{Fault, GroupId};

/// Why a participation was not written.
#[derive(Debug, thiserror::Error)]
pub enum PutParticipationError {
    /// The group does not exist.
    #[error("find challenge group {0}: there is none")]
    UnknownGroup(GroupId),
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why no row was added to the feed.
#[derive(Debug, thiserror::Error)]
pub enum AddFeedError {
    /// The day already has a photo.
    #[error("add the photo: its day already has one")]
    DayTaken,
    /// Photos of which it can be a copy were added after it was looked up.
    #[error("add the photo: others were added since it was looked up")]
    NewerPhotos,
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a decision was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The attempt is not in the expected state.
    #[error("review the attempt: it is in another state")]
    OtherState,
    /// The day already has a photo.
    #[error("accept the photo: its day already has one")]
    DayTaken,
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
