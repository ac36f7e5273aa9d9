//! The matcher that guests carry inside: every occurrence of every term, also where they overlap, exactly as written.

use daachorse::CharwiseDoubleArrayAhoCorasick;

/// Some terms, ready to be looked for.
pub struct Terms(CharwiseDoubleArrayAhoCorasick<u32>);

impl Terms {
    /// Takes a list with a term on each line: of every `of` lines the one with the number `part`, from 0.
    pub fn new(list: &str, part: usize, of: usize) -> Result<Self, String> {
        if of == 0 || part >= of {
            return Err(format!("there is no part {part} of {of}"));
        }
        CharwiseDoubleArrayAhoCorasick::new(list.lines().skip(part).step_by(of))
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Where terms stand in a text: bytes from and to.
    pub fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (u32, u32)> + 'a {
        let found = self.0.find_overlapping_iter(text);
        found.map(|found| (found.start() as u32, found.end() as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::Terms;

    #[test]
    fn every_occurrence_is_found_as_written() {
        let terms = Terms::new("稳赚\n稳赚不赔\nVIP\n", 0, 1).expect("these are terms");
        let found: Vec<_> = terms.find("稳赚不赔 vip VIP").collect();
        assert_eq!(found, [(0, 6), (0, 12), (17, 20)]);
    }

    #[test]
    fn parts_share_a_list_out() {
        let found = |part| {
            Terms::new("a\nb\nc\n", part, 2)
                .expect("these are terms")
                .find("abc")
                .count()
        };
        assert_eq!([found(0), found(1)], [2, 1]);
        assert!(Terms::new("a\n", 1, 1).is_err());
    }
}
