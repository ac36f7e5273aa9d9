//! SM4-GCM, the key wrap by SM4, and SM3: RustCrypto's crates, in Rust. None was audited, and SM4's table of 256 bytes is read
//! by secret indices: who measures the processor's cache from the same machine may learn of a key.

use super::Suite;
use crate::key_wrap::{self, Blocks, WRAPPED_KEY_BYTES};
use aes_gcm::AesGcm;
use aes_gcm::aead::AeadInOut as _;
use aes_gcm::aead::consts::U12;
use proviso_sealed::{Refused, SuiteName};
use sm3::{Digest as _, Sm3};
use sm4::Sm4;
use sm4::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use std::convert::Infallible;

pub(super) struct ShangMi;

/// GCM over SM4: the crate's GCM takes any cipher with blocks of 128 bits.
type Sm4Gcm = AesGcm<Sm4, U12>;

fn gcm_of(key: &[u8; 32]) -> Result<Sm4Gcm, Refused> {
    Sm4Gcm::new_from_slice(SuiteName::Sm4Gcm.cipher_key(key)).map_err(|_| Refused)
}

impl Suite for ShangMi {
    fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], associated: &[u8], text: &mut [u8]) -> Result<[u8; 16], Refused> {
        let tag = gcm_of(key)?.encrypt_inout_detached(nonce.into(), associated, text.into());
        tag.map(Into::into).map_err(|_| Refused)
    }

    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        associated: &[u8],
        text: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), Refused> {
        let opened = gcm_of(key)?.decrypt_inout_detached(nonce.into(), associated, text.into(), tag.into());
        opened.map_err(|_| Refused)
    }

    fn wrap(&self, tenant_key: &[u8], keys: &[&[u8; 32]]) -> Result<Vec<[u8; WRAPPED_KEY_BYTES]>, Refused> {
        let cipher = Sm4Blocks::new(tenant_key)?;
        let Ok(wrapped) = key_wrap::wrap(&cipher, keys.iter().copied());
        Ok(wrapped)
    }

    fn unwrap(
        &self,
        tenant_key: &[u8],
        wrapped: &[&[u8; WRAPPED_KEY_BYTES]],
    ) -> Result<Vec<Option<[u8; 32]>>, Refused> {
        let cipher = Sm4Blocks::new(tenant_key)?;
        let Ok(keys) = key_wrap::unwrap(&cipher, wrapped.iter().copied());
        Ok(keys)
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 32] {
        Sm3::digest(bytes).into()
    }
}

struct Sm4Blocks(Sm4);

impl Sm4Blocks {
    fn new(key: &[u8]) -> Result<Self, Refused> {
        Ok(Self(Sm4::new_from_slice(key).map_err(|_| Refused)?))
    }
}

impl Blocks for Sm4Blocks {
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
