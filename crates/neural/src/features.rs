/// Length of a descriptor.
pub const DESCRIPTOR: usize = 64;

/// Points of one photo with their descriptors, best first. The three lists have the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Width of the photo in the pixels of `points`.
    pub width: u32,
    /// Height of the photo in the pixels of `points`.
    pub height: u32,
    /// Column and row of each point, in pixels from the top left.
    pub points: Vec<[f32; 2]>,
    /// Probability of each point times its reliability: above 0, at most 1.
    pub scores: Vec<f32>,
    /// Appearance of each point, a vector of length 1. The cosine of two is high if they show the same.
    pub descriptors: Vec<[f32; DESCRIPTOR]>,
}

/// Scores from here on stand out from noise: a photo of noise has 0 to 2 such points, the poorest
/// photo of the evaluation set 102.
const SURE: f32 = 0.05;

impl Features {
    /// Number of points with at least this score; they are the first ones.
    pub fn count(&self, min_score: f32) -> usize {
        self.scores.iter().filter(|score| **score >= min_score).count()
    }

    /// Number of points that stand out from noise: those with a score of at least 0.05.
    pub fn sure(&self) -> usize {
        self.count(SURE)
    }

    /// Places of the [`sure`](Self::sure) points as fractions of the width and of the height.
    pub fn sure_places(&self) -> Vec<[f32; 2]> {
        let (width, height) = (self.width as f32, self.height as f32);
        let sure = self.points.iter().take(self.sure());
        sure.map(|[x, y]| [x / width, y / height]).collect()
    }

    /// The points whose place passes, in their order.
    #[must_use]
    pub fn filtered(&self, passes: impl Fn([f32; 2]) -> bool) -> Self {
        let mut kept = Self {
            width: self.width,
            height: self.height,
            points: Vec::new(),
            scores: Vec::new(),
            descriptors: Vec::new(),
        };
        let all = self.points.iter().zip(&self.scores).zip(&self.descriptors);
        for ((point, score), descriptor) in all.filter(|((point, _), _)| passes(**point)) {
            kept.points.push(*point);
            kept.scores.push(*score);
            kept.descriptors.push(*descriptor);
        }
        kept
    }

    /// The same points in the pixels of the photo at another size.
    #[must_use]
    pub fn scaled_to(mut self, width: u32, height: u32) -> Self {
        let scale = [width as f32 / self.width as f32, height as f32 / self.height as f32];
        for point in &mut self.points {
            for (length, scale) in point.iter_mut().zip(scale) {
                *length *= scale;
            }
        }
        Self { width, height, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_move_with_the_size_and_their_fractions_stay() {
        let features = Features {
            width: 64,
            height: 32,
            points: vec![[16.0, 8.0], [32.0, 16.0]],
            scores: vec![0.5, 0.01],
            descriptors: vec![[0.0; DESCRIPTOR]; 2],
        };
        assert_eq!((features.count(0.0), features.sure()), (2, 1));
        assert_eq!(features.sure_places(), [[0.25, 0.25]]);
        let right = features.filtered(|[x, _]| x > 20.0);
        assert_eq!((right.points, right.scores), (vec![[32.0, 16.0]], vec![0.01]));
        let larger = features.scaled_to(640, 480);
        assert_eq!((larger.width, larger.height), (640, 480));
        assert_eq!(larger.points, [[160.0, 120.0], [320.0, 240.0]]);
        assert_eq!(larger.sure_places(), [[0.25, 0.25]]);
    }
}
