//! Stages of a comparison by feature points, and whole comparisons, on a drawn 12-megapixel JPEG, on one thread.
//!
//! ```text
//! cargo bench -p injeung-vision --bench stages
//! ```
//!
//! `INJEUNG_BENCH_PHOTO=FILE` measures with a photo instead. The neural tier is measured if its models exist, which
//! `make setup` builds.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "the macros write no documentation, and without its photo a benchmark can only stop"
)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use injeung_domain::{Photo, PhotoLimits};
use injeung_vision::stages::{
    agreeing_pairs, count_inliers, count_neural_inliers, decode_grey, find_orb, find_sift,
    mutual_matches, pair_points, xfeat,
};
use injeung_vision::{Cascade, CascadeSettings, NeuralModels, NeuralRuntime, NeuralSettings};
use opencv::core::{CV_8UC3, Mat, Rect, Scalar, Vector};
use opencv::imgcodecs::{
    IMREAD_REDUCED_GRAYSCALE_2, IMREAD_REDUCED_GRAYSCALE_4, IMREAD_REDUCED_GRAYSCALE_8, imdecode,
    imencode,
};
use opencv::imgproc::{FILLED, LINE_8, rectangle};
use opencv::prelude::*;

criterion_group! {
    name = stages;
    config = Criterion::default().sample_size(20);
    targets = decode, points, pairs, neural_geometry, cascade
}
criterion_main!(stages);

fn photo() -> Photo {
    let file = env::var_os("INJEUNG_BENCH_PHOTO")
        .map_or_else(|| drawn(7), |path| fs::read(path).expect("the photo can be read"));
    parse(file)
}

fn parse(file: Vec<u8>) -> Photo {
    Photo::parse(file.into(), &PhotoLimits::NONE).expect("it is a photo")
}

/// Overlapping rectangles that depend on the seed, 4,000 by 3,000 pixels.
fn drawn(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut below = |bound: i32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::try_from(state >> 16).unwrap_or(0) % bound
    };
    let mut pixels = Mat::new_rows_cols_with_default(3000, 4000, CV_8UC3, Scalar::all(128.0))
        .expect("there is memory");
    for _ in 0..3000 {
        let area = Rect::new(below(3900), below(2900), 20 + below(300), 20 + below(300));
        let colour =
            Scalar::new(f64::from(below(256)), f64::from(below(256)), f64::from(below(256)), 0.0);
        rectangle(&mut pixels, area, colour, FILLED, LINE_8, 0).expect("rectangles are drawn");
    }
    let mut file = Vector::new();
    imencode(".jpg", &pixels, &mut file, &Vector::new()).expect("it is encoded");
    file.to_vec()
}

fn decode(criterion: &mut Criterion) {
    let photo = photo();
    let mut group = criterion.benchmark_group("decode");
    for side in [480, 640, 800, 1200, 1600] {
        group.bench_with_input(BenchmarkId::new("libjpeg-turbo", side), &side, |bencher, side| {
            bencher.iter(|| decode_grey(black_box(&photo), *side));
        });
    }
    let reduced = [
        (2, IMREAD_REDUCED_GRAYSCALE_2),
        (4, IMREAD_REDUCED_GRAYSCALE_4),
        (8, IMREAD_REDUCED_GRAYSCALE_8),
    ];
    for (denominator, mode) in reduced {
        group.bench_function(BenchmarkId::new("opencv 1", denominator), |bencher| {
            bencher.iter(|| {
                let file = Mat::from_slice(photo.bytes()).expect("bytes are a matrix");
                imdecode(&file, black_box(mode)).map(drop)
            });
        });
    }
    group.finish();
}

fn points(criterion: &mut Criterion) {
    let grey = decode_grey(&photo(), 480).expect("it is decoded");
    criterion.bench_function("points/orb 480, 1000", |bencher| {
        bencher.iter(|| find_orb(black_box(&grey), 1000));
    });
    for max in [1000, 2000, 4000] {
        criterion.bench_function(&format!("points/sift 480, {max}"), |bencher| {
            bencher.iter(|| find_sift(black_box(&grey), max));
        });
    }
    let larger = decode_grey(&photo(), 640).expect("it is decoded");
    criterion.bench_function("points/sift 640, 4000", |bencher| {
        bencher.iter(|| find_sift(black_box(&larger), 4000));
    });
}

fn pairs(criterion: &mut Criterion) {
    let grey = decode_grey(&photo(), 480).expect("it is decoded");
    let orb = |max| find_orb(&grey, max).expect("it has points");
    let sift = |max| find_sift(&grey, max).expect("it has points");
    for (name, reference, photo) in [
        ("orb, 400 with 1000", orb(400), orb(1000)),
        ("sift, 1360 with 2000", sift(1360), sift(2000)),
    ] {
        criterion.bench_function(&format!("match/{name}"), |bencher| {
            bencher.iter(|| pair_points(black_box(&reference), &photo, 0.98));
        });
        let pairs = pair_points(&reference, &photo, 0.98);
        criterion.bench_function(&format!("consensus/{name}"), |bencher| {
            bencher.iter(|| agreeing_pairs(&reference, &photo, black_box(&pairs)));
        });
        let pairs = agreeing_pairs(&reference, &photo, &pairs);
        criterion.bench_function(&format!("geometry/{name}"), |bencher| {
            bencher.iter(|| count_inliers(&reference, &photo, black_box(&pairs)));
        });
    }
}

/// Geometry of the pairs between a photo and the same photo at another size.
fn neural_geometry(criterion: &mut Criterion) {
    let Some(networks) = models() else { return };
    let settings = NeuralSettings::default();
    let [reference, photo] = [settings.working_side, settings.working_side * 7 / 8].map(|side| {
        let grey = decode_grey(&photo(), side).expect("it is decoded");
        xfeat(&*networks, &grey, settings.max_points).expect("the network runs")
    });
    let pairs = mutual_matches(&settings, &reference, &photo);
    criterion.bench_function("geometry/xfeat", |bencher| {
        bencher.iter(|| count_neural_inliers(&reference, &photo, black_box(&pairs)));
    });
}

fn cascade(criterion: &mut Criterion) {
    let (photo, other) = (photo(), parse(drawn(8)));
    let neural = models().map(|models| ("points+xfeat", Some(models)));
    for (name, models) in [("points", None)].into_iter().chain(neural) {
        let cascade = Cascade::new(CascadeSettings::default(), models).expect("tiers are on");
        let (features, _) = cascade.extract(&photo).expect("it has points");
        let reference = cascade.read(&features).expect("it can be read");
        let mut group = criterion.benchmark_group(name);
        group.bench_function("extract a reference", |bencher| {
            bencher.iter(|| cascade.extract(black_box(&photo)));
        });
        group.bench_function("read a reference", |bencher| {
            bencher.iter(|| cascade.read(black_box(&features)));
        });
        for (name, photo) in [("matching", &photo), ("non-matching", &other)] {
            group.bench_function(BenchmarkId::new("compare with a photo", name), |bencher| {
                bencher.iter(|| {
                    let query = cascade.query(black_box(photo))?;
                    cascade.compare(&reference, &query)
                });
            });
        }
        group.finish();
    }
}

fn models() -> Option<Arc<dyn NeuralRuntime>> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models");
    let [xfeat, lighterglue] =
        ["xfeat.safetensors", "lighterglue.safetensors"].map(|file| models.join(file));
    Some(Arc::new(NeuralModels::load(&xfeat, &lighterglue).ok()?))
}
