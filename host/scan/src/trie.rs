//! All keys in one trie over symbols, as a double array.
//!
//! A symbol stands for a class of characters, so that the text need not be folded before it is searched: the table that
//! finds a character's symbol does it on the way. Only as much of a key is in the array as tells it from the others; the
//! rest of it, its tail, lies in a row of symbols. Keys are looked up from every place of the text where the screen (see
//! `screen`) says that one may begin, so that there are no links from one place of the trie to another.

/// What a character is to the trie. Numbers are dense, from 0.
pub(crate) type Symbol = u16;

/// No state: marks free places of the array.
const NOWHERE: u32 = u32::MAX;
/// The parent of states that no transition may reach by way of the array: the first ones of all keys.
const ROOT: u32 = u32::MAX - 1;
/// No key ends here.
const NO_KEY: u32 = u32::MAX >> 1;
/// Set in `State::key` of a state that one key alone leads through.
const ALONE: u32 = 1 << 31;

#[derive(Debug, Clone, Copy)]
struct State {
    /// The child by a symbol is at `base + symbol` (wrapping) if that state's parent is this one. Of a state that one
    /// key alone leads through, the place of its tail.
    base: u32,
    parent: u32,
    /// The key that ends here, or behind the tail.
    key: u32,
}

const FREE: State = State {
    base: 0,
    parent: NOWHERE,
    key: NO_KEY,
};

/// Keys, one behind the other: in ascending order, not empty, without duplicates.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    symbols: Vec<Symbol>,
    ends: Vec<u32>,
}

impl Keys {
    pub(crate) fn push(&mut self, key: &[Symbol]) {
        self.symbols.extend_from_slice(key);
        self.ends.push(self.symbols.len() as u32);
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, number: usize) -> &[Symbol] {
        let from = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.symbols[from as usize..self.ends[number] as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Symbol]> + Clone {
        (0..self.len()).map(|number| self.get(number))
    }
}

#[derive(Debug)]
pub(crate) struct Trie {
    /// By symbol: the state behind it, or `NOWHERE` if no key begins with it.
    firsts: Vec<u32>,
    states: Vec<State>,
    /// Tails, each behind its length. None is longer than a term.
    tails: Vec<Symbol>,
}

/// Where a look-up stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor {
    state: u32,
    /// How much of the state's tail was compared.
    compared: u32,
}

impl Trie {
    /// A trie of `keys`, whose symbols are below `symbols`.
    pub(crate) fn new(keys: &Keys, symbols: usize) -> Self {
        Builder::new(symbols).build(keys)
    }

    /// The place behind the first symbol of a key, if there is a key with it.
    #[inline]
    pub(crate) fn begin(&self, symbol: Symbol) -> Option<Cursor> {
        let state = self.firsts[usize::from(symbol)];
        (state != NOWHERE).then_some(Cursor { state, compared: 0 })
    }

    /// The place behind the next symbol of a key, if there is a key with it.
    #[inline]
    pub(crate) fn step(&self, at: Cursor, symbol: Symbol) -> Option<Cursor> {
        let Cursor { state, compared } = at;
        let from = self.states[state as usize];
        if from.key & ALONE != 0 {
            let tail = &self.tails[from.base as usize..];
            let same = compared < u32::from(tail[0]) && tail[1 + compared as usize] == symbol;
            return same.then_some(Cursor {
                state,
                compared: compared + 1,
            });
        }
        let child = from.base.wrapping_add(u32::from(symbol));
        let reached = self.states.get(child as usize).is_some_and(|to| to.parent == state);
        reached.then_some(Cursor {
            state: child,
            compared: 0,
        })
    }

    /// The number of the key that ends here.
    #[inline]
    pub(crate) fn key(&self, at: Cursor) -> Option<usize> {
        let State { base, key, .. } = self.states[at.state as usize];
        let ends = key & ALONE == 0 || u32::from(self.tails[base as usize]) == at.compared;
        (ends && key & !ALONE != NO_KEY).then_some((key & !ALONE) as usize)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        size_of_val(self.firsts.as_slice()) + size_of_val(self.states.as_slice()) + size_of_val(self.tails.as_slice())
    }
}

/// Keys `from..to` share the path to a state.
struct Node {
    from: usize,
    to: usize,
    depth: usize,
    state: u32,
}

struct Builder {
    trie: Trie,
    /// Free places of the array form a ring through place 0, which is never used.
    next_free: Vec<u32>,
    previous_free: Vec<u32>,
    /// Where the search for places for several children goes on. What lies before it has holes that single children
    /// fill, who take the first free place.
    cursor: u32,
}

/// Free places tried for a state with several children before the array is made longer.
const PLACES_TRIED_MAX: usize = 512;

impl Builder {
    fn new(symbols: usize) -> Self {
        let trie = Trie {
            firsts: vec![NOWHERE; symbols],
            states: vec![FREE],
            tails: Vec::new(),
        };
        Self {
            trie,
            next_free: vec![0],
            previous_free: vec![0],
            cursor: 0,
        }
    }

    fn build(mut self, keys: &Keys) -> Trie {
        let mut level = Vec::new();
        let mut from = 0;
        while from < keys.len() {
            let symbol = keys.get(from)[0];
            let to = end_of_same(keys, from, keys.len(), 0);
            let state = self.first_free();
            self.take(state, ROOT);
            self.trie.firsts[usize::from(symbol)] = state;
            level.push(Node {
                from,
                to,
                depth: 1,
                state,
            });
            from = to;
        }
        let (mut deeper, mut children) = (Vec::new(), Vec::new());
        while !level.is_empty() {
            for node in level.drain(..) {
                self.expand(keys, &node, &mut children);
                deeper.append(&mut children);
            }
            std::mem::swap(&mut level, &mut deeper);
        }
        self.trie.states.shrink_to_fit();
        self.trie.tails.shrink_to_fit();
        self.trie
    }

