//! Status, errcode and message of every outcome; no other module knows them.
//!
//! The messages match those that clients know letter for letter, including their spelling.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use injeung_domain::{
    AnswerOnceError, AppealError, AttemptKind, AuthenticateKeyError, Fault, FaultKind, PhotoError,
    RegisterReferenceError, RegisteredReference, VerificationError, VerifiedFeature,
    VerifiedKeyword, VerifyFeatureError, VerifyKeywordError,
};
use time::Duration;

use crate::auth::{AuthError, TokenError};
use crate::rates::RateError;
use crate::upload::UploadError;

/// Status and content of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Code of the failure; `None` for a success.
    pub(crate) errcode: Option<u16>,
    /// Text for the client's user.
    pub(crate) message: Cow<'static, str>,
    /// Seconds after which the client can retry, if a retry can succeed.
    pub(crate) retry_after: Option<u64>,
}

/// Response of `POST /std_img` to a registered reference.
pub(crate) const STD_IMG: Answer = success("완료 되었습니다.");
/// Response of `POST /img_feature` to an accepted photo.
pub(crate) const IMG_FEATURE: Answer = success("완료되었습니다.");
/// Response of `POST /classification` to an accepted photo.
pub(crate) const CLASSIFICATION: Answer = success("완료");

/// Response of `GET /objects/{key}/url`, with the URL.
pub(crate) const URL: Answer = success("ok");

/// Response of the admin API, with what was read or stored.
pub(crate) const ADMIN: Answer = success("ok");
/// Response of `POST /appeals`, with the state of the appeal.
pub(crate) const APPEAL_FILED: Answer = success("이의 제기가 접수되었습니다.");
/// Response of `GET /appeals`, with the state of the appeal.
pub(crate) const APPEAL_STATE: Answer = success("ok");

/// Response of `GET /healthz`.
pub(crate) const ALIVE: Answer = success("ok");
/// Response of `GET /readyz` if all checks pass.
pub(crate) const READY: Answer = success("ready");
/// Response to an unknown route or record.
pub(crate) const NOT_FOUND: Answer =
    failure(StatusCode::NOT_FOUND, 102, "요청한 주소를 찾을 수 없습니다.");
/// Response to a known route with another method.
pub(crate) const WRONG_METHOD: Answer =
    failure(StatusCode::METHOD_NOT_ALLOWED, 103, "허용되지 않은 메서드입니다.");
/// Response if too much work is queued, or if the service is stopping.
pub(crate) const BUSY: Answer = Answer {
    status: StatusCode::SERVICE_UNAVAILABLE,
    errcode: Some(110),
    message: Cow::Borrowed("서버가 혼잡합니다. 잠시 후 다시 시도해주세요."),
    retry_after: Some(1),
};
/// Response to a bug, or to an adapter's fault without its own errcode.
pub(crate) const UNFORESEEN: Answer =
    failure(StatusCode::INTERNAL_SERVER_ERROR, 112, "서버 오류가 발생했습니다.");

const UNAUTHENTICATED: Answer =
    failure(StatusCode::UNAUTHORIZED, 100, "토큰이 입력되지 않았습니다.");
const NOT_OWNER: Answer = failure(StatusCode::FORBIDDEN, 101, "알맞지 않은 참가자 아이디 입니다.");
const TOO_LARGE: Answer = failure(StatusCode::PAYLOAD_TOO_LARGE, 107, "사진 용량이 너무 큽니다.");
const TOO_SLOW: Answer =
    failure(StatusCode::REQUEST_TIMEOUT, 113, "전송이 너무 느립니다. 다시 시도해주세요.");
const UNSUPPORTED: Answer =
    failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, 108, "지원하지 않는 형식입니다.");
const HEIF: Answer =
    failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, 114, "JPEG, PNG 또는 WebP 사진을 보내주세요.");
const DATABASE: Answer = failure(StatusCode::INTERNAL_SERVER_ERROR, 111, "DB 접근 오류");
const MALFORMED: Answer = failure(StatusCode::BAD_REQUEST, 1, "입력이 바르지 않습니다.");
const DAY_TAKEN: Answer = failure(StatusCode::CONFLICT, 104, "오늘 인증이 이미 완료 되었습니다.");
const REPLAYED: Answer = failure(StatusCode::CONFLICT, 105, "이미 사용된 사진입니다.");
const OTHER_REQUEST: Answer =
    failure(StatusCode::CONFLICT, 106, "같은 요청 키로 다른 내용이 전송되었습니다.");
