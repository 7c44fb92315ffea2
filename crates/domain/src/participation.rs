use std::fmt;
use std::str::FromStr;

use crate::Schedule;

/// The text or number is not a positive 64-bit integer in plain decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a whole number from 1 to 9223372036854775807")]
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

            /// Takes decimal digits alone: no sign, no blanks, no leading zero.
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
    /// Identifies one person's part in one challenge.
    ParticipationId
}

positive_id! {
    /// Identifies a challenge group (CG).
    GroupId
}

/// Identifies a user of the client app; whatever that app uses, so it is text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// The id as the client app knows it; never empty.
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

/// The user id holds nothing, or a character that no database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user id is a text that is not empty and holds no NUL")]
pub struct UserIdError;

/// A challenge that several people take part in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeGroup {
    /// Who it is.
    pub id: GroupId,
    /// What people call it, where it has a name.
    pub name: Option<String>,
    /// When its photos are taken.
    pub schedule: Schedule,
}

/// One person's part in a challenge, with the challenge it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participation {
    /// Who it is.
    pub id: ParticipationId,
    /// The person, where the client app told it.
    pub user_id: Option<UserId>,
    /// The challenge.
    pub group: ChallengeGroup,
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
