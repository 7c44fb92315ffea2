use std::collections::{BTreeMap, BTreeSet, HashMap};

use injeung_domain::{Concept, Keyword, name_key};
use serde::Deserialize;

use super::evidence::{ConceptEvidence, Findings};
use super::weights::Weights;

/// Map from each name to its classes, which are numbered from ImageNet's to the labels of the object detector.
///
/// The name "dog" has the classes of every breed, "food" those of every dish. A name of several concepts has the
/// classes of all of them.
#[derive(Debug)]
pub(super) struct ConceptTable {
    counts: ClassCounts,
    entries: Vec<Entry>,
    /// Index in `entries` of each name, in the form of [`name_key`].
    index: HashMap<String, usize>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    classes: BTreeSet<usize>,
    /// Added to the weighted evidence of this concept.
    bias: f32,
}

/// Numbers of outputs of the networks.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClassCounts {
    pub(super) images: usize,
    pub(super) objects: usize,
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
    /// If a line has another form, a name is not a valid keyword, or a network has no such class.
    pub(super) fn parse(text: &str, counts: ClassCounts) -> Result<Self, ConceptError> {
        let class_count = counts.images + counts.objects;
        let mut table = Self { counts, entries: Vec::new(), index: HashMap::new() };
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

    /// Adds the biases of single concepts: to every name with the same classes, and to no other.
    pub(super) fn adjust(&mut self, biases: &BTreeMap<String, f32>) {
        for (name, &bias) in biases {
            let at = self.index.get(&name_key(name));
            let Some(entry) = at.and_then(|&at| self.entries.get(at)) else { continue };
            let classes = entry.classes.clone();
            let same = self.entries.iter_mut().filter(|entry| entry.classes == classes);
            same.for_each(|entry| entry.bias = bias);
        }
    }

    /// Names with a value of at least `min_value`, those with the highest value first.
    pub(super) fn concepts(
        &self,
        findings: &Findings,
        weights: &Weights,
        min_value: f32,
    ) -> Vec<Concept> {
        let mut concepts = Vec::new();
        for entry in &self.entries {
            let evidence = findings.of(&entry.classes, self.counts.images);
            let value = weights.value(&evidence, entry.bias);
            if value >= min_value {
                concepts.push(Concept { name: entry.name.clone(), value });
            }
        }
        concepts.sort_by(|a, b| b.value.total_cmp(&a.value));
        concepts
    }

    /// Evidence of the first name of the keyword that the table has.
    pub(super) fn evidence(
        &self,
        findings: &Findings,
        keyword: &Keyword,
    ) -> Option<ConceptEvidence> {
        let at = keyword.names().iter().find_map(|name| self.index.get(name))?;
        Some(findings.of(&self.entries.get(*at)?.classes, self.counts.images))
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
                self.entries.push(Entry { name, classes: classes.clone(), bias: 0.0 });
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

    const COUNTS: ClassCounts = ClassCounts { images: 4, objects: 1 };
    const TABLE: &str = "# names\tclasses\n\
        dog|개|강아지\t0,1\n\
        \n\
        animal|동물\t0,1,2\n\
        crane\t2\n\
        Crane\t4\n";

    fn table() -> ConceptTable {
        ConceptTable::parse(TABLE, COUNTS).unwrap()
    }

    /// Names whose classes have at least `min_value` in a photo with one view.
    fn shown(table: &ConceptTable, probabilities: &[f32], min_value: f32) -> Vec<String> {
        let findings = Findings { views: vec![probabilities.to_vec()], objects: vec![0.5] };
        let evidence = |entry: &Entry| findings.of(&entry.classes, 4).maximum;
        let shown = table.entries.iter().filter(|entry| evidence(entry) >= min_value);
        shown.map(|entry| entry.name.clone()).collect()
    }

    fn values(table: &ConceptTable, min_value: f32) -> Vec<(String, f32)> {
        let views = vec![vec![0.5, 0.25, 0.125, 0.125], vec![0.0, 0.0, 0.125, 0.875]];
        let findings = Findings { views, objects: vec![0.75] };
        let concepts = table.concepts(&findings, &Weights::included().unwrap(), min_value);
        concepts.into_iter().map(|concept| (concept.name, concept.value)).collect()
    }

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_name_has_the_classes_of_its_line() {
        let expected = ["dog", "개", "강아지", "animal", "동물"];
        assert_eq!(shown(&table(), &[0.5, 0.25, 0.125, 0.125], 0.25), expected);
    }

    #[test]
    fn only_concepts_of_the_minimum_value_are_returned_in_order() {
        let table = table();
        let all = values(&table, f32::MIN_POSITIVE);
        assert_eq!(all.len(), 6);
        assert!(all.is_sorted_by(|a, b| a.1 >= b.1), "{all:?}");
        let third = all.get(2).unwrap().1;
        let some: Vec<_> = all.iter().filter(|concept| concept.1 >= third).cloned().collect();
        assert_eq!(values(&table, third), some);
        assert_eq!(values(&table, 1.0), []);
    }

    #[test]
    fn a_bias_changes_the_names_of_its_concept_only() {
        let (before, mut table) = (values(&table(), f32::MIN_POSITIVE), table());
        table.add(&ExtraNames { names: owned(&["멍멍이"]), of: owned(&["dog"]) }).unwrap();
        table.adjust(&BTreeMap::from([("개".to_owned(), 1.0), ("unicorn".to_owned(), 1.0)]));
        let after = values(&table, f32::MIN_POSITIVE);
        let value = |list: &[(String, f32)], name: &str| {
            list.iter().find(|concept| concept.0 == name).unwrap().1
        };
        for name in ["dog", "개", "강아지"] {
            assert!(value(&after, name) > value(&before, name), "{name}");
            assert_eq!(value(&after, name), value(&after, "멍멍이"));
        }
        for name in ["animal", "crane"] {
            assert_eq!(value(&after, name), value(&before, name));
        }
    }

    #[test]
    fn a_keyword_has_the_evidence_of_its_first_known_name() {
        let findings = Findings { views: vec![vec![0.5, 0.25, 0.25, 0.0]], objects: vec![0.75] };
        let evidence = |keyword: &str| table().evidence(&findings, &keyword.parse().unwrap());
        let expected = ConceptEvidence { maximum: 0.25, mean: 0.25, detected: Some(0.75) };
        assert_eq!(evidence("CRANE"), Some(expected));
        assert_eq!(evidence("강아지를").unwrap().maximum, 0.75);
        assert_eq!(evidence("unicorn"), None);
    }

    #[test]
    fn extra_names_stand_for_the_united_classes_and_may_build_on_each_other() {
        let mut table = table();
        table.add(&ExtraNames { names: owned(&["멍멍이"]), of: owned(&["DOG"]) }).unwrap();
        table
            .add(&ExtraNames {
                names: owned(&["탈것 또는 개", "개"]),
                of: owned(&["멍멍이", "crane"]),
            })
            .unwrap();
        let shown = shown(&table, &[0.25, 0.25, 0.5, 0.0], 1.0);
        assert_eq!(shown, ["개", "animal", "동물", "탈것 또는 개"]);
    }

    #[test]
    fn a_keyword_is_known_by_any_of_its_names() {
        let mut table = table();
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
        let mut table = table();
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
            ("dog\t5", "class \"5\" must be a number below 5"),
            ("dog\t-1", "class \"-1\" must be a number"),
            ("dog\tx", "class \"x\" must be a number"),
            ("\t0", "the keyword must not be empty"),
            ("dog||개\t0", "the keyword must not be empty"),
        ] {
            let error = ConceptTable::parse(&format!("cat\t0\n{line}\n"), COUNTS).unwrap_err();
            assert!(error.to_string().starts_with("read line 2: "), "{error}");
            assert!(error.to_string().contains(part), "{line:?}: {error}");
        }
        assert!(matches!(ConceptTable::parse("# nothing\n", COUNTS), Err(ConceptError::Empty)));
    }
}
