//! The memory of a call: cut from one block, piece by piece, and not given back.
//!
//! Every call meets a fresh instance, whose memory is thrown away behind it, so that finding and joining free pieces is work for nothing.
//! `configure` is another matter: what it leaves is frozen and lies in every instance, so until its end the ordinary allocator serves.
//! That one also serves what no longer fits into the block, so that a plugin may use as much memory as ever.
//!
//! The one file of the SDK with `unsafe`: an allocator cannot be written without.

#![allow(
    unsafe_code,
    reason = "an allocator, and the function by which the host asks for memory"
)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively only tested"))]

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

/// How much of a call's memory is cut from the block: enough for 256 messages of ordinary length and what is found in them.
/// A plugin's own memory is larger by this; the part that a call does not use costs nothing.
const ARENA_BYTES: usize = 1 << 20;

/// A block of memory, and an allocator for what does not come from it.
///
/// Not for several threads: it reads and writes without holding anything in between. Its fields are atomic because a static must be `Sync`;
/// in a sandbox without threads they are plain loads and stores.
struct Arena<A> {
    block: AtomicPtr<u8>,
    /// Bytes of the block; 0 until it is opened.
    size: AtomicUsize,
    /// Bytes that are taken, from its start.
    used: AtomicUsize,
    ordinary: A,
}

impl<A: GlobalAlloc> Arena<A> {
    const fn new(ordinary: A) -> Self {
        Self {
            block: AtomicPtr::new(null_mut()),
            size: AtomicUsize::new(0),
            used: AtomicUsize::new(0),
            ordinary,
        }
    }

    /// From now on memory comes from this block as long as there is some.
    ///
    /// # Safety
    /// The `size` bytes from `block` are writable for as long as the arena lives, and nobody else's.
    unsafe fn open(&self, block: *mut u8, size: usize) {
        self.block.store(block, Relaxed);
        self.size.store(size, Relaxed);
        self.used.store(0, Relaxed);
    }

    /// Where in the block `piece` begins; `None` if it is not of it.
    #[inline]
    fn offset_of(&self, piece: *mut u8) -> Option<usize> {
        let offset = piece.addr().wrapping_sub(self.block.load(Relaxed).addr());
        (offset < self.size.load(Relaxed)).then_some(offset)
    }
}

