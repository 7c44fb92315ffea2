//! Measured figures of pictures with known relations.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::folders::{eval, folder, put_scene, view};
use crate::support::home::Home;

const POINTS: [&str; 3] = ["strict", "balanced", "lenient"];

#[test]
fn folders_without_a_manifest_are_ordinary_scenes_of_their_own_sites() {
    let home = Home::new();
    let folder = folder(&home);
    for seed in 1..=3 {
        put_scene(&folder, &format!("scene-{seed}"), seed, 3);
    }
    fs::write(folder.join("scene-1/notes.txt"), "no photo").unwrap();
    fs::write(folder.join("README.md"), "no scene").unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
    let told = eval(&home, &folder, &[]);

    assert_eq!(told["strata"].as_object().unwrap().len(), 1);
    let ordinary = &told["strata"]["ordinary"];
    // 3 pairs of each scene, and 9 photos of 3 scenes make 36 pairs.
    assert_eq!(
        (ordinary["positives"].as_u64(), ordinary["negatives"].as_u64()),
        (Some(9), Some(27))
    );
    for key in ["frr_at_far_0.01", "frr_at_far_0.001", "eer"] {
        assert_eq!(ordinary[key].as_f64(), Some(0.0), "{key}: {ordinary}");
    }
    for point in POINTS {
        let found = &ordinary["points"][point];
        assert_eq!((found["far"].as_f64(), found["frr"].as_f64()), (Some(0.0), Some(0.0)));
        // Wilson's bounds of 0 of 27 and 0 of 9 are z^2 / (n + z^2).
        let upper = |key: &str| found[key][1].as_f64().unwrap();
        assert!((upper("far_interval") - 0.12457).abs() < 1e-4, "{found}");
        assert!((upper("frr_interval") - 0.29915).abs() < 1e-4, "{found}");
    }
    assert_eq!(told["look_alikes"]["pairs"], 0);
    assert_eq!(told["look_alikes"]["points"]["strict"]["far"], Value::Null);
    for kind in ["matching", "non-matching"] {
        let times = &told["score_ms"][kind];
        assert_eq!(times["comparisons"], 2);
        assert!(times["median"].as_f64().unwrap() > 0.0);
        assert!(times["p90"].as_f64() >= times["median"].as_f64());
    }
    assert_eq!(told["unreadable"], Value::Array(Vec::new()));
}

