use std::collections::HashSet;

use multiversion::multiversion;

use super::features::{Descriptors, Features, Match, OrbDescriptor, SiftDescriptor};

/// Matches of points that are each other's nearest, if the photo's second nearest point is clearly farther from the
/// reference's point (Lowe's ratio test), most certain first.
///
/// `ratio` compares distances: Euclidean for SIFT, Hamming for ORB. A match is dropped if both ends are in the same cells
/// of a 2-pixel grid as those of a more certain match, since SIFT repeats a point for each of its orientations.
/// Features of different kinds have no matches.
pub(crate) fn matches(reference: &Features, photo: &Features, ratio: f64) -> Vec<Match> {
    let mut matches = match (&reference.descriptors, &photo.descriptors) {
        (Descriptors::Sift(a), Descriptors::Sift(b)) => nearest_by_sift(a, b, ratio),
        (Descriptors::Orb(a), Descriptors::Orb(b)) => nearest_by_orb(a, b, ratio),
        (Descriptors::Sift(_), Descriptors::Orb(_))
        | (Descriptors::Orb(_), Descriptors::Sift(_)) => Vec::new(),
    };
    let mut taken = HashSet::new();
    matches.retain(|found| {
        let cells = [reference.points.get(found.reference), photo.points.get(found.photo)]
            .map(|point| point.map(|point| point.map(|length| (length / 2.0) as i32)));
        taken.insert(cells)
    });
    matches
}

/// Written in a form that compilers turn into products of 16 pairs of numbers at once.
#[inline(always)]
fn product(a: &SiftDescriptor, b: &SiftDescriptor) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

#[inline(always)]
fn squared_length(a: &SiftDescriptor) -> i32 {
    product(a, a)
}

#[inline(always)]
fn hamming_distance(a: &OrbDescriptor, b: &OrbDescriptor) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// Nearest point of the other photo, and the distance of the second nearest.
#[derive(Clone, Copy)]
struct Nearest {
    index: usize,
    distance: u32,
    second: u32,
}

impl Nearest {
    const NONE: Self = Self { index: usize::MAX, distance: u32::MAX, second: u32::MAX };

    #[inline(always)]
    fn update(&mut self, index: usize, distance: u32) {
        if distance < self.second {
            if distance < self.distance {
                *self = Self { index, distance, second: self.distance };
            } else {
                self.second = distance;
            }
        }
    }

    fn is_clear(&self, ratio: f64) -> bool {
        f64::from(self.distance) < ratio * f64::from(self.second)
    }
}

/// Compiled once for each supported set of vector instructions.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn nearest_by_sift(
    reference: &[SiftDescriptor],
    photo: &[SiftDescriptor],
    ratio: f64,
) -> Vec<Match> {
    any_nearest_by_sift(reference, photo, ratio)
}

/// Compiled for the caller's instructions.
#[inline(always)]
fn any_nearest_by_sift(
    reference: &[SiftDescriptor],
    photo: &[SiftDescriptor],
    ratio: f64,
) -> Vec<Match> {
    let lengths: Vec<i32> = photo.iter().map(squared_length).collect();
    let distances = |descriptor: &SiftDescriptor, distances: &mut [u32]| {
        let length = squared_length(descriptor);
        for ((slot, other), other_length) in distances.iter_mut().zip(photo).zip(&lengths) {
            // |a - b|² = |a|² + |b|² - 2ab, which is exact in integers.
            *slot = (length + other_length - 2 * product(descriptor, other)) as u32;
        }
    };
    // The distances are squared; therefore the ratio is squared.
    mutual_nearest(reference, photo.len(), distances, ratio * ratio)
}

/// Compiled once for each supported set of vector instructions.
#[multiversion(targets("x86_64+avx2+popcnt", "aarch64+neon"))]
fn nearest_by_orb(reference: &[OrbDescriptor], photo: &[OrbDescriptor], ratio: f64) -> Vec<Match> {
    any_nearest_by_orb(reference, photo, ratio)
}

