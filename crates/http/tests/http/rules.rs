//! Rules that an operator can set.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use injeung_domain::ReplayRule;
use injeung_domain::memory::ManualClock;
use injeung_domain::ports::Clock;
use serde_json::json;
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::client::{json_request, post, receive};
use crate::pictures;
use crate::world::{
    IN_TIME, PATIENCE, TOO_LATE, World, classification, img_feature, std_img, with,
};

#[tokio::test]
async fn once_per_day_is_104_in_both_calls() {
    let mut world = World::new().await;
    world.policy.rules.once_per_day = true;
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
async fn a_photo_that_was_sent_before_is_105_in_both_calls() {
    let mut world = World::new().await;
    world.policy.rules.replay = ReplayRule::Reject;
    let service = world.start();
    let address = service.address;
    post(address, "/classification", &classification()).await.assert(200, None, "완료");
    let message = "이미 사용된 사진입니다.";
    post(address, "/classification", &classification()).await.assert(409, Some(105), message);
    post(address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    post(address, "/img_feature", &img_feature()).await.assert(409, Some(105), message);
    assert_eq!(world.feeds().await.len(), 1);
}

#[tokio::test]
async fn too_many_attempts_are_109_until_the_window_ends() {
    let mut world = World::new().await;
    world.policy.rules.max_attempts_per_window = NonZeroU32::new(2);
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
        // The time is 06:30, and the last second of the window is 07:00:00.
        assert_eq!(reply.header("retry-after"), Some("1801"));
    }
    assert_eq!(world.feeds().await, []);
}

/// A clock that signals each read.
struct WatchedClock {
    clock: Arc<ManualClock>,
    reads: Semaphore,
}

#[async_trait]
impl Clock for WatchedClock {
    fn now(&self) -> OffsetDateTime {
        let now = self.clock.now();
        self.reads.add_permits(1);
        now
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

/// A phone on a bad network sends its head within the window and the rest of its body later.
#[tokio::test]
async fn the_time_of_a_request_is_the_arrival_of_its_head() {
    let mut world = World::new().await;
    let clock = Arc::new(WatchedClock { clock: world.clock.clone(), reads: Semaphore::new(0) });
    world.ports.clock = clock.clone();
    let service = world.start();
    let request = json_request("/classification", classification().to_string().as_bytes());
    let (begin, rest) = request.split_at(request.len() - 10);
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(begin).await.unwrap();
    let read = tokio::time::timeout(PATIENCE, clock.reads.acquire()).await;
    read.expect("the time is taken before the body is there").unwrap().forget();
    world.clock.set(TOO_LATE);
    stream.write_all(rest).await.unwrap();
    receive(stream).await.assert(200, None, "완료");
    let feeds = world.feeds().await;
    assert_eq!(feeds.iter().map(|feed| feed.created_at).collect::<Vec<_>>(), [IN_TIME]);
    let late = post(service.address, "/classification", &classification()).await;
    late.assert(400, Some(4), "인증 시간이 아닙니다.");
}
