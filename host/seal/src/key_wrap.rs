//! The key wrap of RFC 3394 (NIST SP 800-38F, KW) over any cipher with blocks of 128 bits, for many keys at once.
//!
//! A key takes 24 steps, each of which needs the one before. Keys do not need each other: a step is made for all of them with
//! one call of the cipher. A cipher that sits in a token is asked 24 times a batch, not 24 times a key.

use zeroize::Zeroize as _;

/// Bytes of a record key once it is wrapped: RFC 3394 adds eight.
pub const WRAPPED_KEY_BYTES: usize = 40;

/// A cipher under one key.
pub(crate) trait Blocks {
    type Error;

    /// Encrypts each block, in place.
    fn encrypt(&self, blocks: &mut [[u8; 16]]) -> Result<(), Self::Error>;

    /// Decrypts each block, in place.
    fn decrypt(&self, blocks: &mut [[u8; 16]]) -> Result<(), Self::Error>;
}

/// RFC 3394, section 2.2.3.1.
const INITIAL_VALUE: [u8; 8] = [0xa6; 8];
/// Pieces of eight bytes in a record key.
const PIECES: usize = 4;

/// The 24 steps in their order: the piece, and the count that is added.
fn steps() -> impl DoubleEndedIterator<Item = (usize, u64)> {
    (0..6 * PIECES).map(|step| (step % PIECES, step as u64 + 1))
}

/// Wraps each key (RFC 3394, section 2.2.1, the indexed form).
pub(crate) fn wrap<'a, B: Blocks>(
    blocks: &B,
    keys: impl ExactSizeIterator<Item = &'a [u8; 32]>,
) -> Result<Vec<[u8; WRAPPED_KEY_BYTES]>, B::Error> {
    let mut wrapped: Vec<[u8; WRAPPED_KEY_BYTES]> = keys
        .map(|key| {
            let mut all = [0; WRAPPED_KEY_BYTES];
            all[..8].copy_from_slice(&INITIAL_VALUE);
            all[8..].copy_from_slice(key);
            all
        })
        .collect();
    let mut at_once = vec![[0_u8; 16]; wrapped.len()];
    for (piece, count) in steps() {
        let place = 8 + piece * 8;
        for (block, all) in at_once.iter_mut().zip(&wrapped) {
            block[..8].copy_from_slice(&all[..8]);
            block[8..].copy_from_slice(&all[place..place + 8]);
        }
        if let Err(error) = blocks.encrypt(&mut at_once) {
            wrapped.zeroize();
            at_once.zeroize();
            return Err(error);
        }
        for (block, all) in at_once.iter().zip(&mut wrapped) {
            all[..8].copy_from_slice(&block[..8]);
            add(&mut all[..8], count);
            all[place..place + 8].copy_from_slice(&block[8..]);
        }
    }
    at_once.zeroize();
    Ok(wrapped)
}

/// Unwraps each key (RFC 3394, section 2.2.2); `None` where the integrity check fails.
pub(crate) fn unwrap<'a, B: Blocks>(
    blocks: &B,
    wrapped: impl ExactSizeIterator<Item = &'a [u8; WRAPPED_KEY_BYTES]>,
) -> Result<Vec<Option<[u8; 32]>>, B::Error> {
    let mut opened: Vec<[u8; WRAPPED_KEY_BYTES]> = wrapped.copied().collect();
    let mut at_once = vec![[0_u8; 16]; opened.len()];
    for (piece, count) in steps().rev() {
        let place = 8 + piece * 8;
        for (block, all) in at_once.iter_mut().zip(&opened) {
            block[..8].copy_from_slice(&all[..8]);
            add(&mut block[..8], count);
            block[8..].copy_from_slice(&all[place..place + 8]);
        }
        if let Err(error) = blocks.decrypt(&mut at_once) {
            opened.zeroize();
            at_once.zeroize();
            return Err(error);
        }
        for (block, all) in at_once.iter().zip(&mut opened) {
            all[..8].copy_from_slice(&block[..8]);
            all[place..place + 8].copy_from_slice(&block[8..]);
        }
    }
    let keys = opened.iter().map(|all| {
        let whole = aws_lc_rs::constant_time::verify_slices_are_equal(&all[..8], &INITIAL_VALUE).is_ok();
        whole.then(|| all[8..].try_into().expect("40 bytes less 8 are 32"))
    });
    let keys = keys.collect();
    at_once.zeroize();
    opened.zeroize();
    Ok(keys)
}

/// A ^ t of the RFC, big-endian.
fn add(register: &mut [u8], count: u64) {
    for (byte, of_count) in register.iter_mut().zip(count.to_be_bytes()) {
        *byte ^= of_count;
    }
}
