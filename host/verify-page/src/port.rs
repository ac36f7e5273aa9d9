//! What the module imports and exports. The names of exports, and that imports are foreign, are all that is unsafe in the crate; no pointer that
//! comes in is followed.
//!
//! | | |
//! |---|---|
//! | import `page.read(at: i64, length: i32, into: i32) -> i32` | puts bytes of the file into the module's memory; 0 if all are there |
//! | import `page.progress(messages: i64)` | messages that were looked at |
//! | export `input(length: i32) -> i32` | room for a key of so many bytes, where the caller puts it |
//! | export `verify(bytes: i64) -> i32` | verifies a file of so many bytes; the length of the answer, which is JSON |
//! | export `output() -> i32` | where the answer stands, until the next call |
#![expect(unsafe_code, reason = "WebAssembly has imports and exports by name")]

use crate::file::Source;
use crate::verifying::verified;
use std::cell::RefCell;
use std::io;

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    safe fn read(at: u64, length: usize, into: *mut u8) -> i32;
    safe fn progress(messages: u64);
}

/// Bytes of a key, at most: those of the 4,000 characters that the page's field takes. A key has about 60.
const KEY_BYTES_MAX: usize = 16 << 10;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The file that the page has.
struct Imported;

impl Source for Imported {
    fn read(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        match read(at, into.len(), into.as_mut_ptr()) {
            0 => Ok(()),
            _ => Err(io::Error::other(
                "the browser could not read it: was it changed or moved since it was chosen?",
            )),
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn input(length: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        *input = vec![0; length.min(KEY_BYTES_MAX)];
        input.as_mut_ptr()
    })
}

#[unsafe(no_mangle)]
extern "C" fn verify(bytes: u64) -> usize {
    let key = INPUT.take();
    let key = String::from_utf8_lossy(&key);
    let answer = verified(Imported, bytes, &key, &mut |messages| progress(messages));
    OUTPUT.with_borrow_mut(|output| {
        *output = answer.to_string().into_bytes();
        output.len()
    })
}

#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(Vec::as_ptr)
}
