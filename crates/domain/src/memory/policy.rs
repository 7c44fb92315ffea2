use time::Duration;

use crate::{Policy, ReplayRule, ReplayScope, RequestKeyRules, Rules, TimeZone};

/// Rules that restrict nothing, in this time zone. A response is kept under its key for a day; a request owns its key for a minute
/// and waits for ten seconds for the response to another one.
pub fn policy(time_zone: TimeZone) -> Policy {
    let request_keys = RequestKeyRules {
        keep: Duration::DAY,
        claim: Duration::MINUTE,
        wait: Duration::seconds(10),
    };
    Policy {
        rules: Rules {
            once_per_day: false,
            max_attempts_per_window: None,
            replay: ReplayRule::Off,
            replay_scope: ReplayScope::Participation,
            learn_views: false,
            request_keys,
        },
        time_zone,
        events: Vec::new(),
    }
}
