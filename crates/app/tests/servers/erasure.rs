//! The erasure of a person's data, interrupted at the worst time.

use serde_json::json;

use crate::support::base64;
use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again, street};
use crate::support::proxy::{Proxy, Way};

/// The service starts an erasure while the bucket is away and is killed; the clean-up of another process completes it.
#[test]
fn an_interrupted_erasure_is_completed_by_the_clean_up() {
    let home = Home::on_servers().with("AUDIT__KEEP_REJECTED_DAYS", "7");
    let endpoint = home.servers().bucket.endpoint.clone();
    let way = Proxy::before(endpoint.strip_prefix("http://").unwrap().parse().unwrap());
    let home = home.with("OBJECTS__S3__ENDPOINT", &format!("http://{}", way.address));
    home.put_open(2);
    let mut service = home.serve_open();
    let client = service.client();
    for participation in [1, 2] {
        let reference = json!({ "participation_id": participation, "std_img": base64(&desk()) });
        assert_eq!(client.post("/std_img", &reference).outcome(), (200, None));
        for (photo, outcome) in [(desk_again(), (200, None)), (street(), (400, Some(4)))] {
            let photo = json!({
                "participation_id": participation,
                "feed_img": base64(&photo),
                "feed_content": "",
            });
            assert_eq!(client.post("/img_feature", &photo).outcome(), outcome);
        }
    }
    // Rejected photos are kept after the response.
    let has_all = || home.objects().len() == 6;
    let waiting = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        has_all()
    });
    assert!(waiting, "{:?}", home.objects());

    way.set(Way::Silent);
    let user = client.post("/admin/v1/erasures", &json!({ "participation_id": 1 }));
    assert_eq!(user.status, 200, "{}", user.text());
    service.kill();
    assert_eq!(home.objects().len(), 6, "nothing was erased without its bucket");
    way.set(Way::Open);

    let cleaned = home.succeed(&["clean-up", "--grace-s", "0"]).stdout;
    assert!(cleaned.ends_with("erasures=1\n"), "{cleaned}");
    let left = home.objects();
    assert!(left.len() == 3 && left.iter().all(|key| key.contains("_2_")), "{left:?}");
    assert_eq!((home.rows().references().len(), home.rows().feeds().len()), (1, 1));
    let attempts = "SELECT CAST(participation_id AS TEXT) FROM attempt";
    let mut owners = home.rows().texts::<1>(attempts);
    owners.dedup();
    assert_eq!(owners, [["2".to_owned()]]);

    let service = home.serve();
    let receipt = service.client().get("/admin/v1/erasures/1").json()["data"]["erasure"].clone();
    assert!(receipt["completed_at"].is_string(), "{receipt}");
    let numbers = ["participations", "references", "feed", "attempts"];
    assert_eq!(numbers.map(|name| receipt[name].as_u64().unwrap()), [1, 1, 1, 2]);
    let photo =
        json!({ "participation_id": 2, "feed_img": base64(&desk_again()), "feed_content": "" });
    assert_eq!(service.client().post("/img_feature", &photo).outcome(), (200, None));
}
