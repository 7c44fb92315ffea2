#![doc = include_str!("../README.md")]

mod features;
mod image;
mod lighterglue;
mod nearest;
mod pair;
mod product;
mod storage;
mod vector;
mod weights;
mod xfeat;

pub use self::features::{DESCRIPTOR, Features};
pub use self::image::{GreyImage, ImageError};
pub use self::lighterglue::{LighterGlue, LighterGlueOptions};
pub use self::nearest::mutual_nearest;
pub use self::pair::Pair;
pub use self::storage::CorruptFeatures;
pub use self::weights::WeightsError;
pub use self::xfeat::XFeat;
