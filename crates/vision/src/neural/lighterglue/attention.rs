use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Slice, Zip};

use super::weights::{Linear, Weights, WeightsError};
use crate::neural::vector::{exponentiate, normalize_and_activate};

/// Width of the features between the layers.
pub(super) const WIDTH: usize = 96;
/// How many angles a point's queries and keys are turned by: one for each two columns.
pub(super) const ANGLES: usize = WIDTH / 2;
/// Queries that are looked at together: their weights for 1,024 keys take half a megabyte, which
/// stays in the processor's second cache.
const QUERIES: usize = 128;

/// Features of one photo's points on their way through the layers.
pub(super) struct Points {
    /// [points, [`WIDTH`]].
    pub(super) features: Array2<f32>,
    /// Cosines and sines of the angles, [points, [`ANGLES`]] each.
    pub(super) rotation: [Array2<f32>; 2],
    /// What numbers the points had before some were dropped.
    pub(super) indices: Vec<usize>,
}

/// Points look at the other points of their own photo.
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
        let mut projected = self.project.apply(points.features.view());
        let (mut queries, rest) = projected.view_mut().split_at(Axis(1), WIDTH);
        let (mut keys, values) = rest.split_at(Axis(1), WIDTH);
        rotate(queries.view_mut(), &points.rotation);
        rotate(keys.view_mut(), &points.rotation);
        let seen = attend(queries.view(), keys.view(), values.view());
        self.update.apply(&mut points.features, &seen);
    }
}

/// Points look at the points of the other photo.
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
            [&*a, &*b].map(|points| self.project.apply(points.features.view()));
        let [(keys_a, values_a), (keys_b, values_b)] =
            [&projected_a, &projected_b].map(|projected| projected.view().split_at(Axis(1), WIDTH));
        let seen_by_a = attend(keys_a, keys_b, values_b);
        let seen_by_b = attend(keys_b, keys_a, values_a);
        self.update.apply(&mut a.features, &seen_by_a);
        self.update.apply(&mut b.features, &seen_by_b);
    }
}

/// Changes features by what an attention saw.
struct Update {
    up: Linear,
    norm_scale: Array1<f32>,
    norm_offset: Array1<f32>,
    down: Linear,
}

impl Update {
    fn load(weights: &Weights<'_>, name: &str) -> Result<Self, WeightsError> {
        Ok(Self {
            up: weights.linear(&format!("{name}.up"), 2 * WIDTH, 2 * WIDTH)?,
            norm_scale: weights.vector(&format!("{name}.norm.weight"), 2 * WIDTH)?,
            norm_offset: weights.vector(&format!("{name}.norm.bias"), 2 * WIDTH)?,
            down: weights.linear(&format!("{name}.down"), 2 * WIDTH, WIDTH)?,
        })
    }

    fn apply(&self, features: &mut Array2<f32>, seen: &Array2<f32>) {
        let mut hidden = self.up.apply_to_parts(&[features.view(), seen.view()]);
        let norm = self.norm_scale.as_slice().zip(self.norm_offset.as_slice());
        for mut row in hidden.rows_mut() {
            if let (Some(row), Some((scale, offset))) = (row.as_slice_mut(), norm) {
                normalize_and_activate(row, scale, offset);
            }
        }
        *features += &self.down.apply(hidden.view());
    }
}

/// Turns column `i` and column `i + ANGLES` as the two coordinates of a point, by angle `i`.
fn rotate(rows: ArrayViewMut2<f32>, [cosines, sines]: &[Array2<f32>; 2]) {
    let (first, second) = rows.split_at(Axis(1), ANGLES);
    Zip::from(first).and(second).and(cosines).and(sines).for_each(|x, y, cosine, sine| {
        (*x, *y) = (*x * cosine - *y * sine, *y * cosine + *x * sine);
    });
}

/// For each query the mean of the values, weighted by the softmax of its products with the keys.
fn attend(queries: ArrayView2<f32>, keys: ArrayView2<f32>, values: ArrayView2<f32>) -> Array2<f32> {
    let mut means = Array2::zeros((queries.nrows(), values.ncols()));
    let mut products = Array2::zeros((QUERIES, keys.nrows()));
    for (queries, mut means) in
        queries.axis_chunks_iter(Axis(0), QUERIES).zip(means.axis_chunks_iter_mut(Axis(0), QUERIES))
    {
        let mut products = products.slice_axis_mut(Axis(0), Slice::from(..queries.nrows()));
        general_mat_mul(1.0, &queries, &keys.t(), 0.0, &mut products);
        let sums: Array1<f32> = products
            .rows_mut()
            .into_iter()
            .map(|mut row| row.as_slice_mut().map_or(1.0, exponentiate))
            .collect();
        general_mat_mul(1.0, &products, &values, 0.0, &mut means);
        means /= &sums.insert_axis(Axis(1));
    }
    means
}
