use std::num::NonZeroUsize;

use injeung_adapter::settings::{defaults, within};
use injeung_domain::AttemptRetention;
use serde::{Deserialize, Deserializer};
use time::Duration;

/// Records of verifications: `[audit]` of the configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct AuditSettings {
    /// Whether verifications are recorded.
    pub enabled: bool,
    /// Number of days for which a record is kept.
    #[serde(deserialize_with = "within::<_, _, 1, 3650>")]
    pub keep_days: u32,
    /// Number of days for which a rejected photo is kept, at most `keep_days`; 0 keeps none.
    #[serde(deserialize_with = "within::<_, _, 0, 3650>")]
    pub keep_rejected_days: u32,
    /// Whether the pixels of verified photos are examined for flags.
    pub examine_pixels: bool,
    /// Maximum number of records that wait to be written; further ones are dropped.
    #[serde(deserialize_with = "queue")]
    pub queue: NonZeroUsize,
    /// Maximum number of bytes of photos that wait; further ones are neither examined nor kept.
    #[serde(deserialize_with = "within::<_, _, 0, 1_099_511_627_776>")]
    pub max_queued_bytes: usize,
}

fn queue<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroUsize, D::Error> {
    let number = within::<_, usize, 1, 100_000>(deserializer)?;
    Ok(NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN))
}

impl AuditSettings {
    /// Contradictions between settings, each as the key and the problem.
    pub fn contradictions(&self) -> Vec<String> {
        let too_long = self.keep_rejected_days > self.keep_days;
        let problem = || "keep_rejected_days: must be at most audit.keep_days".to_owned();
        too_long.then(problem).into_iter().collect()
    }

    /// Durations for which records and photos are kept.
    pub fn retention(&self) -> AttemptRetention {
        let days = |days: u32| Duration::days(days.into());
        AttemptRetention {
            records: days(self.keep_days),
            rejected_photos: days(self.keep_rejected_days),
        }
    }
}

impl Default for AuditSettings {
    /// Section `[audit]` of config/default.toml.
    fn default() -> Self {
        defaults("audit")
    }
}
