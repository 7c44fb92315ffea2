use actix_web::HttpRequest;
use actix_web::web::Query;
use injeung_domain::{Caller, ObjectKey, Ports};
use serde::Deserialize;

use super::{AuthError, Authentication};

/// Query of a signed URL.
#[derive(Deserialize)]
struct Signature {
    expires: u64,
    signature: String,
}

/// Admits a request to a stored photo: everyone if photos are public and it was not rejected; otherwise a signed URL, an API key with the scope
/// `verify`, or the token of the photo's participant.
///
/// # Errors
/// If the request has no valid signature or credential, or the photo belongs to another participant.
pub(crate) async fn admit(
    authentication: &Authentication,
    ports: &Ports,
    request: &HttpRequest,
    key: &ObjectKey,
) -> Result<(), AuthError> {
    let Some(required) = &authentication.0 else { return Ok(()) };
    if required.public_photos && !key.is_rejected() {
        return Ok(());
    }
    if let Some(urls) = &required.urls
        && let Ok(Query(Signature { expires, signature })) =
            Query::<Signature>::from_query(request.query_string())
    {
        return Ok(urls.verify(key, expires, &signature)?);
    }
    check_reader(authentication, ports, request, key).await
}

/// Checks that the sender of a request may read a photo: a server, or the photo's participant. A signed URL does not
/// count, so that it cannot be renewed.
///
/// # Errors
/// If the request has no valid credential, or the photo belongs to another participant.
pub(crate) async fn check_reader(
    authentication: &Authentication,
    ports: &Ports,
    request: &HttpRequest,
    key: &ObjectKey,
) -> Result<(), AuthError> {
    let caller = authentication.caller(ports, request).await?;
    if let Caller::Anyone | Caller::Service(_) = caller {
        return Ok(());
    }
    let id = key.participation_id().ok_or(AuthError::NoParticipation)?;
    let participation =
        ports.repository.find_participation(id).await.map_err(AuthError::Database)?;
    match participation {
        Some(participation) if caller.may_act_for(&participation) => Ok(()),
        Some(_) | None => Err(AuthError::NotOwner(id)),
    }
}
