use opencv::core::{Mat, ROTATE_90_CLOCKWISE, ROTATE_90_COUNTERCLOCKWISE, ROTATE_180, rotate};

/// Number of clockwise rotations of a picture by 90 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuarterTurns {
    /// No rotation.
    None,
    /// 90 degrees.
    Clockwise,
    /// 180 degrees.
    Half,
    /// 270 degrees.
    Counterclockwise,
}

impl QuarterTurns {
    /// All rotations that change a picture.
    pub(super) const ANY: [Self; 3] = [Self::Clockwise, Self::Half, Self::Counterclockwise];

    /// The rotation that reverses this number of clockwise quarter turns.
    pub(super) fn against(quarters: u8) -> Self {
        Self::clockwise(4 - quarters % 4)
    }

    /// This rotation, and then the next one.
    pub(super) fn then(self, next: Self) -> Self {
        Self::clockwise(self as u8 + next as u8)
    }

    fn clockwise(quarters: u8) -> Self {
        match quarters % 4 {
            1 => Self::Clockwise,
            2 => Self::Half,
            3 => Self::Counterclockwise,
            _ => Self::None,
        }
    }

    /// Whether the rotation exchanges width and height.
    pub(super) fn swaps_sides(self) -> bool {
        matches!(self, Self::Clockwise | Self::Counterclockwise)
    }

    pub(super) fn turn(self, picture: &Mat) -> opencv::Result<Mat> {
        let mut turned = Mat::default();
        match self {
            Self::None => return Ok(picture.clone()),
            Self::Clockwise => rotate(picture, &mut turned, ROTATE_90_CLOCKWISE)?,
            Self::Half => rotate(picture, &mut turned, ROTATE_180)?,
            Self::Counterclockwise => rotate(picture, &mut turned, ROTATE_90_COUNTERCLOCKWISE)?,
        }
        Ok(turned)
    }

    /// Maps a point of the rotated picture to the original picture of `width` by `height` pixels.
    pub(super) fn turn_back(self, [x, y]: [f32; 2], width: u32, height: u32) -> [f32; 2] {
        let (width, height) = (width as f32, height as f32);
        match self {
            Self::None => [x, y],
            Self::Clockwise => [y, height - x],
            Self::Half => [width - x, height - y],
            Self::Counterclockwise => [width - y, x],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_is_reversed() {
        let by = [0, 1, 2, 3, 4].map(QuarterTurns::against);
        assert_eq!(by[..2], [QuarterTurns::None, QuarterTurns::Counterclockwise]);
        assert_eq!(by[2..], [QuarterTurns::Half, QuarterTurns::Clockwise, QuarterTurns::None]);
    }

    #[test]
    fn two_rotations_are_one() {
        let [right, over, left] = QuarterTurns::ANY;
        assert_eq!(right.then(over), left);
        assert_eq!(left.then(over), right);
        assert_eq!(over.then(over), QuarterTurns::None);
        assert_eq!(QuarterTurns::None.then(left), left);
    }

    #[test]
    fn a_point_is_found_again_where_it_was() {
        // The top right corner of a picture of 640 by 480 pixels after each rotation.
        for (turns, corner) in [
            (QuarterTurns::None, [640.0, 0.0]),
            (QuarterTurns::Clockwise, [480.0, 640.0]),
            (QuarterTurns::Half, [0.0, 480.0]),
            (QuarterTurns::Counterclockwise, [0.0, 0.0]),
        ] {
            assert_eq!(turns.turn_back(corner, 640, 480), [640.0, 0.0], "{turns:?}");
        }
    }
}
