//! Writes what the local classifier's networks find in labelled photos.
//!
//! `evidence PHOTOS.tsv KEYWORDS.tsv [MODELS]` is run by `scripts/photos/measure.sh`. The first column of PHOTOS.tsv is an
//! id, the second a path; that of KEYWORDS.tsv a keyword, the second its Korean name. Each line of the output has an
//! id, a keyword, the largest and the mean sum over ImageNet's classes, and the largest probability of the object
//! detector or nothing. The last two lines have the time per photo and the CPU time, in milliseconds.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use injeung_adapter::{Limits, Workers};
use injeung_domain::ports::Classifier;
use injeung_domain::{Keyword, Photo, PhotoLimits};
use injeung_vision::{LocalClassifier, LocalClassifierSettings};
use rustix::time::{ClockId, clock_gettime};

type AnyError = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: evidence PHOTOS.tsv KEYWORDS.tsv [MODELS]";
    let photos = fs::read_to_string(arguments.next().ok_or(usage)?)?;
    let keywords = fs::read_to_string(arguments.next().ok_or(usage)?)?;
    let models = arguments
        .next()
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models"));
    let settings = LocalClassifierSettings::in_directory(&models);
    let classifier = LocalClassifier::load(&settings, Workers::new(Limits::untimed(1, 0)))?;
    let keywords = keywords_of(&keywords, &classifier)?;
    let parsed: Vec<Keyword> =
        keywords.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let mut times = Vec::new();
    for (id, path) in photos.lines().filter_map(|line| line.split_once('\t')) {
        let photo = Photo::parse(fs::read(path)?.into(), &PhotoLimits::NONE)?;
        let (start, cpu) = (Instant::now(), cpu_time());
        let evidence = classifier.evidence(&photo, &parsed).await?;
        times.push((start.elapsed(), cpu_time().saturating_sub(cpu)));
        for (name, evidence) in keywords.iter().zip(evidence) {
            // A keyword without a name in the table is known from the lack of lines.
            let Some(evidence) = evidence else { continue };
            let detected = evidence.detected.map(|value| value.to_string()).unwrap_or_default();
            println!("{id}\t{name}\t{}\t{}\t{detected}", evidence.maximum, evidence.mean);
        }
    }
    println!("# time\t{}", median(times.iter().map(|time| time.0)));
    println!("# CPU time\t{}", median(times.iter().map(|time| time.1)));
    Ok(())
}

/// The English keywords, if the classifier knows both names or neither.
fn keywords_of(table: &str, classifier: &LocalClassifier) -> Result<Vec<String>, AnyError> {
    let mut names = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [english, korean] = [0, 1].map(|column| line.split('\t').nth(column).unwrap_or(""));
        if classifier.knows(&english.parse()?) != classifier.knows(&korean.parse()?) {
            return Err(format!("only one of {english:?} and {korean:?} is known").into());
        }
        names.push(english.to_owned());
    }
    Ok(names)
}

/// CPU time of this process, all threads.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

fn median(times: impl Iterator<Item = Duration>) -> f64 {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e3
}
