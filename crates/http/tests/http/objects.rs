//! `GET /objects/{key}`: stored photos.

use std::fs;
use std::num::NonZeroUsize;
use std::time::Duration;

use injeung_http::MinRate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Reply, get, request, send};
use crate::pictures;
use crate::world::{PATIENCE, Service, World};

const KEY: &str = "std_1_20261123063000.jpg";
const PATH: &str = "/objects/std_1_20261123063000.jpg";
const NOT_FOUND: &str = "요청한 주소를 찾을 수 없습니다.";
const CACHED: Option<&str> = Some("public, max-age=31536000, immutable");

async fn world_with(photo: &[u8]) -> World {
    let world = World::new().await;
    fs::write(world.files.path().join(KEY), photo).unwrap();
    world
}

async fn get_with(service: &Service, headers: &[(&str, &str)]) -> Reply {
    send(service.address, &request("GET", PATH, headers, b"")).await
}

#[tokio::test]
async fn stored_photos_are_served() {
    let mut world = world_with(&pictures::jpeg(b"desk")).await;
    fs::create_dir(world.files.path().join("directory")).unwrap();
    let service = world.start();
    let reply = get(service.address, PATH).await;
    assert_eq!((reply.status, &reply.body), (200, &pictures::jpeg(b"desk")));
    assert_eq!(reply.header("content-type"), Some("image/jpeg"));
    assert_eq!(reply.header("cache-control"), CACHED);
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("content-disposition"), None);
    let length = reply.body.len().to_string();
    let reply = send(service.address, &request("HEAD", PATH, &[], b"")).await;
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("content-length"), Some(&length[..]));
    assert_eq!(reply.header("accept-ranges"), Some("bytes"));
    for odd in [
        "std_2_20261123063000.jpg",
        "directory",
        ".hidden",
        "..",
        "%2e%2e",
        "a%2fb",
        "a%00b",
        "a b",
        "%EA%B0%80",
    ] {
        let reply = get(service.address, &format!("/objects/{}", odd.replace(' ', "%20"))).await;
        reply.assert(404, Some(102), NOT_FOUND);
    }
    world.objects_dir = None;
    get(world.start().address, PATH).await.assert(404, Some(102), NOT_FOUND);
}

#[tokio::test]
async fn a_photo_is_sent_again_only_when_it_is_another() {
    let service = world_with(b"photo").await.start();
    let reply = get(service.address, PATH).await;
    let etag = reply.header("etag").expect("an ETag").to_owned();
    let reply = get_with(&service, &[("If-None-Match", &etag)]).await;
    assert_eq!((reply.status, reply.body.len()), (304, 0));
    assert_eq!((reply.header("etag"), reply.header("cache-control")), (Some(&*etag), CACHED));
    let reply = get_with(&service, &[("If-None-Match", "\"another\"")]).await;
    assert_eq!((reply.status, &reply.body[..]), (200, &b"photo"[..]));
    let reply = get_with(&service, &[("If-Match", "\"another\"")]).await;
    reply.assert(412, Some(1), "입력이 바르지 않습니다.");
}

#[tokio::test]
async fn a_range_of_a_photo_is_served() {
    let service = world_with(b"0123456789").await.start();
    let etag = get(service.address, PATH).await.header("etag").unwrap().to_owned();
    for (range, content_range, body) in [
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-1", "bytes 9-9/10", "9"),
        ("bytes=8-100", "bytes 8-9/10", "89"),
    ] {
        let reply = get_with(&service, &[("Range", range)]).await;
        assert_eq!((reply.status, &reply.body[..]), (206, body.as_bytes()), "{range}");
        assert_eq!(reply.header("content-range"), Some(content_range));
        assert_eq!(reply.header("cache-control"), CACHED);
        assert_eq!(reply.header("content-type"), Some("image/jpeg"));
    }
    let reply = get_with(&service, &[("Range", "bytes=2-4"), ("If-Range", &etag)]).await;
    assert_eq!(reply.status, 206);
    let reply = get_with(&service, &[("Range", "bytes=2-4"), ("If-Range", "\"another\"")]).await;
    assert_eq!((reply.status, reply.body.len()), (200, 10));
    let reply = get_with(&service, &[("Range", "pages=1-2")]).await;
    assert_eq!((reply.status, reply.body.len()), (200, 10));
    let reply = get_with(&service, &[("Range", "bytes=10-")]).await;
    reply.assert(416, Some(1), "입력이 바르지 않습니다.");
    assert_eq!(reply.header("content-range"), Some("bytes */10"));
}

#[tokio::test]
async fn an_unreadable_directory_is_112() {
    let service = World::new().await;
    let running = service.start();
    fs::remove_dir(service.files.path()).unwrap();
    get(running.address, PATH).await.assert(500, Some(112), "서버 오류가 발생했습니다.");
}

/// A file larger than all buffers between it and a client that does not read.
fn large() -> Vec<u8> {
    vec![b'x'; 32 * 1024 * 1024]
}

/// Requests the photo and reads only the first byte of the response.
async fn stalled(service: &Service) -> TcpStream {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(&request("GET", PATH, &[], b"")).await.unwrap();
    stream.read_u8().await.unwrap();
    stream
}

/// Waits until photos are sent again.
async fn wait_for_a_place(service: &Service) {
    let wait = async {
        while get_with(service, &[("Range", "bytes=0-9")]).await.status != 206 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("a place");
}

#[tokio::test]
async fn downloads_above_the_maximum_are_rejected() {
    let mut world = world_with(&large()).await;
    world.settings.max_downloads = NonZeroUsize::MIN;
    let service = world.start();
    let mut first = stalled(&service).await;
    let reply = get(service.address, PATH).await;
    reply.assert(503, Some(110), "서버가 혼잡합니다. 잠시 후 다시 시도해주세요.");
    reply.assert_retry_soon();

    let mut rest = Vec::new();
    first.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"xxxx") && rest.len() > large().len());
    wait_for_a_place(&service).await;
    assert_eq!(get(service.address, PATH).await.body.len(), large().len());
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_connection() {
    let mut world = world_with(&large()).await;
    world.settings.max_downloads = NonZeroUsize::MIN;
    world.settings.min_rate = MinRate { bytes_per_s: 8192, window: Duration::from_millis(500) };
    let service = world.start();
    let first = stalled(&service).await;
    wait_for_a_place(&service).await;
    drop(first);
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_place() {
    let mut world = world_with(&large()).await;
    world.settings.max_downloads = NonZeroUsize::MIN;
    let service = world.start();
    drop(stalled(&service).await);
    wait_for_a_place(&service).await;
}
