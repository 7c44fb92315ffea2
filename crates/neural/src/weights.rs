use ndarray::Array2;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use crate::product::{COLUMNS, Panels, Rows, product};

/// A file of weights that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file is not in the safetensors format, or lacks a tensor.
    #[error("read the tensors")]
    Tensors(#[from] SafeTensorError),
    /// The file holds another network or another version.
    #[error("use weights whose format is {found:?} instead of \"{expected}\"")]
    Format {
        /// Entry `format` of the file's metadata.
        found: Option<String>,
        /// Required entry.
        expected: &'static str,
    },
    /// A tensor has another shape or number type than the network needs.
    #[error("use tensor {name}: it has the shape {shape:?} of {dtype:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape in the file.
        shape: Vec<usize>,
        /// Number type in the file; the networks use 32-bit floats.
        dtype: Dtype,
    },
}

/// Tensors of a file of weights.
pub(super) struct Weights<'a>(SafeTensors<'a>);

impl<'a> Weights<'a> {
    /// Reads a file whose metadata entry `format` is `format`.
    pub(super) fn parse(file: &'a [u8], format: &'static str) -> Result<Self, WeightsError> {
        let (_, header) = SafeTensors::read_metadata(file)?;
        let found = header.metadata().as_ref().and_then(|metadata| metadata.get("format"));
        if found.is_none_or(|found| found != format) {
            return Err(WeightsError::Format { found: found.cloned(), expected: format });
        }
        Ok(Self(SafeTensors::deserialize(file)?))
    }

    /// Reads a linear map: `NAME.weight` [inputs, outputs] and `NAME.bias` [outputs].
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

    /// Reads the numbers of a tensor of this shape in row-major order.
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

/// A linear map of rows, with a bias.
pub(super) struct Linear {
    weight: Panels,
    bias: Vec<f32>,
}

impl Linear {
    /// The map of a weight [inputs, outputs] and a bias [outputs].
    pub(super) fn new(weight: &Array2<f32>, bias: Vec<f32>) -> Self {
        Self { weight: Panels::of(Rows::of(weight)), bias }
    }

    /// The rows times the weight, plus the bias. Each row is the concatenation of the parts' rows.
    pub(super) fn apply(&self, parts: &[Rows<'_>]) -> Array2<f32> {
        product(parts, &self.weight, &self.bias)
    }

    /// Panels of the weight.
    #[inline(always)]
    pub(super) fn panels(&self) -> impl Iterator<Item = &[[f32; COLUMNS]]> {
        self.weight.iter()
    }

    /// Bias of each output.
    pub(super) fn bias(&self) -> &[f32] {
        &self.bias
    }
}
