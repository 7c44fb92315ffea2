use std::task::Poll;

use injeung_adapter::{Limits, Workers};
use injeung_domain::conformance::jpeg_encoder;
use injeung_domain::ports::JpegEncoder;
use injeung_vision::OpenCvJpegEncoder;
use opencv::imgcodecs::{IMREAD_COLOR, imdecode};

use opencv::core::Mat;

use crate::scenes::{difference, photo, wall};

fn encoder() -> OpenCvJpegEncoder {
    OpenCvJpegEncoder::new(Workers::new(Limits::untimed(1, 4)))
}

#[tokio::test]
async fn the_encoder_keeps_the_ports_promises() {
    let photos = [".png", ".webp", ".jpg"].map(|extension| photo(&wall(1), extension));
    jpeg_encoder(&encoder(), &photos).await;
}

#[tokio::test]
async fn the_pixels_stay() {
    let jpeg = encoder().encode(&photo(&wall(2), ".png")).await.unwrap();
    let pixels = imdecode(&Mat::from_slice(jpeg.bytes()).unwrap(), IMREAD_COLOR).unwrap();
    let difference = difference(&pixels, &wall(2));
    assert!(difference < 4.0, "{difference}");
}

/// On a single thread, work that is not finished at its first poll runs on another thread.
#[tokio::test(flavor = "current_thread")]
async fn a_jpeg_is_stripped_on_a_thread_that_may_block() {
    let (encoder, photo) = (encoder(), photo(&wall(3), ".jpg"));
    let mut encoding = encoder.encode(&photo);
    let first = std::future::poll_fn(|context| Poll::Ready(encoding.as_mut().poll(context)));
    assert!(first.await.is_pending());
    let jpeg = encoding.await.unwrap();
    assert_eq!(Some(jpeg), photo.jpeg_without_metadata());
}
