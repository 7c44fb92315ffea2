use serde::Deserialize;

/// The ways of comparing two photos, cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// ORB points at small size: what an easy photo needs. Its score is a log-NFA.
    Quick,
    /// SIFT points. Its score is a log-NFA.
    Sift,
    /// XFeat's points, paired as nearest neighbours. Its score is the number of inliers.
    Xfeat,
    /// The same points, paired by LighterGlue. Its score is the number of inliers.
    LighterGlue,
}

impl Tier {
    /// Every tier, in the order that they are asked in.
    pub const ALL: [Self; 4] = [Self::Quick, Self::Sift, Self::Xfeat, Self::LighterGlue];

    /// The name in configuration, in evidence and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Sift => "sift",
            Self::Xfeat => "xfeat",
            Self::LighterGlue => "lighterglue",
        }
    }
}
