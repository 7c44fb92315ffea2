//! The command line, tested with the running program.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod support;

use std::fs;
use std::path::PathBuf;

use image::{Rgb, RgbImage, imageops};
use serde_json::{Value, json};

use crate::support::base64;
use crate::support::home::{Finished, Home, demo_photo, demo_photo_path};
use crate::support::jpeg::{exif, with_segments};
use crate::support::pictures::{blank, desk, desk_again, jpeg, scene, street};
use crate::support::rows::sql_digest;

/// Valid arguments of `group put 1`.
const GROUP: [&str; 11] = [
    "group",
    "put",
    "1",
    "--start-date",
    "2026-03-01",
    "--end-date",
    "2026-03-31",
    "--start-time",
    "06:30",
    "--end-time",
    "07:00:30",
];

fn group_with(option: &str, value: &str) -> Vec<String> {
    let mut arguments: Vec<String> = GROUP.iter().map(|argument| (*argument).to_owned()).collect();
    match GROUP.iter().position(|argument| *argument == option) {
        Some(at) => arguments[at + 1] = value.to_owned(),
        None => arguments.extend([option.to_owned(), value.to_owned()]),
    }
    arguments
}

fn run(home: &Home, arguments: &[String]) -> Finished {
    home.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn groups(home: &Home) -> Vec<[String; 6]> {
    let query = "SELECT start_date, end_date, start_time, end_time, time_zone, coalesce(name, '-')
                 FROM challenge_group ORDER BY challenge_group_id";
    home.rows().select(query, |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?])
    })
}

