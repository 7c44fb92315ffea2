//! Measures which copies of photos are recognised, and which honest photos are taken for copies.
//!
//! `cargo run --release -p injeung-vision --example replay DIR [PAIRS.csv [EVERY]]` prints the tables of `docs/replay.md`. DIR has
//! photos, one or more folders deep; PAIRS.csv gets the figures of every pair; with EVERY, only each such photo is used.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its tables are what it is for")]
#![allow(clippy::indexing_slicing, reason = "a measurement may panic")]

mod copies;
mod honest;
mod pixels;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use injeung_domain::{ExaminedPhoto, JpegPhoto, PerceptualHash, Photo, PhotoLimits};
use injeung_vision::{Agreement, CopyDetector, Rounding};
use opencv::core::Mat;
use opencv::prelude::*;

use self::copies::TRANSFORMATIONS;
use self::honest::SECONDS;

type AnyError = Box<dyn Error>;

/// Maximum longer side of an accepted photo, in pixels.
const SIDE: i32 = 1600;

fn main() -> Result<(), AnyError> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let directory = arguments.next().ok_or("usage: replay DIR [PAIRS.csv]")?;
    let mut log = arguments.next().map(fs::File::create).transpose()?;
    if let Some(log) = &mut log {
        writeln!(
            log,
            "kind,photo,hash,bands,points,copy,resampled,bend,clear,equal,coefficients,misplaced,other"
        )?;
    }
    let every = arguments.next().map_or(Ok(1), |every| every.to_string_lossy().parse())?;
    let files: Vec<PathBuf> = photos(&directory)?.into_iter().step_by(every).collect();
    let mut times = Times::default();
    let mut scenes: Vec<(String, Mat)> = Vec::new();
    for file in &files {
        let picture = pixels::read(&file.to_string_lossy(), i32::MAX)?;
        // Reduced, so that the photo's own noise does not become a part of the scene.
        let side = f64::from(picture.cols().max(picture.rows()));
        let factor = 0.5_f64.min(f64::from(SIDE) / side);
        scenes.push((name(file), pixels::resized(&picture, factor)?));
    }
    for seed in (0..12).step_by(every) {
        scenes.push((format!("page {seed}"), pixels::page(seed)?));
        scenes.push((format!("wall {seed}"), pixels::wall(seed)?));
    }
    let mut rows: Vec<Row> = SECONDS.iter().map(|one| Row::of(one.name)).collect();
    for (nth, (name, scene)) in scenes.iter().enumerate() {
        for (row, second) in rows.iter_mut().zip(&SECONDS) {
            let [first, second] = second.pair(scene, nth)?;
            let first = examined(&first, &mut times)?;
            row.add(&mut log, name, &first, &second, &mut times)?;
        }
    }
    let mut row = Row::of("real photos of one scene");
    for pair in pairs_of_scenes(&directory)?.iter().step_by(every) {
        let [first, second] = [&pair[0], &pair[1]].map(fs::read);
        let first = examined(&first?, &mut times)?;
        row.add(&mut log, &name(&pair[1]), &first, &second?, &mut times)?;
    }
    rows.push(row);
    rows.push(Row::sum("all", &rows));
    println!("\nhonest\n| second photo | taken for a copy |\n|---|---|");
    rows.iter().for_each(Row::print_honest);
    let mut rows: Vec<Row> = TRANSFORMATIONS.iter().map(|one| Row::of(one.name)).collect();
    for (nth, file) in files.iter().enumerate() {
        let picture = pixels::read(&file.to_string_lossy(), SIDE)?;
        let file_of_original = pixels::jpeg(&picture, 92)?;
        let original = examined(&file_of_original, &mut times)?;
        let decoded = decoded(&file_of_original)?;
        for (row, transformation) in rows.iter_mut().zip(&TRANSFORMATIONS) {
            let copy = transformation.file(&decoded, nth)?;
            row.add(&mut log, &name(file), &original, &copy, &mut times)?;
        }
    }
    rows.push(Row::sum("all", &rows));
    println!(
        "\ncopies\n| copy | near hash | and 2 bands | points | recognised, own photo | another's |"
    );
    println!("|---|---|---|---|---|---|");
    rows.iter().for_each(Row::print_copies);
    times.print();
    Ok(())
}

