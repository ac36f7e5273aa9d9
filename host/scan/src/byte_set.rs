//! Sets of bytes, and how much it tells that a text has one of them.

use std::fmt;

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(crate) fn range(from: u8, to: u8) -> Self {
        let mut set = Self::default();
        (from..=to).for_each(|byte| set.0[usize::from(byte) / 64] |= 1 << (byte % 64));
        set
    }

    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte) / 64] >> (byte % 64) & 1 == 1
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(|&byte| self.contains(byte))
    }

    /// How much it tells that a byte of a text is one of these: the negative binary logarithm of how often that happens.
    pub(crate) fn bits(&self) -> f32 {
        let often: u32 = self.bytes().map(|byte| u32::from(FREQUENCIES[usize::from(byte)])).sum();
        -(often.clamp(1, 10_000) as f32 / 10_000.0).log2()
    }
}

/// How often a byte stands in Chinese or in English text, whichever is more, in ten thousandths: estimates, which decide
/// what is looked for and never what is found.
const FREQUENCIES: [u16; 256] = {
    let mut often = [2; 256];
    let mut byte = 0x80;
    while byte < 0xc0 {
        often[byte] = 100;
        byte += 1;
    }
    let letters: [u16; 26] = [
        660, 120, 230, 340, 1030, 180, 160, 490, 560, 20, 80, 330, 190, 540, 600, 150, 10, 480, 510, 730, 220, 80, 190,
        20, 160, 10,
    ];
    let mut letter = 0;
    while letter < 26 {
        often[b'a' as usize + letter] = letters[letter];
        often[b'A' as usize + letter] = 15 + letters[letter] / 20;
        letter += 1;
    }
    let mut digit = b'0';
    while digit <= b'9' {
        often[digit as usize] = 20;
        digit += 1;
    }
    let others: [(u8, u16); 21] = [
        (b' ', 1700),
        (b'\n', 100),
        (b'\r', 20),
        (b'.', 110),
        (b',', 110),
        (b'-', 40),
        (b'\'', 50),
        (b'?', 40),
        (b'!', 40),
        (b':', 30),
        (b'/', 20),
        (b'"', 20),
        (b'(', 20),
        (b')', 20),
        (0xe3, 150),
        (0xe4, 600),
        (0xe5, 900),
        (0xe6, 700),
        (0xe7, 500),
        (0xe8, 500),
        (0xe9, 300),
    ];
    let mut other = 0;
    while other < others.len() {
        often[others[other].0 as usize] = others[other].1;
        other += 1;
    }
    often[0xef] = 250;
    often
};

impl fmt::Debug for ByteSet {
    /// As a class of a regular expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[")?;
        let mut from = 0_usize;
        while from < 256 {
            let to = (from..256).take_while(|&byte| self.contains(byte as u8)).last();
            let show = |byte: usize| std::ascii::escape_default(byte as u8);
            match to {
                Some(to) if to > from => write!(f, "{}-{}", show(from), show(to))?,
                Some(to) => write!(f, "{}", show(to))?,
                None => {}
            }
            from = to.unwrap_or(from) + 1;
        }
        write!(f, "]")
    }
}
