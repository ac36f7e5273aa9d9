//! One Aho-Corasick automaton over symbols, as a double array.
//!
//! A symbol stands for a class of characters, so that the text need not be folded before it is searched: the table that
//! finds a character's symbol does it on the way. Two things make the usual step cheap. From the root and from the
//! states at depth one, where a search spends most of its time, a mask says which symbols can lead on; when none can,
//! which is the rule in text that has little to do with the terms, the step needs no look at the array at all. And the
//! state at depth one that a symbol leads to is kept with the symbol, so that falling back to the root costs nothing.

/// What a character is to the automaton. Numbers are dense, from 0.
pub(crate) type Symbol = u16;

/// The state before any symbol.
pub(crate) const ROOT: u32 = 0;

/// No state: marks free places of the array, and states that no transition may reach by way of the array.
const NOWHERE: u32 = u32::MAX;
const NONE: u32 = 0;

/// Where a search stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    state: u32,
    /// Bit `symbol % 64` is set if that symbol may lead deeper. All bits are set below depth one, where masks were tried
    /// and cost more than they saved.
    mask: u64,
}

impl Position {
    pub(crate) const START: Self = Self { state: ROOT, mask: 0 };

    /// False if `symbol` certainly does not lead deeper from here.
    #[inline]
    pub(crate) fn may_lead_on(self, symbol: Symbol) -> bool {
        self.mask >> (symbol & 63) & 1 == 1
    }
}

/// Keys that end at a position, longest first. Copyable, so that the search can go on while they are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends(u32);

impl Ends {
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0 == NONE
    }
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// The child by a symbol is at `base + symbol` (wrapping) if that state's parent is this one.
    base: u32,
    parent: u32,
    fail: u32,
    /// Place in `outputs` plus one; 0 if no key ends here.
    output: u32,
}

const FREE: State = State {
    base: 0,
    parent: NOWHERE,
    fail: ROOT,
    output: NONE,
};

/// The state at depth one behind a symbol, or the root if no key begins with it.
#[derive(Debug, Clone, Copy)]
struct First {
    mask: u64,
    state: u32,
    output: u32,
}

#[derive(Debug, Clone, Copy)]
struct Output {
    key: u32,
    /// The next shorter key that ends here, as `State::output`.
    next: u32,
}

#[derive(Debug)]
pub(crate) struct Automaton {
    firsts: Vec<First>,
    states: Vec<State>,
    outputs: Vec<Output>,
}

impl Automaton {
    /// An automaton over `keys`, which are sorted, not empty and without duplicates; symbols are below `symbols`.
    pub(crate) fn new(keys: &[Box<[Symbol]>], symbols: usize) -> Self {
        Builder::new(symbols).build(keys)
    }

    /// One step. `symbol` must be below the number of symbols.
    #[inline]
    pub(crate) fn step(&self, at: &mut Position, symbol: Symbol) -> Ends {
        if at.may_lead_on(symbol) {
            self.step_on(at, symbol)
        } else {
            self.begin(at, symbol)
        }
    }

    /// The step by a symbol that cannot lead on from where the search stands.
    #[inline]
    pub(crate) fn begin(&self, at: &mut Position, symbol: Symbol) -> Ends {
        let first = self.firsts[usize::from(symbol)];
        *at = Position {
            state: first.state,
            mask: first.mask,
        };
        Ends(first.output)
    }

    /// The step by a symbol that may lead on from where the search stands.
    #[inline]
    pub(crate) fn step_on(&self, at: &mut Position, symbol: Symbol) -> Ends {
        let mut state = at.state;
        while state != ROOT {
            let from = self.states[state as usize];
            let child = from.base.wrapping_add(u32::from(symbol));
            if let Some(to) = self.states.get(child as usize).filter(|to| to.parent == state) {
                *at = Position {
                    state: child,
                    mask: u64::MAX,
                };
                return Ends(to.output);
            }
            state = from.fail;
        }
        self.begin(at, symbol)
    }

    /// The numbers of the keys that end at a position, longest first.
    pub(crate) fn keys(&self, ends: Ends) -> impl Iterator<Item = usize> {
        let mut next = ends.0;
        std::iter::from_fn(move || {
            let output = self.outputs.get((next as usize).checked_sub(1)?)?;
            next = output.next;
            Some(output.key as usize)
        })
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        size_of_val(self.firsts.as_slice()) + size_of_val(self.states.as_slice()) + size_of_val(self.outputs.as_slice())
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
    automaton: Automaton,
    /// Free places of the array form a ring through place 0, which is the root and never free.
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
        let firsts = vec![
            First {
                mask: 0,
                state: ROOT,
                output: NONE
            };
            symbols
        ];
        let automaton = Automaton {
            firsts,
            states: vec![FREE],
            outputs: Vec::new(),
        };
        Self {
            automaton,
            next_free: vec![0],
            previous_free: vec![0],
            cursor: 0,
        }
    }

