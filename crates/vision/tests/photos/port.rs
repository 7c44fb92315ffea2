//! The cascade behind its port.

use std::sync::Arc;

use injeung_adapter::{Limits, Workers};
use injeung_domain::conformance::{Scenes, feature_extractor};
use injeung_domain::ports::FeatureExtractor;
use injeung_vision::{Cascade, CascadeExtractor};

use crate::cascades::all;
use crate::scenes::{from_aside, photo, relit, wall};

fn extractor(cascade: Cascade, cached_references: usize) -> CascadeExtractor {
    CascadeExtractor::new(Arc::new(cascade), cached_references, Workers::new(Limits::untimed(2, 8)))
}

#[tokio::test]
async fn the_extractors_keep_the_ports_promises() {
    let scenes = Scenes {
        reference: photo(&wall(1), ".jpg"),
        same: photo(&relit(&from_aside(&wall(1)), 0.8, 20.0), ".jpg"),
        other: photo(&wall(2), ".jpg"),
    };
    for (_, cascade) in all() {
        for cached_references in [0, 4] {
            feature_extractor(&extractor(cascade.clone(), cached_references), &scenes).await;
        }
    }
}

#[tokio::test]
async fn the_port_and_the_cascade_agree_whatever_is_remembered() {
    let walls = [8, 9].map(wall);
    let photos: Vec<_> =
        walls.iter().map(|wall| [photo(wall, ".jpg"), photo(&from_aside(wall), ".jpg")]).collect();
    for (tiers, cascade) in all() {
        for cached_references in [0, 1] {
            let extractor = extractor(cascade.clone(), cached_references);
            let mut features = Vec::new();
            for [reference, _] in &photos {
                let taken = extractor.extract(reference).await.unwrap();
                assert_eq!(taken, cascade.extract(reference).unwrap());
                features.push(taken.0);
            }
            // Every reference is used again after the others.
            for _ in 0..2 {
                for features in &features {
                    for [_, photo] in &photos {
                        let reference = cascade.read(features).unwrap();
                        let query = cascade.query(photo).unwrap();
                        let alone = cascade.compare(&reference, &query).unwrap().comparison;
                        let found = extractor.compare(features, photo).await.unwrap();
                        assert_eq!(found, alone, "{tiers}, {cached_references} remembered");
                    }
                }
            }
        }
    }
}
