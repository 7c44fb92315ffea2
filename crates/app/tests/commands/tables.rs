//! The commands that write the database.

use std::fs;

use serde_json::json;

use crate::support::base64;
use crate::support::home::Home;
use crate::support::pictures::desk;
use crate::support::rows::sql_digest;
use crate::{GROUP, assert_refused, run};

fn group_with(option: &str, value: &str) -> Vec<String> {
    let mut arguments: Vec<String> = GROUP.iter().map(|argument| (*argument).to_owned()).collect();
    match GROUP.iter().position(|argument| *argument == option) {
        Some(at) => arguments[at + 1] = value.to_owned(),
        None => arguments.extend([option.to_owned(), value.to_owned()]),
    }
    arguments
}

fn groups(home: &Home) -> Vec<[String; 6]> {
    let query = "SELECT start_date, end_date, start_time, end_time, time_zone, coalesce(name, '-')
                 FROM challenge_group ORDER BY challenge_group_id";
    home.rows().select(query, |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?])
    })
}

#[test]
fn group_put_creates_replaces_and_repeats() {
    let home = Home::new();
    for _ in 0..2 {
        home.succeed(&GROUP);
        let expected = ["2026-03-01", "2026-03-31", "06:30:00", "07:00:30", "Asia/Seoul", "-"];
        assert_eq!(groups(&home), [expected]);
    }
    let arguments =
        [&GROUP[..], &["--time-zone", "America/New_York", "--name", "물 마시기"]].concat();
    home.succeed(&arguments);
    let named =
        ["2026-03-01", "2026-03-31", "06:30:00", "07:00:30", "America/New_York", "물 마시기"];
    assert_eq!(groups(&home), [named]);
    home.succeed(&GROUP.map(|argument| if argument == "1" { "2" } else { argument }));
    assert_eq!(groups(&home).len(), 2);
}

#[test]
fn group_put_sets_what_has_to_match_and_resets_it() {
    let home = Home::new();
    let modes = || -> Vec<String> {
        home.rows()
            .select("SELECT match FROM group_match ORDER BY challenge_group_id", |row| row.get(0))
    };
    home.succeed(&[&GROUP[..], &["--match", "thing"]].concat());
    assert_eq!(modes(), ["thing"]);
    home.succeed(&GROUP);
    assert_eq!(modes(), ["place"]);
}

#[test]
fn group_put_includes_the_minute_of_an_end_time() {
    let home = Home::new();
    for (given, stored) in [
        ("23:59", "23:59:59"),
        ("00:00", "00:00:59"),
        ("06:30", "06:30:59"),
        ("23:59:00", "23:59:00"),
    ] {
        let finished = run(&home, &group_with("--end-time", given));
        assert_eq!(finished.code, Some(0), "{given}: {finished:?}");
        let [_, _, start, end, ..] = &groups(&home)[0];
        assert_eq!((start.as_str(), end.as_str()), ("06:30:00", stored));
    }
}

#[test]
fn group_put_takes_the_zone_of_the_service() {
    let home = Home::new().with("SERVER__TIME_ZONE", "Europe/Berlin");
    home.succeed(&GROUP);
    assert_eq!(groups(&home)[0][4], "Europe/Berlin");
}

#[test]
fn group_put_rejects_invalid_values() {
    let home = Home::new();
    home.succeed(&["migrate"]);
    for (option, value) in [
        ("--start-date", "2026-02-30"),
        ("--start-date", "01.03.2026"),
        ("--start-date", ""),
        ("--end-date", "2026-13-01"),
        ("--end-date", "tomorrow"),
        ("--start-time", "24:00"),
        ("--start-time", "6.30"),
        ("--end-time", "07:00:61"),
        ("--end-time", "noon"),
        ("--time-zone", "Asia/Soul"),
        ("--time-zone", "+09:00"),
        ("--time-zone", ""),
        ("--match", "food"),
        ("--match", ""),
    ] {
        assert_refused(&run(&home, &group_with(option, value)), &[option]);
    }
    let backwards = run(&home, &group_with("--end-date", "2026-02-28"));
    assert_refused(&backwards, &["2026-02-28", "2026-03-01"]);
    for id in ["0", "-1", "9223372036854775808", "one", ""] {
        let mut arguments = group_with("--name", "x");
        id.clone_into(&mut arguments[2]);
        assert_eq!(run(&home, &arguments).code, Some(2), "{id:?}");
    }
    assert_refused(&home.run(&GROUP[..9]), &["--end-time"]);
    assert!(groups(&home).is_empty());
}

#[test]
fn participation_put_creates_replaces_and_repeats() {
    let home = Home::new();
    home.succeed(&GROUP);
    home.succeed(&GROUP.map(|argument| if argument == "1" { "2" } else { argument }));
    let rows = || {
        let query = "SELECT participation_id, challenge_group_id, coalesce(user_id, '-')
                     FROM participation ORDER BY participation_id";
        home.rows().select(query, |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
        })
    };
    for _ in 0..2 {
        home.succeed(&["participation", "put", "7", "--group", "1"]);
        assert_eq!(rows(), [(7, 1, "-".to_owned())]);
    }
    home.succeed(&["participation", "put", "7", "--group", "2", "--user", "하늘"]);
    assert_eq!(rows(), [(7, 2, "하늘".to_owned())]);
}

