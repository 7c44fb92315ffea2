#![doc = include_str!("../README.md")]

mod acceptance;
mod admission;
mod answer_once;
mod api_key;
mod attempt;
mod authenticate_key;
mod caller;
mod classifier_usage;
mod clean_up;
mod deliver_message;
mod erasure;
mod evidence;
mod fault;
mod feed;
mod file_appeal;
mod flag;
mod forget_attempts;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod hex;
mod keyword;
mod learn_view;
mod message;
mod object_key;
mod participation;
mod photo;
mod record_attempt;
mod reextract_references;
mod reference;
mod reference_features;
mod register_reference;
mod replay;
mod replay_check;
mod request_context;
mod request_key;
mod retry;
mod review_attempt;
mod rules;
mod schedule;
mod schedule_text;
mod time_zone;
mod verdict;
mod verification;
mod verify_feature;
mod verify_keyword;
mod view;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "memory")]
pub mod memory;
pub mod ports;

pub use answer_once::{AnswerOnceError, Answered, Ending, KeyedRequest, answer_once};
pub use api_key::{
    ApiKey, KeyId, KeyName, KeyNameError, KeyRejection, KeyText, KeyTextError, Scope, ScopeError,
};
pub use attempt::{
    Appeal, Attempt, AttemptFact, AttemptId, AttemptKind, AttemptOrder, AttemptOutcome,
    AttemptQuery, NewAttempt, NewReview, ReviewChange, ReviewDecision, ReviewEntry, ReviewId,
    ReviewReason, ReviewState, UnknownName,
};
pub use authenticate_key::{AuthenticateKeyError, authenticate_key};
pub use caller::Caller;
pub use classifier_usage::ClassifierUsage;
pub use clean_up::{CleanUpError, CleanUpReport, Lease, clean_up, clean_up_in_turn};
pub use deliver_message::{Delivery, deliver_message};
pub use erasure::{ErasedRows, Erasure, ErasureId, ErasureSubject, continue_erasures, erase};
pub use evidence::{Evidence, EvidenceCollector, RecognisingView, Stage, StageTime};
pub use fault::{Fault, FaultKind};
pub use feed::{Feed, FeedContent, FeedContentError, FeedId, FeedQuery, NewFeed};
pub use file_appeal::{AppealError, FileAppeal, file_appeal, find_appeal};
pub use flag::PhotoFlag;
pub use forget_attempts::{AttemptRetention, ForgottenAttempts, forget_attempts};
pub use keyword::{Concept, Keyword, KeywordError, name_key};
pub use learn_view::{Lesson, Seen, learn_view};
pub use message::{
    DeliveryEnd, DeliveryRules, EventKind, Message, MessageCounts, MessageId, NewMessage,
};
pub use object_key::{ObjectKey, ObjectKeyError, PhotoKind};
pub use participation::{
    ChallengeGroup, GroupId, IdError, MatchMode, Participation, ParticipationId,
    ParticipationQuery, UserId, UserIdError,
};
pub use photo::{Capture, JpegPhoto, Orientation, Photo, PhotoError, PhotoFormat, PhotoLimits};
pub use ports::Ports;
pub use record_attempt::record_attempt;
pub use reextract_references::{
    Reextraction, ReextractionPorts, Shard, ShardError, reextract_references,
};
pub use reference::{
    FeatureFormat, NewReference, QualityIssue, ReferenceFeatures, ReferenceId, ReferenceQuality,
    StoredReference,
};
pub use register_reference::{
    RegisterReference, RegisterReferenceError, RegisteredReference, register_reference,
};
pub use replay::{
    EarlierPhoto, EarlierPhotos, ExaminedPhoto, NewTrace, PerceptualHash, PhotoTrace, Replay,
    ReplayKind, ReplayRule, ReplayScope, SearchArea, TracePosition,
};
pub use request_context::RequestContext;
pub use request_key::{Claim, ClaimId, Fingerprint, RequestKey, RequestKeyError};
pub use review_attempt::{ReviewAttempt, ReviewAttemptError, review_attempt};
pub use rules::{Policy, RequestKeyRules, Rules};
pub use schedule::{Schedule, ScheduleError};
pub use schedule_text::{ScheduleTextError, parse_date, parse_end_time, parse_start_time};
pub use time_zone::{TimeZone, UnknownTimeZone};
pub use verdict::{Comparison, Difference, Examination, GeometricModel, MatchedPoints, TierScore};
pub use verification::VerificationError;
pub use verify_feature::{VerifiedFeature, VerifyFeature, VerifyFeatureError, verify_feature};
pub use verify_keyword::{VerifiedKeyword, VerifyKeyword, VerifyKeywordError, verify_keyword};
pub use view::{LearnedView, NewView, ViewId, ViewSearch, Voucher};
