//! Webhooks, and their signatures.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use domain::Timestamp;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::access::Secret;
use crate::answer::header;

/// The most seconds between a webhook's time and ours, either way.
const WINDOW: i64 = 300;

/// A webhook as it came.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// The key to check it by: the secret that the provider shares, or the answer to
    /// [`crate::Provider::signing_key`] as it came.
    pub key: Option<&'a Secret>,
    /// Its headers.
    pub headers: &'a [(String, String)],
    /// Its body, byte by byte as it came.
    pub body: &'a [u8],
    /// The time at which it came.
    pub now: Timestamp,
}

/// The reason why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWebhook {
    /// The provider sends none.
    #[error("this provider sends no webhooks")]
    Unknown,
    /// There is nothing to check it by.
    #[error("no key to check it by")]
    NoKey,
    /// Its headers or its body are not as the provider's are.
    #[error("it is not as this provider's webhooks are")]
    Unreadable,
    /// Its time is too far from ours.
    #[error("its time is more than {WINDOW} seconds from ours")]
    Untimely,
    /// It was signed by somebody else, or for another body.
    #[error("its signature does not match")]
    Forged,
}

impl Notice<'_> {
    fn header(&self, name: &str) -> Result<&str, BadWebhook> {
        header(self.headers, name).ok_or(BadWebhook::Unreadable)
    }

    fn key(&self) -> Result<&str, BadWebhook> {
        self.key.map(Secret::expose).filter(|key| !key.is_empty()).ok_or(BadWebhook::NoKey)
    }

    /// Its body as JSON.
    pub(crate) fn json(&self) -> Result<Value, BadWebhook> {
        serde_json::from_slice(self.body).map_err(|_| BadWebhook::Unreadable)
    }

    fn timely(&self, seconds: &str) -> Result<(), BadWebhook> {
        let at: i64 = seconds.parse().map_err(|_| BadWebhook::Unreadable)?;
        let apart = self.now.seconds().saturating_sub(at).saturating_abs();
        if apart > WINDOW { Err(BadWebhook::Untimely) } else { Ok(()) }
    }

    /// Checks it by Standard Webhooks: HMAC-SHA256 over id, time and body.
    pub(crate) fn standard(&self) -> Result<(), BadWebhook> {
        let told: Option<Value> = serde_json::from_str(self.key()?).ok();
        let told = told.as_ref().and_then(|body| body.get("key")?.as_str());
        let key = told.map_or_else(|| self.key(), Ok)?;
        let key = BASE64_STANDARD.decode(key.strip_prefix("whsec_").unwrap_or(key));
        let key = key.ok().filter(|key| !key.is_empty()).ok_or(BadWebhook::NoKey)?;
        let (id, at) = (self.header("webhook-id")?, self.header("webhook-timestamp")?);
        self.timely(at)?;
        let signatures = self
            .header("webhook-signature")?
            .split(' ')
            .filter_map(|signature| BASE64_STANDARD.decode(signature.strip_prefix("v1,")?).ok());
        self.signed(&key, format!("{id}.{at}.").as_bytes(), signatures)
    }

    /// Checks it as `ElevenLabs` signs: HMAC-SHA256 over time and body.
    pub(crate) fn elevenlabs(&self) -> Result<(), BadWebhook> {
        let key = self.key()?;
        let header = self.header("elevenlabs-signature")?;
        let fields = || header.split(',').filter_map(|field| field.trim().split_once('='));
        let at = fields().find(|(name, _)| *name == "t").ok_or(BadWebhook::Unreadable)?.1;
        self.timely(at)?;
        let signatures = fields().filter(|(name, _)| *name == "v0");
        let signatures = signatures.filter_map(|(_, signature)| hex::decode(signature).ok());
        self.signed(key.as_bytes(), format!("{at}.").as_bytes(), signatures)
    }

    /// Checks it as fal signs: Ed25519 by any key of a JSON Web Key Set.
    pub(crate) fn fal(&self) -> Result<(), BadWebhook> {
        let keys: Value = serde_json::from_str(self.key()?).map_err(|_| BadWebhook::NoKey)?;
        let keys = keys.get("keys").and_then(Value::as_array).ok_or(BadWebhook::NoKey)?;
        let at = self.header("x-fal-webhook-timestamp")?;
        self.timely(at)?;
        let signature = hex::decode(self.header("x-fal-webhook-signature")?).ok();
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        let signature = signature.ok_or(BadWebhook::Unreadable)?;
        let message = format!(
            "{}\n{}\n{at}\n{}",
            self.header("x-fal-webhook-request-id")?,
            self.header("x-fal-webhook-user-id")?,
            hex::encode(Sha256::digest(self.body)),
        );
        let signed = keys.iter().any(|key| {
            let key = key.get("x").and_then(Value::as_str);
            let key =
                key.and_then(|key| BASE64_URL_SAFE_NO_PAD.decode(key.trim_end_matches('=')).ok());
            let key: Option<[u8; 32]> = key.and_then(|key| key.try_into().ok());
            let key = key.and_then(|key| VerifyingKey::from_bytes(&key).ok());
            key.is_some_and(|key| key.verify_strict(message.as_bytes(), &signature).is_ok())
        });
        if signed { Ok(()) } else { Err(BadWebhook::Forged) }
    }

    /// Checks that one of the signatures is that of `head` and the body.
    fn signed(
        &self,
        key: &[u8],
        head: &[u8],
        mut signatures: impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), BadWebhook> {
        let mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| BadWebhook::NoKey)?;
        let mac = mac.chain_update(head).chain_update(self.body);
        let signed = signatures.any(|signature| mac.clone().verify_slice(&signature).is_ok());
        if signed { Ok(()) } else { Err(BadWebhook::Forged) }
    }
}
