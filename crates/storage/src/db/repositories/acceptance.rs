use diesel::QueryResult;
use injeung_domain::Fault;
use injeung_domain::ports::Acceptance;

use super::{Connection, request_keys, reservations};

/// Settles an acceptance, at the end of the transaction that adds its row.
///
/// # Errors
/// The inner error says that it cannot be settled; the transaction has to be rolled back then.
pub(super) async fn settle(
    connection: &mut Connection,
    acceptance: &Acceptance,
) -> QueryResult<Result<(), Fault>> {
    let Acceptance { key, claim } = acceptance;
    if let Some(claim) = claim
        && !request_keys::answer(connection, claim).await?
    {
        return Ok(Err(Fault::transient("the request's key was taken over")));
    }
    if !reservations::clear(connection, key).await? {
        return Ok(Err(Fault::permanent(format!("object {key} is not reserved any more"))));
    }
    Ok(Ok(()))
}
