use crate::{KeyName, Participation, UserId};

/// Authenticated sender of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Any sender, because authentication is off. May act for every participation.
    Anyone,
    /// A server with an API key. May act for every participation.
    Service(KeyName),
    /// A participant with a token. May act for the participations with this user id.
    Participant(UserId),
}

impl Caller {
    /// Whether the caller may send and read photos of a participation. A participation without a
    /// user id belongs to no participant.
    pub fn may_act_for(&self, participation: &Participation) -> bool {
        match self {
            Self::Anyone | Self::Service(_) => true,
            Self::Participant(user_id) => participation.user_id.as_ref() == Some(user_id),
        }
    }
}
