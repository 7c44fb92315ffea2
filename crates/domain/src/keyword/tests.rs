#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn seen(names: &[&str]) -> Vec<Concept> {
    names.iter().map(|name| Concept { name: (*name).to_owned(), value: 0.9 }).collect()
}

#[test]
fn matching_knows_no_case_width_composition_or_blanks() {
    let concepts = seen(&["Golden Retriever", "강아지", "CAFÉ"]);
    // The second name is spelled with conjoining jamo, the last with a combining accent.
    for same in ["golden  retriever", "강아지", " 강아지 ", "ｇｏｌｄｅｎ retriever", "cafe\u{301}"]
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

fn keyword(text: &str) -> Keyword {
    text.parse().unwrap()
}

#[track_caller]
fn assert_matches(text: &str, name: &str) {
    assert!(keyword(text).is_among(&seen(&[name])), "{text:?} is {name:?}");
}

#[track_caller]
fn assert_differs(text: &str, name: &str) {
    assert!(!keyword(text).is_among(&seen(&[name])), "{text:?} is not {name:?}");
}

#[test]
fn invisible_characters_do_not_matter() {
    let invisible = [
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{2060}',
        '\u{feff}',
        '\u{ad}',
        '\u{200e}',
        '\u{200f}',
        '\u{202a}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{61c}',
        '\u{34f}',
        '\u{180e}',
        '\u{115f}',
        '\u{1160}',
        '\u{3164}',
        '\u{ffa0}',
        '\u{17b4}',
        '\u{fe00}',
        '\u{fe0f}',
        '\u{e0100}',
        '\u{e0020}',
        '\u{2800}',
        '\u{fffc}',
        '\u{206a}',
        '\u{1d173}',
    ];
    for letter in invisible {
        for text in [
            format!("{letter}바나나"),
            format!("바나나{letter}"),
            format!("바{letter}나나"),
            format!("ban{letter}ana"),
        ] {
            let name = if text.contains('b') { "banana" } else { "바나나" };
            assert_matches(&text, name);
            assert_matches(name, &text);
            assert_eq!(keyword(&text).as_str(), name);
        }
        for text in [format!("{letter}"), format!(" {letter}\n{letter} ")] {
            assert_eq!(text.parse::<Keyword>(), Err(KeywordError::Empty), "{text:?}");
        }
    }
    // They do not count as characters either.
    assert!(format!("{}{}", "가".repeat(100), "\u{200b}".repeat(100)).parse::<Keyword>().is_ok());
    assert_eq!("\u{200b}".repeat(1001).parse::<Keyword>(), Err(KeywordError::TooLong));
}

#[test]
fn hangul_is_composed_from_every_form() {
    for (text, name) in [
        // Conjoining letters, half-width letters, compatibility letters as typed.
        ("\u{1100}\u{1161}\u{11bc}\u{110b}\u{1161}\u{110c}\u{1175}", "강아지"),
        ("\u{ffa1}\u{ffc2}\u{ffb7}\u{ffb7}\u{ffc2}\u{ffb8}\u{ffdc}", "강아지"),
        ("ㄱㅏㅇㅇㅏㅈㅣ", "강아지"),
        ("ㄱㅗㅇㅑㅇㅇㅣ", "고양이"),
        ("ㄷㅏㄹㄱ", "닭"),
        ("ㄷㅏㄺ", "닭"),
        ("ㄱㅏㅂㅅ", "값"),
        ("ㄱㅏㅄ", "값"),
        ("ㄸㅓㄱ", "떡"),
        // A syllable and the letters of the next.
        ("강ㅇㅏ지", "강아지"),
        ("가\u{11bc}아지", "강아지"),
    ] {
        assert_matches(text, name);
        assert_eq!(keyword(text).as_str(), name);
    }
    // Letters that do not form a syllable stay.
    for text in ["ㅋㅋ", "아ㄸ"] {
        assert_matches(text, text);
    }
}

#[test]
fn spacing_and_punctuation_do_not_matter() {
    for text in [
        "진공 청소기",
        "진공청소기",
        "진공  청 소 기",
        "진공-청소기",
        "진공_청소기",
        "#진공청소기",
        "# 진공청소기",
        "＃진공청소기",
        "\"진공청소기\"",
        "'진공청소기'",
        "“진공 청소기”",
        "‘진공청소기’",
        "「진공청소기」",
        "《진공청소기》",
        "<진공청소기>",
        "(진공청소기)",
        "[진공청소기]",
        "진공청소기.",
        "진공청소기。",
        "진공청소기!",
        "진공청소기?!",
        "진공청소기~",
        "진공청소기…",
        "- 진공청소기",
        "진공청소기^^",
        "*진공청소기*",
        "\"진공청소기\".",
    ] {
        assert_matches(text, "진공청소기");
        assert_matches(text, "진공 청소기");
        assert_differs(text, "청소기");
    }
    assert_matches("T-Shirt", "t shirt");
    assert_matches("jack o lantern", "jack-o'-lantern");
    for text in ["...", "#", "\"\"", " , / ", "!?", "~^^"] {
        assert_eq!(text.parse::<Keyword>(), Err(KeywordError::Empty), "{text:?}");
    }
}

#[test]
fn a_particle_may_follow_the_name() {
    for (text, name) in [
        ("강아지를", "강아지"),
        ("강아지가", "강아지"),
        ("강아지는", "강아지"),
        ("책을", "책"),
        ("책이", "책"),
        ("책은", "책"),
        ("고양이가", "고양이"),
        ("고양이를", "고양이"),
        ("개구리가", "개구리"),
        ("진공 청소기를", "진공청소기"),
        ("'강아지'를!", "강아지"),
        ("강아지 를", "강아지"),
        ("종이를", "종이"),
        ("종이가", "종이"),
        ("요가를", "요가"),
        ("TV를", "tv"),
        ("dog이", "dog"),
        ("#강아지를", "강아지"),
    ] {
        assert_matches(text, name);
    }
    // A name that ends like a particle is still that name.
    for name in [
        "고양이",
        "호랑이",
        "종이",
        "오이",
        "요가",
        "화가",
        "가을",
        "마을",
        "어린이",
        "떡볶이",
        "달팽이",
        "기린은",
        "노을",
        "목걸이",
        "이",
        "가",
        "을",
        "말이",
        "계란말이",
        "국가",
        "가지",
    ] {
        assert_matches(name, name);
    }
    for (text, other) in [
        // The particle would not agree with the last sound.
        ("오이", "오"),
        ("강아지을", "강아지"),
        ("책를", "책"),
        ("책가", "책"),
        ("마을", "마"),
        // The name without its end is another thing.
        ("종이", "종"),
        ("요가", "요"),
        ("말이", "말"),
        ("가", ""),
        ("강아지도", "강아지"),
        ("개구리가", "개구"),
    ] {
        assert_differs(text, other);
    }
}

#[test]
fn one_field_can_list_several_subjects() {
    for text in [
        "강아지,고양이",
        "강아지, 고양이",
        "강아지/고양이",
        "강아지 / 고양이",
        "강아지·고양이",
        "강아지ㆍ고양이",
        "강아지・고양이",
        "강아지•고양이",
        "강아지\n고양이",
        "강아지\r\n고양이",
        "강아지;고양이",
        "강아지|고양이",
        "강아지、고양이",
        "강아지，고양이",
        "강아지／고양이",
        "#강아지 #고양이",
        "#강아지#고양이",
        ",강아지,,고양이,",
        "강아지를, 고양이를",
        "강아지\u{2028}고양이",
    ] {
        let keyword = keyword(text);
        assert_eq!(keyword.subjects().len(), 2, "{text:?}: {:?}", keyword.subjects());
        for name in ["강아지", "고양이"] {
            assert_matches(text, name);
        }
        for name in ["개", "강아지 고", "아지"] {
            assert_differs(text, name);
        }
    }
    // A name that contains a separator.
    assert_matches("AC/DC", "ac/dc");
    // Together the subjects of a list can be the name of another thing.
    assert_differs("cat, fish", "catfish");
    assert_differs("말/벌", "말벌");
    assert_eq!(keyword("강아지  고양이").subjects(), ["강아지 고양이"]);
    assert_eq!(keyword(" 강아지 ,\t# 고양이").subjects(), ["강아지", "고양이"]);
}

#[test]
fn emoji_name_things() {
    for (text, name) in [
        ("🍎", "사과"),
        ("🍎", "apple"),
        ("🐶", "dog"),
        ("🚲", "자전거"),
        ("✈️", "비행기"),
        ("☕", "coffee"),
        ("🌶️", "고추"),
        ("🏋🏽", "바벨"),
        ("🏋🏿‍♀️", "barbell"),
        ("🍎🍌", "바나나"),
        ("🍎🍌", "apple"),
        ("🍎 🍌", "banana"),
        ("🍎,🍌", "banana"),
        ("🍎를", "사과"),
        ("#🍎", "사과"),
        ("사과🍎", "사과"),
        ("🍎 사과", "사과"),
        ("🍎", "🍎"),
        ("🦠", "🦠"),
    ] {
        assert_matches(text, name);
    }
    // Beside letters they are decoration.
    assert_differs("운동🔥", "불");
    assert_differs("산책 🐶", "강아지");
    assert_differs("🍎", "바나나");
    assert_differs("🦠", "사과");
}

#[test]
fn the_emoji_are_in_order_and_have_names() {
    for emoji in '\u{2000}'..='\u{1ffff}' {
        for name in emoji::names(emoji) {
            assert_matches(&emoji.to_string(), name);
            assert!(keyword(name).is_among(&seen(&[name])));
        }
    }
    assert_eq!(emoji::names('✈'), ["비행기", "airplane"]);
    assert_eq!(emoji::names('🪴'), ["화분", "flowerpot", "potted plant"]);
    assert_eq!(emoji::names('가'), [""; 0]);
}

#[test]
fn the_certainty_is_the_highest_of_the_matching_concepts() {
    let concept = |name: &str, value| Concept { name: name.to_owned(), value };
    let shown = [concept("tree", 0.9), concept("Dog", 0.25), concept("강아지", 0.5)];
    assert_eq!(keyword("강아지, dog").certainty_among(&shown), Some(0.5));
    assert_eq!(keyword("dog").certainty_among(&shown), Some(0.25));
    assert_eq!(keyword("cat").certainty_among(&shown), None);
}

proptest::proptest! {
    #[test]
    fn every_text_is_a_keyword_or_an_error(text in "\\PC{0,60}") {
        if let Ok(keyword) = text.parse::<Keyword>() {
            assert!(!keyword.subjects().is_empty());
            let named = Concept { name: text, value: 1.0 };
            assert!(keyword.is_among(&[named]), "{keyword:?}");
        }
    }
}
