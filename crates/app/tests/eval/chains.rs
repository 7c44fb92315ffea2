//! `injeung chains`.

use std::fs;

use serde_json::Value;

use crate::folders::{folder, put_scene};
use crate::support::home::Home;

#[test]
fn chains_are_simulated_the_same_ones_every_time() {
    let home = Home::new();
    let folder = folder(&home);
    for seed in 1..=2 {
        put_scene(&folder, &format!("scene-{seed}"), seed, 2);
    }
    put_scene(&folder, "alone", 3, 1);
    let simulate = |workers: &str| -> Value {
        let json = home.path().join("chains.json");
        let arguments = ["chains", folder.to_str().unwrap(), "--days", "4", "--references", "1"];
        let arguments = [&arguments[..], &["--json", json.to_str().unwrap()]].concat();
        let mut command = home.command(&arguments);
        let finished = command.env("INJEUNG__VISION__WORKERS", workers).output().unwrap();
        assert!(finished.status.success(), "{finished:?}");
        let text = String::from_utf8(finished.stdout).unwrap();
        assert!(text.contains("| ordinary | 2 | "), "{text}");
        let mut counts: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
        for time in ["reference_ms", "views_ms", "learning_ms"] {
            let taken = counts["strata"]["ordinary"].as_object_mut().unwrap().remove(time).unwrap();
            assert!(taken.as_f64().unwrap() >= 0.0);
        }
        counts
    };
    let counts = simulate("1");
    assert_eq!(counts, simulate("2"));
    let ordinary = &counts["strata"]["ordinary"];
    assert_eq!(ordinary["chains"], 2, "a scene with one photo has no chain");
    assert_eq!(ordinary["matching"]["sent"], 8);
    assert_eq!(ordinary["matching_late"]["sent"], 4);
    assert_eq!([&ordinary["other"]["sent"], &ordinary["persistent"]["sent"]], [4, 4]);
    let by_reference = ordinary["matching"]["by_reference"].as_u64().unwrap();
    assert!(by_reference >= 6, "photos by hand are recognised: {counts}");
    assert_eq!(ordinary["other"]["by_reference"], 0, "{counts}");
}
