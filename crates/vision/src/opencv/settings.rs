use std::fmt;
use std::str::FromStr;

use injeung_domain::FeatureFormat;

use super::wire;

/// How two photos are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExtractorSettings {
    /// Whose feature points are compared.
    pub algorithm: Algorithm,
    /// The longer side that photos are shrunk to before points are looked for, in pixels: 160 to
    /// 1,600. A smaller photo is never enlarged.
    pub working_side: u32,
    /// The most points taken of a photo, the strongest: 200 to 8,000. A reference costs 132 bytes
    /// a point with SIFT and 36 with ORB; comparing takes time in proportion to the square.
    pub max_features: u32,
    /// How much nearer than the second nearest a point's nearest look-alike has to be, as a
    /// proportion of the distances: 0.5 to 1, where 1 asks for nothing.
    pub ratio: f64,
    /// The least score of two photos of one scene, in powers of ten: a score of 3 means that
    /// chance would give as good an agreement once in a thousand such pairs. More than 0.
    pub threshold: f64,
    /// A reference with fewer points is refused. What is counted, whatever the algorithm, are the
    /// SIFT points of the photo at working size before its contrast is evened out, since ORB finds
    /// points in noise, too.
    pub min_features: u32,
    /// A reference with fewer points is taken with a warning. At least `min_features`.
    pub warn_features: u32,
}

impl ExtractorSettings {
    /// The settings that were measured to be best; docs/accuracy.md has the figures.
    pub fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sift => Self {
                algorithm,
                working_side: 640,
                max_features: 4000,
                ratio: 0.8,
                threshold: 1.5,
                min_features: 50,
                warn_features: 300,
            },
            Algorithm::Orb => Self {
                algorithm,
                working_side: 480,
                max_features: 1000,
                ratio: 0.85,
                threshold: 4.0,
                min_features: 30,
                warn_features: 100,
            },
        }
    }

    /// The format of the features that extractors of these settings make and read. Features of
    /// other settings but the same algorithm stay readable.
    pub fn format(&self) -> FeatureFormat {
        let version = wire::VERSION.into();
        FeatureFormat { algorithm: self.algorithm.name().to_owned(), version }
    }
}

impl Default for ExtractorSettings {
    /// SIFT's.
    fn default() -> Self {
        Self::of(Algorithm::Sift)
    }
}

/// The kinds of feature points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SIFT (Lowe, IJCV 2004) with RootSIFT descriptors (Arandjelović and Zisserman, CVPR 2012):
    /// the more accurate.
    Sift,
    /// ORB (Rublee et al., ICCV 2011): several times faster and smaller, and less accurate.
    Orb,
}

impl Algorithm {
    /// The name in configuration and in stored features.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sift => "sift",
            Self::Orb => "orb",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        match name {
            "sift" => Ok(Self::Sift),
            "orb" => Ok(Self::Orb),
            _ => Err(UnknownAlgorithm(name.to_owned())),
        }
    }
}

/// A name that no [`Algorithm`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither \"sift\" nor \"orb\"")]
pub struct UnknownAlgorithm(String);
