use img_parts::jpeg::{JpegSegment, markers};

/// Frame header (annex B.2.2): size and sampling of the picture.
pub(super) struct Frame {
    /// Marker of the header, which determines the coding.
    marker: u8,
    /// Height in pixels, above 0.
    pub(super) height: u16,
    /// Width in pixels, above 0.
    pub(super) width: u16,
    /// 1 to 4.
    pub(super) components: Vec<Component>,
}

/// A colour channel.
pub(super) struct Component {
    /// Identifier, which scan headers refer to.
    pub(super) id: u8,
    /// Blocks per MCU in a row, 1 to 4.
    pub(super) horizontal: u8,
    /// Blocks per MCU in a column, 1 to 4.
    pub(super) vertical: u8,
}

/// Maximum number of components that decoders accept: CMYK.
const MAX_COMPONENTS: u8 = 4;

/// Memory of the 64 coefficients of a block in a decoder, 16 bits each.
const BLOCK_BYTES: u64 = 128;

impl Frame {
    /// Parses the first frame header; `None` if it is missing or invalid.
    pub(super) fn of(segments: &[JpegSegment]) -> Option<Self> {
        let header = segments.iter().find(|segment| is_frame_header(segment.marker()))?;
        let (&[_, h1, h0, w1, w0, count], components) =
            header.contents().split_first_chunk::<6>()?;
        if count > MAX_COMPONENTS {
            return None;
        }
        let mut parsed = Vec::new();
        for component in components.chunks_exact(3).take(count.into()) {
            let &[id, sampling, _] = component else { return None };
            let (horizontal, vertical) = (sampling >> 4, sampling & 15);
            if !(1..=4).contains(&horizontal) || !(1..=4).contains(&vertical) {
                return None;
            }
            parsed.push(Component { id, horizontal, vertical });
        }
        let [height, width] = [[h1, h0], [w1, w0]].map(u16::from_be_bytes);
        let is_valid = height > 0 && width > 0 && count > 0 && parsed.len() == usize::from(count);
        is_valid.then_some(Self { marker: header.marker(), height, width, components: parsed })
    }

    /// Whether the picture is baseline or extended sequential with Huffman coding.
    pub(super) fn is_huffman_sequential(&self) -> bool {
        matches!(self.marker, markers::SOF0 | markers::SOF1)
    }

    /// Whether the picture is sequential or progressive with Huffman coding.
    pub(super) fn is_huffman(&self) -> bool {
        self.is_huffman_sequential() || self.marker == markers::SOF2
    }

    /// Number of MCUs: the smallest units that contain whole blocks of all components.
    pub(super) fn mcu_count(&self) -> u64 {
        let [mut across, mut down] = [8_u64; 2];
        // The only component of a picture is not interleaved: its MCU is one block.
        if self.components.len() > 1 {
            let sampling = |of: fn(&Component) -> u8| self.components.iter().map(of).max();
            across *= u64::from(sampling(|component| component.horizontal).unwrap_or(1));
            down *= u64::from(sampling(|component| component.vertical).unwrap_or(1));
        }
        u64::from(self.width).div_ceil(across) * u64::from(self.height).div_ceil(down)
    }

    /// Number of blocks of 8x8 samples of a component in an MCU.
    pub(super) fn blocks_per_mcu(&self, component: &Component) -> u64 {
        if self.components.len() == 1 {
            return 1;
        }
        u64::from(component.horizontal) * u64::from(component.vertical)
    }

    /// Number of blocks of all components.
    pub(super) fn block_count(&self) -> u64 {
        let per_mcu = self.components.iter().map(|component| self.blocks_per_mcu(component));
        self.mcu_count() * per_mcu.sum::<u64>()
    }

    /// Whether the coding is arithmetic, which no camera writes.
    pub(super) fn is_arithmetic(&self) -> bool {
        matches!(self.marker, 0xc9..=0xcf)
    }

    /// Memory that a decoder needs to hold all coefficients, in bytes.
    pub(super) fn coefficient_bytes(&self) -> u64 {
        self.block_count() * BLOCK_BYTES
    }
}

/// Whether the marker is one of SOF0 to SOF15, whose range also has DHT, JPG and DAC.
fn is_frame_header(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}
