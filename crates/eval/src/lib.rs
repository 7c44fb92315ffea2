//! How often the service rejects matching photos and accepts non-matching ones, measured on folders of photos.
//!
//! [`evaluate`] reads the scenes of a folder, chooses pairs of photos, compares them with a [`Cascade`] and computes
//! the error rates. [`chains`] simulates participants whose accepted photos are learned. `injeung eval` and `injeung chains` are their command lines; docs/accuracy.md explains the figures.

mod chains;
mod error;
mod measure;
mod page;
mod pairs;
mod report;
mod scenes;
mod scores;
mod statistics;

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use injeung_domain::PhotoLimits;
use injeung_vision::{Cascade, OperatingPoint};
use rayon::{ThreadPool, ThreadPoolBuilder};

use self::measure::Measurement;
use self::pairs::Choice;
use self::report::Findings;
use self::scenes::ScenePhoto;

pub use self::chains::{ChainOptions, ChainReport, chains};
pub use self::error::EvalError;
pub use self::report::Report;

/// What is measured and where the results go: the arguments of `injeung eval`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// A folder with a folder of photos for each scene. A `manifest.csv` in it may name the photos (`scene_id`, `file`),
    /// the place of each scene (`site`) and its difficulty (`stratum`).
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Writes the figures as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes a report with charts and the pictures of the worst pairs: one HTML file that needs no other.
    #[arg(long, value_name = "OUT.html")]
    pub report: Option<PathBuf>,
    /// Writes every pair with its scores, one line a pair.
    #[arg(long, value_name = "FILE.csv")]
    pub scores: Option<PathBuf>,
    /// Maximum number of matching pairs from one scene.
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub pairs: usize,
    /// Minimum number of non-matching pairs of each stratum for one of its matching pairs, if there are enough.
    #[arg(long, alias = "wrong", value_name = "K", default_value_t = 20)]
    pub non_matching: usize,
    /// Minimum number of non-matching pairs of the largest stratum, if there are enough.
    #[arg(long, alias = "least-wrong", value_name = "N", default_value_t = 4000)]
    pub least_non_matching: usize,
    /// Maximum number of pairs of different scenes of one site.
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub look_alikes: usize,
    /// Maximum number of matching and of non-matching comparisons that are timed.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub timed: usize,
    /// Maximum number of accepted matching pairs of ordinary photos that are compared again with the new photo turned by
    /// 90, 180 and 270 degrees.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub turned: usize,
    /// Seed for the choice of non-matching pairs.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// Measures a cascade on the photos of a folder, on `workers` threads. Writes the files that the options name. Calls
/// `warn` with a line for each photo that is left out.
///
/// # Errors
/// If the folder has too few or too many photos, a file cannot be read or written, or the cascade has a fault.
pub fn evaluate(
    cascade: &Cascade,
    limits: PhotoLimits,
    workers: NonZeroUsize,
    options: &Options,
    warn: impl Fn(&str),
) -> Result<Report, EvalError> {
    let measurement = Measurement { cascade, limits, threads: threads(workers)? };
    let (examined, unreadable) = measurement.examine(scenes::read(&options.directory)?)?;
    for one in &unreadable {
        warn(&format!("left out: failed to {}", one.reason));
    }
    let photos: Vec<ScenePhoto> = examined.iter().map(|one| one.photo.clone()).collect();
    let choice = Choice {
        pairs_per_scene: options.pairs,
        non_matching_per_matching: options.non_matching,
        least_non_matching: options.least_non_matching,
        look_alikes: options.look_alikes,
        seed: options.seed,
    };
    let pairs = pairs::choose(&photos, &choice);
    if pairs.is_empty() {
        return Err(EvalError::NoPairs(options.directory.clone()));
    }
    let scored = measurement.compare(&examined, &pairs)?;
    if let Some(path) = &options.scores {
        scores::write(path, &measurement.tiers(), &examined, &scored)
            .map_err(|error| EvalError::write(path, error))?;
    }
    let times = measurement.time(&examined, &pairs, options.timed)?;
    let turned = measurement.turn(&examined, &scored, options.turned)?;
    let thresholds = OperatingPoint::ALL.map(|point| (point, cascade.threshold_at(point)));
    let report = Report::of(&Findings {
        thresholds: &thresholds,
        photos: &photos,
        examined: &examined,
        unreadable: &unreadable,
        scored: &scored,
        times: &times,
        turned,
        seed: options.seed,
    });
    if let Some(path) = &options.json {
        let write = |json: String| fs::write(path, json + "\n").map_err(Box::from);
        let json = serde_json::to_string_pretty(&report).map_err(Box::from);
        json.and_then(write).map_err(|source| EvalError::Write { path: path.clone(), source })?;
    }
    if let Some(path) = &options.report {
        let worst = page::worst(&scored, &thresholds, WORST);
        let pictures = measurement.pictures(&examined, &worst)?;
        let page = page::page(&report, &thresholds, &scored, &pictures);
        let write = fs::write(path, page).map_err(Box::from);
        write.map_err(|source| EvalError::Write { path: path.clone(), source })?;
    }
    Ok(report)
}

fn threads(workers: NonZeroUsize) -> Result<ThreadPool, EvalError> {
    let threads = ThreadPoolBuilder::new().num_threads(workers.get()).build();
    threads.map_err(|source| EvalError::Threads { workers: workers.get(), source })
}

/// Maximum number of pictures of each kind of pair in a report.
const WORST: usize = 8;
