//! Decides whether two photos show the same scene.
//!
//! Tiers run in order until their combined result is certain enough. The scores are fused into one probability, which
//! means the same whichever tiers ran. docs/accuracy.md has the figures.

mod alignment;
mod compare;
mod comparer;
mod decide;
mod extractor;
mod finding;
mod fusion;
mod graphics;
mod mask;
mod operating_point;
mod patches;
mod picture;
mod point_pair;
mod query;
mod reference;
mod settings;
mod things;
mod tier;
mod turns;
mod views;

pub use self::comparer::Cascade;
pub use self::extractor::CascadeExtractor;
pub use self::finding::{Detail, Finding};
pub use self::operating_point::OperatingPoint;
pub use self::point_pair::PointPair;
pub use self::query::Query;
pub use self::reference::Reference;
pub use self::settings::{CascadeSettings, PointSettings};
pub use self::tier::Tier;
pub use self::turns::QuarterTurns;
pub use self::views::MatchedView;
