//! Files with valid containers; these tests never decode their pixels.

use bytes::Bytes;
use injeung_domain::{Photo, PhotoLimits};

/// JPEG segment: marker, length, contents.
pub(crate) fn segment(marker: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, contents].concat()
}

/// Baseline JPEG of 640x480 pixels with these segments before its frame header.
pub(crate) fn jpeg_with(metadata: &[Vec<u8>], entropy: &[u8]) -> Vec<u8> {
    let jfif = segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
    let frame = segment(
        0xc0,
        &[8, 480_u16.to_be_bytes()[0], 480_u16.to_be_bytes()[1], 2, 128, 1, 1, 17, 0],
    );
    let scan = segment(0xda, &[1, 1, 0, 0, 63, 0]);
    let mut file = vec![0xff, 0xd8];
    file.extend(jfif);
    file.extend(metadata.concat());
    file.extend(frame);
    file.extend(scan);
    file.extend(entropy);
    file.extend([0xff, 0xd9]);
    file
}

/// JPEG with entropy-coded data that depends on `seed`.
pub(crate) fn jpeg(seed: u8) -> Photo {
    photo(jpeg_with(&[], &[seed & 0x7f; 64]))
}

pub(crate) fn photo(file: Vec<u8>) -> Photo {
    Photo::parse(Bytes::from(file), &PhotoLimits::NONE).unwrap()
}

/// Flat baseline JPEG with components of equal sampling and these segments before its scan. A block
/// takes two bits. Restart markers follow every `restart_interval` blocks, unless it is 0.
pub(crate) fn flat(size: (u16, u16), components: u8, restart_interval: u16) -> Vec<u8> {
    let blocks = |side: u16| usize::from(side).div_ceil(8);
    let mcus = blocks(size.0) * blocks(size.1);
    let interval = if restart_interval == 0 { mcus } else { usize::from(restart_interval) };
    let mut file = vec![0xff, 0xd8];
    file.extend(headers(0xc0, size, components));
    file.extend(segment(0xdd, &restart_interval.to_be_bytes()));
    file.extend(scan_header(components, [0, 63, 0]));
    for (number, start) in (0..mcus).step_by(interval).enumerate() {
        if number > 0 {
            file.extend([0xff, 0xd0 + (number as u8 - 1) % 8]);
        }
        let count = interval.min(mcus - start);
        file.extend(vec![0; (count * 2 * usize::from(components)).div_ceil(8)]);
    }
    file.extend([0xff, 0xd9]);
    file
}

/// Tables and the frame header `marker`, of components with sampling 1x1.
pub(crate) fn headers(marker: u8, (width, height): (u16, u16), components: u8) -> Vec<u8> {
    let quantisation = [&[0][..], &[1; 64]].concat();
    // One symbol: the one of an empty block.
    let huffman = |class: u8| segment(0xc4, &[&[class, 1][..], &[0; 15], &[0]].concat());
    let mut frame = vec![8];
    frame.extend(height.to_be_bytes());
    frame.extend(width.to_be_bytes());
    frame.push(components);
    frame.extend((1..=components).flat_map(|id| [id, 0x11, 0]));
    [segment(0xdb, &quantisation), huffman(0), huffman(0x10), segment(marker, &frame)].concat()
}

/// Scan header of all components.
pub(crate) fn scan_header(components: u8, parameters: [u8; 3]) -> Vec<u8> {
    let mut contents = vec![components];
    contents.extend((1..=components).flat_map(|id| [id, 0]));
    contents.extend(parameters);
    segment(0xda, &contents)
}

/// EXIF segment with an orientation and a GPS position.
pub(crate) fn exif_with_gps(orientation: u8) -> Vec<u8> {
    let mut block = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    block.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    block.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]); // GPSInfo at offset 38
    block.extend([0; 4]);
    block.extend([1, 0, 1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0, 0, 0, 0, 0]); // GPSLatitudeRef N
    segment(0xe1, &block)
}

/// PNG file of a header and an end chunk only: 8-bit RGB.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for chunk in [&header[..], b"IDAT", b"IEND"] {
        file.extend(u32::try_from(chunk.len() - 4).unwrap().to_be_bytes());
        file.extend(chunk);
        file.extend(crc32(chunk).to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
