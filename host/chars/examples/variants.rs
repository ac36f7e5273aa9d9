//! Prints `data/variants.txt` from OpenCC character tables.
//!
//! `cargo run -p proviso-chars --example variants -- TSCharacters.txt TWVariants.txt HKVariants.txt`
//!
//! Each table has lines `character<TAB>replacement replacement …`. Replacements of one character relate it to each of
//! them; related characters form a class, and a class is printed as one line with its representative first. Characters of a class that
//! are first replacements of different ones stand apart by spaces, each before those whose first replacement it is.

use std::collections::BTreeMap;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut classes = Classes::default();
    for path in env::args().skip(1) {
        for line in fs::read_to_string(path)?.lines().filter(|line| !line.starts_with('#')) {
            let Some((from, replacements)) = line.split_once('\t') else {
                continue;
            };
            let Some(from) = only_char(from) else { continue };
            for (rank, to) in replacements.split_whitespace().filter_map(only_char).enumerate() {
                classes.relate(from, to, rank == 0);
            }
        }
    }
    for line in classes.lines() {
        println!("{line}");
    }
    Ok(())
}

fn only_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

#[derive(Default)]
struct Classes {
    parents: BTreeMap<char, char>,
    /// How often a character is the first replacement of another: the most frequent one represents its class.
    votes: BTreeMap<char, u32>,
    /// The first replacement of a character.
    plain: BTreeMap<char, char>,
}

impl Classes {
    fn root(&self, mut c: char) -> char {
        while let Some(&parent) = self.parents.get(&c).filter(|&&parent| parent != c) {
            c = parent;
        }
        c
    }

    fn relate(&mut self, from: char, to: char, first: bool) {
        if first {
            self.plain.entry(from).or_insert(to);
        }
        if from == to {
            return;
        }
        *self.votes.entry(to).or_default() += u32::from(first);
        let (a, b) = (self.root(from), self.root(to));
        self.parents.entry(a).or_insert(a);
        self.parents.insert(b, b);
        self.parents.insert(a, b);
        for c in [from, to] {
            let root = self.root(c);
            self.parents.insert(c, root);
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut members: BTreeMap<char, Vec<char>> = BTreeMap::new();
        for &c in self.parents.keys() {
            members.entry(self.root(c)).or_default().push(c);
        }
        let votes = |c: &char| self.votes.get(c).copied().unwrap_or_default();
        let mut lines: Vec<String> = members
            .into_values()
            .map(|mut class| {
                class.sort_by_key(|c| (u32::MAX - votes(c), *c));
                self.groups(&class)
            })
            .collect();
        lines.sort();
        lines
    }

    /// A class, its representative first, each plain form before what it is the plain form of.
    fn groups(&self, class: &[char]) -> String {
        let form = |c: &char| {
            self.plain
                .get(c)
                .filter(|form| class.contains(form))
                .copied()
                .unwrap_or(class[0])
        };
        let is_plain = |c: &&char| {
            **c == class[0] || form(c) == **c || class.iter().any(|other| other != *c && form(other) == **c)
        };
        let plain: Vec<&char> = class.iter().filter(is_plain).collect();
        let of = |head: &char| {
            let others = class.iter().filter(|c| !plain.contains(c) && form(c) == *head);
            std::iter::once(head).chain(others).collect::<String>()
        };
        plain.iter().map(|head| of(head)).collect::<Vec<String>>().join(" ")
    }
}
