use serde_json::json;

use super::{feature, register, sending, wait_until};
use crate::receiver::{Received, Receiver};
use crate::support::home::Home;
use crate::support::pictures::street;

#[test]
fn an_appeal_is_decided_in_the_console_and_reported() {
    let receiver = Receiver::start();
    let home = sending(Home::new(), &receiver).with("AUDIT__KEEP_REJECTED_DAYS", "7");
    let service = home.serve_open();
    let client = service.client();
    register(&client, 1);
    assert_eq!(feature(&client, &street()), (400, Some(4)));
    let rejected = receiver.wait_for(2)[1].data();
    let request_id = rejected["request_id"].as_str().unwrap().to_owned();
    let appeal =
        json!({ "participation_id": 1, "request_id": request_id, "text": "제 책상입니다" });
    wait_until("it is filed", || client.post("/appeals", &appeal).status == 200);
    let path = format!("/appeals?participation_id=1&request_id={request_id}");
    assert_eq!(client.get(&path).json()["data"]["state"], "open");

    let page = client.get("/console").text();
    assert!(page.contains("제 책상입니다"), "{page}");
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("token={token}&decision=accept&reason=shows_it");
    client.request("POST", "/console/attempts/1/decision", &form, &*body);
    assert_eq!(client.get(&path).json()["data"]["state"], "accepted");

    let confirmed = receiver.wait_for(4);
    let events: Vec<_> = confirmed[2..].iter().map(Received::event).collect();
    assert_eq!(events, ["photo.overridden", "appeal.closed"]);
    let url = &home.rows().feeds()[0].url;
    let data = |more: serde_json::Value| {
        let mut data = json!({ "participation_id": 1, "request_id": request_id,
                               "call": "img_feature", "outcome": "accepted" });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    assert_eq!(confirmed[2].data(), data(json!({ "image_url": url })));
    assert_eq!(confirmed[3].data(), data(json!({})));
}
