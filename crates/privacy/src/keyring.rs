//! The key file, sealing and blind indexes.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// The bytes before the ciphertext that name the key.
const KEY_ID_LEN: usize = 4;

/// Why keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Somebody else than its owner can read the file.
    #[error("key file {0} can be read by others: chmod 600")]
    Exposed(String),
    /// The file is not a key file.
    #[error("key file {0}: {1}")]
    Malformed(String, String),
    /// The system has no randomness.
    #[error("no randomness to be had")]
    Random,
}

/// Why something sealed can't be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is sealed with a key that is not in the key file.
    #[error("sealed with a key that is not here")]
    UnknownKey,
    /// It was changed, or belongs to another row.
    #[error("it was changed or belongs elsewhere")]
    Damaged,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    active: u32,
    index_key: String,
    keys: Vec<KeyEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    id: u32,
    key: String,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.index_key.zeroize();
        self.keys.iter_mut().for_each(|entry| entry.key.zeroize());
    }
}

/// The keys of an installation: seals with the active one, opens with any.
pub struct Keyring {
    active: u32,
    keys: Vec<(u32, LessSafeKey)>,
    index: hmac::Key,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring {{ active: {}, keys: {} }}", self.active, self.keys.len())
    }
}

impl Keyring {
    /// Reads a key file.
    ///
    /// # Errors
    /// `KeyError`; a file that others can read is refused.
    pub fn load(path: &Path) -> Result<Keyring, KeyError> {
        let name = path.display().to_string();
        let file_error = |source| KeyError::File { path: name.clone(), source };
        let mode = std::fs::metadata(path).map_err(file_error)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed(name));
        }
        let mut text = std::fs::read_to_string(path).map_err(file_error)?;
        // The parser's message would quote the line, and with it the key.
        let parsed = toml::from_str::<KeyFile>(&text)
            .map_err(|_| KeyError::Malformed(name.clone(), "not a key file".into()));
        text.zeroize();
        Keyring::from_file(&parsed?).map_err(|what| KeyError::Malformed(name, what))
    }

    /// Makes a key file with fresh keys; one that is already there stays and is an error.
    ///
    /// # Errors
    /// `KeyError`.
    pub fn generate(path: &Path) -> Result<Keyring, KeyError> {
        let random = SystemRandom::new();
        let fresh = || -> Result<String, KeyError> {
            let mut bytes = [0u8; 32];
            random.fill(&mut bytes).map_err(|_| KeyError::Random)?;
            let text = STANDARD.encode(bytes);
            bytes.zeroize();
            Ok(text)
        };
        let file = KeyFile { active: 1, index_key: fresh()?, keys: vec![KeyEntry { id: 1, key: fresh()? }] };
        let name = path.display().to_string();
        let mut text =
            toml::to_string(&file).map_err(|error| KeyError::Malformed(name.clone(), error.to_string()))?;
        let written = write_new(path, &text);
        text.zeroize();
        written.map_err(|source| KeyError::File { path: name.clone(), source })?;
        Keyring::from_file(&file).map_err(|what| KeyError::Malformed(name, what))
    }

    /// Loads the file, or makes it when it is not there.
    ///
    /// # Errors
    /// `KeyError`.
    pub fn load_or_generate(path: &Path) -> Result<Keyring, KeyError> {
        if path.exists() { Keyring::load(path) } else { Keyring::generate(path) }
    }

    fn from_file(file: &KeyFile) -> Result<Keyring, String> {
        let decode = |text: &str| -> Result<Vec<u8>, String> {
            let bytes = STANDARD.decode(text).map_err(|_| "a key is not base64".to_owned())?;
            if bytes.len() == 32 { Ok(bytes) } else { Err("a key has not 32 bytes".into()) }
        };
        let mut keys = Vec::with_capacity(file.keys.len());
        for entry in &file.keys {
            let mut bytes = decode(&entry.key)?;
            let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| "a key is unusable".to_owned())?;
            bytes.zeroize();
            keys.push((entry.id, LessSafeKey::new(key)));
        }
        if !keys.iter().any(|(id, _)| *id == file.active) {
            return Err(format!("the active key {} is not in it", file.active));
        }
        let mut index = decode(&file.index_key)?;
        let index_key = hmac::Key::new(hmac::HMAC_SHA256, &index);
        index.zeroize();
        Ok(Keyring { active: file.active, keys, index: index_key })
    }

    /// Encrypts `plaintext`, bound to `context` (table, column and row). The result is: id of the key
    /// (4 bytes, big-endian), nonce (12), ciphertext and tag (16).
    ///
    /// # Errors
    /// `KeyError::Random`.
    pub fn seal(&self, plaintext: &[u8], context: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (id, key) = self.keys.iter().find(|(id, _)| *id == self.active).ok_or(KeyError::Random)?;
        // From the thread's own generator (ChaCha, seeded by the system): a call of the system for each costs more than
        // the encryption.
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = Vec::with_capacity(KEY_ID_LEN + NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&id.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let body = sealed.split_at_mut(KEY_ID_LEN + NONCE_LEN).1;
        let tag = key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), body)
            .map_err(|_| KeyError::Random)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Decrypts what `seal` made for the same context.
    ///
    /// # Errors
    /// `OpenError`.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (id, rest) = sealed.split_first_chunk::<KEY_ID_LEN>().ok_or(OpenError::Damaged)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(OpenError::Damaged)?;
        let id = u32::from_be_bytes(*id);
        let (_, key) = self.keys.iter().find(|(known, _)| *known == id).ok_or(OpenError::UnknownKey)?;
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length =
            key.open_in_place(nonce, Aad::from(context), &mut body).map_err(|_| OpenError::Damaged)?.len();
        body.truncate(length);
        Ok(body)
    }

    /// A value by which equal data are found without being readable. `domain` keeps the indexes of different
    /// kinds of data apart; `normalised` decides what counts as equal.
    pub fn blind_index(&self, domain: &str, normalised: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.index);
        context.update(domain.as_bytes());
        context.update(&[0]);
        context.update(normalised.as_bytes());
        let mut index = [0; 32];
        index.copy_from_slice(context.sign().as_ref());
        index
    }
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let _ = std::fs::remove_file(&temporary);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A hard link fails where the name is taken, so that no key file is ever replaced.
    let linked = std::fs::hard_link(&temporary, path);
    std::fs::remove_file(&temporary)?;
    linked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keyring() -> (tempfile::TempDir, Keyring) {
        let dir = tempfile::tempdir().unwrap();
        let ring = Keyring::generate(&dir.path().join("keys.toml")).unwrap();
        (dir, ring)
    }

    #[test]
    fn r36_the_key_file_reads_back_and_is_never_replaced_or_shared() {
        let (dir, ring) = keyring();
        let path = dir.path().join("keys.toml");
        let sealed = ring.seal(b"8335001234", b"row 1").unwrap();
        assert_eq!(Keyring::load(&path).unwrap().open(&sealed, b"row 1").unwrap(), b"8335001234");
        assert!(matches!(Keyring::generate(&path), Err(KeyError::File { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Keyring::load(&path), Err(KeyError::Exposed(_))));
    }

    #[test]
    fn r37_a_damaged_key_file_is_not_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        write_new(&path, "index_key = \"c2VjcmV0LXNlY3JldA==\nboom").unwrap();
        let message = Keyring::load(&path).unwrap_err().to_string();
        assert!(!message.contains("c2Vj"), "{message}");
    }

    #[test]
    fn r36_blind_indexes_differ_by_domain_and_installation() {
        let ((_a, one), (_b, two)) = (keyring(), keyring());
        assert_eq!(one.blind_index("account", "1"), one.blind_index("account", "1"));
        assert_ne!(one.blind_index("account", "1"), one.blind_index("name", "1"));
        assert_ne!(one.blind_index("account", "1"), two.blind_index("account", "1"));
    }

    proptest! {
        #[test]
        fn r36_sealed_opens_only_unchanged_and_in_its_place(
            plain in proptest::collection::vec(any::<u8>(), 0..200), at in any::<proptest::sample::Index>(),
        ) {
            let (_dir, ring) = keyring();
            let sealed = ring.seal(&plain, b"here").unwrap();
            prop_assert_eq!(ring.open(&sealed, b"here").unwrap(), plain.clone());
            prop_assert_ne!(&ring.seal(&plain, b"here").unwrap(), &sealed);
            prop_assert!(ring.open(&sealed, b"there").is_err());
            let mut changed = sealed.clone();
            let position = at.index(changed.len());
            changed[position] ^= 1;
            prop_assert!(ring.open(&changed, b"here").is_err());
        }
    }
}
