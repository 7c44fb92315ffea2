//! XFeat, nearest neighbours, LighterGlue and storage on drawn pictures, one thread.
//!
//! ```text
//! cargo bench -p injeung-neural
//! ```
//!
//! Needs the weights that `make setup` builds.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "the macros write no documentation, and without its files a benchmark can only stop"
)]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use injeung_neural::{Features, GreyImage, LighterGlue, LighterGlueOptions, XFeat, mutual_nearest};

criterion_group! {
    name = networks;
    config = Criterion::default().sample_size(20);
    targets = points, nearest, matcher, storage
}
criterion_main!(networks);

fn weights(name: &str) -> Vec<u8> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models");
    fs::read(models.join(name)).expect("`make setup` builds the weights")
}

fn xfeat() -> XFeat {
    XFeat::load(&weights("xfeat.safetensors")).expect("the weights fit")
}

/// Overlapping rectangles, different for each seed, moved down and to the right by `shift` pixels.
fn scene(seed: u32, shift: u32, width: u32, height: u32) -> Vec<u8> {
    let mut state = seed;
    let mut below = |bound: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(state) * u64::from(bound)) >> 32) as usize
    };
    let mut pixels = vec![128; (width * height) as usize];
    for _ in 0..width * height / 1000 {
        let (x, y) = (below(width) + shift as usize, below(height) + shift as usize);
        let (columns, rows) = (4 + below(40), 4 + below(40));
        let brightness = below(256) as u8;
        for line in pixels.chunks_exact_mut(width as usize).skip(y).take(rows) {
            line.iter_mut().skip(x).take(columns).for_each(|pixel| *pixel = brightness);
        }
    }
    pixels
}

fn features(xfeat: &XFeat, pixels: &[u8], width: u32, height: u32) -> Features {
    xfeat.features(GreyImage::new(width, height, pixels).expect("the sides fit"), 2048)
}

/// Two views of one scene and one of another, 640x480 pixels.
fn photos() -> [Features; 3] {
    let xfeat = xfeat();
    [(7, 0), (7, 9), (8, 0)]
        .map(|(seed, shift)| features(&xfeat, &scene(seed, shift, 640, 480), 640, 480))
}

fn points(criterion: &mut Criterion) {
    let xfeat = xfeat();
    let mut group = criterion.benchmark_group("xfeat");
    for (width, height) in [(480, 352), (512, 384), (640, 480), (800, 608)] {
        let pixels = scene(7, 0, width, height);
        group.bench_function(BenchmarkId::from_parameter(format!("{width}x{height}")), |bencher| {
            bencher.iter(|| features(&xfeat, black_box(&pixels), width, height));
        });
    }
}

fn nearest(criterion: &mut Criterion) {
    let [reference, photo, _] = photos();
    criterion.bench_function("xfeat/nearest neighbours", |bencher| {
        bencher.iter(|| mutual_nearest(black_box(&reference), black_box(&photo), 0.82));
    });
}

fn matcher(criterion: &mut Criterion) {
    let [reference, photo, other] = photos();
    let matcher = LighterGlue::load(&weights("lighterglue.safetensors")).expect("the weights fit");
    let mut group = criterion.benchmark_group("lighterglue");
    for (name, photo) in [("matching", &photo), ("non-matching", &other)] {
        for max_points in [512, 768, 1024] {
            for min_matchable in [LighterGlueOptions::default().min_matchable, 0.0] {
                let options = LighterGlueOptions {
                    max_points,
                    min_matchable,
                    ..LighterGlueOptions::default()
                };
                let pruned = if min_matchable > 0.0 { "pruned" } else { "all" };
                let id = BenchmarkId::new(format!("{name} {pruned}"), max_points);
                group.bench_function(id, |bencher| {
                    bencher.iter(|| matcher.pairs(&reference, black_box(photo), &options));
                });
            }
        }
    }
}

fn storage(criterion: &mut Criterion) {
    let [features, ..] = photos();
    let bytes = features.to_bytes();
    criterion
        .bench_function("xfeat/write", |bencher| bencher.iter(|| black_box(&features).to_bytes()));
    criterion.bench_function("xfeat/read", |bencher| {
        bencher.iter(|| Features::from_bytes(black_box(&bytes)));
    });
}
