use async_trait::async_trait;
use injeung_adapter::Workers;
use injeung_domain::ports::{JpegEncoder, VisionError};
use injeung_domain::{Fault, JpegPhoto, Photo, PhotoFormat};
use opencv::core::{Mat, Vector};
use opencv::imgcodecs::{IMWRITE_JPEG_QUALITY, imencode};
use opencv::prelude::*;
use tokio::task::spawn_blocking;

use super::decode::decode;
use super::fault;
use super::pixels::{Colour, Fit};

/// Encodes photos of other formats as JPEGs of quality 90, and strips JPEGs of their metadata.
#[derive(Debug, Clone)]
pub struct OpenCvJpegEncoder {
    pool: Workers,
}

impl OpenCvJpegEncoder {
    /// An encoder that works on `pool`.
    pub fn new(pool: Workers) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl JpegEncoder for OpenCvJpegEncoder {
    async fn encode(&self, photo: &Photo) -> Result<JpegPhoto, VisionError> {
        // This takes milliseconds, so it does not wait behind comparisons for a worker of the pool.
        if photo.format() == PhotoFormat::Jpeg {
            let photo = photo.clone();
            let stripped = spawn_blocking(move || photo.jpeg_without_metadata()).await;
            if let Some(jpeg) = stripped.map_err(Fault::permanent)? {
                return Ok(jpeg);
            }
        }
        let photo = photo.clone();
        let work = move || {
            let jpeg = encode(&decode(&photo, Colour::Bgr, Fit::Full)?).map_err(fault)?;
            Ok(JpegPhoto::from_encoder(jpeg.into()).map_err(Fault::permanent)?)
        };
        self.pool.run_blocking(work).await?
    }
}

/// Encodes pixels as a JPEG of quality 90.
pub(crate) fn encode(pixels: &Mat) -> opencv::Result<Vec<u8>> {
    let mut file = Vector::new();
    imencode(".jpg", pixels, &mut file, &Vector::from_slice(&[IMWRITE_JPEG_QUALITY, 90]))?;
    Ok(file.to_vec())
}
