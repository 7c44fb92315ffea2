use aws_sdk_rekognition::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rekognition::operation::detect_labels::DetectLabelsError;
use injeung_adapter::{Secret, with_causes};
use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, PhotoError};

type Failure = SdkError<DetectLabelsError>;

/// Maximum length of a text of the service in an error, in characters.
const LONGEST_TEXT: usize = 500;

/// Translates the last error of a call, after the SDK's retries. `secret` is removed from texts that repeat it.
pub(super) fn vision_error(error: &Failure, secret: &Secret) -> VisionError {
    let text = if let SdkError::ServiceError(response) = error {
        let failure = response.err();
        let status = response.raw().status().as_u16();
        let (code, message) = (failure.code(), failure.message());
        format!("status {status}, {}: {}", code.unwrap_or("no code"), message.unwrap_or_default())
    } else {
        with_causes(error)
    };
    let text = if secret.is_empty() { text } else { text.replace(secret.expose(), "") };
    let reason: String = text.chars().take(LONGEST_TEXT).collect();
    if let Some(DetectLabelsError::InvalidImageFormatException(_)) = error.as_service_error() {
        return PhotoError::Undecodable(format!("Rekognition reports {reason}")).into();
    }
    let text = format!("get labels from Rekognition: {reason}");
    if may_pass(error) { Fault::transient(text).into() } else { Fault::permanent(text).into() }
}

/// Whether the same request can succeed later. `ProvisionedThroughputExceededException` is marked as neither a fault of the
/// client nor of the service.
fn may_pass(error: &Failure) -> bool {
    let SdkError::ServiceError(response) = error else {
        // No response, a response that cannot be read, or no credentials.
        return !matches!(error, SdkError::ConstructionFailure(_));
    };
    let status = response.raw().status().as_u16();
    let throttled = ["ThrottlingException", "ProvisionedThroughputExceededException"];
    let code = response.err().code().unwrap_or_default();
    status >= 500 || status == 429 || throttled.contains(&code) || code == "InternalServerError"
}
