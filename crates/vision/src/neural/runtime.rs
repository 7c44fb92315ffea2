use injeung_domain::Fault;
use injeung_neural::{Features, GreyImage, LighterGlueOptions, Pair};

/// The two networks of the neural tiers.
///
/// Both calls block. Any number of threads can make them at once. They are deterministic: the same input gives the same
/// output. Otherwise stored references and decisions would differ between runs.
pub trait NeuralRuntime: Send + Sync {
    /// XFeat's points of an image, best first, in pixels of the image; at most `max_points`.
    ///
    /// # Errors
    /// A fault if the network cannot run. An image without points is no error.
    fn features(&self, image: GreyImage<'_>, max_points: usize) -> Result<Features, Fault>;

    /// LighterGlue's pairs of points, in the order of the points of `a`. A point is in at most one pair.
    ///
    /// # Errors
    /// A fault if the network cannot run. Photos without pairs are no error.
    fn pairs(
        &self,
        a: &Features,
        b: &Features,
        options: &LighterGlueOptions,
    ) -> Result<Vec<Pair>, Fault>;
}
