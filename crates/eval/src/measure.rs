//! Comparison of the photos by the cascade of the service.

use std::error::Error;
use std::fs;
use std::time::Duration;

use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use injeung_domain::ports::VisionError;
use injeung_domain::{Comparison, Difference, Photo, PhotoLimits, TierScore};
use injeung_vision::{Cascade, QuarterTurns, Query, Reference, draw_overlay};
use rayon::ThreadPool;
use rayon::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use crate::error::EvalError;
use crate::pairs::{Pair, Relation};
use crate::scenes::{ORDINARY, ScenePhoto};

/// A cascade and the threads that run it.
pub(crate) struct Measurement<'a> {
    pub(crate) cascade: &'a Cascade,
    pub(crate) limits: PhotoLimits,
    pub(crate) threads: ThreadPool,
}

/// A photo with its features.
pub(crate) struct Examined {
    pub(crate) photo: ScenePhoto,
    /// Number of feature points that the quality as a reference is rated by.
    pub(crate) feature_count: u32,
    reference: Reference,
    query: Query,
}

/// A photo that cannot be read.
pub(crate) struct Unreadable {
    pub(crate) file: String,
    /// Fragment that fits after "failed to".
    pub(crate) reason: String,
}

/// A pair with its scores.
pub(crate) struct Scored {
    pub(crate) pair: Pair,
    /// Probability that decides.
    pub(crate) score: f64,
    /// Score of every tier, in the order of [`Measurement::tiers`].
    pub(crate) tiers: Vec<TierScore>,
    /// Difference of the things; `None` if the photos cannot be aligned.
    pub(crate) difference: Option<Difference>,
}

/// A picture of two photos with their matches.
pub(crate) struct Picture {
    pub(crate) caption: String,
    pub(crate) jpeg: Bytes,
}

/// Processor time of whole comparisons, one at a time, in milliseconds, from the photo's file in memory to the
/// decision. Other work on the machine hardly changes it.
pub(crate) struct Times {
    pub(crate) matching: Vec<f64>,
    pub(crate) non_matching: Vec<f64>,
}

/// Results for accepted matching pairs of ordinary photos with the new photo turned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turned {
    /// Number of pairs.
    pub(crate) tried: usize,
    /// Number of pairs that are accepted at 90, 180 and 270 degrees, clockwise.
    pub(crate) accepted: [usize; 3],
}

