//! Measures which keywords the local classifier accepts for labelled photos.
//!
//! `cargo run --release -p injeung-vision --example keywords DIR [MODELS]` prints the tables of
//! `docs/classification.md`. DIR holds a folder of JPEGs a scene; MODELS is `var/models` unless
//! given.
#![allow(clippy::print_stdout, reason = "its tables are what it is for")]

mod labels;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use injeung_adapter::{Limits, Workers};
use injeung_domain::ports::Classifier;
use injeung_domain::{Concept, Keyword, Photo, PhotoLimits};
use injeung_vision::{LocalClassifier, LocalClassifierSettings};

use labels::{ASKED, LABELS, Label, Thing};

const SWEEP: [f32; 10] = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 0.9];

/// How sure the classifier is of each keyword it knows, for one photo.
type Values = HashMap<String, f32>;

type AnyError = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let photos = arguments.next().ok_or("usage: keywords DIR [MODELS]")?;
    let models = arguments
        .next()
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models"));
    let defaults = LocalClassifierSettings::in_directory(&models);
    // Everything is asked for, and the thresholds are tried on the answers.
    let settings = LocalClassifierSettings { min_value: f32::MIN_POSITIVE, ..defaults.clone() };
    let classifier = LocalClassifier::load(&settings, Workers::new(Limits::untimed(1, 0)))?;
    // The local classifier lists what it finds, whatever the keyword is.
    let keyword = "dog".parse()?;
    let mut times = Vec::new();
    let mut measured = Vec::new();
    for label in LABELS {
        let mut values = Vec::new();
        for file in photos_of(&photos, label)? {
            let photo = Photo::parse(fs::read(&file)?.into(), &PhotoLimits::NONE)?;
            let start = Instant::now();
            let concepts = classifier.classify(&photo, &keyword).await?;
            times.push(start.elapsed());
            values.push(by_keyword(&concepts)?);
        }
        measured.push((label, values));
    }
    print_scenes(&measured, defaults.min_value);
    print_sweep(&measured);
    print_times(times);
    Ok(())
}

/// The photos of the folders whose names begin as the label says, in order.
fn photos_of(directory: &Path, label: &Label) -> Result<Vec<PathBuf>, AnyError> {
    let mut files = Vec::new();
    for scene in fs::read_dir(directory)? {
        let scene = scene?;
        let name = scene.file_name().to_string_lossy().into_owned();
        if label.scenes.iter().any(|start| name.starts_with(start)) {
            for file in fs::read_dir(scene.path())? {
                files.push(file?.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn by_keyword(concepts: &[Concept]) -> Result<Values, AnyError> {
    let entry = |concept: &Concept| {
        let keyword: Keyword = concept.name.parse()?;
        Ok((keyword.as_str().to_owned(), concept.value))
    };
    concepts.iter().map(entry).collect()
}

/// How many of how many questions were answered with yes.
#[derive(Default, Clone, Copy)]
struct Count {
    yes: usize,
    all: usize,
}

impl Count {
    fn add(&mut self, yes: bool) {
        self.yes += usize::from(yes);
        self.all += 1;
    }

    fn percent(self) -> f64 {
        100.0 * self.yes as f64 / self.all.max(1) as f64
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.yes, self.all)
    }
}

fn accepts(values: &Values, keyword: &str, min_value: f32) -> bool {
    values.get(keyword).is_some_and(|&value| value >= min_value)
}

/// How often each name of the things is accepted: `apple 3/4, 사과 3/4`.
fn accepted(things: &[Thing], photos: &[Values], min_value: f32) -> String {
    let mut parts = Vec::new();
    for name in things.iter().copied().flatten() {
        let mut count = Count::default();
        photos.iter().for_each(|values| count.add(accepts(values, name, min_value)));
        parts.push(format!("{name} {count}"));
    }
    if parts.is_empty() { "–".to_owned() } else { parts.join(", ") }
}

fn is_wrong(label: &Label, thing: Thing) -> bool {
    ![label.itself, label.kinds, label.beside].concat().contains(&thing)
}

fn print_scenes(measured: &[(&Label, Vec<Values>)], min_value: f32) {
    println!("Accepted at a minimum value of {min_value}:\n");
    println!("| scenes | photos | the thing itself | its kinds | non-matching keywords |");
    println!("|---|---|---|---|---|");
    for (label, photos) in measured {
        let mut wrong = Count::default();
        let mut which = BTreeMap::<&str, usize>::new();
        for thing in ASKED.iter().filter(|thing| is_wrong(label, thing)) {
            for name in *thing {
                for values in photos {
                    let yes = accepts(values, name, min_value);
                    wrong.add(yes);
                    if yes {
                        *which.entry(name).or_default() += 1;
                    }
                }
            }
        }
        let which: Vec<_> = which.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let which =
            if which.is_empty() { String::new() } else { format!(": {}", which.join(", ")) };
        println!(
            "| {} | {} | {} | {} | {wrong}{which} |",
            label.scenes.join(", "),
            photos.len(),
            accepted(label.itself, photos, min_value),
            accepted(label.kinds, photos, min_value),
        );
    }
}

fn print_sweep(measured: &[(&Label, Vec<Values>)]) {
    println!("\n| minimum value | the thing itself | its kinds | non-matching keywords |");
    println!("|---|---|---|---|");
    for min_value in SWEEP {
        let [mut itself, mut kinds, mut wrong] = [Count::default(); 3];
        for (label, photos) in measured {
            for values in photos {
                let ask = |count: &mut Count, thing: Thing| {
                    thing.iter().for_each(|name| count.add(accepts(values, name, min_value)));
                };
                label.itself.iter().for_each(|thing| ask(&mut itself, thing));
                label.kinds.iter().for_each(|thing| ask(&mut kinds, thing));
                let asked = ASKED.iter().filter(|thing| is_wrong(label, thing));
                asked.for_each(|thing| ask(&mut wrong, thing));
            }
        }
        println!(
            "| {min_value} | {itself} ({:.0} %) | {kinds} ({:.0} %) | {wrong} ({:.2} %) |",
            itself.percent(),
            kinds.percent(),
            wrong.percent()
        );
    }
}

fn print_times(mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!(
        "\n{} photos; a call takes {:.0} ms (median), {:.0} ms (90 of 100 are faster).",
        times.len(),
        at(50).as_secs_f64() * 1e3,
        at(90).as_secs_f64() * 1e3
    );
}
