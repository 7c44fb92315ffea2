//! Comparison of a photo with several views of a scene.

use std::time::{Duration, Instant};

use injeung_domain::ports::VisionError;
use injeung_domain::{
    Comparison, LearnedView, MatchMode, ReferenceFeatures, TierScore, ViewSearch,
};

use super::compare::{Comparing, difference};
use super::comparer::Cascade;
use super::finding::Detail;
use super::fusion::Standing;
use super::query::Query;
use super::reference::Reference;
use super::tier::Tier;

/// Maximum number of views that the costly tiers run on: each run costs as much as most comparisons in all.
const MAX_COSTLY: usize = 2;

/// A view that matches a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchedView {
    /// Place in the list of views.
    pub place: usize,
    /// The comparison and its inliers.
    pub detail: Detail,
    /// Durations of the tiers that ran, in their order.
    pub took: Vec<Duration>,
}

impl Cascade {
    /// Compares a photo with views, as far as `search` requires, and returns those that match with a score of at least
    /// [`LearnedView::MIN_SCORE`], in the order in which they were found. Each tier runs on all views that are open before the next
    /// one does, and the costly ones run on the two most probable only. Blocks.
    ///
    /// # Errors
    /// The errors of [`read`](Self::read) and [`compare`](Self::compare).
    pub fn compare_views(
        &self,
        views: &[ReferenceFeatures],
        query: &Query,
        mode: MatchMode,
        search: ViewSearch,
    ) -> Result<Vec<MatchedView>, VisionError> {
        let threshold = self.threshold().max(LearnedView::MIN_SCORE);
        let views = views.iter().map(|view| self.read(view)).collect::<Result<Vec<_>, _>>()?;
        let open: Result<Vec<_>, _> = views
            .iter()
            .enumerate()
            .map(|(place, view)| Open::new(self, place, view, query))
            .collect();
        let mut open = open?;
        let mut found = Vec::new();
        for (nth, tier) in self.tiers().iter().enumerate() {
            let is_last = nth + 1 == self.tiers().len() || search == ViewSearch::Cheapest;
            // Before the first tier no view is more probable than another.
            if nth > 0 && is_costly(*tier) {
                open.sort_by(|a, b| b.probability.total_cmp(&a.probability));
                open.truncate(MAX_COSTLY);
            }
            let mut left = Vec::with_capacity(open.len());
            for mut view in open {
                let standing = view.run(self, *tier)?;
                match standing {
                    Standing::Open if !is_last => left.push(view),
                    Standing::Sure | Standing::Open if view.probability >= threshold => {
                        found.extend(view.end(threshold, mode)?);
                    }
                    Standing::Sure | Standing::Open | Standing::Hopeless => {}
                }
                if found.len() == search.enough() {
                    return Ok(found);
                }
            }
            if is_last {
                break;
            }
            open = left;
        }
        Ok(found)
    }
}

/// Whether a tier costs much for each view. ORB's and XFeat's points of the photo are extracted once for all views.
fn is_costly(tier: Tier) -> bool {
    match tier {
        Tier::Quick | Tier::Xfeat => false,
        Tier::LighterGlue | Tier::Sift | Tier::Aligned => true,
    }
}

/// A view that is neither found nor ruled out.
struct Open<'a> {
    place: usize,
    view: &'a Reference,
    query: &'a Query,
    comparing: Comparing<'a>,
    scores: Vec<TierScore>,
    took: Vec<Duration>,
    probability: f64,
}

impl<'a> Open<'a> {
    fn new(
        cascade: &'a Cascade,
        place: usize,
        view: &'a Reference,
        query: &'a Query,
    ) -> Result<Self, VisionError> {
        let comparing = Comparing::new(cascade, view, query)?;
        let (scores, took) = (Vec::new(), Vec::new());
        Ok(Self { place, view, query, comparing, scores, took, probability: 0.0 })
    }

    fn run(&mut self, cascade: &Cascade, tier: Tier) -> Result<Standing, VisionError> {
        let begun = Instant::now();
        self.scores.push(self.comparing.run(tier)?);
        self.took.push(begun.elapsed());
        let fused = cascade.model().fuse(&self.scores, cascade.tiers());
        self.probability = fused.probability;
        Ok(fused.standing)
    }

    /// The matched view; `None` if its things differ and have to match.
    fn end(self, threshold: f64, mode: MatchMode) -> Result<Option<MatchedView>, VisionError> {
        let clearest = self.comparing.clearest();
        let difference = match mode {
            MatchMode::Place => None,
            MatchMode::Thing => difference(self.view, self.query, &clearest)?,
        };
        if difference.is_some_and(|found| !found.is_accepted()) {
            return Ok(None);
        }
        let comparison = Comparison {
            same_scene: true,
            score: self.probability,
            threshold,
            tiers: self.scores,
            difference,
        };
        let detail = Detail { comparison, clearest };
        Ok(Some(MatchedView { place: self.place, detail, took: self.took }))
    }
}
