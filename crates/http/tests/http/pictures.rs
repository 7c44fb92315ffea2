//! Files with the containers of pictures but arbitrary pixels.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A JPEG of 640 by 480 pixels with `pixels` as its entropy-coded data.
pub(crate) fn jpeg(pixels: &[u8]) -> Vec<u8> {
    jpeg_of(640, 480, pixels)
}

pub(crate) fn jpeg_of(width: u16, height: u16, pixels: &[u8]) -> Vec<u8> {
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    let frame = [0xff, 0xd8, 0xff, 0xc0, 0, 0x0b, 8, h1, h0, w1, w0, 1, 1, 0x11, 0];
    let scan = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0";
    [&frame[..], scan, pixels, b"\xff\xd9"].concat()
}

/// A PNG with this size in its header and almost no content.
pub(crate) fn png_of(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let chunks = [(&b"IHDR"[..], &header[..]), (b"IDAT", b"x\x9c\x03\0\0\0\0\x01"), (b"IEND", b"")];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in chunks {
        file.extend((content.len() as u32).to_be_bytes());
        file.extend(name);
        file.extend(content);
        file.extend(crc32(&[name, content].concat()).to_be_bytes());
    }
    file
}

pub(crate) fn base64(file: &[u8]) -> String {
    STANDARD.encode(file)
}

/// Checksum of PNG chunks (ISO/IEC 15948, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
