//! Signatures of webhooks.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use providers::Provider::{Deepgram, DreamMachine, ElevenLabs, Fal, OpenAi, Replicate};
use providers::{BadWebhook, Notice, Provider, Secret};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{NOW, headers};

const BODY: &[u8] =
    br#"{"id": "j1", "request_id": "j1", "data": {"id": "j1", "request_id": "j1"}}"#;

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}

/// The key and the headers of a webhook that a provider signed `seconds` from now.
fn signed(provider: Provider, seconds: i64) -> (Secret, Vec<(String, String)>) {
    let at = (NOW.seconds() + seconds).to_string();
    match provider {
        ElevenLabs => {
            let text = [format!("{at}.").as_bytes(), BODY].concat();
            let value = format!("t={at},v0={}", hex::encode(mac(b"s3cret", &text)));
            ("s3cret".into(), headers(&[("ElevenLabs-Signature", &value)]))
        }
        Fal => {
            let key = SigningKey::from_bytes(&[7; 32]);
            let x = BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
            let other = BASE64_URL_SAFE_NO_PAD
                .encode(SigningKey::from_bytes(&[8; 32]).verifying_key().as_bytes());
            let text = format!("j1\nu1\n{at}\n{}", hex::encode(Sha256::digest(BODY)));
            let signature = hex::encode(key.sign(text.as_bytes()).to_bytes());
            let keys = json!({ "keys": [{ "kty": "OKP", "x": other }, { "x": x }] });
            let headers = headers(&[
                ("X-Fal-Webhook-Request-Id", "j1"),
                ("X-Fal-Webhook-User-Id", "u1"),
                ("X-Fal-Webhook-Timestamp", &at),
                ("X-Fal-Webhook-Signature", &signature),
            ]);
            (keys.to_string().into(), headers)
        }
        _ => {
            let text = [format!("m1.{at}.").as_bytes(), BODY].concat();
            let value = BASE64_STANDARD.encode(mac(b"s3cret", &text));
            let key = format!("whsec_{}", BASE64_STANDARD.encode(b"s3cret"));
            // Replicate's key as the API tells it.
            let key = if provider == Replicate { json!({ "key": key }).to_string() } else { key };
            let headers = headers(&[
                ("webhook-id", "m1"),
                ("webhook-timestamp", &at),
                ("webhook-signature", &format!("v1,AAAA v2,x v1,{value}")),
            ]);
            (key.into(), headers)
        }
    }
}

#[test]
fn a_signature_holds_for_a_while_either_way() {
    for provider in [ElevenLabs, Fal, OpenAi, Replicate] {
        for (seconds, expected) in [
            (0, Ok(Some("j1".to_owned()))),
            (-300, Ok(Some("j1".to_owned()))),
            (300, Ok(Some("j1".to_owned()))),
            (-301, Err(BadWebhook::Untimely)),
            (301, Err(BadWebhook::Untimely)),
        ] {
            let (key, headers) = signed(provider, seconds);
            let notice = Notice { key: Some(&key), headers: &headers, body: BODY, now: NOW };
            assert_eq!(provider.webhook(&notice), expected, "{} {seconds}", provider.as_str());
        }
    }
}

#[test]
fn nothing_else_is_believed() {
    for provider in [ElevenLabs, Fal, OpenAi, Replicate] {
        let (key, headers) = signed(provider, 0);
        let notice = Notice { key: Some(&key), headers: &headers, body: BODY, now: NOW };
        let altered = [BODY, b" "].concat();
        let name = provider.as_str();
        assert_eq!(
            provider.webhook(&Notice { body: &altered, ..notice }),
            Err(BadWebhook::Forged),
            "{name}"
        );
        assert_eq!(
            provider.webhook(&Notice { key: None, ..notice }),
            Err(BadWebhook::NoKey),
            "{name}"
        );
        assert_eq!(
            provider.webhook(&Notice { headers: &[], ..notice }),
            Err(BadWebhook::Unreadable),
            "{name}"
        );
        let empty =
            Secret::from(if matches!(provider, OpenAi | Replicate) { "whsec_" } else { "" });
        assert_eq!(
            provider.webhook(&Notice { key: Some(&empty), ..notice }),
            Err(BadWebhook::NoKey),
            "{name}"
        );
        let other = match provider {
            Fal => Secret::from(json!({ "keys": [] }).to_string()),
            ElevenLabs => Secret::from("other"),
            _ => Secret::from("whsec_b3RoZXI="),
        };
        assert_eq!(
            provider.webhook(&Notice { key: Some(&other), ..notice }),
            Err(BadWebhook::Forged),
            "{name}"
        );
    }
}

#[test]
fn an_unsigned_one_names_a_job_and_no_more() {
    let notice = Notice { key: None, headers: &[], body: BODY, now: NOW };
    assert_eq!(DreamMachine.webhook(&notice), Ok(Some("j1".to_owned())));
    assert_eq!(Deepgram.webhook(&notice), Err(BadWebhook::Unknown));
}