impl Measurement<'_> {
    /// Names of the tiers that are on.
    pub(crate) fn tiers(&self) -> Vec<&'static str> {
        self.cascade.tiers().iter().map(|tier| tier.name()).collect()
    }

    /// Computes the features of every photo once, as a reference and as a new photo.
    ///
    /// # Errors
    /// A fault of the cascade. Photos that cannot be decoded are in the second list.
    pub(crate) fn examine(
        &self,
        photos: Vec<ScenePhoto>,
    ) -> Result<(Vec<Examined>, Vec<Unreadable>), EvalError> {
        let bar = progress("photos", photos.len());
        let examine = |photo| {
            let result = self.examine_one(photo);
            bar.inc(1);
            result
        };
        let results: Result<Vec<_>, EvalError> =
            self.threads.install(|| photos.into_par_iter().map(examine).collect());
        bar.finish_and_clear();
        let (mut examined, mut unreadable) = (Vec::new(), Vec::new());
        for result in results? {
            match result {
                Ok(one) => examined.push(one),
                Err(one) => unreadable.push(one),
            }
        }
        Ok((examined, unreadable))
    }

    /// Compares pairs of examined photos.
    ///
    /// # Errors
    /// A fault of the cascade.
    pub(crate) fn compare(
        &self,
        examined: &[Examined],
        pairs: &[Pair],
    ) -> Result<Vec<Scored>, EvalError> {
        let bar = progress("pairs", pairs.len());
        let compare = |pair: &Pair| {
            let (reference, query) = of_pair(examined, pair)?;
            let found = self.cascade.scores(&reference.reference, &query.query);
            let found = found.map_err(query.photo.fault())?;
            bar.inc(1);
            let Comparison { score, tiers, difference, .. } = found;
            Ok(Scored { pair: *pair, score, tiers, difference })
        };
        let scored = self.threads.install(|| pairs.par_iter().map(compare).collect());
        bar.finish_and_clear();
        scored
    }

    /// Times whole comparisons of up to `most` matching and as many non-matching pairs, spread evenly.
    ///
    /// # Errors
    /// If a photo can no longer be read, or a fault of the cascade.
    pub(crate) fn time(
        &self,
        examined: &[Examined],
        pairs: &[Pair],
        most: usize,
    ) -> Result<Times, EvalError> {
        let [matching, non_matching] = [Relation::Matching, Relation::NonMatching]
            .map(|relation| spread(pairs, relation, most));
        let bar = progress("times", matching.len() + non_matching.len());
        let time = |pair: &Pair| {
            let (reference, query) = of_pair(examined, pair)?;
            let photo = self.read(&query.photo)?;
            let began = processor_time();
            let compared = self
                .cascade
                .query(&photo)
                .and_then(|query| self.cascade.compare(&reference.reference, &query));
            compared.map_err(query.photo.fault())?;
            bar.inc(1);
            Ok((processor_time() - began).as_secs_f64() * 1e3)
        };
        let times = |pairs: Vec<Pair>| pairs.iter().map(time).collect::<Result<_, EvalError>>();
        let times = Times { matching: times(matching)?, non_matching: times(non_matching)? };
        bar.finish_and_clear();
        Ok(times)
    }

    /// Compares up to `most` accepted matching pairs of ordinary photos, spread evenly, with the new photo turned.
    ///
    /// # Errors
    /// A fault of the cascade.
    pub(crate) fn turn(
        &self,
        examined: &[Examined],
        scored: &[Scored],
        most: usize,
    ) -> Result<Turned, EvalError> {
        let is_ordinary = |index: usize| {
            examined.get(index).is_some_and(|one: &Examined| one.photo.stratum == ORDINARY)
        };
        let accepted: Vec<Pair> = scored
            .iter()
            .filter(|one| one.score >= self.cascade.threshold())
            .map(|one| one.pair)
            .filter(|pair| is_ordinary(pair.reference) && is_ordinary(pair.query))
            .collect();
        let pairs = spread(&accepted, Relation::Matching, most);
        let bar = progress("turns", pairs.len());
        let turn = |pair: &Pair| {
            let (reference, query) = of_pair(examined, pair)?;
            let mut accepted = [false; 3];
            for (accepted, turns) in accepted.iter_mut().zip(TURNS) {
                let turned = query.query.turned(turns);
                let found =
                    turned.and_then(|turned| self.cascade.compare(&reference.reference, &turned));
                *accepted = found.map_err(query.photo.fault())?.comparison.same_scene;
            }
            bar.inc(1);
            Ok(accepted)
        };
        let found: Result<Vec<[bool; 3]>, EvalError> =
            self.threads.install(|| pairs.par_iter().map(turn).collect());
        bar.finish_and_clear();
        let mut turned = Turned { tried: pairs.len(), accepted: [0; 3] };
        for accepted in found? {
            for (count, accepted) in turned.accepted.iter_mut().zip(accepted) {
                *count += usize::from(accepted);
            }
        }
        Ok(turned)
    }

    /// Draws pairs with their matches.
    ///
    /// # Errors
    /// If a photo can no longer be read, or a fault of the cascade.
    pub(crate) fn pictures(
        &self,
        examined: &[Examined],
        pairs: &[&Scored],
    ) -> Result<Vec<Picture>, EvalError> {
        let draw = |scored: &&Scored| {
            let (reference, query) = of_pair(examined, &scored.pair)?;
            let detail = self.cascade.compare(&reference.reference, &query.query);
            let detail = detail.map_err(query.photo.fault())?;
            let (first, second) = (self.read(&reference.photo)?, self.read(&query.photo)?);
            let jpeg = draw_overlay(&first, &second, &detail).map_err(query.photo.fault())?;
            let relation = scored.pair.relation.name();
            let (first, second) = (&reference.photo.file, &query.photo.file);
            let caption = format!("{relation}, score {:.4}: {first} and {second}", scored.score);
            Ok(Picture { caption, jpeg })
        };
        pairs.iter().map(draw).collect()
    }

    fn examine_one(&self, photo: ScenePhoto) -> Result<Result<Examined, Unreadable>, EvalError> {
        let unreadable = |file: String, source: &dyn Error| {
            let reason = format!("read {}: {source}", photo.path.display());
            Ok(Err(Unreadable { file, reason }))
        };
        let pixels = match self.read(&photo) {
            Ok(pixels) => pixels,
            Err(EvalError::Read { source, .. }) => return unreadable(photo.file.clone(), &*source),
            Err(other) => return Err(other),
        };
        let examined = self.cascade.extract(&pixels).and_then(|(features, quality)| {
            Ok((self.cascade.read(&features)?, quality, self.cascade.query(&pixels)?))
        });
        match examined {
            Ok((reference, quality, query)) => {
                Ok(Ok(Examined { photo, feature_count: quality.feature_count, reference, query }))
            }
            Err(VisionError::Photo(error)) => unreadable(photo.file.clone(), &error),
            Err(fault @ VisionError::Fault(_)) => Err(photo.fault()(fault)),
        }
    }

    fn read(&self, photo: &ScenePhoto) -> Result<Photo, EvalError> {
        let file = fs::read(&photo.path).map_err(|error| EvalError::read(&photo.path, error))?;
        Photo::parse(file.into(), &self.limits).map_err(|error| EvalError::read(&photo.path, error))
    }
}