const NOT_REVIEWABLE: Answer =
    failure(StatusCode::CONFLICT, 115, "이의를 제기할 수 없는 인증입니다.");
const APPEAL_TOO_LATE: Answer = failure(StatusCode::CONFLICT, 116, "이의 제기 기간이 지났습니다.");
const TOO_MANY: Answer =
    failure(StatusCode::TOO_MANY_REQUESTS, 109, "요청이 너무 많습니다. 잠시 후 다시 시도해주세요.");

/// What a response means, in English, for pages. The message of an unknown response is returned as it is.
pub(crate) fn in_english(message: &str) -> &str {
    let known = MEANINGS.iter().find(|(korean, _)| *korean == message);
    known.map_or(message, |(_, english)| english)
}

/// Korean message and English meaning of the errcode of a verification; `None` if it has none.
pub(crate) fn meaning(kind: AttemptKind, errcode: u16) -> Option<(&'static str, &'static str)> {
    let message = match (kind, errcode) {
        (AttemptKind::Feature, 2) => NO_REFERENCE,
        (AttemptKind::Feature, 3) | (AttemptKind::Keyword, 4) => OUTSIDE_WINDOW,
        (AttemptKind::Feature, 4) => DIFFERENT_SCENE,
        (AttemptKind::Feature, 5) => NOT_UPLOADED,
        (AttemptKind::Keyword, 2) => CLASSIFIER_FAILED,
        (AttemptKind::Keyword, 3) => KEYWORD_NOT_SHOWN,
        (AttemptKind::Keyword, 5) => S3_FAILED,
        (_, errcode) => {
            let shared =
                [MALFORMED, NOT_OWNER, DAY_TAKEN, REPLAYED, TOO_MANY, BUSY, DATABASE, UNFORESEEN];
            let found = shared.into_iter().find(|answer| answer.errcode == Some(errcode))?;
            match found.message {
                Cow::Borrowed(message) => message,
                Cow::Owned(_) => return None,
            }
        }
    };
    MEANINGS.iter().find(|(korean, _)| *korean == message).copied()
}

/// The errcodes of verdicts about photos, with their Korean messages and English meanings, for a list of choices.
pub(crate) fn verdict_errcodes() -> Vec<(u16, (&'static str, &'static str))> {
    let of = |kind, errcode| meaning(kind, errcode).map(|meaning| (errcode, meaning));
    [of(AttemptKind::Feature, 4), of(AttemptKind::Keyword, 3)].into_iter().flatten().collect()
}

/// Response to a fault of the database.
pub(crate) fn database(fault: &Fault) -> Answer {
    of_fault(fault, DATABASE)
}

const NO_REFERENCE: &str = "기준 사진이 존재하지 않습니다.";
const OUTSIDE_WINDOW: &str = "인증 시간이 아닙니다.";
const DIFFERENT_SCENE: &str = "사진이 일치하지 않습니다.";
const NOT_UPLOADED: &str = "사진이 업로드 되지 않습니다.";
const CLASSIFIER_FAILED: &str = "Clarifai 서버 문제, 혹은 그에 관한 문제";
const KEYWORD_NOT_SHOWN: &str = "해당 단어에 알맞지 않은 사진이거나, 사진을 다시 찍어주세요.";
const S3_FAILED: &str = "S3 오류";

/// Messages with their meanings in English.
const MEANINGS: [(&str, &str); 26] = [
    ("완료 되었습니다.", "The reference is registered."),
    ("완료되었습니다.", "The photo is accepted."),
    ("완료", "The photo is accepted."),
    ("입력이 바르지 않습니다.", "The request cannot be read, or the participation does not exist."),
    ("사진이 첨부되지 않았습니다.", "The photo cannot be read."),
    (
        "특징점이 확실한 사직을 찍어주세요.",
        "The photo has too few distinct details for a reference.",
    ),
    (NO_REFERENCE, "The participation does not exist, or it has no reference photo."),
    (OUTSIDE_WINDOW, "The challenge is closed at this time."),
    (DIFFERENT_SCENE, "The photo does not show the scene of the reference."),
    (NOT_UPLOADED, "The photo could not be stored."),
    (CLASSIFIER_FAILED, "The classifier failed."),
    (KEYWORD_NOT_SHOWN, "The photo does not show what the keyword names."),
    (S3_FAILED, "The photo could not be stored."),
    ("오늘 인증이 이미 완료 되었습니다.", "Today's photo was accepted already."),
    ("이미 사용된 사진입니다.", "The photo was sent before."),
    ("같은 요청 키로 다른 내용이 전송되었습니다.", "The same key came with another request."),
    ("요청이 너무 많습니다. 잠시 후 다시 시도해주세요.", "Too many requests; try again later."),
    ("토큰이 입력되지 않았습니다.", "The credential is missing or invalid."),
    ("알맞지 않은 참가자 아이디 입니다.", "The participation belongs to someone else."),
    ("사진 용량이 너무 큽니다.", "The photo is too large."),
    ("지원하지 않는 형식입니다.", "The format of the request is not supported."),
    ("JPEG, PNG 또는 WebP 사진을 보내주세요.", "Send a JPEG, PNG or WebP photo."),
    ("서버가 혼잡합니다. 잠시 후 다시 시도해주세요.", "The service is busy; try again shortly."),
    ("전송이 너무 느립니다. 다시 시도해주세요.", "The transfer was too slow."),
    ("DB 접근 오류", "The database failed."),
    ("서버 오류가 발생했습니다.", "The service failed."),
];

