//! Chains of simulated days: a participant sends photos of one scene, and photos of other places, to a service that
//! learns views. The rules that run are those of the domain.

mod lab;
mod shot;
mod tally;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use fastrand::Rng;
use injeung_domain::{Photo, PhotoLimits};
use injeung_vision::Cascade;
use rayon::prelude::*;
use serde::Serialize;

use self::lab::Lab;
use self::shot::Shot;
use self::tally::{Shown, Tally, tables};
use crate::error::EvalError;
use crate::measure::progress;
use crate::scenes::{self, ScenePhoto};
use crate::threads;

/// What is simulated and where the results go: the arguments of `injeung chains`.
#[derive(Debug, Clone, Args)]
pub struct ChainOptions {
    /// A folder of scenes, as for `injeung eval`.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Writes the counts as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Number of days of a chain.
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Minimum number of photos of a scene.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub least_photos: usize,
    /// Maximum number of chains of a scene, each with another photo as its reference.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub references: usize,
    /// Seed for the choice and the simulation of photos.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// Counts of simulated chains.
#[derive(Debug, Serialize)]
pub struct ChainReport {
    strata: BTreeMap<String, Tally>,
    /// References that were rejected, so that they have no chain.
    rejected_references: usize,
    days: u32,
    seed: u64,
}

impl ChainReport {
    /// Formats the counts as tables in Markdown.
    pub fn text(&self) -> String {
        let text = tables(&self.strata, self.days);
        let (rejected, seed) = (self.rejected_references, self.seed);
        format!("{text} {rejected} references were rejected; seed {seed}.")
    }
}

/// Simulates chains on `workers` threads. Each scene is sent by hand from its photos, in changing light, to a service
/// whose reference is one of them. After each of these photos one of another place is sent. Writes the file that the options name.
///
/// # Errors
/// If the folder has no scene with enough photos, a file cannot be read or written, or the cascade has a fault.
pub fn chains(
    cascade: &Cascade,
    limits: PhotoLimits,
    workers: NonZeroUsize,
    options: &ChainOptions,
) -> Result<ChainReport, EvalError> {
    let photos = scenes::read(&options.directory)?;
    let planned = plan(&photos, options);
    if planned.is_empty() {
        return Err(EvalError::NoPairs(options.directory.clone()));
    }
    let bar = progress("chains", planned.len());
    let run = |chain: &Chain| {
        let tally = chain.run(cascade, limits, &photos, options)?;
        bar.inc(1);
        Ok((chain.stratum(&photos), tally))
    };
    let tallies: Result<Vec<_>, EvalError> =
        threads(workers)?.install(|| planned.par_iter().map(run).collect());
    bar.finish_and_clear();
    let (mut strata, mut rejected_references) = (BTreeMap::<String, Tally>::new(), 0);
    for (stratum, tally) in tallies? {
        match tally {
            Some(tally) => strata.entry(stratum).or_default().merge(&tally),
            None => rejected_references += 1,
        }
    }
    let ChainOptions { days, seed, .. } = *options;
    let report = ChainReport { strata, rejected_references, days, seed };
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&report).map_err(Box::from);
        let write = |json: String| fs::write(path, json + "\n").map_err(Box::from);
        json.and_then(write).map_err(|source| EvalError::Write { path: path.clone(), source })?;
    }
    Ok(report)
}

/// Photos by their places in the list of all.
struct Chain {
    scene: Vec<usize>,
    reference: usize,
    /// Photos of other sites.
    others: Vec<usize>,
    /// One scene of these.
    persistent: Vec<usize>,
    seed: u64,
}

