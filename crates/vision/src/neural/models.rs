use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::{fs, io, iter};

use opencv::core::Mat;

use super::lighterglue::{LighterGlue, WeightsError};
use super::xfeat::{Keypoints, Network};

/// XFeat's network and LighterGlue, for any number of threads.
pub struct NeuralModels {
    /// The network that is waited for when all are busy. A network holds what lies between its
    /// layers, so each worker needs one.
    first: Mutex<Network>,
    others: Vec<Mutex<Network>>,
    matcher: LighterGlue,
}

/// Why there is no neural tier.
#[derive(Debug, thiserror::Error)]
pub enum NeuralModelsError {
    /// A file is not there; a service may do without the neural tier then.
    #[error("find {}, which `make setup` makes", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("read {}", path.display())]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// XFeat's network cannot be used.
    #[error("load XFeat's network from {}, which `make setup` makes", path.display())]
    Network {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        source: opencv::Error,
    },
    /// LighterGlue's weights cannot be used.
    #[error("load LighterGlue's weights from {}, which `make setup` makes", path.display())]
    Weights {
        /// Where they are.
        path: PathBuf,
        /// What is wrong with them.
        source: WeightsError,
    },
}

impl NeuralModels {
    /// Loads XFeat's network and LighterGlue's weights, as `scripts/model/build.sh` makes them, and
    /// tries the network out. Up to `workers` threads (at least 1) find points at once; more wait
    /// for one another.
    ///
    /// # Errors
    /// When a file is missing, unreadable or of another network.
    pub fn load(
        xfeat: &Path,
        lighterglue: &Path,
        workers: usize,
    ) -> Result<Self, NeuralModelsError> {
        let (network, weights) = (read(xfeat)?, read(lighterglue)?);
        let load = || match Network::load(&network) {
            Ok(network) => Ok(Mutex::new(network)),
            Err(source) => Err(NeuralModelsError::Network { path: xfeat.to_owned(), source }),
        };
        let matcher = LighterGlue::load(&weights).map_err(|source| NeuralModelsError::Weights {
            path: lighterglue.to_owned(),
            source,
        })?;
        let others = (1..workers).map(|_| load()).collect::<Result<_, _>>()?;
        Ok(Self { first: load()?, others, matcher })
    }

    pub(super) fn matcher(&self) -> &LighterGlue {
        &self.matcher
    }

    /// The `count` best points of grey pixels of 8 bits, in their pixels.
    pub(super) fn keypoints(&self, grey: &Mat, count: usize) -> opencv::Result<Keypoints> {
        let free = iter::once(&self.first).chain(&self.others).find_map(|network| {
            match network.try_lock() {
                Ok(network) => Some(network),
                // What a panic left between the layers is overwritten by the next photo.
                Err(TryLockError::Poisoned(network)) => Some(network.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            }
        });
        let wait = || self.first.lock().unwrap_or_else(PoisonError::into_inner);
        free.unwrap_or_else(wait).keypoints(grey, count)
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
