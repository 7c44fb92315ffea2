//! Parsing of settings.
//!
//! A settings struct derives [`Deserialize`] and is a section of `config/default.toml`, which
//! contains every key with its default. The functions of this module go into
//! `#[serde(deserialize_with = "...")]`. They convert units and reject values out of range, so that
//! a setting is one field with its attribute. Their errors are fragments that follow the key.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use url::{Host, Url};

use crate::Secret;

/// Text of `config/default.toml`, which contains every key.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// The settings of one section of [`DEFAULTS`], such as `objects.s3`.
///
/// # Panics
/// When the embedded file lacks the section or one of its keys. Tests exclude that.
#[allow(clippy::panic, reason = "the file is a part of the program")]
pub fn defaults<S: DeserializeOwned>(section: &str) -> S {
    let read = || {
        let file: toml::Value = toml::from_str(DEFAULTS)?;
        let found = section.split('.').try_fold(&file, |table, name| table.get(name));
        let found = found.ok_or_else(|| toml::de::Error::custom("the section is missing"))?;
        found.clone().try_into()
    };
    read().unwrap_or_else(|error| panic!("failed to read [{section}] of the defaults: {error}"))
}

/// A whole number from `MIN` to `MAX`.
///
/// # Errors
/// When the value is not a whole number in this range.
pub fn within<'de, D, T, const MIN: u64, const MAX: u64>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64, Error: Display>,
{
    let value = check(u64::deserialize(deserializer)?, MIN, MAX)?;
    T::try_from(value).map_err(D::Error::custom)
}

/// A duration of `MIN` to `MAX` whole milliseconds.
///
/// # Errors
/// When the value is not a whole number in this range.
pub fn milliseconds<'de, D, const MIN: u64, const MAX: u64>(
    deserializer: D,
) -> Result<Duration, D::Error>
where
    D: Deserializer<'de>,
{
    within::<D, u64, MIN, MAX>(deserializer).map(Duration::from_millis)
}

/// A duration of `MIN` to `MAX` whole seconds.
///
/// # Errors
/// When the value is not a whole number in this range.
pub fn seconds<'de, D, const MIN: u64, const MAX: u64>(
    deserializer: D,
) -> Result<Duration, D::Error>
where
    D: Deserializer<'de>,
{
    within::<D, u64, MIN, MAX>(deserializer).map(Duration::from_secs)
}

/// A number from 0 to 1.
///
/// # Errors
/// When the value is not a number in this range.
pub fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    check(f32::deserialize(deserializer)?, 0.0, 1.0)
}

/// Returns a value that is from `min` to `max`.
///
/// # Errors
/// When the value is outside this range.
pub fn check<T: PartialOrd + Display, E: Error>(value: T, min: T, max: T) -> Result<T, E> {
    if (&min..=&max).contains(&&value) {
        Ok(value)
    } else {
        Err(E::custom(format!("must be {min} to {max}, not {value}")))
    }
}

/// A text that is not blank.
///
/// # Errors
/// When the text is blank.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(D::Error::custom("must not be empty")) } else { Ok(text) }
}

/// A text; an empty one means `None`.
///
/// # Errors
/// When the text is blank but not empty.
pub fn optional_text<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    match text.trim().is_empty() {
        true if text.is_empty() => Ok(None),
        true => Err(D::Error::custom("must not be blank")),
        false => Ok(Some(text)),
    }
}

/// A key that an HTTP header can carry, or an empty text.
///
/// # Errors
/// When the text has other characters than visible ASCII. The error does not contain it.
pub fn header_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    let key = Secret::deserialize(deserializer)?;
    if key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(key)
    } else {
        Err(D::Error::custom("must contain only visible ASCII characters"))
    }
}

/// Contradictions between timeouts that must ascend, each as the key and the problem.
pub fn not_ascending(timeouts: &[(&str, Duration)]) -> Vec<String> {
    let pairs = timeouts.iter().zip(timeouts.iter().skip(1));
    pairs
        .filter(|((_, timeout), (_, longer))| timeout > longer)
        .map(|((key, _), (longer, _))| format!("{key}: must be at most {longer}"))
        .collect()
}

/// An http or https URL to which paths can be added.
///
/// # Errors
/// When the text is not such a URL. The error does not contain it, since it may hold a password.
pub fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked_web_address(String::deserialize(deserializer)?)
}

/// An http or https URL to which paths can be added; an empty text means `None`.
///
/// # Errors
/// As for [`web_address`].
pub fn optional_web_address<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    let address = String::deserialize(deserializer)?;
    if address.is_empty() { Ok(None) } else { checked_web_address(address).map(Some) }
}

