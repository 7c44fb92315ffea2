//! `keyword check`.

use crate::assert_refused;
use crate::support::home::Home;

#[test]
fn keyword_check_tells_which_keywords_no_photo_can_satisfy() {
    let home = Home::with_local_classifier();
    let known =
        ["강아지", "#강아지를", "dog", "진공 청소기", "🍎", "강아지, 고양이", "바나나\u{200b}"];
    let checked = home.succeed(&[&["keyword", "check"], &known[..]].concat());
    let lines: Vec<&str> = checked.stdout.lines().collect();
    assert_eq!(lines.len(), known.len());
    assert!(lines.iter().all(|line| line.ends_with(": known")), "{lines:?}");
    assert_eq!(lines[0], "\"강아지\": known");

    for (keyword, told) in [
        ("외계인의 우주선", "unknown: the configured classifier has no such name"),
        ("유니콘, 우주선단", "unknown: "),
        ("\u{200b}", "rejected: the keyword must not be empty"),
        ("...", "rejected: the keyword must not be empty"),
        ("a\u{7}b", "rejected: the keyword must not contain control characters"),
    ] {
        let finished = home.run(&["keyword", "check", "강아지", keyword]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let lines: Vec<&str> = finished.stdout.lines().collect();
        assert_eq!((lines.len(), lines[0]), (2, "\"강아지\": known"), "{finished:?}");
        assert!(lines[1].contains(told), "{finished:?}");
    }

    let listed = home.succeed(&["keyword", "check", "강아지, 외계인의 우주선"]);
    assert!(listed.stdout.contains("known, except [\"외계인의 우주선\"]"), "{listed:?}");
    assert_refused(&home.run(&["keyword", "check"]), &[]);
}

#[test]
fn keyword_check_reports_a_classifier_that_does_not_list_its_names() {
    let home = Home::new();
    let checked = home.succeed(&["keyword", "check", "강아지", "외계인의 우주선"]);
    assert_eq!(checked.stdout.matches("not checked: ").count(), 2, "{checked:?}");
    assert_eq!(home.run(&["keyword", "check", "\u{200b}"]).code, Some(1));
}
