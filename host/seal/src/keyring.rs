//! Keyrings: the keys of tenants in their versions, from a file or an environment variable.

use crate::record::random;
use aws_lc_rs::digest;
use ct_codecs::{Base64, Decoder as _, Encoder as _};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a key, as a file gives them in base64.
const KEY_BYTES: usize = 32;
/// A keyring's text, at most.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Bytes of a wrong value that an error shows.
const SHOWN_BYTES: usize = 64;

/// The keys of tenants. Never prints a key.
pub struct Keyring {
    identity: Zeroizing<[u8; KEY_BYTES]>,
    keys: Vec<TenantKey>,
}

/// One version of a tenant's key.
pub struct TenantKey {
    /// `None`: of every tenant that has none of its own.
    tenant: Option<String>,
    version: u32,
    created: String,
    secret: Zeroizing<[u8; KEY_BYTES]>,
}

/// A keyring could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is none.
    #[error(
        "there is no keyring at {path:?}: put back the file that this archive was written with; without it nothing can be read"
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Others may read it.
    #[error("keyring {path:?} may be read by others (mode {mode:04o}): chmod 600 {path:?}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It says something that no keyring says.
    #[error("{place}: {what}")]
    Wrong {
        /// The file, or the variable.
        place: String,
        /// What is wrong, and what to do.
        what: String,
    },
    /// It cannot be read or written.
    #[error("keyring {path:?}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RingText {
    identity: String,
    #[serde(default)]
    key: Vec<KeyText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    version: u32,
    created: String,
    secret: String,
}

impl Drop for RingText {
    fn drop(&mut self) {
        self.identity.zeroize();
        for key in &mut self.key {
            key.secret.zeroize();
        }
    }
}

impl TenantKey {
    /// Whose it is; `None`: of every tenant that has none of its own.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// From 1, rising.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was made, as whoever made it wrote it (RFC 3339).
    pub fn created(&self) -> &str {
        &self.created
    }

    /// What it is called in logs and certificates: the first 16 hexadecimal digits of SHA-256 over a fixed text and the key.
    pub fn fingerprint(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"proviso key fingerprint 1");
        context.update(&*self.secret);
        let whole = context.finish();
        whole.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn secret(&self) -> &[u8; KEY_BYTES] {
        &self.secret
    }
}

impl fmt::Debug for TenantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TenantKey({:?}, version {}, {})",
            self.tenant,
            self.version,
            self.fingerprint()
        )
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys).finish()
    }
}

impl Keyring {
    /// A new ring with one key for every tenant. `created` is RFC 3339.
    pub fn generate(created: &str) -> Self {
        let mut ring = Self {
            identity: Zeroizing::new([0; KEY_BYTES]),
            keys: Vec::new(),
        };
        random(&mut *ring.identity);
        ring.add(None, created);
        ring
    }

    /// Adds the next version of a tenant's key, or of the key of all that have none; its version.
    pub fn add(&mut self, tenant: Option<&str>, created: &str) -> u32 {
        let of_tenant = self.keys.iter().filter(|key| key.tenant.as_deref() == tenant);
        let version = of_tenant.map(|key| key.version).max().unwrap_or(0) + 1;
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        random(&mut *secret);
        self.keys.push(TenantKey {
            tenant: tenant.map(str::to_owned),
            version,
            created: created.to_owned(),
            secret,
        });
        version
    }

    /// The newest key of a tenant: its own, or that of all that have none.
    pub fn newest(&self, tenant: &str) -> Option<&TenantKey> {
        let of = |tenant: Option<&str>| {
            let keys = self.keys.iter().filter(move |key| key.tenant.as_deref() == tenant);
            keys.max_by_key(|key| key.version)
        };
        of(Some(tenant)).or_else(|| of(None))
    }

    /// A version of a tenant's key.
    pub fn key(&self, tenant: &str, version: u32) -> Option<&TenantKey> {
        let of = |tenant: Option<&str>| {
            self.keys
                .iter()
                .find(|key| key.tenant.as_deref() == tenant && key.version == version)
        };
        of(Some(tenant)).or_else(|| of(None))
    }

    /// All keys, in the order in which they were added.
    pub fn keys(&self) -> &[TenantKey] {
        &self.keys
    }

    pub(crate) fn identity(&self) -> &[u8; KEY_BYTES] {
        &self.identity
    }

