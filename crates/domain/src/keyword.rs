use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

/// The subject that a photo must show, in the challenge's words: `dog`, `강아지`, ...
///
/// It is stored in the form that is compared: Unicode-normalised (NFKC), lower case, with single
/// blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Keyword(String);

impl Keyword {
    /// Maximum length in characters.
    pub const MAX_CHARS: usize = 100;

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether one of the concepts has this name after both are normalised.
    pub fn is_among(&self, concepts: &[Concept]) -> bool {
        concepts.iter().any(|concept| comparable(&concept.name) == self.0)
    }
}

impl FromStr for Keyword {
    type Err = KeywordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.chars().count() > Self::MAX_CHARS {
            return Err(KeywordError::TooLong);
        }
        let keyword = comparable(text);
        if keyword.is_empty() {
            return Err(KeywordError::Empty);
        }
        if keyword.chars().any(char::is_control) {
            return Err(KeywordError::ControlCharacter);
        }
        Ok(Self(keyword))
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
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
    /// No characters other than blanks.
    #[error("the keyword must not be empty")]
    Empty,
    /// More than [`Keyword::MAX_CHARS`] characters.
    #[error("the keyword must have at most {} characters", Keyword::MAX_CHARS)]
    TooLong,
    /// A NUL or another control character.
    #[error("the keyword must not contain control characters")]
    ControlCharacter,
}

fn comparable(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn seen(names: &[&str]) -> Vec<Concept> {
        names.iter().map(|name| Concept { name: (*name).to_owned(), value: 0.9 }).collect()
    }

    #[test]
    fn matching_knows_no_case_width_composition_or_blanks() {
        let concepts = seen(&["Golden Retriever", "강아지", "CAFÉ"]);
        // The second name is spelled with conjoining jamo, the last with a combining accent.
        for same in
            ["golden  retriever", "강아지", " 강아지 ", "ｇｏｌｄｅｎ retriever", "cafe\u{301}"]
        {
            assert!(same.parse::<Keyword>().unwrap().is_among(&concepts), "{same:?}");
        }
        for other in ["golden", "retriever", "고양이", "강아", "cafe"] {
            assert!(!other.parse::<Keyword>().unwrap().is_among(&concepts), "{other:?}");
        }
    }

    #[test]
    fn a_keyword_is_a_short_visible_text() {
        assert_eq!("".parse::<Keyword>(), Err(KeywordError::Empty));
        assert_eq!(" \u{3000}\n".parse::<Keyword>(), Err(KeywordError::Empty));
        assert_eq!("a\0b".parse::<Keyword>(), Err(KeywordError::ControlCharacter));
        assert_eq!("가".repeat(101).parse::<Keyword>(), Err(KeywordError::TooLong));
        assert!("가".repeat(100).parse::<Keyword>().is_ok());
    }
}