#[test]
fn a_manifest_names_strata_and_sites_and_selects_photos() {
    let home = Home::new();
    let folder = folder(&home);
    for (name, seed) in [("desk", 1), ("desk-again", 1), ("street", 2), ("night", 3)] {
        put_scene(&folder, name, seed, 2);
    }
    // A photo outside the manifest is ignored.
    fs::write(folder.join("desk/3.jpg"), view(2, 1)).unwrap();
    let rows = ["desk,room,", "desk-again,room,", "street,,", "night,,extreme"];
    let mut manifest = "\"scene_id\",note,site,stratum,file\n".to_owned();
    for row in rows {
        let (scene, rest) = row.split_once(',').unwrap();
        for number in 1..=2 {
            manifest += &format!("{scene},\"far, \"\"dark\"\"\",{rest},{scene}/{number}.jpg\n");
        }
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let told = eval(&home, &folder, &[]);

    let counts = |stratum: &Value| {
        (stratum["positives"].as_u64().unwrap(), stratum["negatives"].as_u64().unwrap())
    };
    // 28 pairs: 4 match, 4 are look-alikes, and 8 of the other non-matching ones include no night
    // photo.
    assert_eq!(counts(&told["strata"]["ordinary"]), (3, 20));
    assert_eq!(counts(&told["strata"]["extreme"]), (1, 12));
    assert_eq!(counts(&told["all"]), (4, 20));
    let look_alikes = &told["look_alikes"];
    assert_eq!(look_alikes["pairs"], 4);
    // Both are drawn alike, so the service accepts one for the other.
    assert_eq!(look_alikes["points"]["balanced"]["far"].as_f64(), Some(1.0));
    assert_eq!((told["photos"].as_u64(), told["scenes"].as_u64()), (Some(8), Some(4)));
}

#[test]
fn mislabelled_pairs_are_false_rejects_and_false_accepts() {
    let home = Home::new();
    let folder = folder(&home);
    // The second photo of each folder shows the scene of the other folder's first photo.
    for (name, [first, second]) in [("a", [1, 2]), ("b", [2, 1])] {
        put_scene(&folder, name, first, 1);
        fs::write(folder.join(name).join("2.jpg"), view(second, 2)).unwrap();
    }
    let report = home.path().join("report.html");
    let told = eval(&home, &folder, &["--report", report.to_str().unwrap()]);
    let ordinary = &told["strata"]["ordinary"];
    for point in POINTS {
        let found = &ordinary["points"][point];
        assert_eq!((found["false_rejects"].as_u64(), found["frr"].as_f64()), (Some(2), Some(1.0)));
        assert_eq!((found["false_accepts"].as_u64(), found["far"].as_f64()), (Some(2), Some(0.5)));
    }
    assert_eq!(ordinary["frr_at_far_0.01"].as_f64(), Some(1.0));
    let rejected = told["reference_quality"].as_array().unwrap().iter();
    assert_eq!(rejected.map(|row| row["rejected"].as_u64().unwrap()).sum::<u64>(), 2);

    let report = fs::read_to_string(report).unwrap();
    assert_eq!(report.matches("data:image/jpeg;base64,").count(), 4, "two pairs of each kind");
    assert_eq!(report.matches("<svg").count(), 3);
    assert!(report.contains("matching, score 0."), "the captions name the pairs");
    for elsewhere in ["http:", "https:", "<script", "<link"] {
        assert!(!report.contains(elsewhere), "{elsewhere}: the file needs no other");
    }
}

#[test]
fn scores_are_written_a_line_a_pair_the_same_ones_every_time() {
    let home = Home::new();
    let folder = folder(&home);
    for seed in 1..=4 {
        put_scene(&folder, &format!("scene {seed}, old"), seed, 2);
    }
    let write = |workers: &str, arguments: &[&str]| {
        let path = home.path().join("scores.csv");
        let mut all = vec!["eval", folder.to_str().unwrap(), "--scores", path.to_str().unwrap()];
        all.extend(arguments);
        let status = home.command(&all).env("INJEUNG__VISION__WORKERS", workers).output().unwrap();
        assert!(status.status.success(), "{status:?}");
        fs::read_to_string(path).unwrap()
    };
    let few = ["--timed", "0", "--pairs", "1", "--non-matching", "2", "--least-non-matching", "0"];
    let scores = write("1", &few);
    assert_eq!(scores, write("3", &few));
    let mut lines = scores.lines();
    let header = "kind,stratum_a,stratum_b,site_a,site_b,scene_a,scene_b,photo_a,photo_b,\
                  features_a,features_b,score,difference,quick,quick_confirmed,sift,sift_confirmed";
    assert_eq!(lines.next(), Some(header));
    let kinds: Vec<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "matching").count(), 4);
    assert_eq!(kinds.iter().filter(|kind| **kind == "non-matching").count(), 8);
    assert_eq!(BTreeSet::from_iter(kinds).len(), 2);
    assert!(scores.contains(",\"scene 1, old/1.jpg\","), "{scores}");
    assert_ne!(scores, write("1", &[&few[..], &["--seed", "2"]].concat()));
}

#[test]
fn ordinary_pairs_that_are_accepted_are_turned() {
    let home = Home::new();
    let folder = folder(&home);
    for seed in 1..=3 {
        put_scene(&folder, &format!("scene-{seed}"), seed, 2);
    }
    // Both folders mix two scenes: a pair that is rejected upright is not turned.
    for (name, [first, second]) in [("a", [4, 5]), ("b", [6, 7])] {
        put_scene(&folder, name, first, 1);
        fs::write(folder.join(name).join("2.jpg"), view(second, 2)).unwrap();
    }
    let told = eval(&home, &folder, &["--turned", "36"]);
    let accepted = serde_json::json!({"90": 3, "180": 3, "270": 3});
    assert_eq!(told["turned"], serde_json::json!({"pairs": 3, "accepted": accepted}));
    let few = eval(&home, &folder, &["--turned", "1"]);
    assert_eq!(few["turned"]["pairs"], 1);
    assert_eq!(eval(&home, &folder, &[])["turned"]["pairs"], 0);
}

#[test]
fn tables_are_printed_and_no_progress_bar_without_a_terminal() {
    let home = Home::new();
    let folder = folder(&home);
    put_scene(&folder, "desk", 1, 2);
    put_scene(&folder, "street", 2, 2);
    let told = home.succeed(&["eval", folder.to_str().unwrap()]);
    for text in ["| ordinary | 2 | 4 |", "| ordinary | balanced | 0.", "| non-matching |"] {
        assert!(told.stdout.contains(text), "{text} is missing: {}", told.stdout);
    }
    assert_eq!(told.stderr, "");
}
