use std::fmt;

/// Perceptual hash of 256 bits: pictures that look the same differ in few of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PerceptualHash([u8; Self::BYTES]);

impl PerceptualHash {
    /// Length in bytes.
    pub const BYTES: usize = 32;
    /// Number of bands, by which hashes are looked up.
    pub const BANDS: usize = Self::BYTES / 2;
    /// Maximum distance of a photo that is compared pixel by pixel. Hashes of different pictures differ in
    /// 128 bits, with a standard deviation of 8.
    pub const MAX_DISTANCE: u32 = 80;

    /// A hash of these bytes.
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Number of bits in which two hashes differ.
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// Numbers of the bands: 16 bits of the hash below the band's place among the 16. A near copy has the same
    /// bits in some of them.
    pub fn bands(&self) -> [i64; Self::BANDS] {
        let (pairs, _) = self.0.as_chunks::<2>();
        std::array::from_fn(|band| {
            let bits = pairs.get(band).copied().map_or(0, u16::from_be_bytes);
            ((band as i64) << 16) | i64::from(bits)
        })
    }
}

impl fmt::Debug for PerceptualHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_has_its_place_and_its_bits() {
        let hash = PerceptualHash::new(std::array::from_fn(|byte| byte as u8));
        assert_eq!(hash.bands()[0], 0x0_0001);
        assert_eq!(hash.bands()[15], 0xf_1e1f);
        let mut bytes = *hash.as_bytes();
        bytes[3] ^= 0b101;
        let other = PerceptualHash::new(bytes);
        assert_eq!((hash.distance(&other), hash.distance(&hash)), (2, 0));
        let same = hash.bands().iter().zip(other.bands()).filter(|(a, b)| *a == b).count();
        assert_eq!(same, 15);
    }
}
