//! JPEG files assembled by hand (ISO/IEC 10918-1).

/// Segment: marker, length, contents.
pub(crate) fn segment(marker: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, contents].concat()
}

/// Inserts segments after the file's first marker.
pub(crate) fn with_segments(file: &[u8], segments: &[Vec<u8>]) -> Vec<u8> {
    [&file[..2], &segments.concat(), &file[2..]].concat()
}

/// EXIF segment like a phone's: maker, orientation (1 to 8) and GPS position (EXIF 2.32).
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"Exif\0\0II*\0\x08\0\0\0\x03\0".to_vec();
    block.extend([0x0f, 0x01, 2, 0, 8, 0, 0, 0, 50, 0, 0, 0]); // Make, at offset 50
    block.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    block.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 58, 0, 0, 0]); // GPSInfo, at offset 58
    block.extend([0; 4]);
    block.extend(b"SECRETS\0");
    block.extend([2, 0]);
    block.extend([1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0]); // GPSLatitudeRef
    block.extend([2, 0, 5, 0, 3, 0, 0, 0, 88, 0, 0, 0]); // GPSLatitude, at offset 88
    block.extend([0; 4]);
    for degrees in [37_u32, 33, 58] {
        block.extend(degrees.to_le_bytes());
        block.extend(1_u32.to_le_bytes());
    }
    segment(0xe1, &block)
}

/// Flat picture with components of equal sampling: 3 are YCbCr, 4 are CMYK.
///
/// Both Huffman tables contain one symbol, the one of an empty block, so that a block takes two
/// zero bits.
pub(crate) fn flat(width: u16, height: u16, components: u8) -> Vec<u8> {
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    let bits = blocks * 2 * usize::from(components);
    let mut scan = vec![components];
    scan.extend((1..=components).flat_map(|id| [id, 0]));
    scan.extend([0, 63, 0]);
    let entropy = vec![0; bits.div_ceil(8)];
    [
        &[0xff, 0xd8][..],
        &tables(),
        &frame(0xc0, width, height, components),
        &segment(0xda, &scan),
        &entropy,
        &[0xff, 0xd9],
    ]
    .concat()
}

/// Progressive picture with `scans` scans that refine nothing.
pub(crate) fn progressive(width: u16, height: u16, scans: usize) -> Vec<u8> {
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    let mut file = vec![0xff, 0xd8];
    file.extend(tables());
    file.extend(frame(0xc2, width, height, 1));
    file.extend(segment(0xda, &[1, 1, 0, 0, 0, 0]));
    file.extend(vec![0; blocks.div_ceil(8)]);
    for _ in 1..scans {
        file.extend(segment(0xda, &[1, 1, 0, 1, 63, 0]));
        file.extend(vec![0; blocks.div_ceil(8)]);
    }
    file.extend([0xff, 0xd9]);
    file
}

/// Quantisation table of ones, and the two Huffman tables.
fn tables() -> Vec<u8> {
    let quantisation = [&[0][..], &[1; 64]].concat();
    let huffman = |class: u8| [&[class, 1][..], &[0; 15], &[0]].concat();
    [segment(0xdb, &quantisation), segment(0xc4, &huffman(0)), segment(0xc4, &huffman(0x10))]
        .concat()
}

fn frame(marker: u8, width: u16, height: u16, components: u8) -> Vec<u8> {
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    let mut contents = vec![8, h1, h0, w1, w0, components];
    contents.extend((1..=components).flat_map(|id| [id, 0x11, 0]));
    segment(marker, &contents)
}
