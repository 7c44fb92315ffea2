//! `injeung reextract` beside the running service.

use serde_json::json;

use crate::support::base64;
use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again, street};
use crate::support::rows::key_of;

#[test]
fn references_of_an_older_format_are_extracted_beside_the_service() {
    let home = Home::on_servers();
    for participation in 1..=4 {
        home.put_open(participation);
    }
    let service = home.serve_open();
    let register = |participation, photo: &[u8]| {
        let body = json!({ "participation_id": participation, "std_img": base64(photo) });
        assert_eq!(service.client().post("/std_img", &body).outcome(), (200, None));
    };
    register(1, &street());
    for participation in 1..=4 {
        register(participation, &desk());
    }
    let current = || {
        let query = "SELECT CAST(auth_standard_img_id AS TEXT) FROM reference_features
                     WHERE superseded_at IS NULL AND version < 1000 ORDER BY auth_standard_img_id";
        home.rows().texts::<1>(query).into_iter().map(|[id]| id).collect::<Vec<_>>()
    };
    // A version that this program cannot read.
    home.rows().execute("UPDATE reference_features SET version = version + 1000");
    assert!(current().is_empty());

    // The first reference of participation 1 was replaced.
    assert_eq!(
        home.succeed(&["reextract", "--shard", "1/2"]).stdout,
        "extracted=2 unreadable=0 failed=0\n"
    );
    assert_eq!(current(), ["3", "5"]);
    let photo = |participation| {
        let feed_img = base64(&desk_again());
        let body = json!({
            "participation_id": participation, "feed_img": feed_img, "feed_content": "",
        });
        service.client().post("/img_feature", &body).outcome()
    };
    assert_eq!(photo(1), (200, None), "the service extracts what it needs");
    assert_eq!(current(), ["2", "3", "5"]);

    home.servers().bucket.delete(key_of(&home.rows().references()[3].url));
    let finished = home.run(&["reextract"]);
    assert_eq!(
        (finished.code, &*finished.stdout),
        (Some(0), "extracted=0 unreadable=1 failed=0\n")
    );
    assert!(finished.stderr.contains("reference 4"), "{finished:?}");
    assert_eq!(photo(2), (200, None));
}

#[test]
fn an_impossible_shard_is_rejected() {
    let finished = Home::new().run(&["reextract", "--shard", "50/50"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("from 0 to COUNT - 1"), "{finished:?}");
}
