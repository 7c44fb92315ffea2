use std::path::{Path, PathBuf};
use std::{fs, io};

use injeung_domain::Fault;
use injeung_neural::{
    Features, GreyImage, LighterGlue, LighterGlueOptions, Pair, WeightsError, XFeat,
};

use super::runtime::NeuralRuntime;

/// XFeat and LighterGlue of `injeung-neural`, loaded from files.
pub struct NeuralModels {
    xfeat: XFeat,
    lighterglue: LighterGlue,
}

/// Errors in the files of the networks.
#[derive(Debug, thiserror::Error)]
pub enum NeuralModelsError {
    /// A file is missing; the service then runs without the neural tiers.
    #[error("find {}, which `make setup` makes", path.display())]
    Missing {
        /// Expected path.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("read {}", path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Error of the read.
        source: io::Error,
    },
    /// A file has other content than the weights of its network.
    #[error("load weights from {}, which `make setup` makes", path.display())]
    Weights {
        /// Path of the file.
        path: PathBuf,
        /// Difference from the required content.
        source: WeightsError,
    },
}

impl NeuralModels {
    /// Loads the weights that `scripts/model/build.sh` writes.
    ///
    /// # Errors
    /// If a file is missing, unreadable or of another network.
    pub fn load(xfeat: &Path, lighterglue: &Path) -> Result<Self, NeuralModelsError> {
        let files = (read(xfeat)?, read(lighterglue)?);
        let of = |path: &Path| {
            let path = path.to_owned();
            |source| NeuralModelsError::Weights { path, source }
        };
        Ok(Self {
            xfeat: XFeat::load(&files.0).map_err(of(xfeat))?,
            lighterglue: LighterGlue::load(&files.1).map_err(of(lighterglue))?,
        })
    }
}

impl NeuralRuntime for NeuralModels {
    fn features(&self, image: GreyImage<'_>, max_points: usize) -> Result<Features, Fault> {
        Ok(self.xfeat.features(image, max_points))
    }

    fn pairs(
        &self,
        a: &Features,
        b: &Features,
        options: &LighterGlueOptions,
    ) -> Result<Vec<Pair>, Fault> {
        Ok(self.lighterglue.pairs(a, b, options))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, NeuralModelsError> {
    fs::read(path).map_err(|source| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            NeuralModelsError::Missing { path }
        } else {
            NeuralModelsError::Unreadable { path, source }
        }
    })
}
