use ndarray::{Array2, ArrayViewMut2, Axis, Zip};

use crate::product::{Rows, attention};
use crate::vector::normalize_and_activate;
use crate::weights::{Linear, Weights, WeightsError};

/// Width of the features between the layers.
pub(super) const WIDTH: usize = 96;
/// Angles that rotate a point's queries and keys: one for two columns (rotary position encoding).
pub(super) const ANGLES: usize = WIDTH / 2;

/// Points of one photo between the layers.
pub(super) struct Points {
    /// [points, [`WIDTH`]].
    pub(super) features: Array2<f32>,
    /// Cosines and sines of the angles, [points, [`ANGLES`]] each.
    pub(super) rotation: [Array2<f32>; 2],
    /// Indices of the points in the photo's features; some are dropped between the layers.
    pub(super) indices: Vec<usize>,
}

/// Attention of a photo's points to the points of the same photo.
pub(super) struct SelfAttention {
    project: Linear,
    update: Update,
}

impl SelfAttention {
    pub(super) fn load(weights: &Weights<'_>, name: &str) -> Result<Self, WeightsError> {
        Ok(Self {
            project: weights.linear(&format!("{name}.project"), WIDTH, 3 * WIDTH)?,
            update: Update::load(weights, name)?,
        })
    }

    pub(super) fn apply(&self, points: &mut Points) {
        let mut projected = self.project.apply(&[Rows::of(&points.features)]);
        let (queries, rest) = projected.view_mut().split_at(Axis(1), WIDTH);
        let (keys, _) = rest.split_at(Axis(1), WIDTH);
        rotate(queries, &points.rotation);
        rotate(keys, &points.rotation);
        let [queries, keys, values] = [0, 1, 2].map(|part| columns(&projected, part));
        let message = attention(queries, keys, values);
        self.update.apply(&mut points.features, &message);
    }
}

/// Attention of a photo's points to the points of the other photo.
pub(super) struct CrossAttention {
    project: Linear,
    update: Update,
}

impl CrossAttention {
    pub(super) fn load(weights: &Weights<'_>, name: &str) -> Result<Self, WeightsError> {
        Ok(Self {
            project: weights.linear(&format!("{name}.project"), WIDTH, 2 * WIDTH)?,
            update: Update::load(weights, name)?,
        })
    }

    pub(super) fn apply(&self, a: &mut Points, b: &mut Points) {
        let [projected_a, projected_b] =
            [&*a, &*b].map(|points| self.project.apply(&[Rows::of(&points.features)]));
        let [keys_a, keys_b] = [&projected_a, &projected_b].map(|projected| columns(projected, 0));
        let [values_a, values_b] =
            [&projected_a, &projected_b].map(|projected| columns(projected, 1));
        let message_a = attention(keys_a, keys_b, values_b);
        let message_b = attention(keys_b, keys_a, values_a);
        self.update.apply(&mut a.features, &message_a);
        self.update.apply(&mut b.features, &message_b);
    }
}

/// Residual update of the features by the result of an attention.
struct Update {
    up: Linear,
    norm_scale: Vec<f32>,
    norm_offset: Vec<f32>,
    down: Linear,
}

impl Update {
    fn load(weights: &Weights<'_>, name: &str) -> Result<Self, WeightsError> {
        Ok(Self {
            up: weights.linear(&format!("{name}.up"), 2 * WIDTH, 2 * WIDTH)?,
            norm_scale: weights.values(&format!("{name}.norm.weight"), &[2 * WIDTH])?,
            norm_offset: weights.values(&format!("{name}.norm.bias"), &[2 * WIDTH])?,
            down: weights.linear(&format!("{name}.down"), 2 * WIDTH, WIDTH)?,
        })
    }

    fn apply(&self, features: &mut Array2<f32>, message: &Array2<f32>) {
        let mut hidden = self.up.apply(&[Rows::of(features), Rows::of(message)]);
        for mut row in hidden.rows_mut() {
            if let Some(row) = row.as_slice_mut() {
                normalize_and_activate(row, &self.norm_scale, &self.norm_offset);
            }
        }
        *features += &self.down.apply(&[Rows::of(&hidden)]);
    }
}

/// Part number `part` of a projection, [`WIDTH`] columns.
fn columns(projected: &Array2<f32>, part: usize) -> Rows<'_> {
    Rows::of_columns(projected, part * WIDTH..(part + 1) * WIDTH)
}

/// Rotates columns `i` and `i + ANGLES`, taken as the coordinates of a point, by angle `i`.
fn rotate(rows: ArrayViewMut2<f32>, [cosines, sines]: &[Array2<f32>; 2]) {
    let (first, second) = rows.split_at(Axis(1), ANGLES);
    Zip::from(first).and(second).and(cosines).and(sines).for_each(|x, y, cosine, sine| {
        (*x, *y) = (*x * cosine - *y * sine, *y * cosine + *x * sine);
    });
}