    /// Reads a ring's text. `place` names where it was found in an error; no key is ever shown.
    pub fn parse(place: &str, text: &str) -> Result<Self, KeyringError> {
        let wrong = |what: String| KeyringError::Wrong {
            place: place.to_owned(),
            what,
        };
        let ring: RingText = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
            wrong(format!("line {line}: {}", error.message()))
        })?;
        let mut keys: Vec<TenantKey> = Vec::with_capacity(ring.key.len());
        for key in &ring.key {
            let name = format!("version {} of {}", key.version, named(key.tenant.as_deref()));
            if key.version == 0 {
                return Err(wrong(format!("{name}: versions begin with 1")));
            }
            if keys
                .iter()
                .any(|other| (&other.tenant, other.version) == (&key.tenant, key.version))
            {
                return Err(wrong(format!(
                    "{name} is there twice: remove the one that wraps nothing"
                )));
            }
            keys.push(TenantKey {
                tenant: key.tenant.clone(),
                version: key.version,
                created: key.created.clone(),
                secret: secret(&key.secret).map_err(|what| wrong(format!("{name}: {what}")))?,
            });
        }
        if keys.is_empty() {
            return Err(wrong(
                "it holds no key: add a [[key]] with version, created and secret".to_owned(),
            ));
        }
        Ok(Self {
            identity: secret(&ring.identity).map_err(|what| wrong(format!("identity: {what}")))?,
            keys,
        })
    }

    /// The ring as text, for its file alone.
    fn to_text(&self) -> Zeroizing<String> {
        let encode = |secret: &[u8]| Base64::encode_to_string(secret).expect("32 bytes have an encoding");
        let ring = RingText {
            identity: encode(&*self.identity),
            key: self
                .keys
                .iter()
                .map(|key| KeyText {
                    tenant: key.tenant.clone(),
                    version: key.version,
                    created: key.created.clone(),
                    secret: encode(&*key.secret),
                })
                .collect(),
        };
        let text = toml::to_string(&ring).expect("texts and numbers have a form in TOML");
        let head = "# The keys of an archive of Proviso. Whoever has this file and the archive reads every message; without it,\n\
                    # nobody reads any. Keep a copy elsewhere, and never beside the archive's backups.\n";
        Zeroizing::new(format!("{head}{text}"))
    }

    /// Reads a ring's file, which nobody else may read.
    pub fn read(path: &Path) -> Result<Self, KeyringError> {
        let io = |source| KeyringError::Io {
            path: path.to_owned(),
            source,
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(KeyringError::Missing { path: path.to_owned() });
            }
            Err(error) => return Err(io(error)),
        };
        let mode = file.metadata().map_err(io)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyringError::Open {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(TEXT_BYTES_MAX).read_to_string(&mut text).map_err(io)?;
        Self::parse(&format!("keyring {}", path.display()), &text)
    }

    /// Writes a ring to a file that did not exist, readable by its owner alone, and forces it to the disk.
    pub fn create(&self, path: &Path) -> Result<(), KeyringError> {
        self.write_new(path).map_err(|source| KeyringError::Io {
            path: path.to_owned(),
            source,
        })
    }

    /// Puts a ring in the place of the file's: whole, or not at all.
    pub fn replace(&self, path: &Path) -> Result<(), KeyringError> {
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let new = PathBuf::from(new);
        let written = match std::fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => self
                .write_new(&new)
                .and_then(|()| std::fs::rename(&new, path))
                .and_then(|()| sync_folder(path)),
        };
        written.map_err(|source| KeyringError::Io {
            path: path.to_owned(),
            source,
        })
    }

    fn write_new(&self, path: &Path) -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(path)?;
        file.write_all(self.to_text().as_bytes())?;
        file.sync_all()?;
        sync_folder(path)
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn named(tenant: Option<&str>) -> String {
    match tenant {
        Some(tenant) => {
            let end = tenant.floor_char_boundary(SHOWN_BYTES);
            format!("the key of tenant {:?}", &tenant[..end])
        }
        None => "the key of all tenants".to_owned(),
    }
}

/// Decodes a key. The error does not show it.
fn secret(text: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, String> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    match Base64::decode(&mut *bytes, text, None) {
        Ok(decoded) if decoded.len() == KEY_BYTES => Ok(bytes),
        Ok(decoded) => Err(format!(
            "the secret has {} bytes, and a key has {KEY_BYTES}",
            decoded.len()
        )),
        Err(_) => Err(format!("the secret is not {KEY_BYTES} bytes in base64")),
    }
}
