//! Cascades for the tests, with single tiers and with several.

use std::env;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use injeung_vision::{Cascade, CascadeSettings, Detail, NeuralModels, NeuralRuntime};
use opencv::core::Mat;

use crate::scenes::photo;

/// The settings of the service; without models the neural tiers are off.
pub(crate) fn whole() -> Cascade {
    Cascade::new(CascadeSettings::default(), models()).unwrap()
}

/// The settings of the service without the neural tiers.
pub(crate) fn points() -> Cascade {
    Cascade::new(CascadeSettings::default(), None).unwrap()
}

/// Each point tier alone, both together, and all tiers if there are models.
pub(crate) fn all() -> Vec<(&'static str, Cascade)> {
    let settings = CascadeSettings::default();
    let quick = CascadeSettings { sift: None, ..settings.clone() };
    let sift = CascadeSettings { quick: None, ..settings };
    let mut all = vec![
        ("quick", Cascade::new(quick, None).unwrap()),
        ("sift", Cascade::new(sift, None).unwrap()),
        ("points", points()),
    ];
    if models().is_some() {
        all.push(("whole", whole()));
    }
    all
}

/// The models of the neural tiers, loaded once; `None` if they are missing and the tests can run without them.
pub(crate) fn models() -> Option<Arc<dyn NeuralRuntime>> {
    static MODELS: OnceLock<Option<Arc<dyn NeuralRuntime>>> = OnceLock::new();
    MODELS.get_or_init(load).clone()
}

fn load() -> Option<Arc<dyn NeuralRuntime>> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../var/models");
    let [network, weights] =
        ["xfeat.safetensors", "lighterglue.safetensors"].map(|file| models.join(file));
    if network.exists() && weights.exists() {
        return Some(Arc::new(NeuralModels::load(&network, &weights).unwrap()));
    }
    let required = env::var_os("CI").is_some()
        || env::var_os("INJEUNG_REQUIRE_MODEL").is_some_and(|value| value == "1");
    assert!(!required, "there are no models in {}: run `make setup`", models.display());
    eprintln!("without the neural tier: there are no models in {}", models.display());
    None
}

/// Compares two pictures, from their files to the decision.
pub(crate) fn compare(cascade: &Cascade, reference: &Mat, other: &Mat) -> Detail {
    let [reference, other] = [reference, other].map(|pixels| photo(pixels, ".jpg"));
    let (features, _) = cascade.extract(&reference).unwrap();
    let query = cascade.query(&other).unwrap();
    cascade.compare(&cascade.read(&features).unwrap(), &query).unwrap()
}
