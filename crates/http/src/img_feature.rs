use std::borrow::Cow;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use injeung_domain::{
    AttemptKind, PhotoLimits, RequestContext, VerifiedFeature, VerifyFeature, VerifyFeatureError,
    verify_feature,
};
use serde::Deserialize;

use crate::audit::{self, Verification};
use crate::call::{self, Call};
use crate::idempotency::Outcome;
use crate::log::Seen;
use crate::server::Server;
use crate::upload::{Body, Id, PhotoField, UploadError};
use crate::{error, learning, log, replays};

/// `POST /img_feature`: accepts a photo that shows the same scene as the reference.
pub(crate) async fn handle(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    call::answer(server, request, payload, call()).await
}

/// The steps of this call.
pub(crate) fn call() -> Call<VerifyFeature, impl Future<Output = Outcome> + Send + 'static> {
    Call { parse, fingerprint: VerifyFeature::fingerprint, run, accepted: error::IMG_FEATURE }
}

#[derive(Deserialize)]
struct Fields<'a> {
    participation_id: Id,
    feed_img: PhotoField,
    #[serde(borrow)]
    feed_content: Cow<'a, str>,
}

fn parse(body: &mut Body, limits: &PhotoLimits) -> Result<VerifyFeature, UploadError> {
    let Fields { participation_id: Id(participation_id), feed_img, feed_content } =
        body.fields()?;
    Ok(VerifyFeature {
        participation_id,
        content: feed_content.parse().map_err(UploadError::malformed)?,
        photo: feed_img.photo(limits).map_err(UploadError::photo)?,
    })
}

async fn run(server: Arc<Server>, command: VerifyFeature, request: RequestContext) -> Outcome {
    let participation_id = command.participation_id;
    let kind = AttemptKind::Feature;
    let verification = Verification::new(kind, participation_id, &command.content, &request);
    let result = verify_feature(&server.ports, &server.policy, command, request).await;
    let answer = error::img_feature(&result);
    let is_final = result.as_ref().is_err_and(VerifyFeatureError::is_final);
    audit::record(&server, verification, &answer, is_final);
    let error = match result {
        Ok(verified) => {
            log::verified(participation_id, &verified);
            let VerifiedFeature { feed_id, replay, lesson, .. } = verified;
            replays::accepted(&server, participation_id, feed_id, replay.as_ref());
            if let Some(lesson) = lesson {
                learning::learn(&server, participation_id, lesson);
            }
            return Outcome { answer, is_final, rejected_photo: false };
        }
        Err(error) => error,
    };
    let (seen, rejected_photo) = match &error {
        VerifyFeatureError::DifferentScene(comparison) => {
            (Some(Seen::Comparison(comparison)), true)
        }
        VerifyFeatureError::Verification(error) => (None, replays::rejected(&server, error)),
        VerifyFeatureError::NoReference(_) => (None, false),
    };
    log::outcome(&answer, Some(participation_id), seen, &error);
    Outcome { answer, is_final, rejected_photo }
}
