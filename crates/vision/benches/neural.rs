//! The stages of the neural tier, on drawn pictures, one thread.
//!
//! ```text
//! cargo bench -p injeung-vision --bench neural
//! ```
//!
//! Needs `make setup`.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "the macros write no documentation, and without its files a benchmark can only stop"
)]

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use injeung_vision::stages::{
    NeuralFeatures, count_neural_inliers, lighterglue, mutual_matches, xfeat,
};
use injeung_vision::{NeuralModels, NeuralSettings};
use opencv::core::{CV_8UC1, Mat, Rect, Scalar};
use opencv::imgproc::{FILLED, LINE_8, rectangle};

criterion_group! {
    name = stages;
    config = Criterion::default().sample_size(20);
    targets = points, nearest, matcher, storage
}
criterion_main!(stages);

fn models() -> NeuralModels {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models");
    NeuralModels::load(&models.join("xfeat.safetensors"), &models.join("lighterglue.safetensors"))
        .expect("`make setup` makes the models")
}

/// Overlapping rectangles, others for each seed, seen from `shift` pixels aside.
fn scene(seed: u32, shift: i32, width: i32, height: i32) -> Mat {
    let mut state = seed;
    let mut below = |bound: i32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(state) * u64::from(bound.unsigned_abs())) >> 32) as i32
    };
    let mut pixels = Mat::new_rows_cols_with_default(height, width, CV_8UC1, Scalar::all(128.0))
        .expect("there is memory");
    for _ in 0..width * height / 1000 {
        let (x, y) = (below(width) + shift, below(height) + shift);
        let area = Rect::new(x, y, 4 + below(40), 4 + below(40));
        let brightness = Scalar::all(f64::from(below(256)));
        rectangle(&mut pixels, area, brightness, FILLED, LINE_8, 0).expect("a rectangle is drawn");
    }
    pixels
}

fn features(models: &NeuralModels, pixels: &Mat) -> NeuralFeatures {
    xfeat(models, pixels, NeuralSettings::default().max_points).expect("the network runs")
}

/// Two of one scene and one of another, 640x480 pixels.
fn photos(models: &NeuralModels) -> [NeuralFeatures; 3] {
    [(7, 0), (7, 9), (8, 0)].map(|(seed, shift)| features(models, &scene(seed, shift, 640, 480)))
}

fn points(criterion: &mut Criterion) {
    let models = models();
    let mut group = criterion.benchmark_group("xfeat");
    for (width, height) in [(480, 352), (512, 384), (640, 480), (800, 608)] {
        let pixels = scene(7, 0, width, height);
        group.bench_function(BenchmarkId::from_parameter(format!("{width}x{height}")), |bencher| {
            bencher.iter(|| features(&models, black_box(&pixels)));
        });
    }
}

fn nearest(criterion: &mut Criterion) {
    let models = models();
    let [reference, photo, _] = photos(&models);
    let settings = NeuralSettings::default();
    criterion.bench_function("xfeat/nearest neighbours", |bencher| {
        bencher.iter(|| mutual_matches(&settings, black_box(&reference), black_box(&photo)));
    });
    let matches = mutual_matches(&settings, &reference, &photo);
    criterion.bench_function("xfeat/geometry", |bencher| {
        bencher.iter(|| count_neural_inliers(&reference, &photo, black_box(&matches)));
    });
}

fn matcher(criterion: &mut Criterion) {
    let models = models();
    let [reference, photo, other] = photos(&models);
    let mut group = criterion.benchmark_group("lighterglue");
    for (name, photo) in [("right", &photo), ("wrong", &other)] {
        for matcher_points in [512, 768, 1024] {
            for min_matchable in [NeuralSettings::default().min_matchable, 0.0] {
                let settings =
                    NeuralSettings { matcher_points, min_matchable, ..NeuralSettings::default() };
                let pruned = if min_matchable > 0.0 { "pruned" } else { "all" };
                let id = BenchmarkId::new(format!("{name} {pruned}"), matcher_points);
                group.bench_function(id, |bencher| {
                    bencher.iter(|| lighterglue(&models, &settings, &reference, black_box(photo)));
                });
            }
        }
    }
}

fn storage(criterion: &mut Criterion) {
    let [features, ..] = photos(&models());
    let bytes = features.to_bytes();
    criterion
        .bench_function("xfeat/write", |bencher| bencher.iter(|| black_box(&features).to_bytes()));
    criterion.bench_function("xfeat/read", |bencher| {
        bencher.iter(|| NeuralFeatures::from_bytes(black_box(&bytes)));
    });
}
