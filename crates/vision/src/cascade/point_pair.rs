/// A point of the reference and the point of the photo that shows the same spot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointPair {
    /// Column and row in the reference, in pixels.
    pub reference: [f32; 2],
    /// Column and row in the photo, in pixels.
    pub photo: [f32; 2],
}

impl PointPair {
    /// The `count` nearest pairs in the reference, nearest first, that are at least `apart` pixels away. The pair
    /// itself is included if `apart` is 0.
    pub(super) fn nearest<'a>(
        &self,
        pairs: &'a [Self],
        count: usize,
        apart: f32,
    ) -> impl Iterator<Item = &'a Self> + use<'a> {
        let mut near: Vec<(f32, &Self)> = Vec::with_capacity(count + 1);
        for other in pairs {
            let [x, y] = minus(other.reference, self.reference);
            let distance = x.hypot(y);
            let is_farther = |(most, _): &(f32, &Self)| distance >= *most;
            if distance < apart || near.len() == count && near.last().is_some_and(is_farther) {
                continue;
            }
            let place = near.partition_point(|(less, _)| *less <= distance);
            near.insert(place, (distance, other));
            near.truncate(count);
        }
        near.into_iter().map(|(_, other)| other)
    }
}

pub(super) fn plus([a, b]: [f32; 2], [c, d]: [f32; 2]) -> [f32; 2] {
    [a + c, b + d]
}

pub(super) fn minus([a, b]: [f32; 2], [c, d]: [f32; 2]) -> [f32; 2] {
    [a - c, b - d]
}
