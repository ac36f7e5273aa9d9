//! Numbers as bits and bytes: varints, and rows of bits with the lowest first.

/// Appends seven bits a byte, the lowest first; the high bit says that more follow.
pub(crate) fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes a varint from the front; none of one that is cut, or has more than 64 bits.
pub(crate) fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            return None;
        }
        value |= part << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Takes so many bytes from the front.
pub(crate) fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

/// A signed number as one that is small if it is near zero.
pub(crate) fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// And back.
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Bits that are appended to bytes.
pub(crate) struct BitWriter<'o> {
    out: &'o mut Vec<u8>,
    bits: u64,
    count: u32,
}

impl<'o> BitWriter<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, bits: 0, count: 0 }
    }

    /// Appends the lowest bits of a value, at most 56.
    pub(crate) fn write(&mut self, value: u64, count: u32) {
        debug_assert!(count <= 56 && value >> count == 0, "{value} in {count} bits");
        self.bits |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.bits as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }

    /// Appends so many zeros and a one.
    pub(crate) fn write_unary(&mut self, mut zeros: u64) {
        while zeros >= 32 {
            self.write(0, 32);
            zeros -= 32;
        }
        self.write(1 << zeros, zeros as u32 + 1);
    }

    /// Appends what is left, filled up to a byte.
    pub(crate) fn end(self) {
        if self.count > 0 {
            self.out.push(self.bits as u8);
        }
    }
}

/// Bits that are read from bytes. Behind the end there are zeros without end.
pub(crate) struct BitReader<'b> {
    bytes: &'b [u8],
    bits: u64,
    count: u32,
    /// Bits that were read behind the end, or more.
    is_behind: bool,
}

impl<'b> BitReader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            bits: 0,
            count: 0,
            is_behind: false,
        }
    }

    /// Has at least 56 bits at hand, or all that there are.
    #[inline]
    fn fill(&mut self) {
        if let Some(eight) = self.bytes.first_chunk::<8>() {
            self.bits |= u64::from_le_bytes(*eight) << self.count;
            let taken = (63 - self.count) / 8;
            self.bytes = &self.bytes[taken as usize..];
            self.count += taken * 8;
            // Bits above the count are those that the next fill puts there again.
        } else {
            while self.count <= 56
                && let Some((first, rest)) = self.bytes.split_first()
            {
                self.bits |= u64::from(*first) << self.count;
                self.count += 8;
                self.bytes = rest;
            }
        }
    }

    /// The next bits, at most 56.
    #[inline]
    pub(crate) fn read(&mut self, count: u32) -> u64 {
        if self.count < count {
            self.fill();
            if self.count < count {
                self.is_behind = true;
                self.count = count;
            }
        }
        let value = self.bits & ((1 << count) - 1);
        self.bits >>= count;
        self.count -= count;
        value
    }

    /// The zeros before the next one, which is taken too. None behind the end.
    #[inline]
    pub(crate) fn read_unary(&mut self) -> Option<u64> {
        let mut zeros = 0;
        loop {
            let here = self.bits.trailing_zeros();
            if here < self.count {
                self.bits = self.bits >> here >> 1;
                self.count -= here + 1;
                return Some(zeros + u64::from(here));
            }
            zeros += u64::from(self.count);
            (self.bits, self.count) = (0, 0);
            if self.bytes.is_empty() {
                return None;
            }
            self.fill();
        }
    }

    /// None if more was read than there is.
    pub(crate) fn checked(&self) -> Option<()> {
        (!self.is_behind).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec((any::<u64>(), 0_u32..=56, 0_u64..200), 0..100), value: u64) {
            let mut bytes = Vec::new();
            let mut bits = BitWriter::new(&mut bytes);
            for (value, count, zeros) in &rows {
                bits.write(value & ((1 << count) - 1), *count);
                bits.write_unary(*zeros);
            }
            bits.end();
            let mut bits = BitReader::new(&bytes);
            for (value, count, zeros) in &rows {
                prop_assert_eq!(bits.read(*count), value & ((1 << count) - 1));
                prop_assert_eq!(bits.read_unary(), Some(*zeros));
            }
            prop_assert_eq!(bits.checked(), Some(()));
            prop_assert_eq!(bits.read_unary(), None);
            bits.read(1);
            prop_assert_eq!(bits.checked(), None);
            let mut bytes = Vec::new();
            write_varint(value, &mut bytes);
            prop_assert_eq!(read_varint(&mut &bytes[..]), Some(value));
            prop_assert_eq!(read_varint(&mut &bytes[..bytes.len() - 1]), None);
            prop_assert_eq!(unzigzag(zigzag(value as i64)), value as i64);
        }
    }

    #[test]
    fn a_varint_has_64_bits() {
        assert_eq!(read_varint(&mut &[0xff; 10][..]), None);
        let mut most = vec![0xff; 9];
        most.push(2);
        assert_eq!(read_varint(&mut &most[..]), None);
    }
}