/// Rotations by 90, 180 and 270 degrees.
const TURNS: [QuarterTurns; 3] =
    [QuarterTurns::Clockwise, QuarterTurns::Half, QuarterTurns::Counterclockwise];

fn of_pair<'a>(
    examined: &'a [Examined],
    pair: &Pair,
) -> Result<(&'a Examined, &'a Examined), EvalError> {
    let Pair { reference, query, .. } = *pair;
    let found = examined.get(reference).zip(examined.get(query));
    found.ok_or(EvalError::UnknownPhotos { reference, query })
}

impl ScenePhoto {
    /// The error of the cascade with the name of this photo.
    fn fault(&self) -> impl FnOnce(VisionError) -> EvalError {
        let photo = self.file.clone();
        |source| EvalError::Vision { photo, source }
    }
}

/// Processor time of all threads of this process so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Up to `most` pairs of a relation, evenly spaced.
fn spread(pairs: &[Pair], relation: Relation, most: usize) -> Vec<Pair> {
    let all: Vec<Pair> = pairs.iter().filter(|pair| pair.relation == relation).copied().collect();
    let count = most.min(all.len());
    (0..count).filter_map(|place| all.get(place * all.len() / count)).copied().collect()
}

/// A progress bar on the standard error; invisible if that is no terminal.
pub(crate) fn progress(what: &'static str, length: usize) -> ProgressBar {
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
    fn the_requested_number_of_pairs_is_spread_evenly() {
        let pair = |relation| move |reference| Pair { reference, query: 0, relation };
        let matching = (0..5).map(pair(Relation::Matching));
        let pairs: Vec<_> = matching.chain((5..9).map(pair(Relation::NonMatching))).collect();
        let taken = |most| -> Vec<_> {
            spread(&pairs, Relation::Matching, most).iter().map(|pair| pair.reference).collect()
        };
        assert!(taken(0).is_empty());
        assert_eq!(taken(4), [0, 1, 2, 3]);
        assert_eq!(taken(2), [0, 2]);
        assert_eq!(taken(9), [0, 1, 2, 3, 4]);
    }
}
