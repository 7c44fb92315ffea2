use ndarray::Array2;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::product::{COLUMNS, Panels, Rows, product};

/// Why a file of weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// It is no safetensors file, or lacks a tensor.
    #[error("read the tensors")]
    Tensors(#[from] SafeTensorError),
    /// It is another network's or another version's.
    #[error("use weights whose format is {found:?} instead of \"{expected}\"")]
    Format {
        /// What the file says that it holds.
        found: Option<String>,
        /// What it should say.
        expected: &'static str,
    },
    /// A tensor has another form than the network needs.
    #[error("use tensor {name}: it has the shape {shape:?} of {dtype:?}")]
    Shape {
        /// The tensor's name.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// What its numbers are.
        dtype: Dtype,
    },
}

/// The tensors of a file that `scripts/model` makes.
pub(super) struct Weights<'a>(SafeTensors<'a>);

impl<'a> Weights<'a> {
    /// Reads a file that says that it is of this format.
    pub(super) fn parse(file: &'a [u8], format: &'static str) -> Result<Self, WeightsError> {
        let (_, header) = SafeTensors::read_metadata(file)?;
        let found = header.metadata().as_ref().and_then(|metadata| metadata.get("format"));
        if found.is_none_or(|found| found != format) {
            return Err(WeightsError::Format { found: found.cloned(), expected: format });
        }
        Ok(Self(SafeTensors::deserialize(file)?))
    }

    /// A linear map: `NAME.weight` [inputs, outputs] and `NAME.bias` [outputs].
    pub(super) fn linear(
        &self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, WeightsError> {
        let weight = self.matrix(&format!("{name}.weight"), inputs, outputs)?;
        Ok(Linear::new(&weight, self.values(&format!("{name}.bias"), &[outputs])?))
    }

    pub(super) fn matrix(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<Array2<f32>, WeightsError> {
        let values = self.values(name, &[rows, columns])?;
        Array2::from_shape_vec((rows, columns), values).map_err(|_| WeightsError::Shape {
            name: name.to_owned(),
            shape: vec![rows, columns],
            dtype: Dtype::F32,
        })
    }

    /// A tensor's numbers, the last dimension's neighbours beside each other.
    pub(super) fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let tensor = self.0.tensor(name)?;
        if tensor.shape() != shape || tensor.dtype() != Dtype::F32 {
            let (shape, dtype) = (tensor.shape().to_vec(), tensor.dtype());
            return Err(WeightsError::Shape { name: name.to_owned(), shape, dtype });
        }
        let (values, _) = tensor.data().as_chunks::<4>();
        Ok(values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

/// A linear map of rows.
pub(super) struct Linear {
    weight: Panels,
    bias: Vec<f32>,
}

impl Linear {
    /// The map of a weight [inputs, outputs] and a bias [outputs].
    pub(super) fn new(weight: &Array2<f32>, bias: Vec<f32>) -> Self {
        Self { weight: Panels::of(Rows::of(weight)), bias }
    }

    /// The rows times the weight, plus the bias. Rows may stand in several matrices, one beside the
    /// other.
    pub(super) fn apply(&self, parts: &[Rows<'_>]) -> Array2<f32> {
        product(parts, &self.weight, &self.bias)
    }

    /// The weight's panels.
    #[inline(always)]
    pub(super) fn panels(&self) -> impl Iterator<Item = &[[f32; COLUMNS]]> {
        self.weight.iter()
    }

    /// What is added to each output.
    pub(super) fn bias(&self) -> &[f32] {
        &self.bias
    }
}
