//! How a photo is stored so that no row is without an object and no object without a row.
//!
//! 1. Reserve the photo's key in the database.
//! 2. Put the object.
//! 3. In one transaction, add the row, clear the reservation and answer the request's key.
//!
//! Whatever dies in between leaves a reservation, which [`clean_up`](crate::clean_up()) resolves.

use std::num::NonZeroU32;

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::ports::{
    Acceptance, ObjectStore, Ports, PutError, Reservation, ReservationRepository, VisionError,
};
use crate::{Claim, Fault, JpegPhoto, ObjectKey, ParticipationId, Photo, PhotoKind};

/// More photos of one participation in one second than any client sends.
const MAX_PHOTOS_A_SECOND: u32 = 1000;

/// Why a photo was not stored.
pub(crate) enum AcceptError {
    /// The object store failed.
    Objects(Fault),
    /// The database failed.
    Database(Fault),
}

/// The JPEG that is kept of a photo.
pub(crate) async fn to_jpeg(ports: &Ports, photo: &Photo) -> Result<JpegPhoto, VisionError> {
    match photo.jpeg_without_metadata() {
        Some(jpeg) => Ok(jpeg),
        None => ports.jpeg_encoder.encode(photo).await,
    }
}

/// A photo that has passed every check.
pub(crate) struct Accepted {
    pub(crate) kind: PhotoKind,
    pub(crate) participation_id: ParticipationId,
    /// The instant of the request: the photo's name and its row tell the same.
    pub(crate) at: OffsetDateTime,
    pub(crate) photo: JpegPhoto,
    /// The claim on the request's key.
    pub(crate) claim: Option<Claim>,
}

/// Stores a photo and has `add_row` add the row that points to it: all three steps.
///
/// `add_row` gets the photo's URL, and what has to be settled with the row.
pub(crate) async fn accept<Id, E: From<AcceptError>>(
    ports: &Ports,
    accepted: Accepted,
    add_row: impl AsyncFnOnce(String, &Acceptance) -> Result<Id, E>,
) -> Result<Id, E> {
    let reservation = store_under_free_key(ports, &accepted).await?;
    let acceptance = Acceptance { key: reservation.key.clone(), claim: accepted.claim };
    let added = add_row(reservation.image_url.clone(), &acceptance).await;
    if added.is_err() {
        // Where taking it back fails too, the reservation stays and is cleaned up later; the caller
        // has to learn of the first fault.
        let _ = take_back(ports, &reservation).await;
    }
    added
}

/// Steps 1 and 2: takes the first free key of this second and puts the object there.
async fn store_under_free_key(
    ports: &Ports,
    accepted: &Accepted,
) -> Result<Reservation, AcceptError> {
    let Accepted { kind, participation_id, at: reserved_at, ref photo, .. } = *accepted;
    let local = ports.time_zone.local(reserved_at);
    let content_sha256 = sha256(photo.bytes());
    for nth in (1..=MAX_PHOTOS_A_SECOND).filter_map(NonZeroU32::new) {
        let key = ObjectKey::new(kind, participation_id, local, nth);
        let image_url = ports.objects.url(&key);
        let reservation = Reservation { key, image_url, content_sha256, reserved_at };
        if !ports.reservations.reserve(&reservation).await.map_err(AcceptError::Database)? {
            continue;
        }
        match ports.objects.put_new(&reservation.key, photo).await {
            Ok(()) => return Ok(reservation),
            // Somebody else's object: only the claim on its key is ours to take back.
            Err(PutError::AlreadyExists) => {
                let key = &reservation.key;
                ports.reservations.release(key).await.map_err(AcceptError::Database)?;
            }
            // The object may arrive yet, so the reservation stays and is cleaned up later.
            Err(PutError::Fault(fault)) => return Err(AcceptError::Objects(fault)),
        }
    }
    Err(AcceptError::Objects(Fault::transient(format!(
        "{MAX_PHOTOS_A_SECOND} photos of participation {participation_id} in one second"
    ))))
}

/// Undoes step 2 after step 3 failed.
///
/// A process that stood still for longer than the clean-up's grace, as one whose machine was paused,
/// puts an object whose reservation was resolved meanwhile, and nobody else would ever find it. So
/// where there is no reservation the key is reserved once more, which tells that case from a row
/// that was committed without an answer: the key of a row cannot be reserved.
async fn take_back(ports: &Ports, reservation: &Reservation) -> Result<(), Fault> {
    let (reservations, objects) = (&*ports.reservations, &*ports.objects);
    if !withdraw(reservations, objects, &reservation.key).await?
        && reservations.reserve(reservation).await?
    {
        withdraw(reservations, objects, &reservation.key).await?;
    }
    Ok(())
}

/// Undoes step 2 where step 3 has not happened. A commit whose answer was lost has cleared the
/// reservation, and then the object stays. So does somebody else's object of that name, which a
/// reservation is left for when its put was refused and nobody came to release it. Answers whether
/// there was something to undo.
pub(crate) async fn withdraw(
    reservations: &dyn ReservationRepository,
    objects: &dyn ObjectStore,
    key: &ObjectKey,
) -> Result<bool, Fault> {
    let Some(content_sha256) = reservations.abandon(key).await? else { return Ok(false) };
    // Nobody overwrites an object, so the one that is removed is the one that was read.
    if let Some(object) = objects.get(key).await?
        && sha256(&object) == content_sha256
    {
        objects.delete(key).await?;
    }
    reservations.release(key).await?;
    Ok(true)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
