use serde::Deserialize;

/// Methods of comparing two photos, in the order in which they run, cheapest first. SIFT runs late, because few photos
/// need it after LighterGlue. The alignment pass is last, because it needs an earlier result. The score of a tier is
/// its number of inliers: pairs of points that one camera motion explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// ORB points at small size, sufficient for easy photos.
    Quick,
    /// XFeat's points, paired as nearest neighbours.
    Xfeat,
    /// XFeat's points, paired by LighterGlue.
    LighterGlue,
    /// SIFT points.
    Sift,
    /// Alignment pass: XFeat's points of the photo aligned to the reference by an earlier finding. They are paired by
    /// LighterGlue, or as nearest neighbours if that is off.
    Aligned,
}

impl Tier {
    /// All tiers, in the order in which they run.
    pub const ALL: [Self; 5] =
        [Self::Quick, Self::Xfeat, Self::LighterGlue, Self::Sift, Self::Aligned];

    /// Name in configuration, evidence and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Sift => "sift",
            Self::Xfeat => "xfeat",
            Self::LighterGlue => "lighterglue",
            Self::Aligned => "aligned",
        }
    }

    /// Whether the tier uses XFeat's points.
    pub(super) fn is_neural(self) -> bool {
        match self {
            Self::Quick | Self::Sift => false,
            Self::Xfeat | Self::LighterGlue | Self::Aligned => true,
        }
    }
}
