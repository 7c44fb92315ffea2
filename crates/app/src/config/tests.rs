use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use super::*;

fn load(file: &str, variables: &[(&str, &str)]) -> anyhow::Result<Config> {
    let path = std::env::temp_dir().join(format!(
        "injeung-config-{}-{:?}.toml",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::write(&path, file).unwrap();
    let variables: HashMap<String, String> =
        variables.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let loaded = Config::from_sources(Some(&path), Environment::default().source(Some(variables)));
    std::fs::remove_file(&path).unwrap();
    loaded
}

fn problems(file: &str, variables: &[(&str, &str)]) -> String {
    load(file, variables).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_valid() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.objects.public_base, None);
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "[http]\nmax_downloads = 7\nmax_body_bytes = 2048\n";
    let config = load(file, &[("INJEUNG__HTTP__MAX_DOWNLOADS", "9")]).unwrap();
    assert_eq!(config.http.max_downloads.get(), 9);
    assert_eq!(config.http.max_body_bytes, 2048);
    assert_eq!(config.http.body_timeout, Duration::from_secs(300));
}

#[test]
fn unknown_keys_and_contradictions_are_reported_together() {
    let file = "
        [server]
        bnid = \"127.0.0.1:80\"
        time_zone = \"Asia/Soul\"
        [classifier]
        kind = \"clarifai\"
        [classifier.clarifai]
        request_timeout_ms = 20000
        [http]
        max_downloads = \"many\"
        [colour]
        red = 1
    ";
    let told = problems(file, &[("INJEUNG__DATABASE__URL", "mysql://root:hunter2@db/injeung")]);
    for expected in [
        "server.bnid",
        "colour.red",
        "Asia/Soul",
        "classifier.clarifai.key",
        "classifier.clarifai.request_timeout_ms",
        "max_downloads",
        "database.url",
    ] {
        assert!(told.contains(expected), "{expected} is missing in: {told}");
    }
    assert!(!told.contains("hunter2"), "a password shows up in: {told}");
}

#[test]
fn every_key_of_the_defaults_is_a_setting() {
    let defaults: Value = with_defaults().build().unwrap().try_deserialize().unwrap();
    Config::deserialize(defaults.clone()).unwrap();
    for key in tree::leaves(&defaults).keys() {
        let wrong = tree::with(defaults.clone(), key, json!({ "a": {} }));
        assert!(Config::deserialize(wrong).is_err(), "nothing reads {key}");
    }
}

#[test]
fn every_kind_of_value_can_come_from_the_environment() {
    let config = load(
        "",
        &[
            ("INJEUNG__VISION__POINTS_SIDE", "640"),
            ("INJEUNG__VISION__QUICK__ENABLED", "false"),
            ("INJEUNG__VISION__SIFT__RATIO", "0.75"),
            ("INJEUNG__VISION__NEURAL__XFEAT", "7"),
            ("INJEUNG__VISION__NEURAL__WARN_FEATURES", "400"),
            ("INJEUNG__OBJECTS__S3__ACCESS_KEY_ID", "1"),
            ("INJEUNG__OBJECTS__S3__SECRET_ACCESS_KEY", "2"),
        ],
    )
    .unwrap();
    let cascade = &config.vision.cascade;
    assert_eq!((cascade.points_side, cascade.quick), (640, None));
    assert_eq!(cascade.sift.unwrap().ratio, 0.75);
    let neural = cascade.neural.as_ref().unwrap();
    assert_eq!((neural.xfeat.as_path(), neural.quality.warn_features), (Path::new("7"), 400));
    assert_eq!(config.objects.s3.credentials.access_key_id, "1");
    assert_eq!(config.objects.s3.credentials.secret_access_key.expose(), "2");
}

#[test]
fn every_problem_of_a_section_is_reported_at_once_without_the_secret() {
    let told = problems(
        "[classifier.clarifai]
        base_url = \"https://me:word@api.clarifai.com\"
        key = \"se cret\"
        user = \" \"
        version = \" \"
        min_value = nan
        max_concepts = 201
        max_attempts = 0
        deadline_ms = 0",
        &[],
    );
    assert!(!told.contains("cret") && !told.contains("word"), "{told}");
    for key in [
        "key",
        "base_url",
        "user",
        "version",
        "min_value",
        "max_concepts",
        "max_attempts",
        "deadline_ms",
    ] {
        let key = format!("\n- classifier.clarifai.{key}: ");
        assert!(told.contains(&key), "{key} is missing in: {told}");
    }
    assert_eq!(told.matches("\n- ").count(), 8, "{told}");
}

#[test]
fn half_a_key_pair_and_a_key_without_its_encryption_are_contradictions() {
    for (key, value) in [("SECRET_ACCESS_KEY", "x"), ("KMS_KEY_ID", "x"), ("ENCRYPTION", "kms")] {
        let key = format!("INJEUNG__OBJECTS__S3__{key}");
        let told = problems("", &[(&key, value)]);
        assert!(told.contains("\n- objects.s3."), "{told}");
    }
}

#[test]
fn warn_features_must_be_from_min_features_to_max_features() {
    for (key, told) in [
        ("INJEUNG__VISION__MIN_FEATURES", "vision.warn_features: must be at least min_features"),
        (
            "INJEUNG__VISION__NEURAL__MIN_FEATURES",
            "vision.neural.warn_features: must be at least min_features",
        ),
        (
            "INJEUNG__VISION__NEURAL__WARN_FEATURES",
            "vision.neural.warn_features: must be at most max_features",
        ),
    ] {
        assert!(load("", &[(key, "300")]).is_ok(), "{key}");
        let problems = problems("", &[(key, "2049")]);
        assert!(problems.contains(told), "{problems}");
    }
}

#[test]
fn the_grace_must_exceed_the_duration_of_a_request() {
    let kind = ("INJEUNG__OBJECTS__KIND", "s3");
    assert!(load("", &[kind]).is_ok());
    // The limits add up to twice 30, 10, 15 and 10 seconds.
    let grace = |seconds| ("INJEUNG__CLEAN_UP__GRACE_S", seconds);
    assert!(load("", &[kind, grace("96")]).is_ok());
    let told = problems("", &[kind, grace("95")]);
    assert!(told.contains("clean_up.grace_s: must be more than 95, "), "{told}");
    assert!(load("", &[grace("60")]).is_ok(), "a disk has no such waits");
}

#[test]
fn the_grace_covers_the_selected_classifiers() {
    let load = |kind, grace| {
        let variables = [
            ("INJEUNG__OBJECTS__KIND", "s3"),
            ("INJEUNG__CLASSIFIER__KIND", kind),
            ("INJEUNG__CLASSIFIER__OPENAI__MODEL", "m"),
            ("INJEUNG__CLEAN_UP__GRACE_S", grace),
        ];
        load("", &variables)
    };
    // Ten seconds more than with Clarifai, and those of the first classifier of the chain.
    for (kind, too_short, enough) in [("openai", "105", "106"), ("chain", "115", "116")] {
        assert!(load(kind, too_short).is_err(), "{kind}");
        assert!(load(kind, enough).is_ok(), "{kind}");
    }
}

#[test]
fn a_classifier_in_use_needs_its_key_or_model() {
    for (file, told) in [
        ("kind = \"clarifai\"", "classifier.clarifai.key: must be set"),
        ("kind = \"openai\"", "classifier.openai.model: must be set"),
        ("kind = \"chain\"", "classifier.openai.model: must be set"),
        ("kind = \"chain\"\nchain.second = \"clarifai\"", "classifier.clarifai.key: must be set"),
        (
            "kind = \"chain\"\nchain.first = \"clarifai\"\nchain.second = \"clarifai\"",
            "classifier.chain.second: must differ",
        ),
        ("chain.reject_below = 0.9", "classifier.chain.reject_below: must be at most accept_from"),
        ("openai.deadline_ms = 9999", "classifier.openai.request_timeout_ms: must be at most"),
    ] {
        let problems = problems(&format!("[classifier]\n{file}"), &[]);
        assert!(problems.contains(told), "{problems}");
    }
}

#[test]
fn a_body_has_to_fit_into_the_memory_for_bodies() {
    let held = |bytes| ("INJEUNG__HTTP__MAX_HELD_BYTES", bytes);
    assert!(load("", &[held("33554432")]).is_ok());
    let told = problems("", &[held("33554431")]);
    assert!(told.contains("http.max_held_bytes: must be at least http.max_body_bytes"), "{told}");
}

#[test]
fn secrets_are_not_printed() {
    let config = load("", &[("INJEUNG__CLASSIFIER__CLARIFAI__KEY", "hunter2")]).unwrap();
    assert_eq!(config.classifier.clarifai.key.expose(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn invalid_toml_and_misplaced_values_are_not_quoted() {
    for file in ["[classifier.clarifai]\nkey = \"hunter2", "a = 1\nb = hunter2"] {
        let told = problems(file, &[]);
        assert!(told.contains("line 2"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    for variable in ["INJEUNG__CLASSIFIER__CLARIFAI", "INJEUNG__OBJECTS__PUBLIC_BASE"] {
        let told = problems("", &[(variable, "https://u:hunter2@h/?x=1")]);
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = Config::load(Some(Path::new("/nowhere/injeung.toml"))).unwrap_err();
    assert!(format!("{error:#}").contains("/nowhere/injeung.toml"), "{error:#}");
}
