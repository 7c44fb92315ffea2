use crate::acceptance::{self, AcceptError};
use crate::ports::VisionError;
use crate::{
    Fault, NewReference, ObjectKey, ParticipationId, Photo, PhotoError, PhotoKind, Ports,
    ReferenceId, ReferenceQuality,
};

/// Asks to keep a photo that later ones are compared with.
#[derive(Debug)]
pub struct RegisterReference {
    /// Whose reference it is.
    pub participation_id: ParticipationId,
    /// The photo, or what is wrong with it: an unknown participation is told before a bad photo.
    pub photo: Result<Photo, PhotoError>,
}

/// Why no reference was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterReferenceError {
    /// There is no such participation.
    #[error("find participation {0}: there is none")]
    UnknownParticipation(ParticipationId),
    /// The photo cannot be worked with.
    #[error("read the photo: {0}")]
    Photo(#[source] PhotoError),
    /// Later photos could not be verified against this one.
    #[error("register the photo: {} feature points are too few", .0.feature_count)]
    TooFewFeatures(ReferenceQuality),
    /// The features could not be extracted.
    #[error("extract features: {0}")]
    Vision(#[source] Fault),
    /// The photo could not be stored.
    #[error("store the photo: {0}")]
    Objects(#[source] Fault),
    /// The database failed; nothing was registered.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Keeps a photo as the newest reference of a participation.
///
/// # Errors
/// In the order of [`RegisterReferenceError`]'s variants, but for database faults, which may come
/// first or last.
pub async fn register_reference(
    ports: &Ports,
    command: RegisterReference,
) -> Result<ReferenceId, RegisterReferenceError> {
    use RegisterReferenceError as Error;

    let RegisterReference { participation_id, photo } = command;
    if ports.participations.find(participation_id).await.map_err(Error::Database)?.is_none() {
        return Err(Error::UnknownParticipation(participation_id));
    }
    let photo = photo.map_err(Error::Photo)?;
    let (features, quality) = ports.extractor.extract(&photo).await?;
    if !quality.verifiable {
        return Err(Error::TooFewFeatures(quality));
    }
    let jpeg = acceptance::to_jpeg(ports, &photo).await?;
    let add_row = async |image_url, key: &ObjectKey| {
        ports.references.add(NewReference { participation_id, image_url, features }, key).await
    };
    Ok(acceptance::accept(ports, PhotoKind::Standard, participation_id, &jpeg, add_row).await?)
}

impl From<VisionError> for RegisterReferenceError {
    fn from(error: VisionError) -> Self {
        match error {
            VisionError::Photo(error) => Self::Photo(error),
            VisionError::Fault(fault) => Self::Vision(fault),
        }
    }
}

impl From<AcceptError> for RegisterReferenceError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Objects(fault) => Self::Objects(fault),
            AcceptError::Database(fault) => Self::Database(fault),
        }
    }
}
