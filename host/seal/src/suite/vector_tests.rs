//! The suites against published vectors.

use super::cipher;
use crate::key_wrap::{self, Blocks};
use aes::Aes256;
use proviso_rows::each_named_row;
use proviso_sealed::SuiteName;
use sm4::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use std::convert::Infallible;

/// The rows of a file of vectors: number, result, and bytes.
fn rows(file: &str) -> impl Iterator<Item = (String, (bool, Vec<Vec<u8>>))> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let mut words = line.split(' ');
        let number = words.next().unwrap().to_owned();
        let valid = match words.next().unwrap() {
            "valid" => true,
            "invalid" => false,
            other => panic!("{number}: {other}"),
        };
        let bytes = words.map(|word| hex::decode(word.trim_matches('-')).unwrap());
        (number, (valid, bytes.collect()))
    })
}

fn gcm(suite: SuiteName, file: &str, valid_rows: usize) {
    let mut seen = 0;
    each_named_row(rows(file), |(valid, bytes)| {
        let [key, nonce, associated, text, sealed, tag] = bytes.as_slice() else {
            panic!("{} columns", bytes.len());
        };
        // SM4 takes the first half of a record key: the other has no part in this.
        let mut whole = [0xff; 32];
        whole[..key.len()].copy_from_slice(key);
        let nonce = nonce.as_slice().try_into().unwrap();
        let tag = tag.as_slice().try_into().unwrap();
        let mut opened = sealed.clone();
        let result = cipher(suite).open(&whole, nonce, associated, &mut opened, tag);
        assert_eq!(result.is_ok(), valid);
        if valid {
            seen += 1;
            assert_eq!(&opened, text);
            assert_eq!(
                cipher(suite).seal(&whole, nonce, associated, &mut opened).unwrap(),
                *tag
            );
            assert_eq!(&opened, sealed);
        }
    });
    assert_eq!(seen, valid_rows);
}

#[test]
fn aes_256_gcm_agrees_with_wycheproof() {
    gcm(SuiteName::Aes256Gcm, include_str!("vectors/aes_256_gcm.txt"), 30);
}

/// The first row is the vector of RFC 8998, appendix A.1.
#[test]
fn sm4_gcm_agrees_with_wycheproof_and_rfc_8998() {
    gcm(SuiteName::Sm4Gcm, include_str!("vectors/sm4_gcm.txt"), 29);
}

/// AES of another library, so that the loop of `key_wrap.rs` is tried by the vectors of AES.
struct AesBlocks(Aes256);

impl Blocks for AesBlocks {
    type Error = Infallible;

    fn encrypt(&self, blocks: &mut [[u8; 16]]) -> Result<(), Infallible> {
        for block in blocks {
            self.0.encrypt_block(block.into());
        }
        Ok(())
    }

    fn decrypt(&self, blocks: &mut [[u8; 16]]) -> Result<(), Infallible> {
        for block in blocks {
            self.0.decrypt_block(block.into());
        }
        Ok(())
    }
}

#[test]
fn both_ways_to_wrap_agree_with_wycheproof() {
    let mut seen = 0;
    each_named_row(rows(include_str!("vectors/aes_256_wrap.txt")), |(valid, bytes)| {
        let [wrapping, key, wrapped] = bytes.as_slice() else {
            panic!("{} columns", bytes.len());
        };
        let wrapped: &[u8; 40] = wrapped.as_slice().try_into().unwrap();
        let blocks = AesBlocks(Aes256::new_from_slice(wrapping).unwrap());
        let native = cipher(SuiteName::Aes256Gcm).unwrap(wrapping, &[wrapped]).unwrap()[0];
        let Ok(ours) = key_wrap::unwrap(&blocks, [wrapped].into_iter());
        assert_eq!(native, ours[0]);
        assert_eq!(native.is_some(), valid);
        if valid {
            seen += 1;
            let key: &[u8; 32] = key.as_slice().try_into().unwrap();
            assert_eq!(native.as_ref(), Some(key));
            let again = cipher(SuiteName::Aes256Gcm).wrap(wrapping, &[key]).unwrap();
            let Ok(ours) = key_wrap::wrap(&blocks, [key].into_iter());
            assert_eq!((again[0], ours[0]), (*wrapped, *wrapped));
        }
    });
    assert_eq!(seen, 4);
}

/// RFC 3394, section 4.6, among keys that are not its own: a batch does not mix them.
#[test]
fn a_batch_wraps_as_one_by_one() {
    let wrapping = hex::decode("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F").unwrap();
    let key = hex::decode("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F").unwrap();
    let wrapped = "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21";
    let key: [u8; 32] = key.try_into().unwrap();
    let keys = [[7; 32], key, [0; 32]];
    let blocks = AesBlocks(Aes256::new_from_slice(&wrapping).unwrap());
    let Ok(batch) = key_wrap::wrap(&blocks, keys.iter());
    assert_eq!(hex::encode(batch[1]), wrapped);
    let each: Vec<&[u8; 32]> = keys.iter().collect();
    assert_eq!(cipher(SuiteName::Aes256Gcm).wrap(&wrapping, &each).unwrap(), batch);
    let Ok(opened) = key_wrap::unwrap(&blocks, batch.iter());
    assert_eq!(opened, keys.map(Some));
}

/// GB/T 32907-2016, appendix A.1; the digest is GB/T 32905-2016, appendix A.1.
#[test]
fn sm4_and_sm3_agree_with_their_standards() {
    let key = hex::decode("0123456789abcdeffedcba9876543210").unwrap();
    let mut block: [u8; 16] = key.clone().try_into().unwrap();
    sm4::Sm4::new_from_slice(&key)
        .unwrap()
        .encrypt_block((&mut block).into());
    assert_eq!(hex::encode(block), "681edf34d206965e86b3e94f536e4246");
    let digest = cipher(SuiteName::Sm4Gcm).digest(b"abc");
    assert_eq!(
        hex::encode(digest),
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    );
}

/// A key of SM4 wraps by the same loop: what it wraps it unwraps, and nothing else.
#[test]
fn sm4_wraps_and_unwraps() {
    let sm4 = cipher(SuiteName::Sm4Gcm);
    let keys = [[1; 32], [2; 32]];
    let wrapped = sm4.wrap(&[3; 16], &[&keys[0], &keys[1]]).unwrap();
    let both: Vec<_> = wrapped.iter().collect();
    assert_eq!(sm4.unwrap(&[3; 16], &both).unwrap(), keys.map(Some));
    assert_eq!(sm4.unwrap(&[4; 16], &both).unwrap(), [None, None]);
    for bit in 0..320 {
        let mut altered = wrapped[0];
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(sm4.unwrap(&[3; 16], &[&altered]).unwrap(), [None]);
    }
}
