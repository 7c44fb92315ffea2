//! When a keyword names what a photo shows.

mod emoji;
mod folding;
mod particles;

use std::fmt;
use std::str::FromStr;

use self::folding::{fold, is_separator};

pub use self::folding::name_key;

/// The subject that a photo must show, in the challenge's words: `dog`, `강아지`, `#강아지, #고양이`, ...
///
/// A keyword can list several subjects; a photo must show one of them. People write keywords by hand, so
/// invisible characters, the composition of Hangul, spacing, quotes and other punctuation do not matter,
/// and a Korean particle can follow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Keyword {
    /// Folded text with single blanks.
    text: String,
    /// The listed subjects, at least one.
    subjects: Vec<String>,
    /// Every name of a subject, in the form of [`name_key`].
    names: Vec<String>,
}

impl Keyword {
    /// Maximum length in visible characters.
    pub const MAX_CHARS: usize = 100;

    /// Maximum length with invisible characters, which limits the work of folding.
    const MAX_RAW_CHARS: usize = 10 * Self::MAX_CHARS;

    /// The folded text: composed (NFKC), lower case, with single blanks, without invisible characters.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The listed subjects, each a keyword by itself.
    pub fn subjects(&self) -> &[String] {
        &self.subjects
    }

    /// Every name by which a subject can be matched, in the form of [`name_key`].
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether one of the concepts has a name of the keyword.
    pub fn is_among(&self, concepts: &[Concept]) -> bool {
        self.certainty_among(concepts).is_some()
    }

    /// Highest certainty of the concepts that have a name of the keyword; `None` if there are none.
    pub fn certainty_among(&self, concepts: &[Concept]) -> Option<f32> {
        let named = concepts.iter().filter(|concept| self.is_named(&concept.name));
        named.map(|concept| concept.value).max_by(f32::total_cmp)
    }

    /// Whether the name is that of a subject, or the whole text: a name can itself contain what separates subjects.
    fn is_named(&self, name: &str) -> bool {
        self.names.contains(&name_key(name)) || with_single_blanks(&fold(name)) == self.text
    }
}

impl FromStr for Keyword {
    type Err = KeywordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.chars().nth(Self::MAX_RAW_CHARS).is_some() {
            return Err(KeywordError::TooLong);
        }
        let folded = fold(text);
        let is_control = |letter: char| letter.is_control() && !letter.is_whitespace();
        if folded.chars().any(is_control) {
            return Err(KeywordError::ControlCharacter);
        }
        let text = with_single_blanks(&folded);
        if text.chars().count() > Self::MAX_CHARS {
            return Err(KeywordError::TooLong);
        }
        let parts = folded.split(is_separator).filter(|part| !name_key(part).is_empty());
        let subjects: Vec<_> = parts.map(with_single_blanks).collect();
        if subjects.is_empty() {
            return Err(KeywordError::Empty);
        }
        let names = subjects.iter().flat_map(|subject| names_of(subject)).collect();
        Ok(Self { text, subjects, names })
    }
}

fn with_single_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names of one subject: as written and without a particle. Emoji beside letters are decoration;
/// alone, each stands for its names.
fn names_of(subject: &str) -> Vec<String> {
    let key = name_key(subject);
    let emoji = subject.chars().flat_map(emoji::names).map(|name| name_key(name));
    if key.chars().any(char::is_alphanumeric) && !particles::is_particle(&key) {
        let stem = particles::without_particle(&key).map(str::to_owned);
        [key].into_iter().chain(stem).collect()
    } else {
        [key].into_iter().chain(emoji).collect()
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

/// A subject that a classifier found in a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Concept {
    /// Name of the subject, in any language.
    pub name: String,
    /// Certainty of the classifier, from 0 to 1.
    pub value: f32,
}

/// Why a text is not a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeywordError {
    /// Nothing but blanks, punctuation and invisible characters.
    #[error("the keyword must not be empty")]
    Empty,
    /// More than [`Keyword::MAX_CHARS`] characters.
    #[error("the keyword must have at most {} characters", Keyword::MAX_CHARS)]
    TooLong,
    /// A NUL or another control character.
    #[error("the keyword must not contain control characters")]
    ControlCharacter,
}

#[cfg(test)]
mod tests;
