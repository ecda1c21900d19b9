//! The keys that sign manifests and check their signatures: Ed25519 (RFC 8032).

use std::fmt;
use std::str::FromStr;

use domain::text::Invalid;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePublicKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer};
use sha2::{Digest, Sha256};

/// The shortest secret that a key is made from, in characters.
const SHORTEST: usize = 40;

/// A private key. It is the SHA-256 of a secret text, so that whatever makes random passwords can make
/// one: 40 letters and digits at random are as hard to guess as the key itself.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl FromStr for SigningKey {
    type Err = Invalid;

    /// The key of a secret, whatever spaces stand around it.
    fn from_str(secret: &str) -> Result<Self, Invalid> {
        let secret = secret.trim();
        if secret.chars().count() < SHORTEST {
            return Err(Invalid::new("a secret of at least 40 random characters"));
        }
        let seed: [u8; 32] = Sha256::digest(secret).into();
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

impl SigningKey {
    /// The key that checks what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.0.sign(text).to_bytes()
    }
}

/// A public key; as text, PEM of its `SubjectPublicKeyInfo` (RFC 8410), as OpenSSL has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// The id that it is known by: the first 16 hex digits of the SHA-256 of its 32 bytes.
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(&Sha256::digest(self.0.as_bytes())[..8])
    }

    /// The key as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // Encoding fails for want of memory alone.
        self.0.to_public_key_pem(LineEnding::LF).unwrap_or_default()
    }

    pub(crate) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.0.verify_strict(text, &signature).is_ok())
    }
}

impl FromStr for PublicKey {
    type Err = Invalid;

    fn from_str(pem: &str) -> Result<Self, Invalid> {
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(pem.trim());
        key.map(Self).map_err(|_| Invalid::new("an Ed25519 public key as PEM"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_checks_its_own_signatures_alone() {
        let key = |text: &str| text.repeat(10).parse::<SigningKey>().unwrap();
        let (one, other) = (key("abcd"), key("abce"));
        let public: PublicKey = one.public().to_pem().parse().unwrap();
        assert_eq!(public, one.public());
        assert_eq!(key("abcd\n").public().id().len(), 16);
        let signature = one.sign(b"text");
        assert!(public.verifies(b"text", &signature));
        assert!(!public.verifies(b"texts", &signature));
        assert!(!other.public().verifies(b"text", &signature));
        assert!(!public.verifies(b"text", &signature[1..]));
        assert!("short".parse::<SigningKey>().is_err());
    }
}
