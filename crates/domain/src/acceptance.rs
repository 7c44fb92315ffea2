//! Stores a photo so that every row has an object and every object a row.
//!
//! 1. Reserve the photo's key in the database.
//! 2. Put the object.
//! 3. In one transaction, add the row, delete the reservation and answer the request's key.
//!
//! A process that dies between the steps leaves a reservation, which
//! [`clean_up`](crate::clean_up()) resolves.

use std::num::NonZeroU32;

use sha2::{Digest, Sha256};

use crate::ports::{Acceptance, ObjectStore, Ports, PutError, Repository, Reservation};
use crate::{Fault, JpegPhoto, ObjectKey, ParticipationId, PhotoKind, Policy, RequestContext};

/// Maximum number of photos of one participation in one second, more than any client sends.
const MAX_PHOTOS_A_SECOND: u32 = 1000;

/// Why a photo was not stored.
pub(crate) enum StoreError {
    /// The object store failed.
    Objects(Fault),
    /// The database failed.
    Database(Fault),
}

/// A photo to store: one that has passed every check, or a rejected one that is kept.
pub(crate) struct AcceptedPhoto {
    pub(crate) kind: PhotoKind,
    pub(crate) participation_id: ParticipationId,
    pub(crate) jpeg: JpegPhoto,
}

/// Stores a photo and runs `add_row`, which adds the row that points to it: all three steps.
///
/// `add_row` gets the photo's URL and the acceptance to commit with the row.
pub(crate) async fn store<Id, E: From<StoreError>>(
    ports: &Ports,
    policy: &Policy,
    photo: AcceptedPhoto,
    request: RequestContext,
    add_row: impl AsyncFnOnce(String, &Acceptance) -> Result<Id, E>,
) -> Result<Id, E> {
    let reservation = store_under_free_key(ports, policy, &photo, &request).await?;
    let acceptance = Acceptance { key: reservation.key.clone(), claim: request.claim };
    let added = add_row(reservation.image_url.clone(), &acceptance).await;
    if added.is_err()
        && let Err(fault) = roll_back(ports, &reservation).await
    {
        // The reservation stays and is cleaned up later; the caller needs the first fault.
        fault.log(format_args!("roll back object {}", reservation.key));
    }
    added
}

/// Steps 1 and 2: takes the first free key of the request's second and puts the object there.
async fn store_under_free_key(
    ports: &Ports,
    policy: &Policy,
    photo: &AcceptedPhoto,
    request: &RequestContext,
) -> Result<Reservation, StoreError> {
    let AcceptedPhoto { kind, participation_id, ref jpeg } = *photo;
    let local = policy.time_zone.local(request.received_at);
    for nth in (1..=MAX_PHOTOS_A_SECOND).filter_map(NonZeroU32::new) {
        let key = ObjectKey::new(kind, participation_id, local, nth);
        let reservation = Reservation {
            image_url: ports.objects.url(&key),
            key,
            content_sha256: *jpeg.sha256(),
            // The clean-up's grace period begins here, so the duration of the upload does not
            // count.
            reserved_at: ports.clock.now(),
        };
        if !ports.repository.reserve(&reservation).await.map_err(StoreError::Database)? {
            continue;
        }
        match ports.objects.put_new(&reservation.key, jpeg).await {
            Ok(()) => return Ok(reservation),
            // Another program stored that object, so only its reservation can be released.
            Err(PutError::AlreadyExists) => {
                let key = &reservation.key;
                ports.repository.release(key).await.map_err(StoreError::Database)?;
            }
            // The object may still arrive, so the reservation stays and is cleaned up later.
            Err(PutError::Fault(fault)) => return Err(StoreError::Objects(fault)),
        }
    }
    Err(StoreError::Objects(Fault::transient(format!(
        "name more than {MAX_PHOTOS_A_SECOND} photos of participation {participation_id} in one second"
    ))))
}

/// Undoes step 2 after step 3 failed.
///
/// A process paused for longer than the grace period can store an object after the clean-up removed
/// its reservation; nothing would ever find that object. If the reservation is gone, reserve the key
/// again. Success means that no row uses the key, so the object can be deleted. Failure means that
/// the row was committed and only the response was lost.
async fn roll_back(ports: &Ports, reservation: &Reservation) -> Result<(), Fault> {
    let (repository, objects) = (&*ports.repository, &*ports.objects);
    if !remove_unfinished(repository, objects, &reservation.key).await?
        && repository.reserve(reservation).await?
    {
        remove_unfinished(repository, objects, &reservation.key).await?;
    }
    Ok(())
}

/// Deletes the object of a reservation whose row was not added, then the reservation. Returns
/// whether there was a reservation.
///
/// An object with other contents stays: another program stored it under this key.
pub(crate) async fn remove_unfinished(
    repository: &dyn Repository,
    objects: &dyn ObjectStore,
    key: &ObjectKey,
) -> Result<bool, Fault> {
    let Some(content_sha256) = repository.abandon(key).await? else { return Ok(false) };
    // Objects are never overwritten, so the deleted object is the one that was read.
    if let Some(object) = objects.get(key).await?
        && <[u8; 32]>::from(Sha256::digest(&object)) == content_sha256
    {
        objects.delete(key).await?;
    }
    repository.release(key).await?;
    Ok(true)
}
