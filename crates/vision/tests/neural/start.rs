//! What keeps the models from being loaded, and what is said then.

use std::error::Error;
use std::fs;
use std::path::Path;

use injeung_vision::{NeuralModels, NeuralModelsError};

use super::{files, models};

fn error(network: &Path, weights: &Path) -> NeuralModelsError {
    NeuralModels::load(network, weights, 1).err().unwrap()
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[test]
fn missing_files_are_a_case_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let [network, weights] =
        ["xfeat.onnx", "lighterglue.safetensors"].map(|file| directory.path().join(file));
    let none = error(&network, &weights);
    assert!(matches!(&none, NeuralModelsError::Missing { path } if *path == network), "{none}");
    assert!(none.to_string().contains("`make setup`"), "{none}");
    fs::write(&network, b"").unwrap();
    let one = error(&network, &weights);
    assert!(matches!(&one, NeuralModelsError::Missing { path } if *path == weights), "{one}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let error = error(directory.path(), directory.path());
    assert!(matches!(error, NeuralModelsError::Unreadable { .. }), "{error}");
    assert!(chain(&error).contains(&directory.path().display().to_string()), "{error}");
}

#[test]
fn a_malformed_network_is_named() {
    if models(1).is_none() {
        return;
    }
    let [whole, weights] = files();
    let directory = tempfile::tempdir().unwrap();
    let network = directory.path().join("xfeat.onnx");
    let whole = fs::read(whole).unwrap();
    let half = whole.get(..whole.len() / 2).unwrap();
    for content in [&b""[..], b"not an ONNX file", &[0x08, 0x04, 0x3a, 0xff, 0xff], half] {
        fs::write(&network, content).unwrap();
        let error = error(&network, &weights);
        assert!(matches!(error, NeuralModelsError::Network { .. }), "{error}");
        assert!(error.to_string().contains(&network.display().to_string()), "{error}");
    }
}

#[test]
fn a_network_of_another_kind_is_named() {
    let [network, weights] = files();
    let classifier = network.with_file_name("classifier.onnx");
    if models(1).is_none() || !classifier.exists() {
        return;
    }
    let error = error(&classifier, &weights);
    assert!(matches!(error, NeuralModelsError::Network { .. }), "{error}");
}

#[test]
fn malformed_weights_are_named() {
    if models(1).is_none() {
        return;
    }
    let [network, whole] = files();
    let directory = tempfile::tempdir().unwrap();
    let weights = directory.path().join("lighterglue.safetensors");
    let whole = fs::read(whole).unwrap();
    let half = whole.get(..whole.len() / 2).unwrap();
    // The header is a text that has the version in it.
    let format = b"lighterglue 1";
    let at = whole.windows(format.len()).position(|bytes| bytes == format).unwrap();
    let mut other = whole.clone();
    other[at + format.len() - 1] = b'9';
    for (content, part) in [
        (&b""[..], "read the tensors"),
        (b"no safetensors at all, but long enough for a header", "read the tensors"),
        (half, "read the tensors"),
        (&other, "\"lighterglue 9\""),
    ] {
        fs::write(&weights, content).unwrap();
        let error = error(&network, &weights);
        assert!(matches!(error, NeuralModelsError::Weights { .. }), "{error}");
        assert!(chain(&error).contains(part), "{}", chain(&error));
        assert!(error.to_string().contains(&weights.display().to_string()), "{error}");
    }
}
