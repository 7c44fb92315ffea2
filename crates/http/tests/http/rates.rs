//! Rate limits per address. Those per caller are in `auth/rates.rs`.

use std::num::NonZeroU32;

use injeung_http::RateLimit;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{errcode, get, post, receive};
use crate::pictures;
use crate::world::{World, img_feature, std_img, with};

pub(crate) const TOO_MANY: &str = "요청이 너무 많습니다. 잠시 후 다시 시도해주세요.";

/// A limit of this many requests and KiB per minute; 0 is no limit.
pub(crate) fn limit(requests: u32, kib: u32) -> RateLimit {
    RateLimit {
        requests_per_minute: NonZeroU32::new(requests),
        kib_per_minute: NonZeroU32::new(kib),
    }
}

#[tokio::test]
async fn an_address_at_its_limit_is_109_on_every_route_but_probes_and_metrics() {
    let mut world = World::new().await;
    world.settings.rates.address = limit(3, 0);
    let service = world.start();
    let address = service.address;
    for _ in 0..2 {
        post(address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    }
    assert_eq!(get(address, "/objects/std_1_20261123063000.jpg").await.status, 404);
    let refused = post(address, "/std_img", &std_img()).await;
    refused.assert(429, Some(109), TOO_MANY);
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=20).contains(&seconds), "{seconds}");
    get(address, "/objects/std_1_20261123063000.jpg").await.assert(429, Some(109), TOO_MANY);
    get(address, "/nothing").await.assert(429, Some(109), TOO_MANY);
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get(address, path).await.status, 200, "{path}");
    }
    let metrics = String::from_utf8(get(address, "/metrics").await.body).unwrap();
    let counter = "injeung_rate_limited_total{amount=\"requests\",of=\"the address\"} 3";
    assert!(metrics.contains(counter), "{metrics}");
}

#[tokio::test]
async fn bytes_are_limited_by_the_announced_length_or_the_maximum_of_a_chunked_body() {
    let mut world = World::new().await;
    // A body can have 1 MiB, which is the least that fits at once.
    world.settings.rates.address = limit(0, 1);
    let service = world.start();
    let address = service.address;
    let chunked = b"POST /std_img HTTP/1.1\r\nHost: test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(chunked).await.unwrap();
    assert_eq!(receive(stream).await.status, 400);
    post(address, "/std_img", &std_img()).await.assert(429, Some(109), TOO_MANY);
}

#[tokio::test]
async fn a_rejected_photo_counts_as_several_requests() {
    let mut world = World::new().await;
    world.settings.rates.address = limit(12, 0);
    world.settings.rates.rejected_photo = 10;
    let service = world.start();
    let address = service.address;
    post(address, "/std_img", &std_img()).await.assert(200, None, "완료 되었습니다.");
    let street = json!(pictures::base64(&pictures::jpeg(b"street")));
    let body = with(img_feature(), "feed_img", Some(street));
    assert_eq!(errcode(&post(address, "/img_feature", &body).await), Some(4));
    // 12 - 1 - 10 leave one request. A malformed one is no rejected photo.
    assert_eq!(errcode(&post(address, "/img_feature", &json!({})).await), Some(1));
    post(address, "/img_feature", &img_feature()).await.assert(429, Some(109), TOO_MANY);
}
