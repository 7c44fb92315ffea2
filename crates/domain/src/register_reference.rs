use crate::acceptance::{self, AcceptedPhoto, StoreError};
use crate::ports::{Acceptance, VisionError};
use crate::replay_check::examine;
use crate::retry::retried;
use crate::{
    EventKind, Fault, Fingerprint, NewMessage, NewReference, ParticipationId, Photo, PhotoError,
    PhotoKind, Policy, Ports, ReferenceId, ReferenceQuality, RequestContext, Rules, SearchArea,
    Stage,
};

/// Command to store a photo that later photos are compared with.
#[derive(Debug)]
pub struct RegisterReference {
    /// The participation that sent the photo.
    pub participation_id: ParticipationId,
    /// The photo, or why it is unusable. The command holds both, so that an unknown participation
    /// is reported before a bad photo.
    pub photo: Result<Photo, PhotoError>,
}

impl RegisterReference {
    /// Digest that distinguishes this request from others. An unusable photo contributes its error,
    /// which is all that the response depends on.
    pub fn fingerprint(&self) -> Fingerprint {
        let participation_id = self.participation_id.get().to_be_bytes();
        match &self.photo {
            Ok(photo) => {
                Fingerprint::of(&[b"register_reference", &participation_id, photo.bytes()])
            }
            Err(error) => {
                let error = error.to_string();
                Fingerprint::of(&[b"refuse_reference", &participation_id, error.as_bytes()])
            }
        }
    }
}

/// The result of a registration.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredReference {
    /// Database id of the reference's row.
    pub reference_id: ReferenceId,
    /// How well photos can be verified against the reference.
    pub quality: ReferenceQuality,
}

/// Why no reference was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterReferenceError {
    /// The participation does not exist.
    #[error("find participation {0}: there is none")]
    UnknownParticipation(ParticipationId),
    /// The participation belongs to another participant.
    #[error("act for participation {0}: it belongs to another user")]
    NotOwner(ParticipationId),
    /// The photo is unusable.
    #[error("read the photo: {0}")]
    Photo(#[source] PhotoError),
    /// Photos could not be verified against this reference.
    #[error("register the photo: its {} feature points are too few or in one spot", .0.feature_count)]
    Unverifiable(ReferenceQuality),
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

impl RegisterReferenceError {
    /// Whether a retry of the request gets this error again without a new evaluation. Rejections
    /// that depend on other requests or only on the request itself, and faults, are evaluated again.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Unverifiable(_) => true,
            Self::UnknownParticipation(_)
            | Self::NotOwner(_)
            | Self::Photo(_)
            | Self::Vision(_)
            | Self::Objects(_)
            | Self::Database(_) => false,
        }
    }
}

/// Stores a photo as the newest reference of a participation.
///
/// # Errors
/// In the order of [`RegisterReferenceError`]'s variants, except database faults, which may occur
/// first or last.
pub async fn register_reference(
    ports: &Ports,
    policy: &Policy,
    command: RegisterReference,
    request: RequestContext,
) -> Result<RegisteredReference, RegisterReferenceError> {
    use RegisterReferenceError as Error;

    let RegisterReference { participation_id, photo } = command;
    let collector = request.collector.clone();
    let mut stages = collector.stages(&*ports.clock);
    stages.begin(Stage::Admit);
    let find = || ports.repository.find_participation(participation_id);
    let participation = retried(&*ports.clock, find).await.map_err(Error::Database)?;
    let participation = participation.ok_or(Error::UnknownParticipation(participation_id))?;
    if !request.caller.may_act_for(&participation) {
        return Err(Error::NotOwner(participation_id));
    }
    let photo = photo.map_err(Error::Photo)?;
    stages.begin(Stage::Encode);
    let jpeg = ports.jpeg_encoder.encode(&photo).await?;
    stages.begin(Stage::Examine);
    let (features, quality) = ports.extractor.extract(jpeg.photo()).await?;
    collector.found(|evidence| evidence.quality = Some(quality.clone()));
    if !quality.verifiable {
        return Err(Error::Unverifiable(quality));
    }
    let Rules { replay, replay_scope, .. } = policy.rules;
    let examined = examine(ports, replay, &jpeg).await?;
    let trace =
        examined.map(|examined| (SearchArea::new(&participation, replay_scope), examined.trace));
    stages.begin(Stage::Store);
    let received_at = request.received_at;
    let add_row = async |image_url: String, acceptance: &Acceptance| {
        let message = policy.reported(NewMessage {
            event: EventKind::ReferenceRegistered,
            occurred_at: received_at,
            participation_id,
            request_id: collector.request_id().to_owned(),
            kind: None,
            outcome: None,
            errcode: None,
            image_url: Some(image_url.clone()),
        });
        let reference = NewReference { participation_id, image_url, features, trace, message };
        ports.repository.add_reference(reference, acceptance).await.map_err(Error::Database)
    };
    let photo = AcceptedPhoto { kind: PhotoKind::Standard, participation_id, jpeg };
    let reference_id = acceptance::store(ports, policy, photo, request, add_row).await?;
    Ok(RegisteredReference { reference_id, quality })
}

impl From<VisionError> for RegisterReferenceError {
    fn from(error: VisionError) -> Self {
        match error {
            VisionError::Photo(error) => Self::Photo(error),
            VisionError::Fault(fault) => Self::Vision(fault),
        }
    }
}

impl From<StoreError> for RegisterReferenceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Objects(fault) => Self::Objects(fault),
            StoreError::Database(fault) => Self::Database(fault),
        }
    }
}