    fn build(mut self, keys: &[Box<[Symbol]>]) -> Automaton {
        let mut level = vec![Node {
            from: 0,
            to: keys.len(),
            depth: 0,
            state: ROOT,
        }];
        while !level.is_empty() {
            let mut deeper = Vec::new();
            for node in level {
                self.expand(keys, &node, &mut deeper);
            }
            level = deeper;
        }
        self.automaton.states.shrink_to_fit();
        self.automaton.outputs.shrink_to_fit();
        self.automaton
    }

    /// Places the children of a node, all of whose shallower states are placed already.
    fn expand(&mut self, keys: &[Box<[Symbol]>], node: &Node, deeper: &mut Vec<Node>) {
        let mut from = node.from;
        if keys.get(from).is_some_and(|key| key.len() == node.depth) {
            from += 1;
        }
        let mut children: Vec<(Symbol, Node)> = Vec::new();
        for (index, key) in keys.iter().enumerate().take(node.to).skip(from) {
            let symbol = key[node.depth];
            match children.last_mut() {
                Some((last, child)) if *last == symbol => child.to = index + 1,
                _ => children.push((
                    symbol,
                    Node {
                        from: index,
                        to: index + 1,
                        depth: node.depth + 1,
                        state: ROOT,
                    },
                )),
            }
        }
        let mask: u64 = children.iter().fold(0, |mask, (symbol, _)| mask | 1 << (symbol & 63));
        if node.depth == 1 {
            let symbol = keys[node.from][0];
            self.automaton.firsts[usize::from(symbol)].mask = mask;
        }
        if children.is_empty() {
            return;
        }
        let base = if node.state == ROOT {
            None
        } else {
            Some(self.find_base(&children))
        };
        if let Some(base) = base {
            self.automaton.states[node.state as usize].base = base;
        }
        for (symbol, mut child) in children {
            let place = match base {
                Some(base) => base.wrapping_add(u32::from(symbol)),
                None => self.first_free(),
            };
            self.take(place);
            let (parent, fail) = match base {
                Some(_) => (
                    node.state,
                    self.child_or_first(self.automaton.states[node.state as usize].fail, symbol),
                ),
                None => (NOWHERE - 1, ROOT),
            };
            let mut output = match base {
                Some(_) => self.automaton.states[fail as usize].output,
                None => NONE,
            };
            if keys[child.from].len() == child.depth {
                self.automaton.outputs.push(Output {
                    key: child.from as u32,
                    next: output,
                });
                output = self.automaton.outputs.len() as u32;
            }
            self.automaton.states[place as usize] = State {
                base: 0,
                parent,
                fail,
                output,
            };
            if base.is_none() {
                self.automaton.firsts[usize::from(symbol)] = First {
                    mask: 0,
                    state: place,
                    output,
                };
            }
            child.state = place;
            deeper.push(child);
        }
    }

    /// The state that `symbol` leads to from `state` or from what it falls back to.
    fn child_or_first(&self, state: u32, symbol: Symbol) -> u32 {
        let mut at = Position { state, mask: u64::MAX };
        self.automaton.step_on(&mut at, symbol);
        at.state
    }

    fn find_base(&mut self, children: &[(Symbol, Node)]) -> u32 {
        let first = u32::from(children[0].0);
        if children.len() == 1 {
            return self.first_free().wrapping_sub(first);
        }
        let end = self.automaton.states.len() as u32;
        let mut place = (self.cursor..end).find(|&place| self.is_free(place)).unwrap_or(0);
        for _ in 0..PLACES_TRIED_MAX {
            if place == 0 {
                break;
            }
            let base = place.wrapping_sub(first);
            if children
                .iter()
                .all(|(symbol, _)| self.is_free(base.wrapping_add(u32::from(*symbol))))
            {
                self.cursor = place;
                return base;
            }
            place = self.next_free[place as usize];
        }
        self.cursor = end;
        end.wrapping_sub(first)
    }

    fn is_free(&self, place: u32) -> bool {
        self.automaton
            .states
            .get(place as usize)
            .is_none_or(|state| place != 0 && state.parent == NOWHERE)
    }

    fn first_free(&mut self) -> u32 {
        match self.next_free[0] {
            0 => self.automaton.states.len() as u32,
            place => place,
        }
    }

    /// Takes a free place, which may lie behind the end of the array.
    fn take(&mut self, place: u32) {
        while self.automaton.states.len() <= place as usize {
            let new = self.automaton.states.len() as u32;
            let last = self.previous_free[0];
            self.automaton.states.push(FREE);
            self.next_free.push(0);
            self.previous_free.push(last);
            self.next_free[last as usize] = new;
            self.previous_free[0] = new;
        }
        let (next, previous) = (self.next_free[place as usize], self.previous_free[place as usize]);
        self.next_free[previous as usize] = next;
        self.previous_free[next as usize] = previous;
    }
}