/// The chains of every scene with enough photos, the same ones for the same photos and seed.
fn plan(photos: &[ScenePhoto], options: &ChainOptions) -> Vec<Chain> {
    let mut scenes = BTreeMap::<&str, Vec<usize>>::new();
    for (place, photo) in photos.iter().enumerate() {
        scenes.entry(&photo.scene).or_default().push(place);
    }
    let site_of = |place: usize| photos.get(place).map(|photo| photo.site.as_str());
    let mut planned = Vec::new();
    for scene in scenes.values().filter(|scene| scene.len() >= options.least_photos.max(1)) {
        for reference in scene.iter().copied().take(options.references) {
            let seed = options.seed.wrapping_mul(0x9e37_79b9) ^ planned.len() as u64;
            let mut random = Rng::with_seed(seed);
            let is_other = |place: &usize| site_of(*place) != site_of(reference);
            let others: Vec<usize> = (0..photos.len()).filter(is_other).collect();
            let foreign: Vec<&Vec<usize>> =
                scenes.values().filter(|scene| scene.iter().all(is_other)).collect();
            let persistent = random.choice(foreign).cloned().unwrap_or_default();
            planned.push(Chain { scene: scene.clone(), reference, others, persistent, seed });
        }
    }
    planned
}

impl Chain {
    fn stratum(&self, photos: &[ScenePhoto]) -> String {
        photos.get(self.reference).map(|photo| photo.stratum.clone()).unwrap_or_default()
    }

    /// Runs the days; `None` if the reference is rejected.
    fn run(
        &self,
        cascade: &Cascade,
        limits: PhotoLimits,
        photos: &[ScenePhoto],
        options: &ChainOptions,
    ) -> Result<Option<Tally>, EvalError> {
        let mut random = Rng::with_seed(self.seed);
        let mut take = |place: usize, is_still: bool| {
            let missing = EvalError::UnknownPhotos { reference: self.reference, query: place };
            let photo = photos.get(place).ok_or(missing)?;
            let file = fs::read(&photo.path);
            let file = file.map_err(|error| EvalError::read(&photo.path, error))?;
            let shot = if is_still { Shot::STILL } else { Shot::by_hand(&mut random) };
            let jpeg = shot.take(&file, &mut random);
            let jpeg = jpeg.map_err(|error| EvalError::read(&photo.path, error))?;
            let parsed = Photo::parse(jpeg.into(), &limits);
            parsed.map_err(|error| EvalError::read(&photo.path, error))
        };
        let Some(lab) = Lab::new(cascade, take(self.reference, true)?)? else { return Ok(None) };
        let mut choice = Rng::with_seed(!self.seed);
        let mut tally = Tally::default();
        for day in 0..options.days {
            let late = day >= options.days / 2;
            let (shown, foreign) = if day % 2 == 0 {
                (Shown::Other, &self.others)
            } else {
                (Shown::Persistent, &self.persistent)
            };
            for (shown, places) in [(Shown::Scene { late }, &self.scene), (shown, foreign)] {
                if let Some(place) = choice.choice(places) {
                    tally.add(shown, lab.send(take(*place, false)?)?);
                }
            }
        }
        let views: Vec<usize> = lab.views()?.iter().map(|view| view.features.bytes.len()).collect();
        tally.end(&views, lab.spent());
        Ok(Some(tally))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

    use super::*;

    fn photo(scene: &str, site: &str) -> ScenePhoto {
        let text = str::to_owned;
        let (scene, site, stratum) = (text(scene), text(site), text("ordinary"));
        ScenePhoto { scene, site, stratum, file: String::new(), path: PathBuf::new() }
    }

    #[test]
    fn a_chain_has_a_scene_and_photos_of_other_sites() {
        let photos = [
            photo("desk", "room"),
            photo("shelf", "room"),
            photo("desk", "room"),
            photo("street", "street"),
            photo("street", "street"),
        ];
        let options = ChainOptions {
            directory: PathBuf::new(),
            json: None,
            days: 30,
            least_photos: 2,
            references: 1,
            seed: 1,
        };
        let planned = plan(&photos, &options);
        assert_eq!(planned.len(), 2, "the shelf has one photo");
        assert_eq!((&planned[0].scene[..], planned[0].reference), (&[0, 2][..], 0));
        assert_eq!(planned[0].others, [3, 4], "the shelf is of the same site");
        assert_eq!(planned[0].persistent, [3, 4]);
        assert_eq!(planned[1].others, [0, 1, 2]);
        assert_eq!(plan(&photos, &ChainOptions { references: 5, ..options }).len(), 4);
    }
}
