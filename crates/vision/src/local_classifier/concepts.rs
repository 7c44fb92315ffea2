use std::collections::{BTreeSet, HashMap};

use injeung_domain::{Concept, Keyword, name_key};
use serde::Deserialize;

/// Map from each name to its classes of a network.
///
/// The name "dog" has the classes of every breed, "food" those of every dish. A name of several concepts has the
/// classes of all of them.
#[derive(Debug, Default)]
pub(super) struct ConceptTable {
    entries: Vec<Entry>,
    /// Index in `entries` of each name, in the form of [`name_key`].
    index: HashMap<String, usize>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    classes: BTreeSet<usize>,
}

/// Additional names for known concepts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtraNames {
    /// New names.
    pub names: Vec<String>,
    /// Known names, including those of earlier entries; the new names have the classes of all of them.
    pub of: Vec<String>,
}

/// Errors in a table of concepts or in additional names.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConceptError {
    #[error("read line {line}: {problem}")]
    Line { line: usize, problem: String },
    #[error("find a concept in the table")]
    Empty,
    #[error("add the names {names:?}: {problem}")]
    Extra { names: Vec<String>, problem: String },
}

impl ConceptTable {
    /// Parses lines of names, separated by `|`, a tab, and numbers of classes from 0, separated by commas. Empty lines
    /// and lines that start with `#` are ignored.
    ///
    /// # Errors
    /// If a line has another form, a name is not a valid keyword, or a class is not below `class_count`.
    pub(super) fn parse(text: &str, class_count: usize) -> Result<Self, ConceptError> {
        let mut table = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            table
                .add_line(line, class_count)
                .map_err(|problem| ConceptError::Line { line: number, problem })?;
        }
        if table.entries.is_empty() { Err(ConceptError::Empty) } else { Ok(table) }
    }

    /// Adds names for the union of the classes of known names.
    ///
    /// # Errors
    /// If either list is empty, a name is not a valid keyword, or a name is unknown.
    pub(super) fn add(&mut self, extra: &ExtraNames) -> Result<(), ConceptError> {
        self.unite(extra)
            .map_err(|problem| ConceptError::Extra { names: extra.names.clone(), problem })
    }

    /// Names whose classes have a total probability of at least `min_value`, most probable first.
    ///
    /// `probabilities` contains one number for each class; their sum is 1.
    pub(super) fn concepts(&self, probabilities: &[f32], min_value: f32) -> Vec<Concept> {
        let mut concepts = Vec::new();
        for entry in &self.entries {
            let classes = entry.classes.iter();
            let sum: f32 = classes.filter_map(|&class| probabilities.get(class)).sum();
            // Rounding can make the sum of all classes exceed 1.
            let value = sum.clamp(0.0, 1.0);
            if value >= min_value {
                concepts.push(Concept { name: entry.name.clone(), value });
            }
        }
        concepts.sort_by(|a, b| b.value.total_cmp(&a.value));
        concepts
    }

    /// Whether the table has a name of the keyword.
    pub(super) fn knows(&self, keyword: &Keyword) -> bool {
        keyword.names().iter().any(|name| self.index.contains_key(name))
    }

    fn add_line(&mut self, line: &str, class_count: usize) -> Result<(), String> {
        let (names, classes) = line.split_once('\t').ok_or("it must contain a tab")?;
        let mut numbers = BTreeSet::new();
        for class in classes.trim_end().split(',') {
            match class.parse() {
                Ok(number) if number < class_count => numbers.insert(number),
                _ => return Err(format!("class {class:?} must be a number below {class_count}")),
            };
        }
        names.split('|').try_for_each(|name| self.insert(name, &numbers))
    }

    fn unite(&mut self, extra: &ExtraNames) -> Result<(), String> {
        let mut classes = BTreeSet::new();
        for name in &extra.of {
            let entry = self.index.get(&comparable(name)?).and_then(|&at| self.entries.get(at));
            classes.extend(&entry.ok_or_else(|| format!("unknown name {name:?}"))?.classes);
        }
        if extra.names.is_empty() || classes.is_empty() {
            return Err("`names` and `of` must not be empty".to_owned());
        }
        extra.names.iter().try_for_each(|name| self.insert(name, &classes))
    }

    fn insert(&mut self, name: &str, classes: &BTreeSet<usize>) -> Result<(), String> {
        let next = self.entries.len();
        let at = *self.index.entry(comparable(name)?).or_insert(next);
        match self.entries.get_mut(at) {
            Some(entry) => entry.classes.extend(classes),
            None => {
                let name = name.trim().to_owned();
                self.entries.push(Entry { name, classes: classes.clone() });
            }
        }
        Ok(())
    }
}

