//! Content of the requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use injeung_domain::ports::Classifier;
use injeung_domain::{Photo, PhotoError};
use injeung_vision::ClarifaiSettings;
use opencv::core::{Mat, Vec3b, Vector};
use opencv::imgcodecs::{IMREAD_COLOR, imdecode};
use opencv::prelude::*;

use super::fake::{FakeClarifai, Received};
use super::*;

async fn sent(photo: &Photo, adjust: impl FnOnce(&mut ClarifaiSettings)) -> Received {
    let server = FakeClarifai::start([success()]);
    let mut settings = settings(&server);
    adjust(&mut settings);
    classifier(settings).classify(photo, &keyword()).await.unwrap();
    server.received().pop().unwrap()
}

fn sent_file(request: &Received) -> Vec<u8> {
    let rest = request
        .body
        .strip_prefix(r#"{"inputs":[{"data":{"image":{"base64":""#)
        .unwrap_or_else(|| panic!("{}", &request.body[..80]));
    STANDARD.decode(rest.split_once('"').unwrap().0).unwrap()
}

fn pixels(file: Vec<u8>) -> Mat {
    assert!(file.starts_with(b"\xff\xd8\xff"), "it is a JPEG");
    for metadata in [&b"Exif"[..], b"http://", b"ICC_PROFILE", b"Photoshop"] {
        assert!(!file.windows(metadata.len()).any(|window| window == metadata), "no metadata");
    }
    imdecode(&Vector::<u8>::from(file), IMREAD_COLOR).unwrap()
}

#[tokio::test]
async fn the_request_is_the_documented_one() {
    let request = sent(&photos::textured(), |_| ()).await;
    assert_eq!(
        request.start,
        "POST /v2/users/clarifai/apps/main/models/general-image-recognition/outputs HTTP/1.1"
    );
    assert_eq!(request.header("authorization"), Some(&*format!("Key {KEY}")));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let base64 = STANDARD.encode(sent_file(&request));
    let body = [
        r#"{"inputs":[{"data":{"image":{"base64":""#,
        &base64,
        r#""}}}],"model":{"output_info":{"output_config":"#,
        r#"{"max_concepts":20,"min_value":0.9,"language":"ko"}}}}"#,
    ];
    assert!(request.body == body.concat(), "the body is the documented one to the letter");
}

#[tokio::test]
async fn user_model_version_and_output_options_are_configurable() {
    let adjust = |settings: &mut ClarifaiSettings| {
        settings.user = "me".to_owned();
        settings.app = "my app".to_owned();
        settings.model = "food-item-recognition".to_owned();
        settings.version = Some("aa7f35c01e0642fda5cf400f543e7c40".to_owned());
        settings.language = "en".to_owned();
        settings.min_value = 0.25;
        settings.max_concepts = 200;
    };
    let request = sent(&photos::textured(), adjust).await;
    assert_eq!(
        request.start,
        "POST /v2/users/me/apps/my%20app/models/food-item-recognition\
         /versions/aa7f35c01e0642fda5cf400f543e7c40/outputs HTTP/1.1"
    );
    assert!(
        request.body.ends_with(r#"{"max_concepts":200,"min_value":0.25,"language":"en"}}}}"#),
        "the body asks for what is configured"
    );
}

#[tokio::test]
async fn a_photo_is_sent_small() {
    let request = sent(&photos::textured(), |_| ()).await;
    let pixels = pixels(sent_file(&request));
    assert_eq!((pixels.cols(), pixels.rows()), (1024, 576));
}

#[tokio::test]
async fn a_turned_photo_is_sent_upright() {
    let request = sent(&photos::turned(), |_| ()).await;
    let pixels = pixels(sent_file(&request));
    assert_eq!((pixels.cols(), pixels.rows()), (576, 1024));
    let red_at = |row| pixels.at_2d::<Vec3b>(row, 288).unwrap()[2];
    assert!(red_at(256) > 180 && red_at(900) < 60, "the disc is on top");
}

#[tokio::test]
async fn a_small_photo_is_not_enlarged() {
    let request = sent(&photos::transparent(), |_| ()).await;
    let pixels = pixels(sent_file(&request));
    assert_eq!((pixels.cols(), pixels.rows()), (100, 120));
}

#[tokio::test]
async fn a_photo_that_cannot_be_decoded_is_not_sent() {
    let server = FakeClarifai::start([success()]);
    let result = classifier(settings(&server)).classify(&photos::undecodable(), &keyword()).await;
    assert!(matches!(result, Err(VisionError::Photo(PhotoError::Undecodable(_)))), "{result:?}");
    assert_eq!(server.received().len(), 0);
}
