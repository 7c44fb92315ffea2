//! The responses of each route, made by the functions that make those of the service.

use actix_web::http::StatusCode;
use injeung_domain::{
    AnswerOnceError, AppealError, AttemptId, Comparison, Fault, IdError, ParticipationId,
    PhotoError, ReferenceQuality, RegisterReferenceError, Replay, ReplayKind, VerificationError,
    VerifyFeatureError, VerifyKeywordError,
};
use time::Duration;

use crate::auth::AuthError;
use crate::error::{self, Answer, BUSY, NOT_FOUND, UNFORESEEN};
use crate::upload::UploadError;

/// Responses of `POST /std_img`.
pub(super) fn std_img() -> Result<Vec<Answer>, IdError> {
    use RegisterReferenceError as Error;

    let id = ParticipationId::try_from(1)?;
    let poor = ReferenceQuality { feature_count: 0, verifiable: false, issues: Vec::new() };
    let errors = [
        Error::UnknownParticipation(id),
        Error::Photo(PhotoError::Empty),
        Error::Unverifiable(poor),
        Error::Objects(fault()),
        Error::Vision(fault()),
        Error::Database(fault()),
    ];
    let own = errors.into_iter().map(|error| error::std_img(&Err(error)));
    Ok([error::STD_IMG].into_iter().chain(own).chain(of_calls(id)).collect())
}

/// Responses of `POST /img_feature`.
pub(super) fn img_feature() -> Result<Vec<Answer>, IdError> {
    use VerifyFeatureError as Error;

    let id = ParticipationId::try_from(1)?;
    let other = Comparison {
        same_scene: false,
        score: 0.0,
        threshold: 1.0,
        tiers: Vec::new(),
        difference: None,
    };
    let own = [Error::NoReference(id), Error::DifferentScene(other)].into_iter();
    let own = own.chain(of_verifications(id).map(Error::Verification));
    let own = own.map(|error| error::img_feature(&Err(error)));
    Ok([error::IMG_FEATURE].into_iter().chain(own).chain(of_calls(id)).collect())
}

/// Responses of `POST /classification`.
pub(super) fn classification() -> Result<Vec<Answer>, IdError> {
    use VerifyKeywordError as Error;

    let id = ParticipationId::try_from(1)?;
    let not_shown =
        "desk".parse().map(|keyword| Error::KeywordNotShown { keyword, shown: Vec::new() });
    let own = [Error::Classifier(fault())].into_iter().chain(not_shown.ok());
    let own = own.chain(of_verifications(id).map(Error::Verification));
    let own = own.map(|error| error::classification(&Err(error)));
    Ok([error::CLASSIFICATION].into_iter().chain(own).chain(of_calls(id)).collect())
}

/// Responses of `POST /appeals`.
pub(super) fn file_appeal() -> Result<Vec<Answer>, IdError> {
    use AppealError as Error;

    let id = AttemptId::try_from(1)?;
    let own = [Error::NotReviewable(id), Error::TooLate(id)].map(|error| error::appeal(&error));
    let uploads =
        [UploadError::TooSlow, UploadError::TooLarge, UploadError::Unsupported, UploadError::Busy];
    let uploads = uploads.map(|error| error::upload(&error));
    let success = [error::APPEAL_FILED].into_iter();
    Ok(success.chain(of_appeals()?).chain(own).chain(uploads).collect())
}

/// Responses of `GET /appeals`.
pub(super) fn find_appeal() -> Result<Vec<Answer>, IdError> {
    Ok([error::APPEAL_STATE].into_iter().chain(of_appeals()?).collect())
}

fn of_appeals() -> Result<impl Iterator<Item = Answer>, IdError> {
    use AppealError as Error;

    let id = ParticipationId::try_from(1)?;
    let own = [
        Error::UnknownParticipation(id),
        Error::NotOwner(id),
        Error::Unknown(id),
        Error::Database(fault()),
    ];
    let own = own.map(|error| error::appeal(&error));
    let missing = error::auth(&AuthError::Missing);
    let others = [missing, busy_caller(), BUSY, UNFORESEEN];
    Ok(own.into_iter().chain(others))
}

/// Responses of `GET /objects/{key}` besides the photo.
pub(super) fn photo() -> Vec<Answer> {
    let unmet = [StatusCode::PRECONDITION_FAILED, StatusCode::RANGE_NOT_SATISFIABLE];
    objects().into_iter().chain(unmet.map(error::unmet)).collect()
}

/// Responses of `GET /objects/{key}/url`.
pub(super) fn objects() -> Vec<Answer> {
    let credentials = [AuthError::Missing, AuthError::NoParticipation];
    let credentials = credentials.iter().map(error::auth);
    let database = error::auth(&AuthError::Database(fault()));
    credentials.chain([NOT_FOUND, busy_caller(), BUSY, database, UNFORESEEN]).collect()
}

/// Responses that need the scope of an API key, besides the content.
pub(super) fn scoped() -> Vec<Answer> {
    let database = error::auth(&AuthError::Database(fault()));
    vec![error::auth(&AuthError::Missing), BUSY, database, UNFORESEEN]
}

/// Rejections and failures of the admin API when it reads.
pub(super) fn admin_reads() -> Vec<Answer> {
    let invalid = error::upload(&UploadError::Malformed(String::new()));
    scoped().into_iter().chain([NOT_FOUND, invalid]).collect()
}

/// Rejections and failures of the admin API when it changes something.
pub(super) fn admin_changes() -> Vec<Answer> {
    let uploads = [UploadError::TooSlow, UploadError::TooLarge, UploadError::Unsupported];
    let uploads = uploads.map(|error| error::upload(&error));
    admin_reads().into_iter().chain(uploads).collect()
}

/// Responses that the three calls share.
fn of_calls(id: ParticipationId) -> impl Iterator<Item = Answer> {
    let uploads = [
        UploadError::Malformed(String::new()),
        UploadError::TooSlow,
        UploadError::TooLarge,
        UploadError::Unsupported,
        UploadError::Heif,
        UploadError::Busy,
    ];
    let credentials = [AuthError::Missing, AuthError::NotOwner(id)];
    let keys = [AnswerOnceError::OtherRequest, AnswerOnceError::Database(fault())];
    let uploads = uploads.map(|error| error::upload(&error)).into_iter();
    let credentials = credentials.map(|error| error::auth(&error));
    let keys = keys.map(|error| error::once(&error));
    uploads.chain(credentials).chain(keys).chain([busy_caller(), UNFORESEEN])
}

/// Reasons that the two verifications share.
fn of_verifications(id: ParticipationId) -> impl Iterator<Item = VerificationError> {
    let replay = Replay { kind: ReplayKind::SamePixels, earlier: String::new() };
    [
        VerificationError::UnknownParticipation(id),
        VerificationError::OutsideWindow(id),
        VerificationError::DayTaken(id),
        VerificationError::Replayed(id, replay),
        VerificationError::Objects(fault()),
        VerificationError::Vision(fault()),
        VerificationError::Database(fault()),
    ]
    .into_iter()
}

/// Response to a caller at a limit.
fn busy_caller() -> Answer {
    error::too_many(Duration::SECOND)
}

fn fault() -> Fault {
    Fault::permanent("describe a fault")
}