/// Response of every route to a request that was not admitted. It is the same for every invalid credential.
pub(crate) fn auth(error: &AuthError) -> Answer {
    use AuthError as Error;

    match error {
        Error::NotOwner(_) | Error::NoParticipation => NOT_OWNER,
        Error::Database(fault) | Error::Key(AuthenticateKeyError::Database(fault)) => {
            of_fault(fault, DATABASE)
        }
        Error::Token(TokenError::NoKeySet) => BUSY,
        Error::Missing
        | Error::Malformed(_)
        | Error::NoTokens
        | Error::TokenWithoutScope(_)
        | Error::Token(_)
        | Error::Url(_)
        | Error::Key(AuthenticateKeyError::Unknown(_) | AuthenticateKeyError::Rejected { .. }) => {
            UNAUTHENTICATED
        }
    }
}

/// Response of every route to a request beyond a rate limit.
pub(crate) fn rate(error: &RateError) -> Answer {
    too_many(Duration::try_from(error.retry_after).unwrap_or(Duration::MAX))
}

/// Response of every call to a body that cannot be parsed into a command.
pub(crate) fn upload(error: &UploadError) -> Answer {
    match error {
        UploadError::Unsupported => UNSUPPORTED,
        UploadError::TooLarge => TOO_LARGE,
        UploadError::Busy => BUSY,
        UploadError::TooSlow => TOO_SLOW,
        UploadError::Heif => HEIF,
        UploadError::Malformed(_) => MALFORMED,
    }
}

/// Response of every call to a request that its key prevents from running.
pub(crate) fn once(error: &AnswerOnceError) -> Answer {
    match error {
        AnswerOnceError::OtherRequest => OTHER_REQUEST,
        AnswerOnceError::Unfinished => BUSY,
        AnswerOnceError::Database(fault) => of_fault(fault, DATABASE),
    }
}

/// Response of `POST /std_img` to a result.
pub(crate) fn std_img(result: &Result<RegisteredReference, RegisterReferenceError>) -> Answer {
    use RegisterReferenceError as Error;

    let refused = |errcode, message| failure(StatusCode::BAD_REQUEST, errcode, message);
    let failed = |errcode, message| failure(StatusCode::INTERNAL_SERVER_ERROR, errcode, message);
    match result {
        Ok(_) => STD_IMG,
        Err(Error::UnknownParticipation(_)) => MALFORMED,
        Err(Error::Photo(PhotoError::Heif)) => HEIF,
        Err(Error::NotOwner(_)) => NOT_OWNER,
        Err(Error::Photo(_)) => refused(2, "사진이 첨부되지 않았습니다."),
        Err(Error::Unverifiable(_)) => refused(3, "특징점이 확실한 사직을 찍어주세요."),
        Err(Error::Objects(fault)) => of_fault(fault, failed(4, NOT_UPLOADED)),
        Err(Error::Vision(fault)) => of_fault(fault, UNFORESEEN),
        Err(Error::Database(fault)) => of_fault(fault, DATABASE),
    }
}

