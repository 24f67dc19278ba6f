//! Sealing and blind indexes.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroize;

use crate::key_file::{self, KeyError, KeyFile};

/// The bytes before the ciphertext that name the key.
const KEY_ID_LEN: usize = 4;
/// What each key makes its mark of, for ever: another text would be another mark.
const MARKED: &[u8] = b"sluice: which key this is";

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

/// By what a key is known again, and nothing else of it: an HMAC of a text that never changes, under the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMark {
    /// Which one it is in its file: `index_key`, or `key` and its id.
    pub name: String,
    /// Another key's differs.
    pub mark: [u8; 32],
}

impl KeyMark {
    fn of(name: String, key: &hmac::Key) -> KeyMark {
        let mut mark = [0; 32];
        mark.copy_from_slice(hmac::sign(key, MARKED).as_ref());
        KeyMark { name, mark }
    }
}

/// The keys of an installation: seals with the active one, opens with any.
pub struct Keyring {
    active: u32,
    keys: Vec<(u32, LessSafeKey)>,
    index: hmac::Key,
    marks: Vec<KeyMark>,
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
        Keyring::from_file(&KeyFile::load(path)?).map_err(malformed(path))
    }

    /// Makes a key file with fresh keys; one that is already there stays and is an error.
    ///
    /// # Errors
    /// `KeyError`.
    pub fn generate(path: &Path) -> Result<Keyring, KeyError> {
        let file = KeyFile::fresh()?;
        file.create(path)?;
        Keyring::from_file(&file).map_err(malformed(path))
    }

    /// Gives a key file a fresh key, which seals from now on; its id. All keys that were there stay, and open what they sealed;
    /// `index_key` stays what it is.
    ///
    /// # Errors
    /// `KeyError`; the file is then as it was.
    pub fn add(path: &Path) -> Result<u32, KeyError> {
        key_file::add(path, |file| Keyring::from_file(file).map(drop).map_err(malformed(path)))
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
        let (mut keys, mut marks) = (Vec::with_capacity(file.keys.len()), Vec::new());
        for entry in &file.keys {
            let mut bytes = decode(&entry.key)?;
            let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| "a key is unusable".to_owned())?;
            marks.push(KeyMark::of(format!("key {}", entry.id), &hmac::Key::new(hmac::HMAC_SHA256, &bytes)));
            bytes.zeroize();
            keys.push((entry.id, LessSafeKey::new(key)));
        }
        if !keys.iter().any(|(id, _)| *id == file.active) {
            return Err(format!("the active key {} is not in it", file.active));
        }
        let mut index = decode(&file.index_key)?;
        let index_key = hmac::Key::new(hmac::HMAC_SHA256, &index);
        index.zeroize();
        marks.push(KeyMark::of("index_key".to_owned(), &index_key));
        Ok(Keyring { active: file.active, keys, index: index_key, marks })
    }

    /// The mark of each key, by which a database tells whether this is the file that it was sealed with.
    pub fn marks(&self) -> &[KeyMark] {
        &self.marks
    }

    /// The id of the key that seals.
    pub fn active(&self) -> u32 {
        self.active
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

fn malformed(path: &Path) -> impl Fn(String) -> KeyError {
    let path = path.display().to_string();
    move |what| KeyError::Malformed(path.clone(), what)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use proptest::prelude::*;

    use super::*;

    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

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
    fn r36_an_added_key_seals_what_is_new_and_what_was_sealed_before_stays_readable() {
        let (dir, before) = keyring();
        let path = dir.path().join("keys.toml");
        let old = before.seal(b"8335001234", b"row 1").unwrap();
        for id in [2, 3] {
            assert_eq!(Keyring::add(&path).unwrap(), id);
            let after = Keyring::load(&path).unwrap();
            assert_eq!(after.open(&old, b"row 1").unwrap(), b"8335001234");
            let new = after.seal(b"8335001234", b"row 1").unwrap();
            assert_eq!(
                (&old[..KEY_ID_LEN], &new[..KEY_ID_LEN]),
                (&[0, 0, 0, 1][..], &[0, 0, 0, id as u8][..])
            );
            assert_eq!(after.open(&new, b"row 1").unwrap(), b"8335001234");
            assert_eq!(before.open(&new, b"row 1"), Err(OpenError::UnknownKey));
            // The same people are found, for ever.
            assert_eq!(after.blind_index("account", "1"), before.blind_index("account", "1"));
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn r36_a_key_is_known_again_by_its_mark_which_is_nothing_else_that_is_kept() {
        let (dir, before) = keyring();
        let path = dir.path().join("keys.toml");
        let names = |ring: &Keyring| ring.marks().iter().map(|mark| mark.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&before), ["key 1", "index_key"]);
        assert_eq!(Keyring::load(&path).unwrap().marks(), before.marks());
        Keyring::add(&path).unwrap();
        let after = Keyring::load(&path).unwrap();
        assert_eq!(names(&after), ["key 1", "key 2", "index_key"]);
        assert!(before.marks().iter().all(|mark| after.marks().contains(mark)));
        let (_other, other) = keyring();
        for (one, another) in before.marks().iter().zip(other.marks()) {
            assert_ne!(one, another);
        }
        let text = std::str::from_utf8(MARKED).unwrap();
        assert!(before.marks().iter().all(|mark| mark.mark != before.blind_index("", text)));
        let file = std::fs::read_to_string(&path).unwrap();
        assert!(after.marks().iter().all(|mark| !file.contains(&STANDARD.encode(mark.mark))));
    }

    #[test]
    fn r36_a_file_that_gets_no_key_stays_as_it_was() {
        let (dir, ring) = keyring();
        let path = dir.path().join("keys.toml");
        let good = std::fs::read_to_string(&path).unwrap();
        let sealed = ring.seal(b"1", b"row").unwrap();
        let refused = |text: &str, mode: u32| {
            write(&path, text);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = Keyring::add(&path).unwrap_err();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            error
        };
        assert!(matches!(refused(&good, 0o640), KeyError::Exposed(_)));
        assert!(matches!(refused(&good.replace("active = 1", "active = 9"), 0o600), KeyError::Malformed(..)));
        assert!(matches!(refused("nonsense", 0o600), KeyError::Malformed(..)));
        let last = good.replace("active = 1", "active = 4294967295").replace("id = 1", "id = 4294967295");
        assert!(matches!(refused(&last, 0o600), KeyError::Malformed(..)));
        write(&path, &good);
        let turn = std::fs::File::open(&path).unwrap();
        turn.lock().unwrap();
        assert!(matches!(Keyring::add(&path), Err(KeyError::Busy(_))));
        drop(turn);
        assert!(matches!(Keyring::add(&dir.path().join("nowhere")), Err(KeyError::File { .. })));
        // Left beside it by a process that was killed, or about to be placed by one that lives.
        let another = dir.path().join("keys.toml.new");
        std::fs::write(&another, "another one's").unwrap();
        assert_eq!(Keyring::add(&path).unwrap(), 2);
        assert_eq!(std::fs::read_to_string(&another).unwrap(), "another one's");
        assert_eq!(Keyring::load(&path).unwrap().open(&sealed, b"row").unwrap(), b"1");
    }

    #[test]
    fn a_link_to_the_key_file_stays_one() {
        let (dir, _) = keyring();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join("keys.toml"), &link).unwrap();
        assert_eq!(Keyring::add(&link).unwrap(), 2);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(format!("{:?}", Keyring::load(&link).unwrap()), "Keyring { active: 2, keys: 2 }");
    }

    #[test]
    fn r37_a_damaged_key_file_is_not_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        write(&path, "index_key = \"c2VjcmV0LXNlY3JldA==\nboom");
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
