use std::io::{self, Read};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::read::DecoderReader;

/// Standard alphabet, with or without padding.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 (RFC 4648); `None` for any other text. The alphabet can be standard or URL-safe. Padding, line
/// breaks, blanks and a prefix `data:...;base64,` are optional.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = without_data_url(text.trim_ascii())?.as_bytes();
    let is_odd = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'-' | b'_');
    if !digits.iter().any(is_odd) {
        return ENGINE.decode(digits).ok();
    }
    let kept = digits.iter().filter(|byte| !byte.is_ascii_whitespace()).map(standard_digit);
    let mut decoded = Vec::with_capacity(base64::decoded_len_estimate(digits.len()));
    DecoderReader::new(Digits(kept), &ENGINE).read_to_end(&mut decoded).ok()?;
    Some(decoded)
}

/// Reads digits one by one, so that the normalised text, which is megabytes, is never in memory.
struct Digits<I>(I);

impl<I: Iterator<Item = u8>> Read for Digits<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        for (slot, digit) in buffer.iter_mut().zip(&mut self.0) {
            *slot = digit;
            read += 1;
        }
        Ok(read)
    }
}

fn standard_digit(byte: &u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => *byte,
    }
}

/// The text after `data:...;base64,` (RFC 2397), or the whole text without `data:`.
fn without_data_url(text: &str) -> Option<&str> {
    let scheme = text.get(..5);
    if !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        return Some(text);
    }
    let (head, data) = text.split_once(',')?;
    let coding = head.len().checked_sub(7).and_then(|start| head.get(start..))?;
    coding.eq_ignore_ascii_case(";base64").then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes whose base64 uses both digits that differ between the alphabets, and two padding characters.
    const BYTES: [u8; 7] = [0xfb, 0xff, 0xbf, b'J', b'P', b'E', b'G'];

    #[test]
    fn every_usual_form_is_decoded() {
        for form in [
            "+/+/SlBFRw==",
            "+/+/SlBFRw",
            "+/+/SlBFRw=",
            "-_-_SlBFRw==",
            "-_-_SlBFRw",
            "+/-_SlBFRw==",
            "+/+/\r\nSlBF\r\nRw==\r\n",
            "+/+/\nSlBFRw==",
            "  +/+/ SlBF\tRw==  ",
            "-_-_\nSlBF\nRw",
            "+/+/SlBFRw\n==",
            "data:image/jpeg;base64,+/+/SlBFRw==",
            "data:image/png;base64,-_-_SlBFRw",
            "DATA:IMAGE/JPEG;BASE64,+/+/SlBFRw==",
            "data:;base64,+/+/SlBFRw==",
            "data:image/jpeg;name=a.jpg;base64,+/+/SlBFRw==",
            " data:image/jpeg;base64,\n+/+/SlBF\nRw==\n",
        ] {
            assert_eq!(decode(form).as_deref(), Some(&BYTES[..]), "{form:?}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for form in [
            "+/+/S",
            "+/+/SlBFRw===",
            "+/+/Sl=FRw==",
            "+/+/SlBFRx==",
            "+/+/SlBFRw==AAAA",
            "-_-_SlBFRw==AAAA",
            "+/+/\nSlBFRw==\nAAAA",
            "+/+/\nS",
            "+/+/\nSlBFRw===",
            "+/+/\nSl=FRw==",
            "-_-_SlBFRx==",
            "+/+/\n\0SlBFRw==",
            "not base64!",
            "%2B/%2B/SlBFRw%3D%3D",
            "사진",
            "+/+/SlBFRw\u{a0}",
            "+/+/\0SlBFRw==",
            "data:image/jpeg,+/+/SlBFRw==",
            "data:image/jpeg;base64",
            "data:base64,+/+/SlBFRw==",
            "file:///tmp/a.jpg",
        ] {
            assert_eq!(decode(form), None, "{form:?}");
        }
    }

    #[test]
    fn nothing_decodes_to_nothing() {
        for form in ["", " \r\n", "data:image/jpeg;base64,"] {
            assert_eq!(decode(form).as_deref(), Some(&[][..]), "{form:?}");
        }
    }
}
