use img_parts::jpeg::markers;

/// Reads the bits of entropy-coded data up to the next marker, first bit first.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// Offset of the next byte to buffer.
    next: usize,
    /// The last `count` bits are buffered.
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, next: 0, buffer: 0, count: 0 }
    }

    /// The next 16 bits without consuming them; zeros after the end of the data.
    pub(super) fn peek(&mut self) -> u16 {
        self.fill();
        let aligned = if self.count < 16 {
            self.buffer << (16 - self.count)
        } else {
            self.buffer >> (self.count - 16)
        };
        aligned as u16
    }

    /// Consumes up to 16 bits; `None` if there are fewer before the next marker.
    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        self.fill();
        self.count = self.count.checked_sub(count)?;
        Some(())
    }

    /// Drops the rest of a byte, and returns the buffered bytes to the data.
    pub(super) fn align(&mut self) {
        while self.count >= 8 {
            self.count -= 8;
            let is_stuffed =
                self.data.get(..self.next).is_some_and(|read| read.ends_with(&[markers::P, 0]));
            self.next -= if is_stuffed { 2 } else { 1 };
        }
        self.count = 0;
    }

    /// Offset of the next byte. The reader must be aligned.
    pub(super) fn position(&self) -> usize {
        self.next
    }

    /// Skips everything up to the next marker and the marker, and returns its code.
    pub(super) fn skip_marker(&mut self) -> Option<u8> {
        loop {
            let at = self.next + memchr::memchr(markers::P, self.data.get(self.next..)?)?;
            let marker = *self.data.get(at + 1)?;
            // Fill bytes may precede a marker; a stuffed zero is data.
            self.next = if marker == markers::P { at + 1 } else { at + 2 };
            if !matches!(marker, 0 | markers::P) {
                return Some(marker);
            }
        }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let (byte, length) = match self.data.get(self.next..) {
                Some([markers::P, 0, ..]) => (markers::P, 2),
                Some([markers::P, ..] | []) | None => return,
                Some([byte, ..]) => (*byte, 1),
            };
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.count += 8;
            self.next += length;
        }
    }
}
