//! The table of documents: the number that the archive knows each by, and when it was sent. In blocks of 128, of which each knows its
//! least number and its least time, and has of each document how much more it is, in as many bits as the block needs.

use super::bits::{BitReader, BitWriter, read_varint, take, unzigzag, write_varint, zigzag};
use super::page::CONTENT_BYTES_MAX;

/// Documents of a block. The last block of a table may have fewer.
pub(crate) const BLOCK: usize = 128;
/// The widest value of a row, in bits.
const WIDTH_MAX: u32 = 56;

/// What is known of a document without its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// What the archive knows it by: greater for a later one.
    pub number: u64,
    /// When it was sent, in milliseconds since 1970.
    pub sent_ms: i64,
}

/// A row that no table can have beside those of its block: their numbers, or times, are more than 2^56 apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooFar;

/// Appends a block: at most [`BLOCK`] rows, and not none.
pub(crate) fn write(rows: &[Row], out: &mut Vec<u8>) -> Result<(), TooFar> {
    let number = rows[0].number;
    let sent = rows.iter().map(|row| row.sent_ms).min().unwrap_or_default();
    let numbers = || rows.iter().map(|row| row.number - number);
    let times = || rows.iter().map(|row| row.sent_ms.wrapping_sub(sent) as u64);
    let width = |most: Option<u64>| most.map_or(0, |most| u64::BITS - most.leading_zeros());
    let (number_bits, time_bits) = (width(numbers().max()), width(times().max()));
    if number_bits.max(time_bits) > WIDTH_MAX {
        return Err(TooFar);
    }
    write_varint(number, out);
    write_varint(zigzag(sent), out);
    out.extend_from_slice(&[rows.len() as u8 - 1, number_bits as u8, time_bits as u8]);
    for (values, width) in [
        (&mut numbers() as &mut dyn Iterator<Item = u64>, number_bits),
        (&mut times(), time_bits),
    ] {
        let mut bits = BitWriter::new(out);
        values.for_each(|value| bits.write(value, width));
        bits.end();
    }
    Ok(())
}

/// A block, in bytes, at most.
pub(crate) const BLOCK_BYTES_MAX: usize = 10 + 10 + 3 + 2 * (BLOCK * WIDTH_MAX as usize / 8);
const _: () = assert!(BLOCK_BYTES_MAX < CONTENT_BYTES_MAX);

/// A block whose rows were not unpacked yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed<'b> {
    pub(crate) count: usize,
    number: u64,
    sent_ms: i64,
    number_bits: u32,
    time_bits: u32,
    numbers: &'b [u8],
    times: &'b [u8],
}

impl<'b> Packed<'b> {
    /// Takes a block from the front; none of bytes that are none.
    pub(crate) fn take(bytes: &mut &'b [u8]) -> Option<Self> {
        let number = read_varint(bytes)?;
        let sent_ms = unzigzag(read_varint(bytes)?);
        let &[count, number_bits, time_bits] = take(bytes, 3)?.first_chunk()?;
        let count = usize::from(count) + 1;
        let (number_bits, time_bits) = (u32::from(number_bits), u32::from(time_bits));
        if count > BLOCK || number_bits > WIDTH_MAX || time_bits > WIDTH_MAX {
            return None;
        }
        let length = |width: u32| (count * width as usize).div_ceil(8);
        Some(Self {
            count,
            number,
            sent_ms,
            number_bits,
            time_bits,
            numbers: take(bytes, length(number_bits))?,
            times: take(bytes, length(time_bits))?,
        })
    }

    /// The number of its first document.
    pub(crate) fn first_number(&self) -> u64 {
        self.number
    }

    /// Its rows, in the order of their documents.
    pub(crate) fn rows(self) -> impl Iterator<Item = Row> {
        let (mut numbers, mut times) = (BitReader::new(self.numbers), BitReader::new(self.times));
        (0..self.count).map(move |_| Row {
            number: self.number.saturating_add(numbers.read(self.number_bits)),
            sent_ms: self.sent_ms.saturating_add_unsigned(times.read(self.time_bits)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(steps in prop::collection::vec((0_u64..1 << 40, 0_i64..1 << 50), 1..=BLOCK), sent in -(1_i64 << 50)..1 << 50) {
            let mut number = 0;
            let rows: Vec<Row> = steps.iter().map(|(step, more)| {
                number += step;
                Row { number, sent_ms: sent + more }
            }).collect();
            let mut bytes = Vec::new();
            prop_assert_eq!(write(&rows, &mut bytes), Ok(()));
            prop_assert!(bytes.len() <= BLOCK_BYTES_MAX);
            let mut left = &bytes[..];
            let packed = Packed::take(&mut left).unwrap();
            prop_assert!(left.is_empty());
            prop_assert_eq!(packed.first_number(), rows[0].number);
            prop_assert_eq!(packed.rows().collect::<Vec<_>>(), rows);
            prop_assert!(Packed::take(&mut &bytes[..bytes.len() - 1]).is_none() || bytes.len() == 5);
        }

        #[test]
        fn other_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(packed) = Packed::take(&mut &bytes[..]) {
                prop_assert!(packed.rows().count() <= BLOCK);
            }
        }
    }

    #[test]
    fn rows_that_are_too_far_apart_are_refused() {
        let row = |number, sent_ms| Row { number, sent_ms };
        assert_eq!(write(&[row(1, 0), row(1 << 57, 0)], &mut Vec::new()), Err(TooFar));
        assert_eq!(
            write(&[row(1, i64::MIN), row(2, i64::MAX)], &mut Vec::new()),
            Err(TooFar)
        );
    }
}
