//! How a request that comes again under its key is answered as it was before.
//!
//! 1. Claim the key in the database, for a time; whoever finds it claimed waits for the answer.
//! 2. Do what was asked for. The transaction that adds the row answers the key as well, so that
//!    there is no moment at which a retry could add a second row.
//! 3. Answer the key with a rejection that can never change, or release it.
//!
//! A claim whose holder died ends by itself, and one that was taken over can add no row any more.

use std::time::Duration;

use bytes::Bytes;

use crate::ports::{Claiming, Ports};
use crate::{Claim, Fault, Fingerprint, Policy, RequestKey};

/// How often somebody who waits for an answer looks whether it is there.
const POLL: Duration = Duration::from_millis(100);

/// A request that came under a key.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// The key.
    pub key: RequestKey,
    /// What was asked for.
    pub fingerprint: Fingerprint,
    /// What the key is answered with where the row is added. What answers look like is the
    /// caller's business.
    pub if_accepted: Bytes,
}

/// What a request under a key was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered<A> {
    /// What came of it just now.
    Now(A),
    /// What it was answered with before.
    Before(Bytes),
}

/// How what came of a request is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The row was added, and the key answered with it.
    Accepted,
    /// It was rejected, and always will be; a retry is answered with this.
    Rejected(Bytes),
    /// It failed, or was rejected for a reason that can change; a retry is evaluated again.
    Open,
}

/// Why a request under a key has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerOnceError {
    /// The key is another request's.
    #[error("answer a request under the key of another one")]
    OtherRequest,
    /// The same request is being worked on, and that took too long.
    #[error("wait for the answer to the same request")]
    Unfinished,
    /// The database failed; nothing was begun.
    #[error("reach the database: {0}")]
    Database(#[source] Fault),
}

/// Has a request done that came under a key, unless it was done before.
///
/// `work` has to hand the claim on to the use case, and `ending` tells how what came of it is kept.
/// Of several callers with one key, in whatever processes, one does the work and the others get
/// its answer; where it failed, the next one tries.
///
/// # Errors
/// When the key is another request's, the answer did not come in time, or the database failed. A
/// key that could not be answered or released after the work stays claimed until the claim expires.
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
        // The client gets the result of its request nevertheless; the claim expires.
        fault.log(format_args!("answer or release the request key of claim {id}"));
    }
    Ok(Answered::Now(answer))
}

/// Step 1: a claim on the key, or what was answered under it.
async fn claim(
    ports: &Ports,
    policy: &Policy,
    request: KeyedRequest,
) -> Result<Answered<Claim>, AnswerOnceError> {
    use AnswerOnceError as Error;

    let KeyedRequest { key, fingerprint, if_accepted } = request;
    let rules = policy.rules.request_keys;
    let begun = ports.clock.now();
    // Bounds the wait where the clock is set back meanwhile.
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