/// Compiled for the caller's instructions.
#[inline(always)]
fn any_nearest_by_orb(
    reference: &[OrbDescriptor],
    photo: &[OrbDescriptor],
    ratio: f64,
) -> Vec<Match> {
    let distances = |descriptor: &OrbDescriptor, distances: &mut [u32]| {
        for (slot, other) in distances.iter_mut().zip(photo) {
            *slot = hamming_distance(descriptor, other);
        }
    };
    mutual_nearest(reference, photo.len(), distances, ratio)
}

/// Compares each point with each once, in both directions. `measure` writes the distances of a point of the reference
/// from the `others` points of the photo.
#[inline(always)]
fn mutual_nearest<D>(
    reference: &[D],
    others: usize,
    measure: impl Fn(&D, &mut [u32]),
    ratio: f64,
) -> Vec<Match> {
    // Distance and index of the reference's nearest point, for each point of the photo.
    let mut nearest_back = vec![(u32::MAX, usize::MAX); others];
    let mut distances = vec![0; others];
    let mut candidates = Vec::new();
    for (index, descriptor) in reference.iter().enumerate() {
        measure(descriptor, &mut distances);
        let mut nearest = Nearest::NONE;
        for (other, (distance, back)) in distances.iter().zip(&mut nearest_back).enumerate() {
            nearest.update(other, *distance);
            if *distance < back.0 {
                *back = (*distance, index);
            }
        }
        if nearest.is_clear(ratio) {
            candidates.push((nearest.distance, Match { reference: index, photo: nearest.index }));
        }
    }
    candidates.retain(|(_, found)| {
        nearest_back.get(found.photo).is_some_and(|(_, index)| *index == found.reference)
    });
    candidates.sort_by_key(|(distance, found)| (*distance, found.reference));
    candidates.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests fail by panicking")]

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn features(descriptors: Vec<OrbDescriptor>) -> Features {
        let points = (0..descriptors.len()).map(|index| [10.0 * index as f32, 5.0]).collect();
        let [angles, sizes] = [0, 64].map(|all| vec![all; descriptors.len()]);
        let descriptors = Descriptors::Orb(descriptors);
        Features { width: 640, height: 480, points, angles, sizes, descriptors }
    }

    fn pairs(a: &Features, b: &Features) -> Vec<(usize, usize)> {
        matches(a, b, 0.8).iter().map(|found| (found.reference, found.photo)).collect()
    }

    /// Descriptors that differ from one another in at least 64 bits.
    const FAR: [OrbDescriptor; 3] = [[0; 4], [u64::MAX, 0, 0, 0], [0, 0, u64::MAX, u64::MAX]];

    #[test]
    fn look_alikes_are_paired_surest_first() {
        let [a, b, c] = FAR;
        let near = [b, [0, 0, u64::MAX, u64::MAX ^ 1], [0b111, 0, 0, 0]];
        let found = pairs(&features(vec![a, b, c]), &features(near.to_vec()));
        assert_eq!(found, [(1, 0), (2, 1), (0, 2)]);
    }

    #[test]
    fn what_has_two_look_alikes_is_not_paired() {
        let [a, b, _] = FAR;
        let twice = features(vec![[1, 0, 0, 0], [2, 0, 0, 0], b]);
        assert_eq!(pairs(&features(vec![a, b]), &twice), [(1, 2)]);
        // In the other direction, the first of both is the nearest, and no other is near.
        assert_eq!(pairs(&twice, &features(vec![a, b])), [(2, 1), (0, 0)]);
    }

    #[test]
    fn a_point_found_twice_in_one_place_is_paired_once() {
        let [a, b, _] = FAR;
        let mut once = features(vec![a, b]);
        once.points = vec![[100.0, 50.0], [100.9, 50.9]];
        assert_eq!(pairs(&once, &once).len(), 1);
    }

    #[test]
    fn nothing_and_different_kinds_have_no_pairs() {
        let none = features(Vec::new());
        let some = features(FAR.to_vec());
        let other = Features { descriptors: Descriptors::Sift(vec![[0; 128]; 3]), ..some.clone() };
        assert_eq!(pairs(&none, &some), []);
        assert_eq!(pairs(&some, &none), []);
        assert_eq!(pairs(&some, &other), []);
    }

    #[test]
    fn hamming_distances_are_differing_bits() {
        assert_eq!(hamming_distance(&FAR[0], &FAR[2]), 128);
    }

    /// Result by the definition, without vector instructions, from squared or plain distances.
    fn plainly<D>(
        reference: &[D],
        photo: &[D],
        distance: impl Fn(&D, &D) -> i64,
        ratio: f64,
    ) -> Vec<Match> {
        let nearest = |from: &D, all: &[D]| {
            let mut order: Vec<_> =
                all.iter().map(|other| distance(from, other)).enumerate().collect();
            order.sort_by_key(|(index, distance)| (*distance, *index));
            order
        };
        let mut found = Vec::new();
        for (index, descriptor) in reference.iter().enumerate() {
            let near = nearest(descriptor, photo);
            let (other, best) = near[0];
            let clear =
                near.get(1).is_none_or(|(_, second)| (best as f64) < ratio * (*second as f64));
            if clear && nearest(&photo[other], reference)[0].0 == index {
                found.push((best, Match { reference: index, photo: other }));
            }
        }
        found.sort_by_key(|(distance, found)| (*distance, found.reference));
        found.into_iter().map(|(_, found)| found).collect()
    }

    fn squared_distance(a: &SiftDescriptor, b: &SiftDescriptor) -> i64 {
        a.iter().zip(b).map(|(a, b)| (i64::from(*a) - i64::from(*b)).pow(2)).sum()
    }

    fn differing_bits(a: &OrbDescriptor, b: &OrbDescriptor) -> i64 {
        let bit = |word: &u64, place: u32| word >> place & 1;
        let differ = |(a, b)| (0..64).filter(|place| bit(a, *place) != bit(b, *place)).count();
        a.iter().zip(b).map(differ).sum::<usize>() as i64
    }

    proptest! {
        #[test]
        fn every_instruction_set_pairs_sift_as_the_definition_says(
            reference in vec(vec(0..=255_i16, 128), 1..12),
            photo in vec(vec(0..=255_i16, 128), 1..12),
            ratio in 0.5..1.0,
        ) {
            let [reference, photo] = [reference, photo].map(|all| {
                let all = all.into_iter().map(|one| one.try_into().unwrap());
                all.collect::<Vec<SiftDescriptor>>()
            });
            let said = plainly(&reference, &photo, squared_distance, ratio * ratio);
            prop_assert_eq!(&nearest_by_sift(&reference, &photo, ratio), &said);
            prop_assert_eq!(&any_nearest_by_sift(&reference, &photo, ratio), &said);
        }

        #[test]
        fn every_instruction_set_pairs_orb_as_the_definition_says(
            reference in vec(any::<OrbDescriptor>(), 1..12),
            photo in vec(any::<OrbDescriptor>(), 1..12),
            kept in vec((any::<prop::sample::Index>(), 0..64_u32), 0..6),
            ratio in 0.5..1.0,
        ) {
            // Some of the reference's descriptors occur again with one bit flipped, so that there are matches.
            let again = kept.iter().map(|(index, bit)| {
                let mut seen = *index.get(&reference);
                seen[0] ^= 1 << bit;
                seen
            });
            let photo: Vec<OrbDescriptor> = photo.into_iter().chain(again).collect();
            let said = plainly(&reference, &photo, differing_bits, ratio);
            prop_assert_eq!(&nearest_by_orb(&reference, &photo, ratio), &said);
            prop_assert_eq!(&any_nearest_by_orb(&reference, &photo, ratio), &said);
        }
    }
}
