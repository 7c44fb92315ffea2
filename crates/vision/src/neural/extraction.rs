use injeung_domain::Fault;
use injeung_domain::ports::VisionError;
use injeung_neural::{Features, GreyImage};
use opencv::core::{CV_8UC1, Mat, Size};
use opencv::imgproc::{INTER_LINEAR, resize};
use opencv::prelude::*;

use super::runtime::NeuralRuntime;
use crate::opencv::{fault, use_one_thread};

/// Finds the `max_points` best points of upright 8-bit grey pixels. Places are in these pixels. Blocks.
///
/// The network receives the pixels resized to sides that it accepts, which can change the proportions.
///
/// # Errors
/// A permanent fault if the pixels have another type or OpenCV fails; a fault of the network.
pub fn xfeat(
    networks: &dyn NeuralRuntime,
    grey: &Mat,
    max_points: usize,
) -> Result<Features, VisionError> {
    let size = grey.size().map_err(fault)?;
    if grey.typ() != CV_8UC1 || size.empty() {
        return Err(Fault::permanent("find points: the pixels are not grey with 8 bits").into());
    }
    let [width, height] = [size.width, size.height].map(i32::unsigned_abs);
    let [columns, rows] = [width, height].map(GreyImage::side);
    use_one_thread();
    let mut resized = Mat::default();
    let size = Size::new(columns.cast_signed(), rows.cast_signed());
    resize(grey, &mut resized, size, 0.0, 0.0, INTER_LINEAR).map_err(fault)?;
    let image = GreyImage::new(columns, rows, resized.data_bytes().map_err(fault)?);
    let features = networks.features(image.map_err(Fault::permanent)?, max_points)?;
    Ok(features.scaled_to(width, height))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

    use injeung_domain::FaultKind;
    use injeung_neural::{DESCRIPTOR, LighterGlueOptions, Pair};
    use opencv::core::{CV_8UC3, Scalar};

    use super::*;
    use crate::NeuralSettings;
    use crate::neural::lighterglue;

    /// A second runtime that finds the centre of the image, and whose matcher fails.
    struct Centre;

    impl NeuralRuntime for Centre {
        fn features(&self, image: GreyImage<'_>, max_points: usize) -> Result<Features, Fault> {
            let [width, height] = image.size();
            Ok(Features {
                width,
                height,
                points: vec![[width as f32 / 2.0, height as f32 / 2.0]; max_points],
                scores: vec![1.0; max_points],
                descriptors: vec![[0.125; DESCRIPTOR]; max_points],
            })
        }

        fn pairs(
            &self,
            _: &Features,
            _: &Features,
            _: &LighterGlueOptions,
        ) -> Result<Vec<Pair>, Fault> {
            Err(Fault::transient("run the network"))
        }
    }

    fn grey(width: i32, height: i32) -> Mat {
        Mat::new_rows_cols_with_default(height, width, CV_8UC1, Scalar::all(9.0)).unwrap()
    }

    #[test]
    fn points_are_in_the_given_pixels_at_any_size() {
        for (width, height) in [(640, 427), (31, 2000), (1, 1), (1024, 1024)] {
            let found = xfeat(&Centre, &grey(width, height), 1).unwrap();
            assert_eq!((found.width, found.height), (width as u32, height as u32));
            assert_eq!(found.points, [[width as f32 / 2.0, height as f32 / 2.0]]);
        }
    }

    #[test]
    fn pixels_that_are_not_grey_are_a_permanent_fault() {
        let colour = Mat::new_rows_cols_with_default(64, 64, CV_8UC3, Scalar::all(9.0)).unwrap();
        for pixels in [colour, Mat::default()] {
            match xfeat(&Centre, &pixels, 1) {
                Err(VisionError::Fault(fault)) => assert_eq!(fault.kind, FaultKind::Permanent),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_fault_of_the_network_is_passed_on() {
        let found = xfeat(&Centre, &grey(64, 64), 3).unwrap();
        let settings = NeuralSettings::default();
        let fault = lighterglue(&Centre, &settings, &found, &found).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Transient);
    }
}
