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
    Photo::parse(Bytes::from(file), &PhotoLimits::default()).unwrap()
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
