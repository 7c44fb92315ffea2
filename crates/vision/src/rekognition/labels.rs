use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use aws_sdk_rekognition::types::Label;
use injeung_domain::{Concept, name_key};

/// The names of a row, keyed by the key of each. A name of several rows, such as "crane", means nothing certain and is left out.
static SYNONYMS: LazyLock<HashMap<String, Vec<&str>>> = LazyLock::new(|| {
    let mut synonyms: HashMap<String, Vec<&str>> = HashMap::new();
    let mut ambiguous = Vec::new();
    let rows = include_str!("../../data/korean_names.tsv").lines();
    for row in rows.filter(|row| !row.starts_with('#')) {
        let [_, names, english] = row.split('\t').collect::<Vec<_>>()[..] else { continue };
        let names: Vec<&str> = names.split('|').collect();
        // A row of several classes stands for their union, so none of them is its name.
        let english = Some(english).filter(|name| !name.contains(','));
        let keys: HashSet<String> = names.iter().copied().chain(english).map(name_key).collect();
        for key in keys {
            if synonyms.insert(key.clone(), names.clone()).is_some() {
                ambiguous.push(key);
            }
        }
    }
    for key in ambiguous {
        synonyms.remove(&key);
    }
    synonyms
});

/// The concepts of labels, each under its name, its aliases, its parents and the Korean names of these, in descending
/// order of certainty. A photo of a thing shows the thing's parents at least as certainly.
pub(super) fn concepts(labels: &[Label], min_value: f32) -> Vec<Concept> {
    let mut values: HashMap<&str, f32> = HashMap::new();
    for label in labels {
        let value = (label.confidence().unwrap_or_default() / 100.0).clamp(0.0, 1.0);
        if value < min_value {
            continue;
        }
        let aliases = label.aliases().iter().filter_map(|alias| alias.name());
        let parents = label.parents().iter().filter_map(|parent| parent.name());
        for name in label.name().into_iter().chain(aliases).chain(parents) {
            let korean = SYNONYMS.get(&name_key(name)).into_iter().flatten().copied();
            for name in korean.chain([name]) {
                let known = values.entry(name).or_default();
                *known = known.max(value);
            }
        }
    }
    let concept = |(name, value): (&str, f32)| Concept { name: name.to_owned(), value };
    let mut concepts: Vec<Concept> = values.into_iter().map(concept).collect();
    concepts.sort_by(|one, other| {
        other.value.total_cmp(&one.value).then_with(|| one.name.cmp(&other.name))
    });
    concepts
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use aws_sdk_rekognition::types::{LabelAlias, Parent};

    use super::*;

    #[test]
    fn a_label_has_its_aliases_parents_and_korean_names() {
        let shoe = Label::builder()
            .name("Running Shoe")
            .confidence(97.0)
            .aliases(LabelAlias::builder().name("Sneaker").build())
            .parents(Parent::builder().name("Footwear").build())
            .build();
        let dog = Label::builder().name("Dog").confidence(60.0).build();
        let faint = Label::builder().name("Cat").confidence(40.0).build();
        let found = concepts(&[dog, shoe, faint], 0.55);
        let value = |name: &str| found.iter().find(|one| one.name == name).map(|one| one.value);
        for name in ["Running Shoe", "Sneaker", "Footwear", "운동화"] {
            assert_eq!(value(name), Some(0.97), "{name}: {found:?}");
        }
        assert_eq!((value("Dog"), value("강아지")), (Some(0.6), Some(0.6)));
        assert_eq!((value("Cat"), value("고양이")), (None, None));
        assert!(found.is_sorted_by(|one, other| one.value >= other.value));
    }

    #[test]
    fn a_name_of_several_things_has_no_other_names() {
        for name in ["Crane", "Cardigan"] {
            let label = Label::builder().name(name).confidence(99.0).build();
            let names: Vec<_> = concepts(&[label], 0.5).into_iter().map(|one| one.name).collect();
            assert_eq!(names, [name]);
        }
        let beyond = Label::builder().name("Cat").confidence(1e30).build();
        let found = concepts(&[beyond], 0.5);
        assert!(found.iter().any(|one| one.name == "고양이"), "{found:?}");
        assert!(found.iter().all(|one| one.value == 1.0), "{found:?}");
    }

    #[test]
    fn the_higher_value_of_a_name_counts() {
        let label = |name: &str, value| Label::builder().name(name).confidence(value).build();
        let parent = |label: Label| {
            let mut label = label;
            label.parents = Some(vec![Parent::builder().name("Animal").build()]);
            label
        };
        let found = concepts(&[label("Animal", 70.0), parent(label("Dog", 90.0))], 0.5);
        let animal = found.iter().find(|one| one.name == "Animal").unwrap();
        assert_eq!(animal.value, 0.9);
    }
}
