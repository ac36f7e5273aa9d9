//! A table over all of Unicode that UTF-8 leads into without a detour.

/// A value for each character, in pages of 64 so that the untouched ones share a page. All that the last byte of a
/// character in UTF-8 can be is one page.
#[derive(Debug)]
pub struct Pages<T> {
    index: Vec<u16>,
    cells: Vec<T>,
}

const PAGE_CHARS: usize = 64;

impl<T: Copy> Pages<T> {
    /// The same value for all characters.
    pub fn new(default: T) -> Self {
        let pages = (char::MAX as usize + 1) / PAGE_CHARS;
        Self {
            index: vec![0; pages],
            cells: vec![default; PAGE_CHARS],
        }
    }

    /// The value of a character.
    #[inline]
    pub fn get(&self, c: char) -> T {
        self.at(u32::from(c))
    }

    /// The value of the character with this code point, which is at most that of the last one.
    #[inline]
    pub fn at(&self, code_point: u32) -> T {
        let c = code_point as usize;
        self.cells[usize::from(self.index[c / PAGE_CHARS]) * PAGE_CHARS + c % PAGE_CHARS]
    }

    /// The value of the character at byte `at`, and where the next one begins. The text is valid and `at` is on a border
    /// before its end.
    #[inline]
    pub fn decode(&self, text: &[u8], at: usize) -> (T, usize) {
        match *text.get(at..).unwrap_or_default() {
            [a @ 0xe0..0xf0, b, c, ..] => (self.of_three(a, b, c), at.wrapping_add(3)),
            [a @ 0..0x80, ..] => (self.cell(usize::from(a) >> 6, a), at.wrapping_add(1)),
            ref rest => self.decode_rare(rest, at),
        }
    }

    /// The value of the character that takes these three bytes in UTF-8.
    #[inline]
    pub fn of_three(&self, a: u8, b: u8, c: u8) -> T {
        self.cell((usize::from(a) & 0xf) << 6 | usize::from(b) & 0x3f, c)
    }

    #[inline(never)]
    fn decode_rare(&self, rest: &[u8], at: usize) -> (T, usize) {
        match *rest {
            [a @ 0x80..0xe0, b, ..] => (self.cell(usize::from(a) & 0x1f, b), at.wrapping_add(2)),
            [a, b, c, d, ..] => {
                let tail = |byte: u8| usize::from(byte) & 0x3f;
                let page = (usize::from(a) & 0x7) << 12 | tail(b) << 6 | tail(c);
                (self.cell(page, d), at.wrapping_add(4))
            }
            // Not in valid text.
            _ => (self.cells[0], at.wrapping_add(rest.len())),
        }
    }

    /// The value of the character in a page whose last byte in UTF-8 is this.
    #[inline]
    fn cell(&self, page: usize, last: u8) -> T {
        self.cells[usize::from(self.index[page]) * PAGE_CHARS + usize::from(last & 0x3f)]
    }

    /// Sets the value of a character.
    pub fn set(&mut self, c: char, value: T) {
        let c = c as usize;
        let page = &mut self.index[c / PAGE_CHARS];
        if *page == 0 {
            // At most 17,408 pages, so that the number fits.
            *page = (self.cells.len() / PAGE_CHARS) as u16;
            self.cells.extend_from_within(..PAGE_CHARS);
        }
        self.cells[usize::from(*page) * PAGE_CHARS + c % PAGE_CHARS] = value;
    }

    /// Memory that it takes.
    pub fn memory_bytes(&self) -> usize {
        size_of_val(self.index.as_slice()) + size_of_val(self.cells.as_slice())
    }
}
