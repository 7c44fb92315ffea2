//! Faults at the start of the local classifier, and their messages.

use std::fs;

use injeung_adapter::{Limits, Workers};
use injeung_vision::{ExtraNames, LocalClassifier, LocalClassifierSettings};

use super::settings;

fn error(settings: &LocalClassifierSettings) -> String {
    // Workers need a runtime.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    LocalClassifier::load(settings, Workers::new(Limits::untimed(1, 0))).err().unwrap().to_string()
}

#[test]
fn a_missing_network_is_named_with_what_makes_it() {
    let directory = tempfile::tempdir().unwrap();
    let settings = LocalClassifierSettings::in_directory(directory.path());
    let error = error(&settings);
    assert!(error.contains(&settings.model.display().to_string()), "{error}");
    assert!(error.contains("`make setup`") && error.contains("No such file"), "{error}");
}

#[test]
fn a_malformed_network_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let settings = LocalClassifierSettings::in_directory(directory.path());
    for content in [&b""[..], b"not an ONNX file", &[0x08, 0x04, 0x3a, 0xff, 0xff]] {
        fs::write(&settings.model, content).unwrap();
        let error = error(&settings);
        assert!(error.contains(&settings.model.display().to_string()), "{error}");
    }
}

#[test]
fn a_network_that_is_cut_off_is_named() {
    let Some(mut settings) = settings() else { return };
    let directory = tempfile::tempdir().unwrap();
    let whole = fs::read(&settings.model).unwrap();
    settings.model = directory.path().join("classifier.onnx");
    fs::write(&settings.model, whole.get(..whole.len() / 2).unwrap()).unwrap();
    let error = error(&settings);
    assert!(error.contains(&settings.model.display().to_string()), "{error}");
}

#[test]
fn a_missing_or_malformed_detector_is_named() {
    let Some(mut settings) = settings() else { return };
    let directory = tempfile::tempdir().unwrap();
    settings.detector = directory.path().join("detector.onnx");
    let missing = error(&settings);
    assert!(missing.contains(&settings.detector.display().to_string()), "{missing}");
    assert!(missing.contains("`make setup`") && missing.contains("No such file"), "{missing}");
    fs::write(&settings.detector, b"not an ONNX file").unwrap();
    let malformed = error(&settings);
    assert!(malformed.contains(&settings.detector.display().to_string()), "{malformed}");
}

#[test]
fn a_missing_or_malformed_table_is_named() {
    let Some(mut settings) = settings() else { return };
    let directory = tempfile::tempdir().unwrap();
    settings.concepts = directory.path().join("concepts.tsv");
    let missing = error(&settings);
    assert!(missing.contains(&settings.concepts.display().to_string()), "{missing}");
    assert!(missing.contains("`make setup`") && missing.contains("No such file"), "{missing}");
    for (content, part) in [
        ("dog\t151\ncat\t1024\n", "line 2: class \"1024\" must be a number below 1024"),
        ("dog 151", "line 1: it must contain a tab"),
        ("", "find a concept"),
    ] {
        fs::write(&settings.concepts, content).unwrap();
        let error = error(&settings);
        assert!(error.contains(&settings.concepts.display().to_string()), "{error}");
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn an_extra_name_for_an_unknown_concept_is_reported() {
    let Some(mut settings) = settings() else { return };
    settings.extra_names =
        vec![ExtraNames { names: vec!["유니콘".to_owned()], of: vec!["unicorns".to_owned()] }];
    let error = error(&settings);
    assert!(error.contains("유니콘") && error.contains("unknown name \"unicorns\""), "{error}");
}

#[test]
fn invalid_settings_are_rejected() {
    let directory = tempfile::tempdir().unwrap();
    let settings = LocalClassifierSettings::in_directory(directory.path());
    for min_value in [0.0, -0.1, 1.01, f32::NAN] {
        let error = error(&LocalClassifierSettings { min_value, ..settings.clone() });
        assert!(error.contains("min_value"), "{error}");
    }
}
