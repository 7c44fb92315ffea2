use time::Duration;

use crate::participation::positive_id;
use crate::{Comparison, FeedId, ReferenceFeatures, ReferenceId};

positive_id! {
    /// Database id of a learned view, assigned on insert. A newer view has a larger id.
    ViewId
}

/// An accepted photo of the scene in another light or from another angle. A photo that the reference does not
/// recognise is compared with the views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnedView {
    /// Database id.
    pub id: ViewId,
    /// URL of the accepted photo.
    pub image_url: String,
    /// Features that later photos are compared with.
    pub features: ReferenceFeatures,
}

impl LearnedView {
    /// Maximum number of views of a reference.
    pub const MAX: usize = 8;

    /// Minimum score of a match by which a photo is learned, or accepted by a view. Of 4,345 non-matching pairs of photos
    /// none has it (docs/data/fit.md).
    pub const MIN_SCORE: f64 = 0.9;

    /// Duration without use after which a view in a format other than the current one goes. Two versions of the service
    /// run at once for less.
    pub const UNUSED_FORMAT: Duration = Duration::days(7);
}

/// What justifies that a photo is learned: its match with the reference itself or with two views. So views drift no
/// further from the reference than their common ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voucher {
    /// The reference.
    Reference,
    /// Two different views.
    Views([ViewId; 2]),
}

/// A view before its row is inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewView {
    /// Reference of the scene.
    pub reference_id: ReferenceId,
    /// Row of the accepted photo.
    pub feed_id: FeedId,
    /// What the photo matches.
    pub voucher: Voucher,
    /// Features that later photos are compared with.
    pub features: ReferenceFeatures,
}

/// How far a comparison with views goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewSearch {
    /// Until one view matches.
    One,
    /// Until two views match.
    Two,
    /// The cheapest tier alone, until one view matches.
    Cheapest,
}

impl ViewSearch {
    /// Number of matching views that end the comparison.
    pub fn enough(self) -> usize {
        match self {
            Self::One | Self::Cheapest => 1,
            Self::Two => 2,
        }
    }
}

impl Comparison {
    /// Whether the match is certain enough to learn the photo.
    pub fn is_certain(&self) -> bool {
        self.same_scene && self.score >= LearnedView::MIN_SCORE
    }

    /// Whether the cheapest tier alone makes the match certain. Learning such a photo would add nothing.
    pub fn is_plain(&self) -> bool {
        self.is_certain() && self.tiers.len() <= 1
    }
}