    /// Finishes a node that has its place, and gives its children theirs.
    fn expand(&mut self, keys: &Keys, node: &Node, children: &mut Vec<Node>) {
        let Node {
            mut from,
            to,
            depth,
            state,
        } = *node;
        if to - from == 1 {
            let tail = &keys.get(from)[depth..];
            let place = self.trie.tails.len() as u32;
            self.trie.tails.push(tail.len() as Symbol);
            self.trie.tails.extend_from_slice(tail);
            self.trie.states[state as usize].base = place;
            self.trie.states[state as usize].key = ALONE | from as u32;
            return;
        }
        if keys.get(from).len() == depth {
            self.trie.states[state as usize].key = from as u32;
            from += 1;
        }
        while from < to {
            let symbol = keys.get(from)[depth];
            let end = end_of_same(keys, from, to, depth);
            // The symbol, until it has its place.
            let state = u32::from(symbol);
            children.push(Node {
                from,
                to: end,
                depth: depth + 1,
                state,
            });
            from = end;
        }
        let base = self.find_base(children);
        self.trie.states[state as usize].base = base;
        for child in children {
            child.state = base.wrapping_add(child.state);
            self.take(child.state, state);
        }
    }

    /// A base with which the places of all children are free.
    fn find_base(&mut self, children: &[Node]) -> u32 {
        let first = children[0].state;
        if children.len() == 1 {
            return self.first_free().wrapping_sub(first);
        }
        let end = self.trie.states.len() as u32;
        let mut place = (self.cursor..end).find(|&place| self.is_free(place)).unwrap_or(0);
        for _ in 0..PLACES_TRIED_MAX {
            if place == 0 {
                break;
            }
            let base = place.wrapping_sub(first);
            let is_free = |child: &Node| self.is_free(base.wrapping_add(child.state));
            if children.iter().all(is_free) {
                self.cursor = place;
                return base;
            }
            place = self.next_free[place as usize];
        }
        self.cursor = end;
        end.wrapping_sub(first)
    }

    fn is_free(&self, place: u32) -> bool {
        let state = self.trie.states.get(place as usize);
        state.is_none_or(|state| place != 0 && state.parent == NOWHERE)
    }

    fn first_free(&self) -> u32 {
        match self.next_free[0] {
            0 => self.trie.states.len() as u32,
            place => place,
        }
    }

    /// Takes a free place, which may lie behind the end of the array.
    fn take(&mut self, place: u32, parent: u32) {
        while self.trie.states.len() <= place as usize {
            let new = self.trie.states.len() as u32;
            let last = self.previous_free[0];
            self.trie.states.push(FREE);
            self.next_free.push(0);
            self.previous_free.push(last);
            self.next_free[last as usize] = new;
            self.previous_free[0] = new;
        }
        let (next, previous) = (self.next_free[place as usize], self.previous_free[place as usize]);
        self.next_free[previous as usize] = next;
        self.previous_free[next as usize] = previous;
        self.trie.states[place as usize].parent = parent;
    }
}

/// Behind the keys of `from..to` that have the same symbol at a depth as the first of them.
fn end_of_same(keys: &Keys, from: usize, to: usize, depth: usize) -> usize {
    let symbol = keys.get(from)[depth];
    (from..to)
        .find(|&number| keys.get(number)[depth] != symbol)
        .unwrap_or(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys on the way of `symbols`, with the number of symbols before their ends.
    fn on_the_way(trie: &Trie, symbols: &[Symbol]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut at = trie.begin(symbols[0]);
        for length in 1.. {
            let Some(cursor) = at else { break };
            found.extend(trie.key(cursor).map(|key| (length, key)));
            at = symbols.get(length).and_then(|&symbol| trie.step(cursor, symbol));
        }
        found
    }

    #[test]
    fn every_key_is_found_and_nothing_else() {
        // Many keys that share beginnings, some of which are keys themselves.
        let mut keys: Vec<Box<[Symbol]>> = Vec::new();
        let mut number = 1_u32;
        for _ in 0..5_000 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = (number >> 28) as usize % 6 + 1;
            let symbol = |at: usize| {
                let kinds = if at == 0 { 3_000 } else { 7 };
                (number.rotate_left(at as u32 * 5) % kinds) as Symbol
            };
            keys.push((0..length).map(symbol).collect());
        }
        keys.sort_unstable();
        keys.dedup();
        let mut sorted = Keys::default();
        for key in &keys {
            sorted.push(key);
        }
        let trie = Trie::new(&sorted, 3_000);
        for key in &keys {
            for extra in 0..8 {
                let symbols: Vec<Symbol> = key.iter().copied().chain([extra, extra / 2]).collect();
                let expected: Vec<(usize, usize)> = (1..=symbols.len())
                    .filter_map(|length| {
                        let key = keys.binary_search_by(|key| (**key).cmp(&symbols[..length])).ok()?;
                        Some((length, key))
                    })
                    .collect();
                assert_eq!(on_the_way(&trie, &symbols), expected, "{symbols:?}");
            }
        }
        assert!(Trie::new(&Keys::default(), 3).begin(2).is_none());
    }
}
