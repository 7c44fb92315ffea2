//! What the service would say to the photos.

use std::time::Duration;

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, PhotoLimits, TierScore};
use injeung_vision::{Cascade, QuarterTurns, Query, Reference};
use rayon::ThreadPool;
use rayon::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use super::super::read_photo;
use super::pairs::{Pair, Relation};
use super::scenes::{ORDINARY, ScenePhoto};

/// How the service is set up that is judged.
pub(super) struct Judge {
    pub(super) cascade: Cascade,
    pub(super) limits: PhotoLimits,
    pub(super) workers: ThreadPool,
}

/// What was taken of a photo.
pub(super) struct Seen {
    pub(super) photo: ScenePhoto,
    /// Feature points that count for its quality as a reference.
    pub(super) feature_count: u32,
    reference: Reference,
    query: Query,
}

/// A photo that could not be worked with.
pub(super) struct Unreadable {
    pub(super) file: String,
    /// Why, as a text that fits after "failed to".
    pub(super) reason: String,
}

/// A pair with what was found.
pub(super) struct Scored {
    pub(super) pair: Pair,
    /// What the verdict rests on.
    pub(super) score: f64,
    /// The score of every tier, in the order of [`Judge::tiers`].
    pub(super) tiers: Vec<TierScore>,
}

/// What whole comparisons cost, from the photo's file in memory to the verdict, one at a time, in
/// milliseconds of processor time, which other work on the machine hardly changes.
pub(super) struct Times {
    pub(super) right: Vec<f64>,
    pub(super) wrong: Vec<f64>,
}

/// Right pairs of ordinary photos that are accepted, with the new photo turned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turned {
    /// How many were tried.
    pub(super) tried: usize,
    /// How many of those are accepted by 90, 180 and 270 degrees, clockwise.
    pub(super) accepted: [usize; 3],
}

impl Judge {
    /// The names of the scores that a verdict is made of.
    pub(super) fn tiers(&self) -> Vec<&'static str> {
        self.cascade.tiers().iter().map(|tier| tier.name()).collect()
    }

    /// Takes the features of every photo once, as of a reference and as of a new photo.
    ///
    /// # Errors
    /// A fault that is none of the photos'.
    pub(super) fn look(
        &self,
        photos: Vec<ScenePhoto>,
    ) -> anyhow::Result<(Vec<Seen>, Vec<Unreadable>)> {
        let bar = progress("photos", photos.len());
        let look = |photo| {
            let looked = self.look_at(photo);
            bar.inc(1);
            looked
        };
        let looked: anyhow::Result<Vec<_>> =
            self.workers.install(|| photos.into_par_iter().map(look).collect());
        bar.finish_and_clear();
        let (mut seen, mut unreadable) = (Vec::new(), Vec::new());
        for result in looked? {
            match result {
                Ok(one) => seen.push(one),
                Err(one) => unreadable.push(one),
            }
        }
        Ok((seen, unreadable))
    }

    /// Compares the pairs, whose places are those of `seen`.
    ///
    /// # Errors
    /// A fault of the comparison.
    pub(super) fn compare(&self, seen: &[Seen], pairs: &[Pair]) -> anyhow::Result<Vec<Scored>> {
        let bar = progress("pairs", pairs.len());
        let compare = |pair: &Pair| {
            let (reference, query) = of_pair(seen, pair)?;
            let (tiers, score) =
                self.cascade.scores(&reference.reference, &query.query).with_context(|| {
                    format!("compare {} with {}", query.photo.file, reference.photo.file)
                })?;
            bar.inc(1);
            Ok(Scored { pair: *pair, score, tiers })
        };
        let scored = self.workers.install(|| pairs.par_iter().map(compare).collect());
        bar.finish_and_clear();
        scored
    }

    /// Times whole comparisons of up to `most` right and as many wrong pairs, spread evenly.
    ///
    /// # Errors
    /// When a photo has become unreadable, or a fault.
    pub(super) fn time(&self, seen: &[Seen], pairs: &[Pair], most: usize) -> anyhow::Result<Times> {
        let [right, wrong] =
            [Relation::Right, Relation::Wrong].map(|relation| spread(pairs, relation, most));
        let bar = progress("times", right.len() + wrong.len());
        let time = |pair: &Pair| {
            let (reference, query) = of_pair(seen, pair)?;
            let photo = read_photo(&query.photo.path, &self.limits)?;
            let began = processor_time();
            let query = self.cascade.query(&photo).context("look into the photo")?;
            self.cascade.compare(&reference.reference, &query).context("compare the photos")?;
            bar.inc(1);
            Ok((processor_time() - began).as_secs_f64() * 1e3)
        };
        let times = |pairs: Vec<Pair>| pairs.iter().map(time).collect::<anyhow::Result<_>>();
        let times = Times { right: times(right)?, wrong: times(wrong)? };
        bar.finish_and_clear();
        Ok(times)
    }

    /// Turns the new photo of up to `most` ordinary right pairs that are accepted, spread evenly.
    ///
    /// # Errors
    /// A fault of the comparison.
    pub(super) fn turn(
        &self,
        seen: &[Seen],
        scored: &[Scored],
        most: usize,
    ) -> anyhow::Result<Turned> {
        let is_ordinary = |place: usize| {
            seen.get(place).is_some_and(|seen: &Seen| seen.photo.stratum == ORDINARY)
        };
        let accepted: Vec<Pair> = scored
            .iter()
            .filter(|one| one.score >= self.cascade.threshold())
            .map(|one| one.pair)
            .filter(|pair| is_ordinary(pair.reference) && is_ordinary(pair.query))
            .collect();
        let pairs = spread(&accepted, Relation::Right, most);
        let bar = progress("turns", pairs.len());
        let turn = |pair: &Pair| {
            let (reference, query) = of_pair(seen, pair)?;
            let mut accepted = [false; 3];
            for (accepted, turns) in accepted.iter_mut().zip(TURNS) {
                let query = query.query.turned(turns).context("turn the photo")?;
                let found = self.cascade.compare(&reference.reference, &query);
                *accepted = found.context("compare the photos")?.comparison.same_scene;
            }
            bar.inc(1);
            Ok(accepted)
        };
        let found: anyhow::Result<Vec<[bool; 3]>> =
            self.workers.install(|| pairs.par_iter().map(turn).collect());
        bar.finish_and_clear();
        let mut turned = Turned { tried: pairs.len(), accepted: [0; 3] };
        for accepted in found? {
            for (count, accepted) in turned.accepted.iter_mut().zip(accepted) {
                *count += usize::from(accepted);
            }
        }
        Ok(turned)
    }

    fn look_at(&self, photo: ScenePhoto) -> anyhow::Result<Result<Seen, Unreadable>> {
        let unreadable = |file: String, reason: String| Ok(Err(Unreadable { file, reason }));
        let pixels: Photo = match read_photo(&photo.path, &self.limits) {
            Ok(pixels) => pixels,
            Err(error) => return unreadable(photo.file, format!("{error:#}")),
        };
        let looked = self.cascade.extract(&pixels).and_then(|(features, quality)| {
            Ok((self.cascade.read(&features)?, quality, self.cascade.query(&pixels)?))
        });
        match looked {
            Ok((reference, quality, query)) => {
                Ok(Ok(Seen { photo, feature_count: quality.feature_count, reference, query }))
            }
            Err(VisionError::Photo(error)) => {
                let reason = format!("read {}: {error}", photo.path.display());
                unreadable(photo.file, reason)
            }
            Err(VisionError::Fault(fault)) => {
                Err(fault).with_context(|| format!("look into {}", photo.path.display()))
            }
        }
    }
}

