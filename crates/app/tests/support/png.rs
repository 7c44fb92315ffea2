//! PNG files assembled by hand (ISO/IEC 15948).

/// Bits of each sample, and the colour type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Samples {
    pub(crate) depth: u8,
    pub(crate) colour: u8,
}

pub(crate) const RGB: Samples = Samples { depth: 8, colour: 2 };
pub(crate) const RGBA: Samples = Samples { depth: 8, colour: 6 };
pub(crate) const RGBA16: Samples = Samples { depth: 16, colour: 6 };

/// File of these chunks, with valid checksums.
pub(crate) fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in chunks {
        file.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
        let start = file.len();
        file.extend(*name);
        file.extend(*content);
        let sum = crc32(&file[start..]);
        file.extend(sum.to_be_bytes());
    }
    file
}

/// Picture with `data` as its compressed pixels, valid or not.
pub(crate) fn with_data(width: u32, height: u32, samples: Samples, data: &[u8]) -> Vec<u8> {
    let header = header(width, height, samples);
    file(&[(b"IHDR", &header), (b"IDAT", data), (b"IEND", b"")])
}

/// Contents of the header chunk.
pub(crate) fn header(width: u32, height: u32, samples: Samples) -> Vec<u8> {
    let kind = [samples.depth, samples.colour, 0, 0, 0];
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &kind].concat()
}

/// Black picture, a thousandth of its decoded size.
pub(crate) fn black(width: u32, height: u32, samples: Samples) -> Vec<u8> {
    let channels = if samples.colour == 6 { 4 } else { 3 };
    let row = 1 + u64::from(width) * channels * u64::from(samples.depth) / 8;
    with_data(width, height, samples, &zeros(row * u64::from(height)))
}

/// Zlib stream of at least `length` zeros (RFC 1950, 1951).
///
/// It is one block of the fixed code: one literal, then matches of 258 bytes at distance 1.
pub(crate) fn zeros(length: u64) -> Vec<u8> {
    let matches = (length - 1).div_ceil(258);
    let mut bits = Bits::default();
    bits.push(0b011, 3); // the last block, fixed code
    bits.push(0b0000_1100, 8); // literal 0 is 00110000, written from its first bit
    for _ in 0..matches {
        bits.push(0b1010_0011, 8); // length 258 is 11000101
        bits.push(0, 5); // distance 1
    }
    bits.push(0, 7); // the end
    let total = 1 + matches * 258;
    let adler = u32::try_from(total % 65_521).unwrap() << 16 | 1;
    [&[0x78, 0xda][..], &bits.finish(), &adler.to_be_bytes()].concat()
}

/// Packs bits into bytes in Deflate's order, lowest bit first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, bits: u32, count: u32) {
        self.pending |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

/// Checksum of chunks (annex D), by table.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
    let table: Vec<u32> = (0..256).map(|byte| (0..8).fold(byte, |crc, _| step(crc))).collect();
    !bytes.iter().fold(u32::MAX, |crc, byte| (crc >> 8) ^ table[usize::from(crc as u8 ^ byte)])
}
