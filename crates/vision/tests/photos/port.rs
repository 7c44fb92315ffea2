//! The cascade behind its port.

use std::sync::Arc;

use injeung_adapter::{Limits, Workers};
use injeung_domain::MatchMode;
use injeung_domain::conformance::{Scenes, feature_extractor};
use injeung_domain::ports::FeatureExtractor;
use injeung_vision::{Cascade, CascadeExtractor};

use crate::cascades::all;
use crate::scenes::{from_aside, photo, relit, wall};

fn extractor(cascade: Cascade) -> CascadeExtractor {
    CascadeExtractor::new(Arc::new(cascade), Workers::new(Limits::untimed(2, 8)))
}

#[tokio::test]
async fn the_extractors_keep_the_ports_promises() {
    let scenes = Scenes {
        reference: photo(&wall(1), ".jpg"),
        same: photo(&relit(&from_aside(&wall(1)), 0.8, 20.0), ".jpg"),
        other: photo(&wall(2), ".jpg"),
    };
    for (_, cascade) in all() {
        feature_extractor(&extractor(cascade), &scenes).await;
    }
}

#[tokio::test]
async fn the_port_and_the_cascade_agree() {
    let wall = wall(8);
    let [reference, other] = [&wall, &from_aside(&wall)].map(|pixels| photo(pixels, ".jpg"));
    for (tiers, cascade) in all() {
        let extractor = extractor(cascade.clone());
        let taken = extractor.extract(&reference).await.unwrap();
        assert_eq!(taken, cascade.extract(&reference).unwrap());
        let read = cascade.read(&taken.0).unwrap();
        let alone = cascade.compare(&read, &cascade.query(&other).unwrap()).unwrap().comparison;
        let found = extractor.compare(&taken.0, &other, MatchMode::Place).await.unwrap().comparison;
        assert_eq!(found, alone, "{tiers}");
    }
}