/// By 90, 180 and 270 degrees.
const TURNS: [QuarterTurns; 3] =
    [QuarterTurns::Clockwise, QuarterTurns::Half, QuarterTurns::Counterclockwise];

fn of_pair<'a>(seen: &'a [Seen], pair: &Pair) -> anyhow::Result<(&'a Seen, &'a Seen)> {
    let found = seen.get(pair.reference).zip(seen.get(pair.query));
    found.ok_or_else(|| anyhow!("find the photos of {pair:?}"))
}

/// What all threads of this process have used so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Up to `most` pairs of a relation at even distances.
fn spread(pairs: &[Pair], relation: Relation, most: usize) -> Vec<Pair> {
    let all: Vec<Pair> = pairs.iter().filter(|pair| pair.relation == relation).copied().collect();
    let count = most.min(all.len());
    (0..count).filter_map(|place| all.get(place * all.len() / count)).copied().collect()
}

/// A bar on the standard error; nothing where that is no terminal.
fn progress(what: &'static str, length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64).with_message(what);
    match ProgressStyle::with_template("{msg:>6} {wide_bar} {pos}/{len} {eta:>4}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_pairs_as_asked_for_are_taken_from_first_to_last() {
        let pair = |relation| move |reference| Pair { reference, query: 0, relation };
        let right = (0..5).map(pair(Relation::Right));
        let pairs: Vec<_> = right.chain((5..9).map(pair(Relation::Wrong))).collect();
        let taken = |most| -> Vec<_> {
            spread(&pairs, Relation::Right, most).iter().map(|pair| pair.reference).collect()
        };
        assert!(taken(0).is_empty());
        assert_eq!(taken(4), [0, 1, 2, 3]);
        assert_eq!(taken(2), [0, 2]);
        assert_eq!(taken(9), [0, 1, 2, 3, 4]);
    }
}
