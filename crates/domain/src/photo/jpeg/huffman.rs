use img_parts::jpeg::{JpegSegment, markers};

use super::bits::Bits;

/// Maximum length of a code in bits.
const MAX_LENGTH: usize = 16;

/// A Huffman table (annex C), as the length and symbol for each possible next 16 bits.
pub(super) struct Codes(Vec<Option<(u8, u8)>>);

impl Codes {
    /// Codes of the last table with this class (upper four bits) and number; `None` if it is missing
    /// or invalid. Reads all tables, so it is called for a few of them only.
    pub(super) fn find(segments: &[JpegSegment], class_and_number: u8) -> Option<Self> {
        let mut found = None;
        for segment in segments.iter().filter(|segment| segment.marker() == markers::DHT) {
            let mut rest = &segment.contents()[..];
            while let Some((&[name, ref counts @ ..], after)) = rest.split_first_chunk::<17>() {
                let count = counts.iter().map(|&count| usize::from(count)).sum();
                let (symbols, next) = after.split_at_checked(count)?;
                if name == class_and_number {
                    found = Some((*counts, symbols));
                }
                rest = next;
            }
        }
        let (counts, symbols) = found?;
        Self::of(counts, symbols)
    }

    /// Codes from the number of codes of each length and their symbols.
    fn of(counts: [u8; MAX_LENGTH], symbols: &[u8]) -> Option<Self> {
        let mut table = Vec::with_capacity(1 << MAX_LENGTH);
        let mut symbols = symbols.iter();
        for (length, count) in (1_u8..).zip(counts) {
            for symbol in symbols.by_ref().take(count.into()) {
                let width = 1 << (MAX_LENGTH - usize::from(length));
                table.resize(table.len() + width, Some((length, *symbol)));
            }
            if table.len() > 1 << MAX_LENGTH {
                return None;
            }
        }
        table.resize(1 << MAX_LENGTH, None);
        Some(Self(table))
    }

    /// Reads a code and returns its symbol; `None` if the code is unknown or the data end.
    pub(super) fn read(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let (length, symbol) = (*self.0.get(usize::from(bits.peek()))?)?;
        bits.skip(length.into())?;
        Some(symbol)
    }
}
