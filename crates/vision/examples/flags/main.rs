//! Measures how often photos get which flag.
//!
//! `cargo run --release -p injeung-vision --example flags HONEST SCREENS [FIGURES.csv]` prints the table of `docs/replay.md`. HONEST has
//! photos, one or more folders deep; SCREENS has a folder per kind of simulated photos of screens. FIGURES.csv gets the
//! prominence of every photo.
#![allow(clippy::print_stdout, reason = "its table is what it is for")]
#![allow(clippy::indexing_slicing, reason = "a measurement may panic")]

#[allow(dead_code, unreachable_pub, reason = "it draws more for the example `replay`")]
#[path = "../replay/pixels.rs"]
mod pixels;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration as Elapsed, Instant};
use std::{env, fs};

use injeung_domain::{Photo, PhotoFlag, PhotoLimits, TimeZone};
use injeung_vision::{pixel_flags, screen_prominence};
use time::{Duration, OffsetDateTime};

type AnyError = Box<dyn Error>;

/// Maximum longer side of a photo in a drawn screenshot.
const SIDE: i32 = 1600;

/// Number of photos with a flag, and of all.
#[derive(Default)]
struct Count {
    flagged: usize,
    of: usize,
}

impl Count {
    fn add(&mut self, is_flagged: bool) {
        self.of += 1;
        self.flagged += usize::from(is_flagged);
    }
}

fn main() -> Result<(), AnyError> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: flags HONEST SCREENS [FIGURES.csv]";
    let honest = photos(&arguments.next().ok_or(usage)?)?;
    let screens = photos(&arguments.next().ok_or(usage)?)?;
    let mut figures = arguments.next().map(fs::File::create).transpose()?;
    let mut rows = BTreeMap::<(PhotoFlag, String), Count>::new();
    let mut add = |flag, kind: &str, is_flagged| {
        rows.entry((flag, kind.to_owned())).or_default().add(is_flagged);
    };
    let mut took = Vec::new();
    let mut sizes = 0.0;
    for (files, is_honest) in [(&honest, true), (&screens, false)] {
        for path in files {
            let photo = Photo::parse(fs::read(path)?.into(), &PhotoLimits::NONE)?;
            let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
            let kind = if is_honest {
                "photo set".to_owned()
            } else {
                format!("simulated, {}", folder.to_string_lossy())
            };
            if let Some(figures) = &mut figures {
                writeln!(figures, "{},{}", path.display(), screen_prominence(&photo)?)?;
            }
            let begun = Instant::now();
            let found = pixel_flags(&photo)?;
            took.push(begun.elapsed());
            sizes += f64::from(photo.width()) * f64::from(photo.height()) / 1e6;
            add(PhotoFlag::Screen, &kind, found.contains(&PhotoFlag::Screen));
            if is_honest {
                add(PhotoFlag::Screenshot, &kind, found.contains(&PhotoFlag::Screenshot));
                of_metadata(&photo, &mut add);
            }
        }
    }
    for path in honest.iter().step_by(6) {
        let picture = pixels::read(&path.to_string_lossy(), SIDE)?;
        for (name, is_dark) in [("dark", true), ("light", false)] {
            let screen = pixels::screenshot(&picture, is_dark)?;
            let reduced = pixels::resized(&screen, 0.5)?;
            for (how, picture, quality) in [("", &screen, 90), (", half size", &reduced, 75)] {
                let photo = pixels::jpeg(picture, quality)?;
                let found = pixel_flags(&Photo::parse(photo.into(), &PhotoLimits::NONE)?)?;
                let kind = format!("drawn, {name}{how}");
                add(PhotoFlag::Screenshot, &kind, found.contains(&PhotoFlag::Screenshot));
            }
        }
    }
    println!("\nflags\n| flag | photos | flagged |\n|---|---|---|");
    for ((flag, kind), Count { flagged, of }) in &rows {
        println!("| `{}` | {kind} | {} |", flag.name(), share(*flagged, *of));
    }
    println!(
        "\npixels\nExamining the pixels of a photo takes {:.0} ms per megapixel, mean of {} photos.",
        took.iter().sum::<Elapsed>().as_secs_f64() * 1e3 / sizes,
        took.len()
    );
    Ok(())
}

/// Adds the flags of a photo's metadata, with requests at different times after the capture.
fn of_metadata(photo: &Photo, add: &mut impl FnMut(PhotoFlag, &str, bool)) {
    let capture = photo.capture();
    // Korea has no daylight saving time, so a local time is one instant.
    let Ok(zone) = "Asia/Seoul".parse::<TimeZone>() else { return };
    let taken = capture.taken_at.map(|local| {
        let utc = local.assume_utc();
        match capture.offset {
            Some(offset) => local.assume_offset(offset),
            None => utc - (zone.local(utc) - local),
        }
    });
    let at = taken.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let flags = PhotoFlag::of_capture(capture, at, &zone);
    for flag in [PhotoFlag::Edited, PhotoFlag::NoMetadata] {
        add(flag, "photo set", flags.contains(&flag));
    }
    for (name, after) in [("sent after 5 minutes", 5), ("sent after a day", 24 * 60)] {
        if taken.is_some() {
            let flags = PhotoFlag::of_capture(capture, at + Duration::minutes(after), &zone);
            add(PhotoFlag::CaptureTime, name, flags.contains(&PhotoFlag::CaptureTime));
        }
    }
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
