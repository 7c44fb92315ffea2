use std::time::Duration;

use injeung_adapter::Secret;
use injeung_adapter::settings::{milliseconds, optional_web_address};
use injeung_domain::{DeliveryRules, EventKind};
use reqwest::Url;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::addresses::is_public;
use super::signature::SigningKey;

/// `[webhooks]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WebhookSettings {
    /// Address of the receiver; `None` without one.
    #[serde(deserialize_with = "optional_web_address")]
    pub(crate) url: Option<String>,
    /// Keys of the signatures. Every message is signed with all of them.
    #[serde(rename = "secrets", deserialize_with = "keys")]
    pub(super) keys: Vec<SigningKey>,
    #[serde(deserialize_with = "events")]
    pub(super) events: Vec<EventKind>,
    /// Maximum duration of a delivery, from connecting to the status of the response.
    #[serde(rename = "timeout_ms", deserialize_with = "milliseconds::<_, 100, 60_000>")]
    pub(crate) timeout: Duration,
    #[serde(rename = "pauses_s", deserialize_with = "pauses")]
    pub(crate) rules: DeliveryRules,
    /// Whether the receiver may have a private address and an unencrypted connection.
    pub(super) allow_private: bool,
}

fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SigningKey>, D::Error> {
    let texts = Secret::deserialize(deserializer)?;
    let keys = texts.expose().split_whitespace().map(SigningKey::parse);
    let problem =
        "must be texts of \"whsec_\" and the base64 of 24 to 64 bytes, separated by spaces";
    keys.collect::<Option<_>>().ok_or_else(|| D::Error::custom(problem))
}

fn events<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EventKind>, D::Error> {
    let names = String::deserialize(deserializer)?;
    let parse = |name: &str| {
        let known = EventKind::ALL.map(EventKind::name).join(", ");
        name.parse().map_err(|_| D::Error::custom(format!("must be some of {known}, not {name:?}")))
    };
    names.split_whitespace().map(parse).collect()
}

fn pauses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DeliveryRules, D::Error> {
    let texts = String::deserialize(deserializer)?;
    let parse = |text: &str| match text.parse::<i64>() {
        Ok(seconds @ 1..=604_800) => Ok(time::Duration::seconds(seconds)),
        Ok(_) | Err(_) => {
            Err(D::Error::custom(format!("each must be 1 to 604800 seconds, not {text:?}")))
        }
    };
    let pauses: Vec<_> = texts.split_whitespace().map(parse).collect::<Result<_, _>>()?;
    if (1..=50).contains(&pauses.len()) {
        Ok(DeliveryRules { pauses })
    } else {
        Err(D::Error::custom(format!("must be 1 to 50 pauses, not {}", pauses.len())))
    }
}

impl WebhookSettings {
    /// Events that are reported; none without a receiver.
    pub(crate) fn events(&self) -> Vec<EventKind> {
        if self.url.is_some() { self.events.clone() } else { Vec::new() }
    }

    /// Contradictions between settings, each as the key and the problem.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let Some(url) = self.url.as_deref().and_then(|url| Url::parse(url).ok()) else {
            return Vec::new();
        };
        let is_open = url.scheme() != "https";
        // The client connects to an address in the URL without asking a resolver.
        let address = url.host_str().map(|host| host.trim_matches(['[', ']']).parse());
        let is_private = matches!(address, Some(Ok(address)) if !is_public(address));
        let is_odd = url.port_or_known_default().is_some_and(|port| port < 1024)
            && !matches!(url.port_or_known_default(), Some(80 | 443));
        let problems = [
            (self.keys.is_empty(), "secrets: must be set if webhooks.url is"),
            (
                is_open && !self.allow_private,
                "url: must be https, unless webhooks.allow_private is set",
            ),
            (
                is_private && !self.allow_private,
                "url: must not have a private address, unless webhooks.allow_private is set",
            ),
            (is_odd, "url: must have the port 80, 443 or one from 1024 on"),
        ];
        problems.into_iter().filter(|(found, _)| *found).map(|(_, text)| text.to_owned()).collect()
    }

    /// Whether rejected photos are reported, which needs their records.
    pub(crate) fn reports_rejections(&self) -> bool {
        self.events().contains(&EventKind::PhotoRejected)
    }
}
