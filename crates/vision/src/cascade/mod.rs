//! The verdict: whether two photos show the same scene.
//!
//! Tiers are asked one after the other until what they say together is certain enough. What they
//! say is fused into one probability, so that a score means the same whichever tier settled the
//! matter. docs/accuracy.md has the figures.

mod alignment;
mod cache;
mod compare;
mod comparer;
mod decide;
mod detail;
mod extractor;
mod finding;
mod fusion;
mod graphics;
mod mask;
mod operating_point;
mod patches;
mod picture;
mod query;
mod reference;
mod settings;
mod tier;
mod turns;

pub use self::comparer::Cascade;
pub use self::detail::{Detail, PointPair};
pub use self::extractor::CascadeExtractor;
pub use self::operating_point::OperatingPoint;
pub use self::query::Query;
pub use self::reference::Reference;
pub use self::settings::{CascadeSettings, PointSettings};
pub use self::tier::Tier;
pub use self::turns::QuarterTurns;
