//! RootSIFT descriptors in 32 bytes: two bits an entry.

use super::features::SiftDescriptor;

/// Values of the four codes, and the bounds between them, in the unit of [`SiftDescriptor`]: the levels with the least
/// error over the entries of 40,000 descriptors of photos (Lloyd, IEEE Transactions on Information Theory 1982).
const LEVELS: [i16; 4] = [6, 30, 57, 94];
const BOUNDS: [i16; 3] = [18, 43, 75];

/// Bytes of a coarse descriptor.
pub(super) type CoarseDescriptor = [u8; 32];

/// Codes of four entries in each byte, the first in the lowest bits.
pub(super) fn coarse(descriptor: &SiftDescriptor) -> CoarseDescriptor {
    let mut bytes = [0; 32];
    for (byte, entries) in bytes.iter_mut().zip(descriptor.as_chunks::<4>().0) {
        for (place, entry) in entries.iter().enumerate() {
            let code: u8 = BOUNDS.iter().map(|bound| u8::from(entry > bound)).sum();
            *byte |= code << (2 * place);
        }
    }
    bytes
}

/// The descriptor with the values of the codes.
pub(super) fn fine(bytes: &CoarseDescriptor) -> SiftDescriptor {
    let mut descriptor = [0; 128];
    for (entries, byte) in descriptor.as_chunks_mut::<4>().0.iter_mut().zip(bytes) {
        for (place, entry) in entries.iter_mut().enumerate() {
            let code = usize::from(byte >> (2 * place)) & 3;
            *entry = LEVELS.get(code).copied().unwrap_or_default();
        }
    }
    descriptor
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_coarse_already_stays(bytes in any::<CoarseDescriptor>()) {
            prop_assert_eq!(coarse(&fine(&bytes)), bytes);
        }
    }

    #[test]
    fn an_entry_becomes_the_nearest_level() {
        for entry in 0..=255 {
            let nearest = LEVELS.into_iter().map(|level| (level - entry).abs()).min();
            let found = fine(&coarse(&[entry; 128]));
            assert!(found.iter().all(|level| Some((level - entry).abs()) == nearest), "{entry}");
        }
    }
}