fn checked_web_address<E: Error>(address: String) -> Result<String, E> {
    let is_plain = Url::parse(&address).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host().is_some_and(|host| is_reachable(&host))
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if is_plain {
        Ok(address)
    } else {
        Err(E::custom("must be an http or https URL without user, query and fragment"))
    }
}

/// Whether clients can connect to the host: 0.0.0.0 and [::] are for servers to bind to.
fn is_reachable(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(_) => true,
        Host::Ipv4(address) => !address.is_unspecified(),
        Host::Ipv6(address) => !address.to_canonical().is_unspecified(),
    }
}

/// A value parsed from its text. Not for secrets, since its errors may contain the text.
///
/// # Errors
/// When the text cannot be parsed.
pub fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// A section with a key `enabled`; `None` if that is false. The other keys are validated in any
/// case.
///
/// # Errors
/// When a key has an invalid value.
pub fn if_enabled<'de, D, S>(deserializer: D) -> Result<Option<S>, D::Error>
where
    D: Deserializer<'de>,
    S: Deserialize<'de>,
{
    #[derive(Deserialize)]
    struct Switched<S> {
        enabled: bool,
        #[serde(flatten)]
        settings: S,
    }

    let Switched { enabled, settings } = Switched::deserialize(deserializer)?;
    Ok(enabled.then_some(settings))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Settings {
        #[serde(deserialize_with = "within::<_, _, 1, 200>")]
        count: u32,
        #[serde(rename = "wait_ms", deserialize_with = "milliseconds::<_, 0, 1000>")]
        wait: Duration,
        #[serde(rename = "keep_s", deserialize_with = "seconds::<_, 1, 60>")]
        keep: Duration,
        #[serde(deserialize_with = "share")]
        share: f32,
        #[serde(deserialize_with = "text")]
        name: String,
        #[serde(deserialize_with = "optional_text")]
        version: Option<String>,
        #[serde(deserialize_with = "web_address")]
        url: String,
        #[serde(deserialize_with = "optional_web_address")]
        endpoint: Option<String>,
        #[serde(deserialize_with = "parsed")]
        letter: char,
        #[serde(deserialize_with = "if_enabled")]
        tier: Option<Tier>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Tier {
        #[serde(deserialize_with = "within::<_, _, 1, 2>")]
        points: usize,
    }

    fn good() -> Value {
        json!({
            "count": 200, "wait_ms": 0, "keep_s": 60, "share": 1, "name": "a", "version": "",
            "url": "https://host/path", "endpoint": "", "letter": "x",
            "tier": { "enabled": true, "points": 2 },
        })
    }

    #[test]
    fn values_in_range_are_read() {
        let settings: Settings = serde_json::from_value(good()).unwrap();
        let expected = Settings {
            count: 200,
            wait: Duration::ZERO,
            keep: Duration::from_secs(60),
            share: 1.0,
            name: "a".to_owned(),
            version: None,
            url: "https://host/path".to_owned(),
            endpoint: None,
            letter: 'x',
            tier: Some(Tier { points: 2 }),
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn a_tier_that_is_off_is_none() {
        let mut settings = good();
        settings["tier"]["enabled"] = json!(false);
        assert_eq!(serde_json::from_value::<Settings>(settings).unwrap().tier, None);
    }

    #[test]
    fn other_values_are_rejected_with_their_limits() {
        for (key, value, error) in [
            ("count", json!(0), "must be 1 to 200, not 0"),
            ("count", json!(201), "must be 1 to 200, not 201"),
            ("count", json!(-1), "expected u64"),
            ("wait_ms", json!(1001), "must be 0 to 1000, not 1001"),
            ("keep_s", json!(0), "must be 1 to 60, not 0"),
            ("share", json!(1.5), "must be 0 to 1, not 1.5"),
            ("share", json!(-0.5), "must be 0 to 1, not -0.5"),
            ("name", json!(" "), "must not be empty"),
            ("version", json!(" "), "must not be blank"),
            ("url", json!(""), "must be an http or https URL"),
            ("url", json!("ftp://host"), "must be an http or https URL"),
            ("url", json!("https://me:word@host"), "without user"),
            ("endpoint", json!("https://host?x=1"), "without user"),
            ("letter", json!("xy"), "char"),
            ("tier", json!({ "enabled": false, "points": 3 }), "must be 1 to 2, not 3"),
        ] {
            let mut settings = good();
            settings[key] = value;
            let told = serde_json::from_value::<Settings>(settings).unwrap_err().to_string();
            assert!(told.contains(error), "{key}: {told}");
            assert!(!told.contains("word"), "{told}");
        }
        assert!(check::<_, serde_json::Error>(f64::NAN, 0.0, 1.0).is_err());
    }
}
