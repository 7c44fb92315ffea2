use std::fmt;
use std::str::FromStr;

use crate::{Schedule, UnknownName};

/// The input is not a positive 64-bit integer in plain decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id must be a whole number from 1 to 9223372036854775807")]
pub struct IdError;

macro_rules! positive_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The number, from 1 to 2^63 - 1.
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = $crate::IdError;

            fn try_from(number: i64) -> Result<Self, Self::Error> {
                if number >= 1 { Ok(Self(number)) } else { Err($crate::IdError) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::IdError;

            /// Accepts only decimal digits: no sign, no blanks, no leading zero.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
                let number = plain.then(|| text.parse::<i64>().ok()).flatten();
                number.ok_or($crate::IdError).and_then(Self::try_from)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}
pub(crate) use positive_id;

positive_id! {
    /// Id of one participant's part in one challenge.
    ParticipationId
}

positive_id! {
    /// Id of a challenge group (CG).
    GroupId
}

/// Id of a user in the client app, as text because each app has its own format.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// The id as the client app uses it; never empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserId {
    type Err = UserIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() || text.contains('\0') {
            return Err(UserIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The user id is empty or contains a character that some databases cannot store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user id must not be empty and must not contain NUL")]
pub struct UserIdError;

/// A challenge with its schedule, which several participants share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeGroup {
    /// Id of the group, positive.
    pub id: GroupId,
    /// Display name, if the group has one.
    pub name: Option<String>,
    /// Days and daily window in which photos are accepted.
    pub schedule: Schedule,
    /// What a photo and its reference have to share.
    pub match_mode: MatchMode,
}

/// What a photo and its reference have to share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MatchMode {
    /// The place; the things in it may differ.
    #[default]
    Place,
    /// The place and the things in it.
    Thing,
}

impl MatchMode {
    /// All modes.
    pub const ALL: [Self; 2] = [Self::Place, Self::Thing];

    /// Name of the mode in the database and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Thing => "thing",
        }
    }
}

impl FromStr for MatchMode {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|mode| mode.name() == text).ok_or(UnknownName)
    }
}

/// One participant's part in a challenge, with that challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participation {
    /// Id of the participation, positive.
    pub id: ParticipationId,
    /// The participant, if the client app sent an id.
    pub user_id: Option<UserId>,
    /// The challenge group of the participation.
    pub group: ChallengeGroup,
}

/// Which participations to list, in ascending order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParticipationQuery {
    /// Only those of one challenge group.
    pub group_id: Option<GroupId>,
    /// Only those of one user.
    pub user_id: Option<UserId>,
    /// Only those with a larger id: the page after a participation.
    pub after: Option<ParticipationId>,
    /// Maximum number of participations.
    pub limit: u32,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_positive_and_64_bit() {
        assert_eq!("12".parse::<ParticipationId>().unwrap().get(), 12);
        assert_eq!("9223372036854775807".parse::<ParticipationId>().unwrap().get(), i64::MAX);
        for wrong in
            ["", "0", "-1", "+1", "01", " 1", "1 ", "1.0", "1e3", "९", "9223372036854775808"]
        {
            assert_eq!(wrong.parse::<ParticipationId>(), Err(IdError), "{wrong:?}");
        }
        assert_eq!(ParticipationId::try_from(0), Err(IdError));
    }
}
