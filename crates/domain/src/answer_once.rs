//! Runs a keyed request once and repeats its answer for retries.
//!
//! 1. Claim the key in the database until an instant. A request that finds the key claimed waits
//!    for the answer.
//! 2. Run the use case. The transaction that adds the row also answers the key, so that no retry
//!    can add a second row.
//! 3. Answer the key with a rejection that can never change, or release it.
//!
//! The claim of a process that died expires. A claim that was replaced can no longer add a row.

use std::time::Duration;

use bytes::Bytes;

use crate::ports::{Claiming, Ports};
use crate::{Claim, Fault, Fingerprint, Policy, RequestKey};

/// Interval at which a waiting request checks for the answer.
const POLL: Duration = Duration::from_millis(100);

/// A request with a key.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// Key that the client sent.
    pub key: RequestKey,
    /// Digest of the request's contents, which detects the reuse of a key for another request.
    pub fingerprint: Fingerprint,
    /// Answer to store for the key when the row is added. Its format is the caller's.
    pub if_accepted: Bytes,
}

/// The answer to a request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered<A> {
    /// The outcome of this run.
    Now(A),
    /// The stored answer of an earlier run.
    Before(Bytes),
}

/// How the outcome of a request is kept for its retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The row was added and the key answered with it.
    Accepted,
    /// The request was rejected, and the rejection can never change. Retries get this answer.
    Rejected(Bytes),
    /// The request failed, or the reason for its rejection can change. A retry is evaluated again.
    Open,
}

/// Why a request with a key has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerOnceError {
    /// The key belongs to a request with other contents.
    #[error("use the request key of a different request")]
    OtherRequest,
    /// The same request is still running, and the wait for its answer timed out.
    #[error("wait for the response to the same request")]
    Unfinished,
    /// The database failed before the request ran.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Runs `work` for a request with a key, unless the key is already answered.
///
/// `work` must pass the claim to the use case. `ending` decides how the outcome is kept. Of several
/// callers with one key, in any processes, one runs the work and the others get its answer. If the
/// work fails, the next caller runs it.
///
/// # Errors
/// When the key belongs to another request, the answer did not come in time, or the database
/// failed. A key that could not be answered or released after the work stays claimed until the
/// claim expires.
pub async fn answer_once<A, F>(
    ports: &Ports,
    policy: &Policy,
    request: KeyedRequest,
    work: impl FnOnce(Claim) -> F,
    ending: impl FnOnce(&A) -> Ending,
) -> Result<Answered<A>, AnswerOnceError>
where
    F: Future<Output = A>,
{
    let claim = match claim(ports, policy, request).await? {
        Answered::Now(claim) => claim,
        Answered::Before(answer) => return Ok(Answered::Before(answer)),
    };
    let answer = work(claim.clone()).await;
    let id = claim.id;
    let ended = match ending(&answer) {
        Ending::Accepted => Ok(()),
        Ending::Rejected(rejection) => {
            ports.repository.answer_key(&Claim { answer: rejection, ..claim }).await
        }
        Ending::Open => ports.repository.release_key(id).await,
    };
    if let Err(fault) = ended {
        // The client still gets the result of its request; the claim expires.
        fault.log(format_args!("answer or release the request key of claim {id}"));
    }
    Ok(Answered::Now(answer))
}

/// Step 1: returns a new claim on the key, or its stored answer.
async fn claim(
    ports: &Ports,
    policy: &Policy,
    request: KeyedRequest,
) -> Result<Answered<Claim>, AnswerOnceError> {
    use AnswerOnceError as Error;

    let KeyedRequest { key, fingerprint, if_accepted } = request;
    let rules = policy.rules.request_keys;
    let begun = ports.clock.now();
    // Limits the wait even if the clock is set back.
    let mut slept = Duration::ZERO;
    loop {
        let now = ports.clock.now();
        let until = now.saturating_add(rules.claim);
        let claiming = ports.repository.claim_key(&key, &fingerprint, now, until).await;
        match claiming.map_err(Error::Database)? {
            Claiming::Claimed(id) => {
                let keep_until = now.saturating_add(rules.keep);
                return Ok(Answered::Now(Claim { id, answer: if_accepted, keep_until }));
            }
            Claiming::Answered(answer) => return Ok(Answered::Before(answer)),
            Claiming::OtherRequest => return Err(Error::OtherRequest),
            Claiming::Pending if slept.max((now - begun).unsigned_abs()) >= rules.wait => {
                return Err(Error::Unfinished);
            }
            Claiming::Pending => {
                ports.clock.sleep(POLL).await;
                slept += POLL;
            }
        }
    }
}
