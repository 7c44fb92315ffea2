use std::borrow::Cow;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{PhotoLimits, Ports, VerifyKeyword, verify_keyword};
use serde::Deserialize;

use crate::error::Answer;
use crate::server::Server;
use crate::upload::{Body, Id, PhotoField, UploadError};
use crate::{call, error, log};

/// `POST /classification`: accepts a photo that shows what a keyword names.
pub(crate) async fn handle(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    call::answer(server, request, payload, parse, run).await
}

#[derive(Deserialize)]
struct Fields<'a> {
    participation_id: Id,
    #[serde(borrow)]
    feed_img: PhotoField<'a>,
    #[serde(borrow)]
    feed_content: Cow<'a, str>,
    #[serde(borrow)]
    classification_keyword: Cow<'a, str>,
}

fn parse(body: &Body, limits: &PhotoLimits) -> Result<VerifyKeyword, UploadError> {
    let fields: Fields<'_> = body.fields()?;
    Ok(VerifyKeyword {
        participation_id: fields.participation_id.0,
        content: fields.feed_content.parse().map_err(UploadError::malformed)?,
        keyword: fields.classification_keyword.parse().map_err(UploadError::malformed)?,
        photo: fields.feed_img.photo(limits).map_err(UploadError::malformed)?,
    })
}

async fn run(ports: Arc<Ports>, command: VerifyKeyword) -> Answer {
    let participation_id = command.participation_id;
    let result = verify_keyword(&ports, command).await;
    let answer = error::classification(&result);
    if let Err(error) = &result {
        log::outcome(&answer, Some(participation_id), None, error);
    }
    answer
}
