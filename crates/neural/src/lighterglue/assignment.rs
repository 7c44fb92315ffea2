use ndarray::{Array1, Array2, Zip};

use crate::pair::Pair;
use crate::vector::{add_exponentials, exponentiate};

/// Pairs of rows and columns of `similarity` that are each other's most probable and above `confidence`, in
/// the order of the rows.
///
/// The probability of a pair is the product of the softmax over its row, the softmax over its column, and the two
/// probabilities that its points have a match at all, given as logits.
pub(super) fn assign(
    similarity: &Array2<f32>,
    matchable_rows: &Array1<f32>,
    matchable_columns: &Array1<f32>,
    confidence: f32,
) -> Vec<Pair> {
    let rows = log_sums_of_rows(similarity);
    let columns = log_sums_of_columns(similarity);
    // The log probability of a pair is twice its similarity plus a term of its row and one of its column.
    let of_row =
        Zip::from(matchable_rows).and(&rows).map_collect(|logit, sum| log_sigmoid(*logit) - sum);
    let of_column = Zip::from(matchable_columns)
        .and(&columns)
        .map_collect(|logit, sum| log_sigmoid(*logit) - sum);

    let mut best_of_columns = vec![Best::NONE; similarity.ncols()];
    let mut best_of_rows = Vec::with_capacity(similarity.nrows());
    for (row, (values, of_row)) in similarity.rows().into_iter().zip(&of_row).enumerate() {
        let mut best = Best::NONE;
        for (column, ((value, of_column), best_of_column)) in
            values.iter().zip(&of_column).zip(&mut best_of_columns).enumerate()
        {
            let log_probability = 2.0 * value + of_row + of_column;
            best.update(column, log_probability);
            best_of_column.update(row, log_probability);
        }
        best_of_rows.push(best);
    }
    best_of_rows
        .into_iter()
        .enumerate()
        .filter(|(row, best)| {
            best_of_columns.get(best.index).is_some_and(|back| back.index == *row)
        })
        .map(|(row, best)| Pair { a: row, b: best.index, score: best.log_probability.exp() })
        .filter(|pair| pair.score > confidence)
        .collect()
}

#[derive(Clone, Copy)]
struct Best {
    index: usize,
    log_probability: f32,
}

impl Best {
    const NONE: Self = Self { index: usize::MAX, log_probability: f32::NEG_INFINITY };

    fn update(&mut self, index: usize, log_probability: f32) {
        if log_probability > self.log_probability {
            *self = Self { index, log_probability };
        }
    }
}

fn log_sums_of_rows(similarity: &Array2<f32>) -> Array1<f32> {
    let mut buffer = vec![0.0; similarity.ncols()];
    similarity
        .rows()
        .into_iter()
        .map(|row| {
            let max = row.fold(f32::NEG_INFINITY, |max, value| max.max(*value));
            for (slot, value) in buffer.iter_mut().zip(row) {
                *slot = *value;
            }
            max + exponentiate(&mut buffer).ln()
        })
        .collect()
}

fn log_sums_of_columns(similarity: &Array2<f32>) -> Array1<f32> {
    let mut max = vec![f32::NEG_INFINITY; similarity.ncols()];
    for row in similarity.rows() {
        for (max, value) in max.iter_mut().zip(row) {
            *max = max.max(*value);
        }
    }
    let mut sums = vec![0.0; similarity.ncols()];
    for row in similarity.rows() {
        if let Some(row) = row.as_slice() {
            add_exponentials(row, &max, &mut sums);
        }
    }
    max.iter().zip(sums).map(|(max, sum)| max + sum.ln()).collect()
}

fn log_sigmoid(logit: f32) -> f32 {
    logit.min(0.0) - (-logit.abs()).exp().ln_1p()
}
