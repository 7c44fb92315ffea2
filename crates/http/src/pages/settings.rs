use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use injeung_adapter::settings::{defaults, seconds, within};
use injeung_adapter::{Secret, TextSigner};
use serde::Deserialize;

/// The pages for people: `[pages]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct PagesSettings {
    /// Whether `/` is a page on which people try the calls with their own photos.
    pub try_page: Shown,
    /// Participation that this page uses unless its user enters another.
    #[serde(deserialize_with = "within::<_, _, 1, 9_223_372_036_854_775_807>")]
    pub try_participation: i64,
    /// Whether operators can review photos at `/console`.
    pub console: bool,
    /// Key of the signatures in the console's sessions, at least 32 bytes; empty for a random one of each process.
    pub session_secret: Secret,
    /// Duration of a session.
    #[serde(rename = "session_s", deserialize_with = "seconds::<_, 60, 604_800>")]
    pub session: Duration,
    /// Folder of the page's sample photos; missing ones are not offered.
    pub samples: PathBuf,
}

/// When a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// If the service listens on a loopback address.
    Loopback,
    /// Always.
    On,
    /// Never.
    Off,
}

impl Shown {
    /// Whether the page is shown by a service that listens on an address.
    pub fn on(self, address: IpAddr) -> bool {
        match self {
            Self::Loopback => address.to_canonical().is_loopback(),
            Self::On => true,
            Self::Off => false,
        }
    }
}

impl PagesSettings {
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let secret = self.session_secret.expose();
        let is_short = !secret.is_empty() && secret.len() < TextSigner::MIN_SECRET_LEN;
        let problem = || "session_secret: has less than 32 bytes".to_owned();
        is_short.then(problem).into_iter().collect()
    }
}

impl Default for PagesSettings {
    /// Section `[pages]` of config/default.toml.
    fn default() -> Self {
        defaults("pages")
    }
}
