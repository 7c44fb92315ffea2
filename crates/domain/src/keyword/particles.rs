use super::folding::has_final;

/// Names that end like a particle and that would name something else without it: paper and bell, thatch
/// and candle, yoga and mattress, a roll and a horse.
const WHOLE_NAMES: [&str; 4] = ["종이", "초가", "요가", "말이"];

/// Whether the text is nothing but a particle.
pub(super) fn is_particle(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|letter| follows_consonant(letter).is_some())
        && letters.next().is_none()
}

/// The name before a topic, subject or object particle (은, 는, 이, 가, 을, 를), if the particle is the
/// one that Korean uses after the name's last sound.
///
/// The result is one more name, never a replacement: 고양이 ends like a particle too.
pub(super) fn without_particle(name: &str) -> Option<&str> {
    if WHOLE_NAMES.contains(&name) {
        return None;
    }
    let particle = name.chars().next_back()?;
    let follows_consonant = follows_consonant(particle)?;
    let stem = name.strip_suffix(particle)?;
    // The sound of a foreign word's last letter is unknown.
    let agrees = has_final(stem.chars().next_back()?).is_none_or(|ends| ends == follows_consonant);
    agrees.then_some(stem)
}

/// Whether the particle follows consonants or vowels; `None` if it is no particle.
fn follows_consonant(letter: char) -> Option<bool> {
    match letter {
        '을' | '이' | '은' => Some(true),
        '를' | '가' | '는' => Some(false),
        _ => None,
    }
}
