use injeung_domain::Photo;
use injeung_domain::ports::VisionError;
use opencv::boxed_ref::BoxedRef;
use opencv::core::{Mat, Rect};
use opencv::prelude::*;

use crate::opencv::{Colour, Fit, decode};

/// Shorter side of the decoded photo, in pixels: the side of the largest input of a network.
const SHORT_SIDE: u32 = 300;

/// Decodes a photo in blue, green and red. A small photo is not enlarged, because a long, narrow one would not fit into
/// memory.
pub(super) fn decode_small(photo: &Photo) -> Result<Mat, VisionError> {
    let shrinks = photo.width().min(photo.height()) > SHORT_SIDE;
    let fit = if shrinks { Fit::ShortSide(SHORT_SIDE) } else { Fit::Full };
    decode(photo, Colour::Bgr, fit)
}

/// The parts of a photo that are classified: the squares at both ends of the longer side, so that things at an edge are
/// found too. A square photo is one part.
pub(super) fn views(pixels: &Mat) -> opencv::Result<Vec<BoxedRef<'_, Mat>>> {
    let size = pixels.size()?;
    let side = size.width.min(size.height);
    let mut parts = vec![Rect::new(0, 0, side, side)];
    if size.width != size.height {
        parts.push(Rect::new(size.width - side, size.height - side, side, side));
    }
    parts.into_iter().map(|part| Mat::roi(pixels, part)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use opencv::core::{CV_8UC3, Scalar};

    use super::*;

    fn sizes(width: i32, height: i32) -> Vec<(i32, i32, i32)> {
        let mut pixels =
            Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(0.0)).unwrap();
        // The last pixel shows which views reach the end of the photo.
        pixels.at_2d_mut::<opencv::core::Vec3b>(height - 1, width - 1).unwrap().0 = [9, 9, 9];
        let shape = |view: &BoxedRef<'_, Mat>| {
            let last = view.at_2d::<opencv::core::Vec3b>(view.rows() - 1, view.cols() - 1).unwrap();
            (view.cols(), view.rows(), i32::from(last.0.iter().max().copied().unwrap()))
        };
        views(&pixels).unwrap().iter().map(shape).collect()
    }

    #[test]
    fn the_views_are_the_squares_at_both_ends() {
        assert_eq!(sizes(40, 30), [(30, 30, 0), (30, 30, 9)]);
        assert_eq!(sizes(30, 40), [(30, 30, 0), (30, 30, 9)]);
        assert_eq!(sizes(30, 30), [(30, 30, 9)]);
        assert_eq!(sizes(1, 500), [(1, 1, 0), (1, 1, 9)]);
    }
}
