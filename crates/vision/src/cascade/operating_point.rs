use serde::Deserialize;

/// Trade-off between accepted non-matching and rejected matching photos. Without the neural tier
/// [`Balanced`](Self::Balanced) and [`Lenient`](Self::Lenient) are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperatingPoint {
    /// About 1 of 1,000 non-matching photos is accepted.
    Strict,
    /// About 5 of 1,000 non-matching photos are accepted.
    Balanced,
    /// About 20 of 1,000 non-matching photos are accepted.
    Lenient,
}

impl OperatingPoint {
    /// Every point, the strictest first.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Balanced, Self::Lenient];

    /// The name in configuration and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Balanced => "balanced",
            Self::Lenient => "lenient",
        }
    }
}
