use icu_properties::props::{
    BinaryProperty, DefaultIgnorableCodePoint, EmojiModifier, EnumeratedProperty, GeneralCategory,
    GeneralCategoryGroup,
};
use unicode_normalization::UnicodeNormalization;

/// The form in which names are compared: folded, without blanks and punctuation. Letters, digits and
/// their marks stay; if there are none, symbols such as emoji stay.
pub fn name_key(name: &str) -> String {
    let folded = fold(name);
    let kept = |group: GeneralCategoryGroup| {
        let is_kept = |letter: &char| group.contains(GeneralCategory::for_char(*letter));
        folded.chars().filter(is_kept).collect::<String>()
    };
    let key = kept(
        GeneralCategoryGroup::Letter
            .union(GeneralCategoryGroup::Number)
            .union(GeneralCategoryGroup::Mark),
    );
    if key.is_empty() { kept(GeneralCategoryGroup::OtherSymbol) } else { key }
}

/// NFKC, lower case, Hangul composed from single letters, without invisible characters.
pub(super) fn fold(text: &str) -> String {
    // NFKC makes a letter of the Korean middle dot, which is an obsolete vowel in Unicode.
    let text = text.replace('\u{318d}', "\u{b7}");
    let visible = text.nfkc().filter(|letter| !is_invisible(*letter));
    let folded: String = visible.flat_map(char::to_lowercase).nfkc().collect();
    composed(&folded)
}

/// Whether a character separates the subjects of a keyword: commas, slashes, middle dots, semicolons,
/// bars, hash signs, line breaks, and their forms that NFKC does not unify.
pub(super) fn is_separator(letter: char) -> bool {
    matches!(
        letter,
        ',' | '/' | ';' | '|' | '#' | '\\' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}'
        // Commas: ideographic, Arabic; slashes: fraction, division.
        | '\u{3001}' | '\u{60c}' | '\u{2044}' | '\u{2215}'
        // Middle dots: Latin, bullets, hyphenation point, operators, Katakana; line separators.
        | '\u{b7}' | '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22c5}' | '\u{30fb}'
        | '\u{2028}' | '\u{2029}'
    )
}

/// Joiners, direction marks, fillers, soft hyphens, variation selectors, tags; skin tones of emoji; and
/// characters that are blank although Unicode does not call them ignorable.
fn is_invisible(letter: char) -> bool {
    let is_blank = matches!(letter, '\u{2800}' | '\u{fff9}'..='\u{fffc}');
    is_blank || DefaultIgnorableCodePoint::for_char(letter) || EmojiModifier::for_char(letter)
}

const FIRST_SYLLABLE: u32 = 0xac00;
const LAST_SYLLABLE: u32 = 0xd7a3;
/// Number of syllables that differ in their final consonant only.
const FINALS: u32 = 28;
/// Code point before that of the first final consonant.
const NO_FINAL: u32 = 0x11a7;

/// Leading consonants as NFKC leaves them, from U+1100, and the final consonants that they become.
const FINAL_OF_LEADING: [(char, char); 17] = [
    ('\u{1100}', '\u{11a8}'),
    ('\u{1101}', '\u{11a9}'),
    ('\u{1102}', '\u{11ab}'),
    ('\u{1103}', '\u{11ae}'),
    ('\u{1105}', '\u{11af}'),
    ('\u{1106}', '\u{11b7}'),
    ('\u{1107}', '\u{11b8}'),
    ('\u{1109}', '\u{11ba}'),
    ('\u{110a}', '\u{11bb}'),
    ('\u{110b}', '\u{11bc}'),
    ('\u{110c}', '\u{11bd}'),
    ('\u{110e}', '\u{11be}'),
    ('\u{110f}', '\u{11bf}'),
    ('\u{1110}', '\u{11c0}'),
    ('\u{1111}', '\u{11c1}'),
    ('\u{1112}', '\u{11c2}'),
    ('\u{1121}', '\u{11b9}'),
];

/// Final consonants that a second consonant joins: ㄳ, ㄵ, ㄶ, ㄺ, ㄻ, ㄼ, ㄽ, ㄾ, ㄿ, ㅀ, ㅄ.
const JOINED_FINALS: [(char, char, char); 11] = [
    ('\u{11a8}', '\u{11ba}', '\u{11aa}'),
    ('\u{11ab}', '\u{11bd}', '\u{11ac}'),
    ('\u{11ab}', '\u{11c2}', '\u{11ad}'),
    ('\u{11af}', '\u{11a8}', '\u{11b0}'),
    ('\u{11af}', '\u{11b7}', '\u{11b1}'),
    ('\u{11af}', '\u{11b8}', '\u{11b2}'),
    ('\u{11af}', '\u{11ba}', '\u{11b3}'),
    ('\u{11af}', '\u{11c0}', '\u{11b4}'),
    ('\u{11af}', '\u{11c1}', '\u{11b5}'),
    ('\u{11af}', '\u{11c2}', '\u{11b6}'),
    ('\u{11b8}', '\u{11ba}', '\u{11b9}'),
];

/// Adds single consonants to the syllable before them. NFKC turns typed single letters (ㄱㅏㅇ) into
/// syllables without a final consonant and a leading consonant.
fn composed(text: &str) -> String {
    let mut composed = String::with_capacity(text.len());
    for letter in text.chars() {
        let joined = composed.chars().next_back().and_then(|last| joined(last, letter));
        match joined {
            Some(syllable) => {
                composed.pop();
                composed.push(syllable);
            }
            None => composed.push(letter),
        }
    }
    composed
}

/// The syllable with another final consonant.
fn joined(syllable: char, consonant: char) -> Option<char> {
    let (_, added) = FINAL_OF_LEADING.iter().find(|(leading, _)| *leading == consonant)?;
    let code = u32::from(syllable);
    let present = final_of(syllable)?;
    let added = if present == NO_FINAL {
        *added
    } else {
        let mut joined = JOINED_FINALS.iter();
        joined.find(|(first, second, _)| u32::from(*first) == present && second == added)?.2
    };
    char::from_u32(code - (present - NO_FINAL) + (u32::from(added) - NO_FINAL))
}

/// Code point of the final consonant of a syllable, or [`NO_FINAL`]; `None` for other characters.
fn final_of(letter: char) -> Option<u32> {
    let code = u32::from(letter);
    let is_syllable = (FIRST_SYLLABLE..=LAST_SYLLABLE).contains(&code);
    is_syllable.then(|| NO_FINAL + (code - FIRST_SYLLABLE) % FINALS)
}

/// Whether a syllable ends with a consonant; `None` for other characters.
pub(super) fn has_final(letter: char) -> Option<bool> {
    final_of(letter).map(|code| code != NO_FINAL)
}
