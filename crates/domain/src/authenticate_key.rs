use time::Duration;

use crate::retry::retried;
use crate::{ApiKey, Fault, KeyId, KeyRejection, KeyText, Ports, Scope};

/// Time after which a further use of a key is stored, so that not every request writes a row.
const TOUCH_INTERVAL: Duration = Duration::MINUTE;

/// Why the text of an API key was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateKeyError {
    /// No key has this id.
    #[error("find API key {0}: there is none")]
    Unknown(KeyId),
    /// The text is not that of the key, or the key is not valid for the call.
    #[error("accept API key {id}: {reason}")]
    Rejected {
        /// Id of the key.
        id: KeyId,
        /// Why the key was rejected.
        reason: KeyRejection,
    },
    /// The database failed.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Finds the API key of a text, checks it for a scope, and stores its use.
///
/// # Errors
/// When there is no such key, it is not valid, or the database failed.
pub async fn authenticate_key(
    ports: &Ports,
    text: &KeyText,
    scope: Scope,
) -> Result<ApiKey, AuthenticateKeyError> {
    use AuthenticateKeyError as Error;

    let id = text.id();
    let find = || ports.repository.find_api_key(id);
    let found = retried(&*ports.clock, find).await.map_err(Error::Database)?;
    let key = found.ok_or_else(|| Error::Unknown(id.clone()))?;
    let now = ports.clock.now();
    key.check(text, scope, now).map_err(|reason| Error::Rejected { id: id.clone(), reason })?;
    if key.last_used_at.is_none_or(|used| now - used >= TOUCH_INTERVAL)
        && let Err(fault) = ports.repository.touch_api_key(id, now).await
    {
        // The key is valid; its next use is stored instead.
        fault.log(format_args!("store the use of API key {id}"));
    }
    Ok(key)
}
