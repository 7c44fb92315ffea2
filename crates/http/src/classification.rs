use std::borrow::Cow;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{
    AttemptKind, PhotoLimits, RequestContext, VerifiedKeyword, VerifyKeyword, VerifyKeywordError,
    verify_keyword,
};
use serde::Deserialize;

use crate::audit::{self, Verification};
use crate::call::{self, Call};
use crate::idempotency::Outcome;
use crate::server::Server;
use crate::upload::{Body, Id, PhotoField, UploadError};
use crate::{error, log, replays};

/// `POST /classification`: accepts a photo that shows what the keyword names.
pub(crate) async fn handle(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    call::answer(server, request, payload, call()).await
}

/// The steps of this call.
pub(crate) fn call() -> Call<VerifyKeyword, impl Future<Output = Outcome> + Send + 'static> {
    Call { parse, fingerprint: VerifyKeyword::fingerprint, run, accepted: error::CLASSIFICATION }
}

#[derive(Deserialize)]
struct Fields<'a> {
    participation_id: Id,
    feed_img: PhotoField,
    #[serde(borrow)]
    feed_content: Cow<'a, str>,
    #[serde(borrow)]
    classification_keyword: Cow<'a, str>,
}

fn parse(body: &mut Body, limits: &PhotoLimits) -> Result<VerifyKeyword, UploadError> {
    let fields: Fields<'_> = body.fields()?;
    Ok(VerifyKeyword {
        participation_id: fields.participation_id.0,
        content: fields.feed_content.parse().map_err(UploadError::malformed)?,
        keyword: fields.classification_keyword.parse().map_err(UploadError::malformed)?,
        photo: fields.feed_img.photo(limits).map_err(UploadError::photo)?,
    })
}

async fn run(server: Arc<Server>, command: VerifyKeyword, request: RequestContext) -> Outcome {
    let participation_id = command.participation_id;
    let kind = AttemptKind::Keyword;
    let verification = Verification::new(kind, participation_id, &command.content, &request)
        .with_keyword(command.keyword.as_str());
    let result = verify_keyword(&server.ports, &server.policy, command, request).await;
    let answer = error::classification(&result);
    let rejected_photo = match &result {
        Ok(VerifiedKeyword { feed_id, replay }) => {
            replays::accepted(&server, participation_id, *feed_id, replay.as_ref());
            false
        }
        Err(error) => {
            log::outcome(&answer, Some(participation_id), None, error);
            match error {
                VerifyKeywordError::KeywordNotShown { .. } => true,
                VerifyKeywordError::Verification(error) => replays::rejected(&server, error),
                VerifyKeywordError::Classifier(_) => false,
            }
        }
    };
    let is_final = result.is_err_and(|error| error.is_final());
    audit::record(&server, verification, &answer, is_final);
    Outcome { answer, is_final, rejected_photo }
}
