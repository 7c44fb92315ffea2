//! Faults when the models are loaded, and their messages.

use std::error::Error;
use std::fs;
use std::path::Path;

use injeung_vision::{NeuralModels, NeuralModelsError};

use super::{files, models};

fn error(network: &Path, weights: &Path) -> NeuralModelsError {
    NeuralModels::load(network, weights).err().unwrap()
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
        ["xfeat.safetensors", "lighterglue.safetensors"].map(|file| directory.path().join(file));
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
fn weights_of_another_network_are_named() {
    if models().is_none() {
        return;
    }
    let [network, weights] = files();
    for (error, file, format) in [
        (error(&weights, &weights), &weights, "\"xfeat 1\""),
        (error(&network, &network), &network, "\"lighterglue 1\""),
    ] {
        assert!(chain(&error).contains(format), "{}", chain(&error));
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }
}

#[test]
fn malformed_weights_are_named() {
    if models().is_none() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (place, name) in ["xfeat", "lighterglue"].into_iter().enumerate() {
        let mut files = files();
        let whole = fs::read(&files[place]).unwrap();
        let half = whole.get(..whole.len() / 2).unwrap();
        // The header is a text that contains the version.
        let format = format!("{name} 1");
        let is_format = |bytes: &[u8]| bytes == format.as_bytes();
        let at = whole.windows(format.len()).position(is_format).unwrap();
        let mut other = whole.clone();
        other[at + format.len() - 1] = b'9';
        files[place] = directory.path().join(format!("{name}.safetensors"));
        for (content, part) in [
            (&b""[..], "read the tensors"),
            (b"no safetensors at all, but long enough for a header", "read the tensors"),
            (half, "read the tensors"),
            (&other, &format!("\"{name} 9\"")),
        ] {
            fs::write(&files[place], content).unwrap();
            let error = error(&files[0], &files[1]);
            assert!(matches!(error, NeuralModelsError::Weights { .. }), "{error}");
            assert!(chain(&error).contains(part), "{}", chain(&error));
            assert!(error.to_string().contains(&files[place].display().to_string()), "{error}");
        }
    }
}
