use std::rc::Rc;

use img_parts::jpeg::{JpegSegment, markers};

use super::bits::Bits;
use super::frame::Frame;
use super::huffman::Codes;

/// The entropy-coded data of a sequential scan of all components (annex F.2).
///
/// The codes of all blocks are read and their values skipped, which is the only way to know whether
/// blocks are missing and where unrelated bytes begin.
pub(super) struct Blocks<'a> {
    /// Entropy-coded data and anything that follows it.
    data: &'a [u8],
    mcu_count: u64,
    /// Number of MCUs between restart markers; 0 without restart markers.
    restart_interval: u64,
    /// Codes of the DC and the AC coefficients of each block of an MCU.
    mcu: Vec<[Rc<Codes>; 2]>,
}

impl<'a> Blocks<'a> {
    /// `None` if a table is missing or invalid.
    pub(super) fn new(frame: &Frame, segments: &[JpegSegment], data: &'a [u8]) -> Option<Self> {
        let scan = segments.last()?.contents();
        let mut mcu = Vec::new();
        for component in &frame.components {
            let mut selectors = scan.get(1..)?.chunks_exact(2);
            let &[_, tables] = selectors.find(|pair| pair.first() == Some(&component.id))? else {
                return None;
            };
            let codes = |table: u8| Codes::find(segments, table).map(Rc::new);
            let codes = [codes(tables >> 4)?, codes(0x10 | (tables & 15))?];
            mcu.extend((0..frame.blocks_per_mcu(component)).map(|_| codes.clone()));
        }
        let interval = match segments.iter().rfind(|segment| segment.marker() == markers::DRI) {
            Some(segment) => u16::from_be_bytes(*segment.contents().first_chunk()?),
            None => 0,
        };
        Some(Self { data, mcu_count: frame.mcu_count(), restart_interval: interval.into(), mcu })
    }

    /// Offset of the first byte after the last block; `None` if blocks are missing.
    pub(super) fn end(&self) -> Option<usize> {
        self.visit(|_| {})
    }

    /// Passes the data between restart markers to `sink`, without any bytes between the last block and
    /// the marker, and returns the offset of the first byte after the last block.
    ///
    /// `None` if blocks or restart markers are missing.
    pub(super) fn visit(&self, mut sink: impl FnMut(&[u8])) -> Option<usize> {
        let mut bits = Bits::new(self.data);
        let mut restarts = (markers::RST0..=markers::RST7).cycle();
        let mut remaining = self.mcu_count;
        loop {
            let start = bits.position();
            let count = match self.restart_interval {
                0 => remaining,
                interval => interval.min(remaining),
            };
            for _ in 0..count {
                self.skip_mcu(&mut bits)?;
            }
            remaining -= count;
            bits.align();
            sink(self.data.get(start..bits.position())?);
            if remaining == 0 {
                return Some(bits.position());
            }
            if bits.skip_marker()? != restarts.next()? {
                return None;
            }
        }
    }

    fn skip_mcu(&self, bits: &mut Bits<'_>) -> Option<()> {
        for [dc, ac] in &self.mcu {
            let length = dc.read(bits)?;
            bits.skip(length.into())?;
            let mut coefficient = 1;
            while coefficient < 64 {
                let symbol = ac.read(bits)?;
                let (zeros, length) = (symbol >> 4, symbol & 15);
                match (zeros, length) {
                    // The rest of the block is zero.
                    (0..15, 0) => break,
                    _ => coefficient += u32::from(zeros) + 1,
                }
                bits.skip(length.into())?;
            }
        }
        Some(())
    }
}
