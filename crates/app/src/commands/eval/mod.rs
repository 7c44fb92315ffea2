//! How well the service tells photos apart, measured on folders of photos.

mod judge;
mod pairs;
mod report;
mod scenes;
mod scores;
mod statistics;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use injeung_vision::OperatingPoint;
use rayon::ThreadPoolBuilder;

use self::judge::Judge;
use self::pairs::Choice;
use self::report::{Findings, Report};
use self::scenes::ScenePhoto;
use super::{complain, say};
use crate::config::Config;
use crate::wiring;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A folder of scenes: a folder of photos each. A `manifest.csv` in it may name the photos
    /// (`scene_id`, `file`) and tell where they were taken (`site`) and how difficult they are
    /// (`stratum`).
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Writes the figures as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes every pair with its scores, a line a pair.
    #[arg(long, value_name = "FILE.csv")]
    scores: Option<PathBuf>,
    /// The most pairs of photos that one scene gives.
    #[arg(long, value_name = "N", default_value_t = 6)]
    pairs: usize,
    /// The least wrong pairs that each stratum gets for one of its right pairs, where there are so
    /// many.
    #[arg(long, value_name = "K", default_value_t = 20)]
    wrong: usize,
    /// The least wrong pairs of the largest stratum, where there are so many.
    #[arg(long, value_name = "N", default_value_t = 4000)]
    least_wrong: usize,
    /// The most pairs of photos of two scenes of one site.
    #[arg(long, value_name = "N", default_value_t = 400)]
    look_alikes: usize,
    /// The most right and the most wrong comparisons that are timed.
    #[arg(long, value_name = "N", default_value_t = 50)]
    timed: usize,
    /// The most right pairs of ordinary photos that are compared again with the new photo turned by
    /// 90, 180 and 270 degrees, of those that are accepted upright.
    #[arg(long, value_name = "N", default_value_t = 0)]
    turned: usize,
    /// What decides which wrong pairs are taken.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// Succeeds whatever the figures are.
pub(crate) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let cascade = wiring::cascade(config)?;
    let workers = ThreadPoolBuilder::new()
        .num_threads(config.vision.workers.get())
        .build()
        .context("start the workers")?;
    let judge = Judge { cascade, limits: config.photos.into(), workers };
    let found = scenes::read(&arguments.directory)?;
    let (seen, unreadable) = judge.look(found)?;
    for one in &unreadable {
        complain(&format!("injeung: left out: failed to {}", one.reason));
    }
    let photos: Vec<ScenePhoto> = seen.iter().map(|seen| seen.photo.clone()).collect();
    let choice = Choice {
        pairs_per_scene: arguments.pairs,
        wrong_per_right: arguments.wrong,
        least_wrong: arguments.least_wrong,
        look_alikes: arguments.look_alikes,
        seed: arguments.seed,
    };
    let pairs = pairs::choose(&photos, &choice);
    if pairs.is_empty() {
        bail!("find two photos to compare in {}", arguments.directory.display());
    }
    let scored = judge.compare(&seen, &pairs)?;
    if let Some(path) = &arguments.scores {
        scores::write(path, &judge.tiers(), &seen, &scored)
            .with_context(|| format!("write {}", path.display()))?;
    }
    let times = judge.time(&seen, &pairs, arguments.timed)?;
    let turned = judge.turn(&seen, &scored, arguments.turned)?;
    let thresholds = OperatingPoint::ALL.map(|point| (point, judge.cascade.threshold_at(point)));
    let report = Report::of(&Findings {
        thresholds: &thresholds,
        photos: &photos,
        seen: &seen,
        unreadable: &unreadable,
        scored: &scored,
        times: &times,
        turned,
        seed: arguments.seed,
    });
    if let Some(path) = &arguments.json {
        let json = serde_json::to_string_pretty(&report).context("write the figures")?;
        fs::write(path, json + "\n").with_context(|| format!("write {}", path.display()))?;
    }
    say(&report.text());
    Ok(ExitCode::SUCCESS)
}