/// Writes a photo to the home's directory and returns its path.
fn file(home: &Home, name: &str, photo: &[u8]) -> String {
    let path = home.path().join(name);
    fs::write(&path, photo).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// Checks that a command failed with these texts on the standard error and without a panic.
#[track_caller]
fn assert_refused(finished: &Finished, told: &[&str]) {
    assert_eq!(finished.code, Some(2), "{finished:?}");
    for text in told {
        assert!(finished.stderr.contains(text), "{text:?} is missing: {finished:?}");
    }
    assert!(!finished.stderr.contains("panicked"), "{finished:?}");
    assert_eq!(finished.stdout, "");
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
fn group_put_refuses_what_makes_no_sense() {
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
fn participation_put_refuses_an_unknown_group() {
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
fn serve_leaves_the_tables_alone_where_it_is_told_to() {
    let home = Home::new().with("DATABASE__MIGRATE_AT_START", "false");
    let service = home.serve();
    let body = json!({ "participation_id": 1, "std_img": base64(&desk()) });
    assert_eq!(service.client().post("/std_img", &body).outcome(), (500, Some(111)));
    home.succeed(&["migrate"]);
    assert_eq!(service.client().post("/std_img", &body).outcome(), (400, Some(1)));
}

#[test]
fn put_leaves_the_tables_alone_where_it_is_told_to() {
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
fn serve_refuses_photo_urls_that_no_client_can_fetch() {
    for bind in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"] {
        let home = Home::new().with("SERVER__BIND", bind);
        for command in [&["serve"][..], &["url", "std_1_20260101000000.jpg"]] {
            assert_refused(&home.run(command), &["objects.public_base"]);
        }
        assert!(!home.path().join("injeung.db").exists());
        // These commands write no URL of a photo.
        home.succeed(&["migrate"]);
        home.succeed(&["clean-up"]);
        drop(home.with("OBJECTS__PUBLIC_BASE", "http://127.0.0.1/objects/").serve());
    }
    for base in ["http://0.0.0.0:8080/objects/", "http://[::]/"] {
        let home = Home::new().with("OBJECTS__PUBLIC_BASE", base);
        assert_refused(&home.run(&["serve"]), &["objects.public_base"]);
    }
}

#[test]
fn inspect_tells_what_would_pass() {
    let home = Home::new();
    let good = file(&home, "good.jpg", &desk());
    let turned = file(&home, "turned.jpg", &with_segments(&desk(), &[exif(6)]));
    let passing = home.succeed(&["inspect", &good, &turned]);
    let lines: Vec<&str> = passing.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[..2].iter().all(|line| line.contains("passes")), "{lines:?}");
    assert_eq!(lines[2], "tiers: quick, sift");
    assert!(lines[0].contains("640x480") && lines[0].contains("orientation 1"), "{lines:?}");
    assert!(lines[1].contains("480x640") && lines[1].contains("orientation 6"), "{lines:?}");
}

#[test]
fn inspect_goes_on_after_what_is_refused_or_unreadable() {
    let home = Home::new();
    let good = file(&home, "good.jpg", &desk());
    let blank = file(&home, "blank.jpg", &blank());
    let text = file(&home, "text.jpg", b"text");
    let undecodable = file(
        &home,
        "undecodable.png",
        &support::png::with_data(640, 480, support::png::RGB, b"no zlib stream"),
    );
    let gone = home.path().join("gone.jpg").display().to_string();
    for refused in [&blank, &text, &gone, &undecodable] {
        let finished = home.run(&["inspect", refused, &good]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        let lines: Vec<&str> = finished.stdout.lines().collect();
        assert_eq!(lines.len(), 3, "{finished:?}");
        assert!(lines[0].contains("refused") && lines[0].contains(refused.as_str()), "{lines:?}");
        assert!(lines[1].contains("passes"), "{lines:?}");
    }
    assert_refused(&home.run(&["inspect"]), &[]);
}

#[test]
fn inspect_tells_why_a_reference_is_poor() {
    let home = Home::new();
    let desk = scene(1);
    let mut spot = RgbImage::from_pixel(640, 480, Rgb([128; 3]));
    imageops::replace(&mut spot, &imageops::crop_imm(&desk, 0, 0, 150, 110).to_image(), 20, 20);
    let dark = RgbImage::from_fn(640, 480, |x, y| Rgb(desk.get_pixel(x, y).0.map(|v| v / 8)));
    // Sensor noise of a photo of plaster.
    let grain = |x: u32, y: u32| x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519);
    let plaster = |x, y| Rgb([120 + grain(x, y).count_ones() as u8 % 8; 3]);
    let wall = RgbImage::from_fn(640, 480, plaster);
    for (name, picture, reason) in [
        ("dark.jpg", dark, "too dark"),
        ("blurred.jpg", imageops::blur(&desk, 12.0), "blurred"),
        ("spot.jpg", spot, "lie in a small part"),
        ("wall.jpg", wall, "too little to see"),
    ] {
        let path = file(&home, name, &jpeg(&picture));
        let told = home.run(&["inspect", &path]).stdout;
        let line = told.lines().next().unwrap();
        assert!(line.contains(reason), "{line}");
    }
}

#[test]
fn inspect_tells_which_tiers_are_on() {
    let last = |home: &Home, photo: &str| {
        let told = home.succeed(&["inspect", photo]).stdout;
        told.lines().last().unwrap().to_owned()
    };
    let home = Home::new();
    let photo = file(&home, "desk.jpg", &desk());
    let home = home.with("VISION__NEURAL__ENABLED", "true");
    assert_eq!(last(&home, &photo), "tiers: quick, sift; missing: xfeat, lighterglue, aligned");
    let home = home.with_neural_tier().with("VISION__QUICK__ENABLED", "false");
    assert_eq!(last(&home, &photo), "tiers: xfeat, lighterglue, sift, aligned");
    let home = home.with("VISION__NEURAL__MATCHER_ENABLED", "false");
    assert_eq!(last(&home, &photo), "tiers: xfeat, sift, aligned");
    let home = home.with("VISION__NEURAL__ALIGNED_ENABLED", "false");
    assert_eq!(last(&home, &photo), "tiers: xfeat, sift");
}

#[test]
fn compare_tells_its_verdict_by_exit_code() {
    let home = Home::new();
    let [desk, again, street] = [("a.jpg", desk()), ("b.jpg", desk_again()), ("c.jpg", street())]
        .map(|(name, photo)| file(&home, name, &photo));
    let same = home.run(&["compare", &desk, &again]);
    assert_eq!(same.code, Some(0), "{same:?}");
    for told in ["the same scene", "probability ", "accepted from 0.", "quick "] {
        assert!(same.stdout.contains(told), "{told:?} is missing: {same:?}");
    }
    let other = home.run(&["compare", &desk, &street]);
    assert_eq!(other.code, Some(1), "{other:?}");
    let text = file(&home, "text.jpg", b"text");
    let gone = home.path().join("gone.jpg").display().to_string();
    for unreadable in [&text, &gone] {
        assert_refused(&home.run(&["compare", &desk, unreadable]), &[unreadable]);
        assert_refused(&home.run(&["compare", unreadable, &desk]), &[unreadable]);
    }
    assert_refused(&home.run(&["compare", &desk]), &[]);
}

#[test]
fn compare_prints_json_and_draws_what_decided() {
    let home = Home::new();
    let [reference, photo] = ["box.png", "box_in_scene.png"]
        .map(|name| demo_photo_path(name).into_os_string().into_string().unwrap());
    let out = home.path().join("overlay.jpg").display().to_string();
    let finished = home.succeed(&["compare", &reference, &photo, "--json", "--out", &out]);
    let told: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(told["same_scene"], true);
    let [score, threshold] = ["score", "threshold"].map(|name| told[name].as_f64().unwrap());
    assert!((0.0..=1.0).contains(&score) && (0.0..1.0).contains(&threshold), "{told}");
    assert!(score >= threshold, "{told}");
    let tiers = told["tiers"].as_array().unwrap();
    assert_eq!(tiers[0]["name"], "quick", "{told}");
    let counts = |tier: &Value| ["confirmed", "inliers"].map(|name| tier[name].as_u64().unwrap());
    assert!(tiers.iter().map(counts).all(|[confirmed, inliers]| confirmed <= inliers), "{told}");
    let evidence = &told["evidence"];
    let [features, matches, inliers] =
        ["photo_features", "matches", "inliers"].map(|name| evidence[name].as_u64().unwrap());
    assert!(features >= matches && matches >= inliers && inliers >= 4, "{told}");
    let overlay = image::load_from_memory(&fs::read(out).unwrap()).unwrap();
    assert!(overlay.width() > 324 && overlay.height() >= 223, "{:?}", overlay.width());

    let street = file(&home, "street.jpg", &street());
    let other = home.run(&["compare", &reference, &street, "--json"]);
    assert_eq!(other.code, Some(1));
    let told: Value = serde_json::from_str(&other.stdout).unwrap();
    assert_eq!(told["same_scene"], false);
}

#[test]
fn compare_that_cannot_write_its_picture_fails() {
    let home = Home::new();
    let desk = file(&home, "a.jpg", &desk());
    let out = home.path().join("nowhere/overlay.jpg").display().to_string();
    assert_refused(&home.run(&["compare", &desk, &desk, "--out", &out]), &["nowhere/overlay.jpg"]);
}

#[test]
fn configuration_problems_are_told_together_before_anything_happens() {
    let home = Home::new()
        .with("SERVER__BNID", "127.0.0.1:0")
        .with("SERVER__TIME_ZONE", "Asia/Soul")
        .with("HTTP__MAX_DOWNLOADS", "0")
        .with("HTTP__ENVELOPE", "curly")
        .with("DATABASE__URL", "mysql://root:hunter2@db/injeung")
        .with("VISION__SIFT__RATIO", "2")
        .with("VISION__OPERATING_POINT", "lax")
        .with("CLASSIFIER__CLARIFAI__DEADLINE_MS", "1");
    let told = [
        "server.bnid",
        "Asia/Soul",
        "http.max_downloads",
        "http.envelope",
        "database.url",
        "vision.sift.ratio",
        "vision.operating_point",
        "classifier.clarifai.request_timeout_ms",
    ];
    for command in [&["serve"][..], &["migrate"], &GROUP] {
        let finished = home.run(command);
        assert_refused(&finished, &told);
        assert!(!finished.stderr.contains("hunter2"), "{finished:?}");
    }
    assert!(!home.path().join("injeung.db").exists());
    assert!(!home.objects_directory().exists());
}

#[test]
fn configuration_file_is_between_defaults_and_environment() {
    let home = Home::new();
    let good =
        file(&home, "good.toml", b"[http]\nenvelope = \"bare\"\n[server]\nbind = \"nowhere\"");
    let service =
        support::service::Service::start(home.command(&["serve", "--config", &good]), home.path());
    service.client().get("/healthz").assert_bare(200, None, "ok");
    let bad = file(&home, "bad.toml", b"[http]\nenvelop = \"bare\"\n[colour]\nred = 1");
    assert_refused(&home.run(&["serve", "--config", &bad]), &["http.envelop", "colour.red"]);
    let gone: PathBuf = home.path().join("gone.toml");
    let gone = gone.to_str().unwrap();
    assert_refused(&home.run(&["serve", "--config", gone]), &[gone]);
}

#[test]
fn service_that_cannot_start_says_why() {
    let home = Home::new();
    let service = home.serve();
    let taken = service.address.to_string();
    let other = Home::new().with("SERVER__BIND", &taken);
    assert_refused(&other.run(&["serve"]), &[&taken]);
    let model = Home::new()
        .with("CLASSIFIER__KIND", "local")
        .with("CLASSIFIER__LOCAL__MODEL", "nowhere.onnx");
    assert_refused(&model.run(&["serve"]), &["nowhere.onnx"]);
    let objects = Home::new();
    fs::write(objects.objects_directory(), b"a file").unwrap();
    assert_refused(&objects.run(&["serve"]), &["objects"]);
}

#[test]
fn secrets_are_never_printed() {
    let home =
        Home::new().with("CLASSIFIER__CLARIFAI__KEY", "hunter2").with("LOG__FILTER", "trace");
    let mut service = home.serve_open();
    let body = json!({
        "participation_id": 1,
        "feed_img": base64(&demo_photo("fruits.jpg")),
        "feed_content": "x",
        "classification_keyword": "dog",
    });
    // The classifier is called and fails.
    assert_eq!(service.client().post("/classification", &body).outcome(), (500, Some(2)));
    let json = home.command(&["migrate"]).env("INJEUNG__LOG__FORMAT", "json").output().unwrap();
    service.terminate();
    let (status, stdout) = service.wait();
    assert_eq!(status.code(), Some(0));
    let log = service.log();
    assert!(log.contains("/classification"), "the log tells nothing: {log}");
    let mut printed = log + &stdout;
    for text in [json.stdout, json.stderr] {
        printed += &String::from_utf8(text).unwrap();
    }
    let refused = home.command(&["serve"]).env("INJEUNG__HTTP__ENVELOPE", "x").output().unwrap();
    printed += &String::from_utf8(refused.stderr).unwrap();
    assert!(!printed.contains("hunter2"));
    // The photo must not be printed either.
    assert!(!printed.contains(&base64(&demo_photo("fruits.jpg"))[100..160]));
}

#[test]
fn clean_up_removes_what_died_and_tells_how_much() {
    // The clean-up does not open the networks, so their missing files are not an error.
    let home = Home::new()
        .with("CLASSIFIER__KIND", "local")
        .with("CLASSIFIER__LOCAL__MODEL", "nowhere.onnx")
        .with("VISION__NEURAL__ENABLED", "true")
        .with("VISION__NEURAL__XFEAT", "config.toml");
    fs::write(home.path().join("config.toml"), b"no network").unwrap();
    home.succeed(&["migrate"]);
    let nothing = "removed=0 failed=0 request_keys=0 days=0 features=0\n";
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
    let one_of_each = "removed=1 failed=0 request_keys=1 days=1 features=0\n";
    assert_eq!(home.succeed(&["clean-up"]).stdout, one_of_each);
    assert_eq!((home.objects(), home.rows().reservations().len()), (vec!["new.jpg".into()], 1));
    let everything = home.succeed(&["clean-up", "--grace-s", "0"]);
    assert_eq!(everything.stdout, "removed=1 failed=0 request_keys=0 days=0 features=0\n");
    home.assert_nothing_stored();
    assert_refused(&home.run(&["clean-up", "--grace-s", "soon"]), &["--grace-s"]);
}
