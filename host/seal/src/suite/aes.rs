//! AES-256-GCM and AES-256-KW of AWS-LC.

use super::Suite;
use crate::key_wrap::WRAPPED_KEY_BYTES;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use proviso_sealed::Refused;

pub(super) struct Aes;

fn key_of(key: &[u8; 32]) -> Result<LessSafeKey, Refused> {
    Ok(LessSafeKey::new(
        UnboundKey::new(&AES_256_GCM, key).map_err(|_| Refused)?,
    ))
}

impl Suite for Aes {
    fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], associated: &[u8], text: &mut [u8]) -> Result<[u8; 16], Refused> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = key_of(key)?.seal_in_place_separate_tag(nonce, Aad::from(associated), text);
        let tag = tag.map_err(|_| Refused)?;
        tag.as_ref().try_into().map_err(|_| Refused)
    }

    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), Refused> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key_of(key)?.open_in_place_separate_tag(nonce, Aad::from(associated), tag, text);
        opened.map(|_| ()).map_err(|_| Refused)
    }

    fn wrap(&self, tenant_key: &[u8], keys: &[&[u8; 32]]) -> Result<Vec<[u8; WRAPPED_KEY_BYTES]>, Refused> {
        let each = keys.iter().map(|key| {
            let mut wrapped = [0; WRAPPED_KEY_BYTES];
            let kek = AesKek::new(&AES_256, tenant_key).map_err(|_| Refused)?;
            kek.wrap(*key, &mut wrapped).map_err(|_| Refused)?;
            Ok(wrapped)
        });
        each.collect()
    }

    fn unwrap(
        &self,
        tenant_key: &[u8],
        wrapped: &[&[u8; WRAPPED_KEY_BYTES]],
    ) -> Result<Vec<Option<[u8; 32]>>, Refused> {
        let each = wrapped.iter().map(|wrapped| {
            let mut key = [0; 32];
            let kek = AesKek::new(&AES_256, tenant_key).map_err(|_| Refused)?;
            Ok(kek.unwrap(*wrapped, &mut key).is_ok().then_some(key))
        });
        each.collect()
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 32] {
        let digest = digest::digest(&digest::SHA256, bytes);
        digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}