fn name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn photos(directory: &Path) -> Result<Vec<PathBuf>, AnyError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(photos(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "jpg" || kind == "png") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// All pairs of JPEGs in one folder.
fn pairs_of_scenes(directory: &Path) -> Result<Vec<[PathBuf; 2]>, AnyError> {
    let files = photos(directory)?;
    let mut pairs = Vec::new();
    for (nth, first) in files.iter().enumerate() {
        let rest = files.iter().skip(nth + 1).take_while(|other| other.parent() == first.parent());
        let is_scene =
            first.parent().is_some_and(|scene| scene != directory && !scene.ends_with("large"));
        pairs.extend(rest.filter(|_| is_scene).map(|second| [first.clone(), second.clone()]));
    }
    Ok(pairs)
}

fn decoded(file: &[u8]) -> opencv::Result<Mat> {
    let bytes = Mat::from_slice(file)?;
    opencv::imgcodecs::imdecode(&bytes, opencv::imgcodecs::IMREAD_COLOR)
}

/// Counts of the pairs of one kind.
struct Row {
    name: &'static str,
    pairs: usize,
    hashed: usize,
    banded: usize,
    pointed: usize,
    own: usize,
    others: usize,
    /// Pairs whose pixels count as a copy, however they were found.
    copies: usize,
}

impl Row {
    fn of(name: &'static str) -> Self {
        Self { name, pairs: 0, hashed: 0, banded: 0, pointed: 0, own: 0, others: 0, copies: 0 }
    }

    fn add(
        &mut self,
        log: &mut Option<fs::File>,
        name: &str,
        original: &(JpegPhoto, ExaminedPhoto),
        copy: &[u8],
        times: &mut Times,
    ) -> Result<(), AnyError> {
        let copy = examined(copy, times)?;
        let hash = original.1.trace.hash;
        let distance = hash.map_or(u32::MAX, |hash| copy.1.distance(&hash));
        let bands = hash.map_or(0, |hash| equal_bands(&copy.1.variants, &hash));
        let is_near = distance <= PerceptualHash::MAX_DISTANCE;
        let points = std::slice::from_ref(&original.1.trace.points);
        let is_similar = !CopyDetector::similar_now(&copy.1, points)?.is_empty();
        let begun = Instant::now();
        let agreement = CopyDetector::compare(copy.0.photo(), original.0.photo())?;
        times.compare += begun.elapsed();
        times.compared += 1;
        let is_copy = agreement.is_some_and(|agreement| agreement.is_copy());
        self.pairs += 1;
        self.hashed += usize::from(is_near);
        self.banded += usize::from(is_near && bands >= 2);
        self.pointed += usize::from(is_similar);
        self.own += usize::from(is_copy && (is_near || is_similar));
        self.others += usize::from(is_copy && is_near && bands >= 2);
        self.copies += usize::from(is_copy);
        if let Some(log) = log {
            write!(
                log,
                "{},{name},{distance},{bands},{is_similar},{is_copy},",
                self.name.replace(',', ";")
            )?;
            match agreement {
                Some(Agreement { is_resampled, bend, clear, equal, rounding }) => {
                    let Rounding { coefficients, misplaced, other, .. } =
                        rounding.unwrap_or_default();
                    writeln!(
                        log,
                        "{is_resampled},{bend},{clear},{equal},{coefficients},{misplaced},{other}"
                    )?;
                }
                None => writeln!(log, ",,,,,,")?,
            }
        }
        Ok(())
    }

    /// Row of a kind of copies.
    fn print_copies(&self) {
        let Self { name, pairs, hashed, banded, pointed, own, others, copies: _ } = self;
        let (own, others) = (share(*own, *pairs), share(*others, *pairs));
        println!("| {name} | {hashed} | {banded} | {pointed} | {own} | {others} |");
    }

    /// Row of a kind of honest photos, all of which are compared.
    fn print_honest(&self) {
        println!("| {} | {} |", self.name, share(self.copies, self.pairs));
    }

    fn sum(name: &'static str, rows: &[Self]) -> Self {
        let mut sum = Self::of(name);
        for row in rows {
            sum.pairs += row.pairs;
            sum.hashed += row.hashed;
            sum.banded += row.banded;
            sum.pointed += row.pointed;
            sum.own += row.own;
            sum.others += row.others;
            sum.copies += row.copies;
        }
        sum
    }
}

/// A count with Wilson's 95 % interval in per cent.
fn share(count: usize, of: usize) -> String {
    let (n, z) = (of.max(1) as f64, 1.96);
    let part = count as f64 / n;
    let middle = part + z * z / (2.0 * n);
    let half = z * (part * (1.0 - part) / n + z * z / (4.0 * n * n)).sqrt();
    let [low, high] =
        [middle - half, middle + half].map(|bound| (100.0 * bound / (1.0 + z * z / n)).max(0.0));
    format!("{count}/{of} ({low:.1}-{high:.1})")
}

fn examined(file: &[u8], times: &mut Times) -> Result<(JpegPhoto, ExaminedPhoto), AnyError> {
    let photo = Photo::parse(file.to_vec().into(), &PhotoLimits::NONE)?;
    let photo = photo.jpeg_without_metadata().ok_or("it is a JPEG")?;
    let begun = Instant::now();
    let examined = CopyDetector::examine_now(&photo)?;
    times.examine += begun.elapsed();
    times.examined += 1;
    Ok((photo, examined))
}

/// Maximum number of bands that a variant has in common with a hash.
fn equal_bands(variants: &[PerceptualHash], hash: &PerceptualHash) -> usize {
    let equal = |variant: &PerceptualHash| {
        variant.bands().iter().zip(hash.bands()).filter(|(a, b)| **a == *b).count()
    };
    variants.iter().map(equal).max().unwrap_or_default()
}

#[derive(Default)]
struct Times {
    examine: Duration,
    examined: u32,
    compare: Duration,
    compared: u32,
}

impl Times {
    fn print(&self) {
        let mean = |time: Duration, count: u32| time / count.max(1);
        println!("\ncost\nexamining a photo: {:?}", mean(self.examine, self.examined));
        println!("comparing two photos: {:?}", mean(self.compare, self.compared));
    }
}