/// Response of `POST /img_feature` to a result.
pub(crate) fn img_feature(result: &Result<VerifiedFeature, VerifyFeatureError>) -> Answer {
    use {VerificationError as Shared, VerifyFeatureError as Error};

    let refused = |errcode, message| failure(StatusCode::BAD_REQUEST, errcode, message);
    let failed = |errcode, message| failure(StatusCode::INTERNAL_SERVER_ERROR, errcode, message);
    let no_reference = || refused(2, NO_REFERENCE);
    match result {
        Ok(_) => IMG_FEATURE,
        Err(Error::NoReference(_)) => no_reference(),
        Err(Error::DifferentScene(_)) => refused(4, DIFFERENT_SCENE),
        Err(Error::Verification(error)) => match error {
            Shared::Photo(_) => MALFORMED,
            Shared::UnknownParticipation(_) => no_reference(),
            Shared::NotOwner(_) => NOT_OWNER,
            Shared::OutsideWindow(_) => refused(3, OUTSIDE_WINDOW),
            Shared::DayTaken(_) => DAY_TAKEN,
            Shared::Replayed(..) => REPLAYED,
            Shared::TooManyAttempts { retry_after, .. } => too_many(*retry_after),
            Shared::Objects(fault) => of_fault(fault, failed(5, NOT_UPLOADED)),
            Shared::Vision(fault) => of_fault(fault, UNFORESEEN),
            Shared::Database(fault) => of_fault(fault, DATABASE),
        },
    }
}

/// Response of `POST /classification` to a result.
pub(crate) fn classification(result: &Result<VerifiedKeyword, VerifyKeywordError>) -> Answer {
    use {VerificationError as Shared, VerifyKeywordError as Error};

    let refused = |errcode, message| failure(StatusCode::BAD_REQUEST, errcode, message);
    let failed = |errcode, message| failure(StatusCode::INTERNAL_SERVER_ERROR, errcode, message);
    match result {
        Ok(_) => CLASSIFICATION,
        Err(Error::Classifier(fault)) => of_fault(fault, failed(2, CLASSIFIER_FAILED)),
        Err(Error::KeywordNotShown { .. }) => refused(3, KEYWORD_NOT_SHOWN),
        Err(Error::Verification(error)) => match error {
            Shared::Photo(_) | Shared::UnknownParticipation(_) => MALFORMED,
            Shared::NotOwner(_) => NOT_OWNER,
            Shared::OutsideWindow(_) => refused(4, OUTSIDE_WINDOW),
            Shared::DayTaken(_) => DAY_TAKEN,
            Shared::Replayed(..) => REPLAYED,
            Shared::TooManyAttempts { retry_after, .. } => too_many(*retry_after),
            Shared::Objects(fault) => of_fault(fault, failed(5, S3_FAILED)),
            Shared::Vision(fault) => of_fault(fault, UNFORESEEN),
            Shared::Database(fault) => of_fault(fault, DATABASE),
        },
    }
}

/// Response of `POST /appeals` and `GET /appeals` without an appeal.
pub(crate) fn appeal(error: &AppealError) -> Answer {
    use AppealError as Error;

    match error {
        Error::UnknownParticipation(_) => MALFORMED,
        Error::NotOwner(_) => NOT_OWNER,
        Error::Unknown(_) => NOT_FOUND,
        Error::NotReviewable(_) => NOT_REVIEWABLE,
        Error::TooLate(_) => APPEAL_TOO_LATE,
        Error::Database(fault) => of_fault(fault, DATABASE),
    }
}

/// Response of `GET /objects/{key}` to a range or a condition that the photo does not meet.
pub(crate) fn unmet(status: StatusCode) -> Answer {
    Answer { status, ..MALFORMED }
}

/// Response of `GET /objects/{key}` to a fault of the store.
pub(crate) fn objects(fault: &Fault) -> Answer {
    of_fault(fault, UNFORESEEN)
}

/// Returns [`BUSY`] for a full queue, whichever port reports it.
fn of_fault(fault: &Fault, otherwise: Answer) -> Answer {
    match fault.kind {
        FaultKind::Overloaded => BUSY,
        FaultKind::Transient | FaultKind::Permanent => otherwise,
    }
}

/// Rounds the seconds up, so that the window is over after them.
pub(crate) fn too_many(retry_after: Duration) -> Answer {
    let seconds = retry_after.whole_seconds() + i64::from(retry_after.subsec_nanoseconds() > 0);
    Answer { retry_after: Some(u64::try_from(seconds).unwrap_or(0).max(1)), ..TOO_MANY }
}

const fn success(message: &'static str) -> Answer {
    Answer {
        status: StatusCode::OK,
        errcode: None,
        message: Cow::Borrowed(message),
        retry_after: None,
    }
}

const fn failure(status: StatusCode, errcode: u16, message: &'static str) -> Answer {
    Answer { status, errcode: Some(errcode), message: Cow::Borrowed(message), retry_after: None }
}
