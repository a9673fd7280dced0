//! Minisign signatures over a manifest: the key is made on first use, and anyone with the public key can check with `minisign`.

use std::fs::{File, OpenOptions};
use std::io::{Cursor, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox, SignatureBox};

use super::Error;
use super::manifest::Manifest;

/// The public key inside every release.
pub const PUBLIC_KEY: &str = "minisign.pub";
/// Largest key or signature file read, in bytes.
pub(super) const MOST_BYTES: u64 = 4096;

/// A key pair that signs releases.
pub struct Signer {
    secret: SecretKey,
    public: PublicKey,
}

impl Signer {
    /// The key in the file at `path`; made, readable by its owner only, when there is none.
    ///
    /// # Errors
    /// A file that can not be read or written, that others may read, or that is no unencrypted minisign secret key.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let key = |reason: String| Error::Key { path: path.to_owned(), reason };
        match std::fs::metadata(path) {
            Ok(meta) if meta.permissions().mode() & 0o077 != 0 => {
                let mode = meta.permissions().mode() & 0o777;
                return Err(key(format!("others may read it (mode {mode:o}): `chmod 600` it")));
            }
            Ok(meta) if meta.len() > MOST_BYTES => return Err(key("it is too large for a key".to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(path)?,
            Err(error) => return Err(Error::io(path)(error)),
        }
        let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
        let secret = SecretKeyBox::from_string(&text).and_then(SecretKeyBox::into_unencrypted_secret_key);
        let secret = secret.map_err(|error| key(format!("it is no minisign secret key without password: {error}")))?;
        let public = PublicKey::from_secret_key(&secret).map_err(|error| key(error.to_string()))?;
        Ok(Signer { secret, public })
    }

    /// The public key as `minisign` reads it: a comment, then the key.
    ///
    /// # Errors
    /// Never for a key that was read.
    pub fn public_key(&self) -> Result<String, Error> {
        let boxed = self.public.to_box().map_err(|error| Error::damaged(Path::new(PUBLIC_KEY), error))?;
        Ok(terminated(boxed.to_string()))
    }

    /// The signature of a manifest, as its file has it.
    ///
    /// # Errors
    /// Never for a key that was read.
    pub fn sign(&self, manifest: &Manifest, bytes: &[u8]) -> Result<String, Error> {
        let (trusted, untrusted) = comments(manifest);
        let signed =
            minisign::sign(Some(&self.public), &self.secret, Cursor::new(bytes), Some(&trusted), Some(&untrusted));
        let signed = signed.map_err(|error| Error::damaged(Path::new(super::manifest::SIGNATURE), error))?;
        Ok(terminated(signed.to_string()))
    }
}

/// A public key in text: minisign's file, or its second line alone.
///
/// # Errors
/// When it is neither.
pub fn public_key(text: &str) -> Result<PublicKey, String> {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    PublicKey::from_base64(line).map_err(|error| format!("no minisign public key: {error}"))
}

/// Whether `signature` is what [`Signer::sign`] writes for these bytes under this key; else why not.
///
/// # Errors
/// What is wrong.
pub fn check(key: &PublicKey, manifest: &Manifest, bytes: &[u8], signature: &str) -> Result<(), String> {
    let boxed = SignatureBox::from_string(signature).map_err(|error| format!("no minisign signature: {error}"))?;
    minisign::verify(key, &boxed, Cursor::new(bytes), true, false, false).map_err(|error| error.to_string())?;
    // Minisign checks neither the first comment nor unused bits of the encoding: ours are known.
    let (trusted, untrusted) = comments(manifest);
    let written = terminated(boxed.to_string());
    let first = format!("untrusted comment: {untrusted}");
    let said = boxed.trusted_comment().map_err(|error| error.to_string())?;
    if written != signature || signature.lines().next() != Some(first.as_str()) || said != trusted {
        return Err("its comments or its form are not those of this release".to_owned());
    }
    Ok(())
}

fn comments(manifest: &Manifest) -> (String, String) {
    let Manifest { name, version, created, kind, .. } = manifest;
    let kind = kind.as_str();
    (format!("{kind} {name} {version} {created}"), format!("signature of the aludel {kind} {name} {version}"))
}

fn terminated(text: String) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}

fn make(path: &Path) -> Result<(), Error> {
    let key = |error: minisign::PError| Error::Key { path: path.to_owned(), reason: error.to_string() };
    let pair = KeyPair::generate_unencrypted_keypair().map_err(key)?;
    let text = pair.sk.to_box(Some("aludel release key: whoever has it can sign in your name")).map_err(key)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    // Under another name first: a half-written key would never be replaced.
    let partial = path.with_extension("partial");
    let _ = std::fs::remove_file(&partial);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial).map_err(Error::io(&partial))?;
    file.write_all(terminated(text.to_string()).as_bytes()).map_err(Error::io(&partial))?;
    file.sync_all().map_err(Error::io(&partial))?;
    std::fs::rename(&partial, path).map_err(Error::io(path))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))
}

/// The id people compare keys by.
///
/// # Errors
/// Never for a key that was read.
pub fn key_id(key: &PublicKey) -> String {
    let id: Vec<String> = key.keynum().iter().rev().map(|byte| format!("{byte:02X}")).collect();
    id.concat()
}
