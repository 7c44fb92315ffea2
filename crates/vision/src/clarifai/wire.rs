//! JSON of Clarifai's requests and responses.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::ClarifaiSettings;

/// Body of a request for one picture.
///
/// `jpeg` is the file in base64 without a `data:` prefix.
pub(super) fn request(jpeg: &str, settings: &ClarifaiSettings) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Request {
        inputs: [Input { data: InputData { image: Image { base64: jpeg } } }],
        model: Model {
            output_info: OutputInfo {
                output_config: OutputConfig {
                    max_concepts: settings.max_concepts,
                    min_value: settings.min_value,
                    language: &settings.language,
                },
            },
        },
    })
}

#[derive(Serialize)]
struct Request<'a> {
    inputs: [Input<'a>; 1],
    model: Model<'a>,
}

#[derive(Serialize)]
struct Input<'a> {
    data: InputData<'a>,
}

#[derive(Serialize)]
struct InputData<'a> {
    image: Image<'a>,
}

#[derive(Serialize)]
struct Image<'a> {
    base64: &'a str,
}

#[derive(Serialize)]
struct Model<'a> {
    output_info: OutputInfo<'a>,
}

#[derive(Serialize)]
struct OutputInfo<'a> {
    output_config: OutputConfig<'a>,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    max_concepts: u32,
    min_value: f32,
    language: &'a str,
}

/// The parts of a response that are used here; the echoed input is ignored.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) status: Status,
    #[serde(default)]
    pub(super) outputs: Vec<Output>,
}

#[derive(Deserialize)]
pub(super) struct Output {
    pub(super) status: Status,
    #[serde(default)]
    pub(super) data: OutputData,
}

#[derive(Deserialize, Default)]
pub(super) struct OutputData {
    #[serde(default)]
    pub(super) concepts: Vec<NamedValue>,
}

/// A concept's name and value. Clarifai's JSON omits zero values, as protobuf does.
#[derive(Deserialize)]
pub(super) struct NamedValue {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: f32,
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) code: Code,
    #[serde(default)]
    pub(super) description: String,
}

/// Status code of a request or of one of its inputs.
///
/// Codes are numbers, but a documented sample contains the name of one instead. The names of known codes are read as
/// these codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    Number(u32),
    Name(String),
}

impl Code {
    pub(super) const OK: Self = Self::Number(10_000);
    pub(super) const MIXED_SUCCESS: Self = Self::Number(10_010);
    pub(super) const FAILURE: Self = Self::Number(10_020);

    /// Whether the same request can succeed later: throttled, busy, queue full, unavailable.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Number(11_005 | 21_354 | 40_030 | 40_031))
    }

    /// Whether Clarifai cannot read the picture, because of its bytes or its format.
    pub(super) fn blames_the_picture(&self) -> bool {
        matches!(self, Self::Number(30_101 | 30_104 | 30_300))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u32),
            Text(String),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Number(number) => Self::Number(number),
            Written::Text(text) => match (text.as_str(), text.parse()) {
                ("CONN_THROTTLED", _) => Self::Number(11_005),
                (_, Ok(number)) => Self::Number(number),
                (_, Err(_)) => Self::Name(text),
            },
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_written_to_the_letter() {
        let settings = ClarifaiSettings::default();
        assert_eq!(
            String::from_utf8(request("AAAA", &settings).unwrap()).unwrap(),
            concat!(
                r#"{"inputs":[{"data":{"image":{"base64":"AAAA"}}}],"#,
                r#""model":{"output_info":{"output_config":"#,
                r#"{"max_concepts":20,"min_value":0.9,"language":"ko"}}}}"#
            )
        );
    }

    #[test]
    fn a_code_is_a_number_a_number_in_a_string_or_a_name() {
        for (written, code) in [
            ("11005", Code::Number(11_005)),
            (r#""11005""#, Code::Number(11_005)),
            (r#""CONN_THROTTLED""#, Code::Number(11_005)),
            (r#""SOMETHING_ELSE""#, Code::Name("SOMETHING_ELSE".to_owned())),
        ] {
            assert_eq!(serde_json::from_str::<Code>(written).unwrap(), code, "{written}");
        }
        for written in ["-1", "1.5", "null", "{}", "4294967296"] {
            assert!(serde_json::from_str::<Code>(written).is_err(), "{written}");
        }
    }
}
