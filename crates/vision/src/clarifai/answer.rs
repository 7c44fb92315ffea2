use injeung_domain::Concept;
use reqwest::StatusCode;

use super::error::ClarifaiError;
use super::wire::{Answer, Code, Output, Status};

/// Concepts of a response about one picture with a value of at least `min_value`, highest first.
///
/// # Errors
/// If the response is invalid, or reports that the request or the picture failed.
pub(super) fn read(
    http: StatusCode,
    body: &[u8],
    min_value: f32,
) -> Result<Vec<Concept>, ClarifaiError> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|source| ClarifaiError::Unreadable { status: http, source })?;
    let output = answer.outputs.into_iter().next();
    // If inputs failed, only the status of the input itself contains the reason.
    let partial = matches!(answer.status.code, Code::FAILURE | Code::MIXED_SUCCESS);
    match output {
        Some(output) if http.is_success() && output.status.code == Code::OK => {
            if partial || answer.status.code == Code::OK {
                return Ok(concepts(output, min_value));
            }
            Err(refused(http, answer.status))
        }
        Some(output) if partial => Err(refused(http, output.status)),
        None if http.is_success() && answer.status.code == Code::OK => {
            Err(ClarifaiError::NoOutput(http))
        }
        Some(_) | None => Err(refused(http, answer.status)),
    }
}

fn concepts(output: Output, min_value: f32) -> Vec<Concept> {
    let mut concepts: Vec<_> = output
        .data
        .concepts
        .into_iter()
        .filter(|concept| concept.value >= min_value && !concept.name.is_empty())
        .map(|concept| Concept { name: concept.name, value: concept.value.min(1.0) })
        .collect();
    concepts.sort_by(|a, b| b.value.total_cmp(&a.value));
    concepts
}

fn refused(http: StatusCode, status: Status) -> ClarifaiError {
    let Status { code, description } = status;
    let description = shortened(&description);
    if code.blames_the_picture() {
        return ClarifaiError::BadPicture { code: code.to_string(), description };
    }
    ClarifaiError::Refused {
        status: http,
        may_pass: code.may_pass(),
        code: shortened(&code.to_string()),
        description,
    }
}

/// Clarifai's description without control characters, cut to a length for one log line.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}
