use crate::acceptance::{self, AcceptedPhoto, StoreError};
use crate::ports::Acceptance;
use crate::{
    AttemptId, Caller, Fault, JpegPhoto, NewAttempt, PhotoKind, Policy, Ports, RequestContext,
};

/// Records a verification; with `photo`, also stores that rejected photo as an object of its own, for
/// the people who check the verdict.
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
    let Some(jpeg) = photo else { return ports.repository.add_attempt(attempt, None).await };
    let participation_id = attempt.participation_id;
    let photo = AcceptedPhoto { kind: PhotoKind::Rejected, participation_id, jpeg };
    // Nobody sends this request, and its photo belongs to no caller's key.
    let request = RequestContext::new(attempt.created_at, Caller::Anyone);
    let add_row = async |photo_url, acceptance: &Acceptance| {
        let attempt = NewAttempt { photo_url: Some(photo_url), ..attempt };
        let added = ports.repository.add_attempt(attempt, Some(acceptance.clone())).await;
        added.map_err(StoreError::Database)
    };
    acceptance::store(ports, policy, photo, request, add_row).await.map_err(|error| match error {
        StoreError::Objects(fault) | StoreError::Database(fault) => fault,
    })
}
