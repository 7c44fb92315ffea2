use crate::acceptance::{self, AcceptedPhoto, StoreError};
use crate::ports::Acceptance;
use crate::{
    AttemptId, AttemptOutcome, Caller, EventKind, Fault, JpegPhoto, NewAttempt, NewMessage,
    PhotoKind, Policy, Ports, RequestContext,
};

/// Records a verification; with `photo`, also stores that rejected photo as an object of its own, for
/// the people who check the verdict. A rejected photo that was examined is reported.
///
/// # Errors
/// When the database or the object store failed. Nothing is recorded then, and an object without a
/// record is removed by the clean-up.
pub async fn record_attempt(
    ports: &Ports,
    policy: &Policy,
    attempt: NewAttempt,
    photo: Option<JpegPhoto>,
) -> Result<AttemptId, Fault> {
    let message = rejection(&attempt).and_then(|message| policy.reported(message));
    let Some(jpeg) = photo else {
        return ports.repository.add_attempt(attempt, message, None).await;
    };
    let participation_id = attempt.participation_id;
    let photo = AcceptedPhoto { kind: PhotoKind::Rejected, participation_id, jpeg };
    // Nobody sends this request, and its photo belongs to no caller's key.
    let request = RequestContext::new(attempt.created_at, Caller::Anyone);
    let add_row = async |photo_url, acceptance: &Acceptance| {
        let attempt = NewAttempt { photo_url: Some(photo_url), ..attempt };
        let added = ports.repository.add_attempt(attempt, message, Some(acceptance.clone())).await;
        added.map_err(StoreError::Database)
    };
    acceptance::store(ports, policy, photo, request, add_row).await.map_err(|error| match error {
        StoreError::Objects(fault) | StoreError::Database(fault) => fault,
    })
}

/// Message that reports a rejected photo; `None` if no photo was examined, as outside the window.
fn rejection(attempt: &NewAttempt) -> Option<NewMessage> {
    let is_reported = attempt.outcome == AttemptOutcome::Rejected && attempt.photo_sha256.is_some();
    is_reported.then(|| NewMessage {
        event: EventKind::PhotoRejected,
        occurred_at: attempt.created_at,
        participation_id: attempt.participation_id,
        request_id: attempt.request_id.clone(),
        kind: Some(attempt.kind),
        outcome: Some(attempt.outcome),
        errcode: attempt.errcode,
        image_url: None,
    })
}
