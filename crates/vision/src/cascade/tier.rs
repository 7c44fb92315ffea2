use serde::Deserialize;

/// The ways of comparing two photos, in the order that they are asked in: cheapest first, SIFT late, because
/// few photos need it after LighterGlue, and the second look, which needs a first one, last. The score of each
/// is the number of inliers: how many pairs of points one motion of the camera explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// ORB points at small size: what an easy photo needs.
    Quick,
    /// XFeat's points, paired as nearest neighbours.
    Xfeat,
    /// The same points, paired by LighterGlue.
    LighterGlue,
    /// SIFT points.
    Sift,
    /// XFeat's points of the photo laid over the reference, as what was found before says that it lies, paired
    /// by LighterGlue, or as nearest neighbours where that is off.
    Aligned,
}

impl Tier {
    /// Every tier, in the order that they are asked in.
    pub const ALL: [Self; 5] =
        [Self::Quick, Self::Xfeat, Self::LighterGlue, Self::Sift, Self::Aligned];

    /// The name in configuration, in evidence and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Sift => "sift",
            Self::Xfeat => "xfeat",
            Self::LighterGlue => "lighterglue",
            Self::Aligned => "aligned",
        }
    }

    /// Whether it goes by XFeat's points.
    pub(super) fn is_neural(self) -> bool {
        match self {
            Self::Quick | Self::Sift => false,
            Self::Xfeat | Self::LighterGlue | Self::Aligned => true,
        }
    }
}