#[test]
fn participation_put_rejects_an_unknown_group() {
    let home = Home::new();
    home.succeed(&GROUP);
    let refused = home.run(&["participation", "put", "7", "--group", "3"]);
    assert_refused(&refused, &["group", "3", "7"]);
    for arguments in [
        &["participation", "put", "0", "--group", "1"][..],
        &["participation", "put", "7", "--group", "0"],
        &["participation", "put", "7", "--group", "1", "--user", ""],
        &["participation", "put", "7"],
    ] {
        assert_refused(&home.run(arguments), &[]);
    }
    let query = "SELECT participation_id FROM participation";
    assert!(home.rows().select(query, |row| row.get::<_, i64>(0)).is_empty());
}

#[test]
fn migrate_makes_the_tables_and_repeats() {
    let home = Home::new();
    for _ in 0..2 {
        home.succeed(&["migrate"]);
        home.assert_nothing_stored();
    }
}

#[test]
fn serve_does_not_migrate_if_migrate_at_start_is_off() {
    let home = Home::new().with("DATABASE__MIGRATE_AT_START", "false");
    let service = home.serve();
    let body = json!({ "participation_id": 1, "std_img": base64(&desk()) });
    assert_eq!(service.client().post("/std_img", &body).outcome(), (500, Some(111)));
    home.succeed(&["migrate"]);
    assert_eq!(service.client().post("/std_img", &body).outcome(), (400, Some(1)));
}

#[test]
fn put_does_not_migrate_if_migrate_at_start_is_off() {
    let home = Home::new().with("DATABASE__MIGRATE_AT_START", "false");
    let participation = ["participation", "put", "7", "--group", "1"];
    let tables = || {
        let query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
        home.rows().select(query, |row| row.get::<_, i64>(0))
    };
    for command in [&GROUP[..], &participation] {
        assert_refused(&home.run(command), &["no such table"]);
        assert_eq!(tables(), [0]);
    }
    home.succeed(&["migrate"]);
    home.succeed(&GROUP);
    home.succeed(&participation);
}

#[test]
fn clean_up_removes_unfinished_photos_and_prints_the_counts() {
    // The clean-up does not open the networks, so their missing files are not an error.
    let home = Home::new()
        .with("CLASSIFIER__KIND", "local")
        .with("CLASSIFIER__LOCAL__MODEL", "nowhere.onnx")
        .with("VISION__NEURAL__ENABLED", "true")
        .with("VISION__NEURAL__XFEAT", "config.toml");
    fs::write(home.path().join("config.toml"), b"no network").unwrap();
    home.succeed(&["migrate"]);
    let nothing = "removed=0 failed=0 request_keys=0 days=0 features=0 messages=0 attempts=0 rejected_photos=0 erasures=0\n";
    assert_eq!(home.succeed(&["clean-up"]).stdout, nothing);
    // Another service's lease does not stop the command.
    let digest = sql_digest(&desk());
    home.rows().execute(
        &format!("INSERT INTO object_reservation VALUES
             ('old.jpg', 'http://x/old.jpg', {digest}, 'open', '2026-01-01 00:00:00.000000'),
             ('new.jpg', 'http://x/new.jpg', {digest}, 'open', strftime('%Y-%m-%d %H:%M:%f000', 'now'));
         INSERT INTO request_key (idempotency_key, fingerprint, valid_until) VALUES
             ('old', zeroblob(32), '2026-01-01 00:00:00.000000'),
             ('new', zeroblob(32), '2099-01-01 00:00:00.000000');
         INSERT INTO participation_day VALUES (1, '2026-01-01', NULL, 1), (1, '2099-01-01', NULL, 1);
         INSERT INTO lease VALUES ('clean_up', 'somebody', '2099-01-01 00:00:00.000000')"),
    );
    for name in ["old.jpg", "new.jpg"] {
        fs::write(home.objects_directory().join(name), desk()).unwrap();
    }
    let one_of_each = "removed=1 failed=0 request_keys=1 days=1 features=0 messages=0 attempts=0 rejected_photos=0 erasures=0\n";
    assert_eq!(home.succeed(&["clean-up"]).stdout, one_of_each);
    assert_eq!((home.objects(), home.rows().reservations().len()), (vec!["new.jpg".into()], 1));
    let everything = home.succeed(&["clean-up", "--grace-s", "0"]);
    assert_eq!(
        everything.stdout,
        "removed=1 failed=0 request_keys=0 days=0 features=0 messages=0 attempts=0 rejected_photos=0 erasures=0\n"
    );
    home.assert_nothing_stored();
    assert_refused(&home.run(&["clean-up", "--grace-s", "soon"]), &["--grace-s"]);
}