// SAFETY: a piece is either wholly of the block, where pieces that are in use do not overlap, because `used` is behind all of them, or the
// ordinary allocator's. The address of a piece says which. Nothing here panics: no sum can exceed `size`, which is that of real memory.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Arena<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (block, size) = (self.block.load(Relaxed), self.size.load(Relaxed));
        let free = block.wrapping_add(self.used.load(Relaxed));
        // An alignment is a power of two, so that this is the distance to the next multiple.
        let gap = free.addr().wrapping_neg() & (layout.align() - 1);
        let start = self.used.load(Relaxed).wrapping_add(gap);
        if start <= size && layout.size() <= size - start {
            self.used.store(start.wrapping_add(layout.size()), Relaxed);
            // SAFETY: `start..start + layout.size()` lies in the block, which `open` was promised.
            return unsafe { block.add(start) };
        }
        // SAFETY: the caller's promise, passed on.
        unsafe { self.ordinary.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        match self.offset_of(piece) {
            Some(start) if start.wrapping_add(layout.size()) == self.used.load(Relaxed) => {
                self.used.store(start, Relaxed);
            }
            Some(_) => {}
            // SAFETY: the piece is not of the block, so it is the ordinary allocator's; the rest is the caller's promise.
            None => unsafe { self.ordinary.dealloc(piece, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Some(start) = self.offset_of(piece) else {
            // SAFETY: as in `dealloc`.
            return unsafe { self.ordinary.realloc(piece, layout, new_size) };
        };
        let is_last = start.wrapping_add(layout.size()) == self.used.load(Relaxed);
        if is_last && new_size <= self.size.load(Relaxed) - start {
            self.used.store(start.wrapping_add(new_size), Relaxed);
            return piece;
        }
        if new_size <= layout.size() {
            return piece;
        }
        // SAFETY: the caller promises that `new_size` fits a layout of this alignment, and is not 0.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(new_size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both are at least `layout.size()` bytes long, and the new piece is nobody else's.
            unsafe { moved.copy_from_nonoverlapping(piece, layout.size()) };
        }
        moved
    }
}

/// In the sandbox.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
mod sandbox {
    use super::{ARENA_BYTES, Arena, GlobalAlloc, Layout, Relaxed};
    use std::alloc::System;
    use std::arch::wasm32::{memory_grow, unreachable};
    use std::ptr::with_exposed_provenance_mut;

    /// One page of linear memory.
    const PAGE_BYTES: usize = 64 << 10;

    #[global_allocator]
    static MEMORY: Arena<System> = Arena::new(System);

    /// Opens the block for the calls that follow. Its pages come from the host: they are zero, and nothing writes to them before the memory
    /// is frozen, so that the snapshot grows by nothing. Without memory for it, the ordinary allocator goes on.
    pub(crate) fn open() {
        if MEMORY.size.load(Relaxed) > 0 {
            return;
        }
        let page = memory_grow::<0>(ARENA_BYTES / PAGE_BYTES);
        if page != usize::MAX {
            // SAFETY: the host just gave these pages to whoever asked, which is this function alone.
            unsafe { MEMORY.open(with_exposed_provenance_mut(page * PAGE_BYTES), ARENA_BYTES) };
        }
    }

    /// How the host asks for memory for an argument: once for every string and list, empty ones too. The bindings bring a weak function of
    /// this name that does the same in three steps; this one takes its place.
    ///
    /// # Safety
    /// The canonical ABI's: `old` and `old_len` are nothing, or a piece that this function returned with this `align`, a power of two.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
        if new_len == 0 {
            return with_exposed_provenance_mut(align);
        }
        // SAFETY: the host keeps to the canonical ABI, see above.
        let piece = unsafe {
            if old_len == 0 {
                MEMORY.alloc(Layout::from_size_align_unchecked(new_len, align))
            } else {
                MEMORY.realloc(old, Layout::from_size_align_unchecked(old_len, align), new_len)
            }
        };
        if piece.is_null() {
            unreachable()
        }
        piece
    }
}