/// The form in which names are compared, if the name is a keyword.
fn comparable(name: &str) -> Result<String, String> {
    name.parse::<Keyword>().map_err(|error| format!("{name:?}: {error}"))?;
    Ok(name_key(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

    use super::*;

    const TABLE: &str = "# names\tclasses\n\
        dog|개|강아지\t0,1\n\
        \n\
        animal|동물\t0,1,2\n\
        crane\t2\n\
        Crane\t3\n";

    fn shown(table: &ConceptTable, probabilities: &[f32], min_value: f32) -> Vec<(String, f32)> {
        let concepts = table.concepts(probabilities, min_value);
        concepts.into_iter().map(|concept| (concept.name, concept.value)).collect()
    }

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_value_is_the_sum_over_the_classes_of_a_name() {
        let table = ConceptTable::parse(TABLE, 4).unwrap();
        let expected = [
            ("animal", 0.875),
            ("동물", 0.875),
            ("dog", 0.75),
            ("개", 0.75),
            ("강아지", 0.75),
            ("crane", 0.25),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        assert_eq!(shown(&table, &[0.5, 0.25, 0.125, 0.125], 0.25), expected);
    }

    #[test]
    fn only_concepts_above_the_minimum_are_returned_and_no_value_exceeds_one() {
        let table = ConceptTable::parse(TABLE, 4).unwrap();
        assert_eq!(shown(&table, &[0.0, 0.0, 0.0, 1.0], 0.5), [("crane".to_owned(), 1.0)]);
        assert_eq!(shown(&table, &[0.1, 0.1, 0.1, 0.1], 0.5), []);
        assert_eq!(shown(&table, &[0.75, 0.5, 0.0, 0.0], 1.0).len(), 5);
        assert!(table.concepts(&[0.75, 0.5, 0.0, 0.0], 0.5).iter().all(|c| c.value <= 1.0));
    }

    #[test]
    fn extra_names_stand_for_the_united_classes_and_may_build_on_each_other() {
        let mut table = ConceptTable::parse(TABLE, 4).unwrap();
        table.add(&ExtraNames { names: owned(&["멍멍이"]), of: owned(&["DOG"]) }).unwrap();
        table
            .add(&ExtraNames {
                names: owned(&["탈것 또는 개", "개"]),
                of: owned(&["멍멍이", "crane"]),
            })
            .unwrap();
        let shown = shown(&table, &[0.25, 0.25, 0.0, 0.5], 0.75);
        assert_eq!(shown, [("개".to_owned(), 1.0), ("탈것 또는 개".to_owned(), 1.0)]);
    }

    #[test]
    fn a_keyword_is_known_by_any_of_its_names() {
        let mut table = ConceptTable::parse(TABLE, 4).unwrap();
        let knows = |table: &ConceptTable, keyword: &str| table.knows(&keyword.parse().unwrap());
        for known in ["개", "#DOG", "강아지를", "고양이, 동물", "🐶", "a nimal"] {
            assert!(knows(&table, known), "{known}");
        }
        for unknown in ["고양이", "dogs", "개미", "🐱", "멍멍이"] {
            assert!(!knows(&table, unknown), "{unknown}");
        }
        table.add(&ExtraNames { names: owned(&["멍멍이"]), of: owned(&["dog"]) }).unwrap();
        assert!(knows(&table, "멍멍 이"));
    }

    /// Particles and separators must not turn a name of one row into a name of another.
    #[test]
    fn a_korean_name_matches_its_own_row_only() {
        let table = include_str!("../../data/korean_names.tsv");
        let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut row_of = HashMap::new();
        for (row, line) in rows.enumerate() {
            let names = line.split('\t').nth(1).unwrap();
            row_of.extend(names.split('|').map(|name| (name_key(name), row)));
        }
        assert!(row_of.keys().filter(|name| name.contains(['가', '개', '고', '사'])).count() > 100);
        for (name, row) in &row_of {
            let keyword: Keyword = name.parse().unwrap();
            let rows: Vec<_> = keyword.names().iter().filter_map(|name| row_of.get(name)).collect();
            assert!(rows.contains(&row) && rows.iter().all(|other| other == &row), "{name}");
        }
    }

    #[test]
    fn invalid_extra_names_are_rejected() {
        let mut table = ConceptTable::parse(TABLE, 4).unwrap();
        for (names, of, part) in [
            (&["a"][..], &["unicorn"][..], "unknown name \"unicorn\""),
            (&["a"], &[], "must not be empty"),
            (&[], &["dog"], "must not be empty"),
            (&[" "], &["dog"], "the keyword must not be empty"),
        ] {
            let error = table.add(&ExtraNames { names: owned(names), of: owned(of) }).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn a_malformed_line_is_reported_with_its_number() {
        for (line, part) in [
            ("dog 0", "must contain a tab"),
            ("dog\t", "class \"\" must be a number"),
            ("dog\t0,,1", "class \"\" must be a number"),
            ("dog\t4", "class \"4\" must be a number below 4"),
            ("dog\t-1", "class \"-1\" must be a number"),
            ("dog\tx", "class \"x\" must be a number"),
            ("\t0", "the keyword must not be empty"),
            ("dog||개\t0", "the keyword must not be empty"),
        ] {
            let error = ConceptTable::parse(&format!("cat\t0\n{line}\n"), 4).unwrap_err();
            assert!(error.to_string().starts_with("read line 2: "), "{error}");
            assert!(error.to_string().contains(part), "{line:?}: {error}");
        }
        assert!(matches!(ConceptTable::parse("# nothing\n", 4), Err(ConceptError::Empty)));
    }
}
