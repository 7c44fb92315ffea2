//! The rules that an operator may set.

use std::num::NonZeroU32;

use serde_json::json;

use crate::client::post;
use crate::pictures;
use crate::world::{World, classification, img_feature, std_img, with};

#[tokio::test]
async fn once_per_day_is_104_in_both_calls() {
    let mut world = World::new().await;
    world.ports.rules.once_per_day = true;
    let service = world.start();
    let address = service.address;
    post(address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    post(address, "/classification", &classification()).await.assert(200, None, "완료");
    let message = "오늘 인증이 이미 완료 되었습니다.";
    post(address, "/classification", &classification()).await.assert(409, Some(104), message);
    post(address, "/img_feature", &img_feature()).await.assert(409, Some(104), message);
    post(address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    assert_eq!(world.feeds().await.len(), 1);
}

#[tokio::test]
async fn too_many_attempts_are_109_until_the_window_ends() {
    let mut world = World::new().await;
    world.ports.rules.max_attempts_per_window = NonZeroU32::new(2);
    let service = world.start();
    let address = service.address;
    post(address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    let street = json!(pictures::base64(&pictures::jpeg(b"street")));
    let body = with(img_feature(), "feed_img", Some(street));
    assert_eq!(post(address, "/img_feature", &body).await.status, 400);
    let body = with(classification(), "classification_keyword", Some(json!("cat")));
    assert_eq!(post(address, "/classification", &body).await.status, 400);
    for (path, body) in [("/img_feature", img_feature()), ("/classification", classification())] {
        let reply = post(address, path, &body).await;
        reply.assert(429, Some(109), "요청이 너무 많습니다. 잠시 후 다시 시도해주세요.");
        // It is half past six, and the window's last second is 07:00:00.
        assert_eq!(reply.header("retry-after"), Some("1801"));
    }
    assert_eq!(world.feeds().await, []);
}
