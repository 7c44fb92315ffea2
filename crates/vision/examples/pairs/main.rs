//! Measures how often photos of one scene are refused and photos of two scenes accepted.
//!
//! ```text
//! cargo run --release -p injeung-vision --example pairs -- DIR [sift|orb] [KEY=NUMBER...]
//! ```
//!
//! DIR holds folders of photos, one a scene, and a `manifest.csv` with the columns `scene_id`,
//! `file`, `site` and `stratum`. Two photos of one folder are a right pair; two of different
//! sites are a wrong one; two scenes of one site are look-alikes, which are reported apart. KEY
//! is `side`, `points` or `ratio`, or `pairs`, the most right pairs that one scene may give;
//! `wrong=N` compares only each Nth wrong pair; `stratum=NAME` leaves the photos of other strata out.
#![allow(clippy::print_stdout, reason = "the tables are what the tool is for")]

mod photos;
mod report;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use injeung_domain::{ReferenceFeatures, ReferenceQuality};
use injeung_vision::{Algorithm, ExtractorSettings, compare_features, extract_features};

use photos::{Relation, Scene, relation};
use report::{Scored, Totals};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// A photo with what was taken of it.
struct Entry {
    scene: Scene,
    features: ReferenceFeatures,
    quality: ReferenceQuality,
}

fn main() -> Result<(), AnyError> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("name the folder of the photos")?;
    let mut settings = ExtractorSettings::default();
    let mut most_pairs = usize::MAX;
    let mut stratum = None;
    let mut wrong = 1;
    for argument in arguments {
        match argument.split_once('=') {
            None => settings = ExtractorSettings::of(argument.parse::<Algorithm>()?),
            Some(("side", side)) => settings.working_side = side.parse()?,
            Some(("points", points)) => settings.max_features = points.parse()?,
            Some(("ratio", ratio)) => settings.ratio = ratio.parse()?,
            Some(("stratum", name)) => stratum = Some(name.to_owned()),
            Some(("wrong", every)) => wrong = every.parse::<usize>()?.max(1),
            Some(("pairs", pairs)) => most_pairs = pairs.parse()?,
            Some((key, _)) => return Err(format!("{key} is no setting").into()),
        }
    }
    let began = Instant::now();
    let entries = extract_all(&settings, Path::new(&directory), stratum.as_deref())?;
    let extracting = began.elapsed();
    let began = Instant::now();
    let scored = compare_all(&settings, &entries, most_pairs, wrong)?;
    let comparing = began.elapsed();
    let totals = Totals {
        photos: entries.len(),
        bytes: entries.iter().map(|entry| entry.features.bytes.len()).sum(),
        extracting,
        comparing,
    };
    report::print(&settings, &totals, &scored);
    Ok(())
}

fn extract_all(
    settings: &ExtractorSettings,
    directory: &Path,
    stratum: Option<&str>,
) -> Result<Vec<Entry>, AnyError> {
    let mut scenes = photos::read_manifest(directory)?;
    scenes.retain(|scene| stratum.is_none_or(|wanted| scene.stratum == wanted));
    let extract = |scene: Scene| {
        let photo = photos::read(&directory.join(&scene.file))?;
        let (features, quality) = extract_features(settings, &photo)?;
        Ok(Entry { scene, features, quality })
    };
    scenes.into_iter().map(extract).collect()
}

/// Compares every photo with every later one, on as many threads as there are cores.
fn compare_all(
    settings: &ExtractorSettings,
    entries: &[Entry],
    most_pairs: usize,
    wrong: usize,
) -> Result<Vec<Scored>, AnyError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut scored = Vec::new();
        while let Some((first, rest)) =
            entries.get(next.fetch_add(1, Ordering::Relaxed)..).and_then(<[_]>::split_first)
        {
            let looks = |second: &Entry, place: usize| {
                relation(&first.scene, &second.scene) != Relation::Different
                    || place.is_multiple_of(wrong)
            };
            for (place, second) in rest.iter().enumerate() {
                if looks(second, place + rest.len()) {
                    scored.push(compare(settings, first, second)?);
                }
            }
        }
        Ok(scored)
    };
    let threads = thread::available_parallelism()?.get();
    let results: Vec<Result<Vec<Scored>, AnyError>> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|_| Err("a thread panicked".into())))
            .collect()
    });
    let mut scored = Vec::new();
    for result in results {
        scored.extend(result?);
    }
    scored.sort_by(|a, b| (&a.first, &a.second).cmp(&(&b.first, &b.second)));
    keep_some_pairs(&mut scored, most_pairs);
    Ok(scored)
}

fn compare(
    settings: &ExtractorSettings,
    first: &Entry,
    second: &Entry,
) -> Result<Scored, AnyError> {
    Ok(Scored {
        first: first.scene.file.clone(),
        second: second.scene.file.clone(),
        scene: first.scene.name.clone(),
        stratum: if first.scene.stratum == second.scene.stratum {
            first.scene.stratum.clone()
        } else {
            "mixed".to_owned()
        },
        relation: relation(&first.scene, &second.scene),
        score: compare_features(settings, &first.features, &second.features)?.score,
        poorer_count: first.quality.feature_count.min(second.quality.feature_count),
    })
}

/// Drops the right pairs of a scene beyond the first `most`.
fn keep_some_pairs(scored: &mut Vec<Scored>, most: usize) {
    let mut pairs = std::collections::HashMap::<String, usize>::new();
    scored.retain(|pair| {
        if pair.relation != Relation::SameScene {
            return true;
        }
        let count = pairs.entry(pair.scene.clone()).or_default();
        *count += 1;
        *count <= most
    });
}
