use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2};
use safetensors::{Dtype, SafeTensorError, SafeTensors};

/// What the file says that it holds.
const FORMAT: &str = "lighterglue 1";

/// Why a file of weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// It is no safetensors file, or lacks a tensor.
    #[error("read the tensors")]
    Tensors(#[from] SafeTensorError),
    /// It is another network's or another version's.
    #[error("use weights whose format is {0:?} instead of \"{FORMAT}\"")]
    Format(Option<String>),
    /// A tensor has another form than the network needs.
    #[error("use tensor {name}: it has the shape {shape:?}")]
    Shape {
        /// The tensor's name.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
}

/// The tensors of a file made by `scripts/model/xfeat_matcher.py`, which describes them.
pub(super) struct Weights<'a>(SafeTensors<'a>);

impl<'a> Weights<'a> {
    pub(super) fn parse(file: &'a [u8]) -> Result<Self, WeightsError> {
        let (_, header) = SafeTensors::read_metadata(file)?;
        let format = header.metadata().as_ref().and_then(|metadata| metadata.get("format"));
        if format.is_none_or(|format| format != FORMAT) {
            return Err(WeightsError::Format(format.cloned()));
        }
        Ok(Self(SafeTensors::deserialize(file)?))
    }

    pub(super) fn linear(
        &self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, WeightsError> {
        Ok(Linear {
            weight: self.matrix(&format!("{name}.weight"), inputs, outputs)?,
            bias: self.vector(&format!("{name}.bias"), outputs)?,
        })
    }

    pub(super) fn matrix(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<Array2<f32>, WeightsError> {
        let values = self.values(name, &[rows, columns])?;
        Array2::from_shape_vec((rows, columns), values)
            .map_err(|_| WeightsError::Shape { name: name.to_owned(), shape: vec![rows, columns] })
    }

    pub(super) fn vector(&self, name: &str, length: usize) -> Result<Array1<f32>, WeightsError> {
        self.values(name, &[length]).map(Array1::from_vec)
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let tensor = self.0.tensor(name)?;
        if tensor.shape() != shape || tensor.dtype() != Dtype::F32 {
            let shape = tensor.shape().to_vec();
            return Err(WeightsError::Shape { name: name.to_owned(), shape });
        }
        let (values, _) = tensor.data().as_chunks::<4>();
        Ok(values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

/// A linear map of rows.
pub(super) struct Linear {
    weight: Array2<f32>,
    bias: Array1<f32>,
}

impl Linear {
    /// `rows` times the weight, plus the bias.
    pub(super) fn apply(&self, rows: ArrayView2<f32>) -> Array2<f32> {
        self.apply_to_parts(&[rows])
    }

    /// The same for rows whose columns stand in several matrices, one beside the other.
    pub(super) fn apply_to_parts(&self, parts: &[ArrayView2<f32>]) -> Array2<f32> {
        let count = parts.first().map_or(0, |part| part.nrows());
        let mut output = Array2::zeros((count, self.bias.len()));
        output += &self.bias;
        let mut weight = self.weight.view();
        for part in parts {
            let (its_weight, rest) = weight.split_at(ndarray::Axis(0), part.ncols());
            general_mat_mul(1.0, part, &its_weight, 1.0, &mut output);
            weight = rest;
        }
        output
    }
}
