use std::fmt;
use std::str::FromStr;

/// Permission of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Send photos for every participation, and read stored photos.
    Verify,
    /// Manage challenge groups and participations.
    Admin,
    /// Review photos.
    Console,
    /// Read the metrics.
    Metrics,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 4] = [Self::Verify, Self::Admin, Self::Console, Self::Metrics];

    /// Name of the scope in commands and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Admin => "admin",
            Self::Console => "console",
            Self::Metrics => "metrics",
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or(ScopeError)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(formatter)
    }
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is verify, admin, console or metrics")]
pub struct ScopeError;