/// Called by [`export!`](crate::export) at the end of `configure`.
#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
pub fn open() {
    #[cfg(not(target_feature = "atomics"))]
    sandbox::open();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::System;
    use std::cell::Cell;

    /// Counts what it is asked for.
    #[derive(Default)]
    struct Ordinary {
        pieces: Cell<isize>,
        refuses: Cell<bool>,
    }

    // SAFETY: it passes everything on, or has no memory.
    unsafe impl GlobalAlloc for Ordinary {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if self.refuses.get() {
                return null_mut();
            }
            self.pieces.set(self.pieces.get() + 1);
            // SAFETY: the caller's promise.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
            self.pieces.set(self.pieces.get() - 1);
            // SAFETY: the caller's promise.
            unsafe { System.dealloc(piece, layout) }
        }
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    /// An arena over a buffer that begins at a multiple of 16.
    fn with_block<R>(size: usize, test: impl FnOnce(&Arena<Ordinary>, usize) -> R) -> R {
        let mut buffer = vec![0u128; size.div_ceil(16)];
        let block = buffer.as_mut_ptr().cast::<u8>();
        let arena = Arena::new(Ordinary::default());
        // SAFETY: the buffer outlives the arena.
        unsafe { arena.open(block, size) };
        test(&arena, block.addr())
    }

    #[test]
    fn pieces_follow_each_other_aligned_and_do_not_overlap() {
        with_block(4_096, |arena, block| {
            let mut end = block;
            for (size, align) in [(1, 1), (3, 4), (8, 8), (5, 1), (2, 2), (16, 16), (100, 8)] {
                // SAFETY: sizes are not 0.
                let piece = unsafe { arena.alloc(layout(size, align)) };
                assert_eq!(piece.addr() % align, 0);
                assert!(piece.addr() >= end && piece.addr() < end + align, "{size} {align}");
                // SAFETY: the piece has that many bytes.
                unsafe { piece.write_bytes(0xAB, size) };
                end = piece.addr() + size;
            }
            assert_eq!(arena.ordinary.pieces.get(), 0);
        });
    }

    #[test]
    fn the_last_piece_is_given_back_and_grows_in_place() {
        with_block(64, |arena, block| {
            let (first, second) = (layout(8, 8), layout(10, 1));
            // SAFETY: layouts are those that the pieces have.
            unsafe {
                let kept = arena.alloc(first);
                let last = arena.alloc(second);
                assert_eq!(arena.realloc(last, second, 50), last);
                assert_eq!(arena.realloc(last, layout(50, 1), 20), last);
                arena.dealloc(last, layout(20, 1));
                assert_eq!(arena.alloc(second), last);
                arena.dealloc(kept, first);
                assert_eq!(
                    arena.alloc(second).addr(),
                    block + 18,
                    "a piece that is not the last stays taken"
                );
            }
        });
    }

    #[test]
    fn a_piece_that_is_not_the_last_moves_with_its_bytes() {
        with_block(64, |arena, block| {
            // SAFETY: layouts are those that the pieces have.
            unsafe {
                let first = arena.alloc(layout(4, 1));
                first.copy_from_nonoverlapping(b"abcd".as_ptr(), 4);
                arena.alloc(layout(4, 1));
                assert_eq!(arena.realloc(first, layout(4, 1), 2), first);
                let moved = arena.realloc(first, layout(4, 1), 6);
                assert_eq!(moved.addr(), block + 8);
                assert_eq!(std::slice::from_raw_parts(moved, 4), b"abcd");
            }
        });
    }

    #[test]
    fn what_does_not_fit_is_the_ordinary_allocators_and_goes_back_to_it() {
        with_block(32, |arena, block| {
            // SAFETY: layouts are those that the pieces have.
            unsafe {
                let full = arena.alloc(layout(32, 16));
                assert_eq!(full.addr(), block);
                full.write_bytes(7, 32);
                let outside = arena.alloc(layout(1, 1));
                assert!(arena.offset_of(outside).is_none());
                let outside = arena.realloc(outside, layout(1, 1), 100);
                let moved = arena.realloc(full, layout(32, 16), 33);
                assert!(arena.offset_of(moved).is_none());
                assert_eq!(*moved.add(31), 7);
                assert_eq!(arena.ordinary.pieces.get(), 2);
                arena.dealloc(moved, layout(33, 16));
                arena.dealloc(outside, layout(100, 1));
                assert_eq!(arena.ordinary.pieces.get(), 0);
            }
        });
    }

    #[test]
    fn without_a_block_the_ordinary_allocator_serves() {
        let arena = Arena::new(Ordinary::default());
        // SAFETY: the layout is that of the piece.
        unsafe {
            let piece = arena.alloc(layout(10, 2));
            assert_eq!(arena.ordinary.pieces.get(), 1);
            arena.dealloc(piece, layout(10, 2));
        }
        assert_eq!(arena.ordinary.pieces.get(), 0);
    }

    #[test]
    fn memory_that_there_is_not_is_null() {
        with_block(16, |arena, _| {
            arena.ordinary.refuses.set(true);
            // SAFETY: layouts are those that the pieces have.
            unsafe {
                let piece = arena.alloc(layout(16, 1));
                assert!(arena.alloc(layout(1, 1)).is_null());
                assert!(arena.alloc(layout(isize::MAX as usize, 1)).is_null());
                assert!(arena.realloc(piece, layout(16, 1), 17).is_null());
            }
        });
    }
}
