use serde::Deserialize;

use super::Section;
use super::sections::within;

/// `[rules]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rules {
    pub(crate) once_per_day: bool,
    pub(crate) max_attempts_per_window: u32,
}

impl Section for Rules {
    fn check(&self, problems: &mut Vec<String>) {
        let most = self.max_attempts_per_window;
        within("rules.max_attempts_per_window", most, 0..=1_000_000, problems);
    }
}

/// `[request_keys]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RequestKeys {
    pub(crate) keep_s: u32,
    pub(crate) claim_s: u32,
    pub(crate) wait_ms: u32,
}

impl Section for RequestKeys {
    fn check(&self, problems: &mut Vec<String>) {
        within("request_keys.keep_s", self.keep_s, 1..=2_592_000, problems);
        within("request_keys.claim_s", self.claim_s, 1..=3600, problems);
        within("request_keys.wait_ms", self.wait_ms, 0..=60_000, problems);
    }
}
