//! Keys where they are kept: in Secrets Manager, as far as it goes on a loopback port, and in a file.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod secrets_manager;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use credentials::{CATALOGUE, Credential, Credentials, FILE, PREFIX};
use domain::{Clock, Error, Timestamp, WorkspaceId};
use platform::Environment;
use providers::{Provider, Tool};
use secrets_manager::SecretsManager;

const KEY: &str = "k3y-that-nobody-sees";
const WEBHOOK: &str = "whsec_that-nobody-sees";

fn acme() -> WorkspaceId {
    "acme".parse().unwrap()
}

fn credential(key: &str) -> Credential {
    Credential { key: key.into(), webhook_secret: Some(WEBHOOK.into()) }
}

/// An environment with these variables and a time of its own.
fn environment(variables: &[(&str, &str)]) -> (Environment, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(1_795_824_000_000));
    let read = Arc::clone(&now);
    let clock = Clock::new(move || Timestamp::from_millis(read.load(Ordering::Relaxed)));
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    (Environment::new(variables.collect(), None, clock), now)
}

/// The environment of a function on AWS, but for its Secrets Manager.
fn on_aws(secrets: &SecretsManager) -> (Environment, Arc<AtomicI64>) {
    environment(&[
        (PREFIX, "stack/providers/"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &secrets.url),
    ])
}

fn on_a_laptop(file: &Path, more: &[(&str, &str)]) -> Credentials {
    let variables = [&[(FILE, file.to_str().unwrap())], more].concat();
    Credentials::of(&environment(&variables).0).unwrap()
}

/// What holds wherever keys are kept.
async fn keeps_keys(credentials: &Credentials) {
    let globex = "globex".parse().unwrap();
    assert_eq!(credentials.get(&acme(), Provider::Fal).await.unwrap(), None);
    assert!(!credentials.remove(&acme(), Provider::Fal).await.unwrap());
    for (provider, key) in [(Provider::Runway, KEY), (Provider::Fal, "other"), (Provider::Fal, KEY)]
    {
        credentials.set(&acme(), provider, credential(key)).await.unwrap();
    }
    let found = credentials.get(&acme(), Provider::Fal).await.unwrap();
    assert_eq!(found, Some(credential(KEY)));
    let all = credentials.providers(&acme()).await.unwrap();
    assert_eq!(all, [Provider::Fal, Provider::Runway]);
    assert_eq!(credentials.providers(&globex).await.unwrap(), []);
    credentials.set(&globex, Provider::Luma, credential("third")).await.unwrap();
    assert!(credentials.remove(&acme(), Provider::Fal).await.unwrap());
    assert!(credentials.remove(&acme(), Provider::Runway).await.unwrap());
    assert_eq!(credentials.providers(&acme()).await.unwrap(), []);
    assert_eq!(credentials.providers(&globex).await.unwrap(), [Provider::Luma]);
    let shown = format!("{credentials:?} {found:?}");
    assert!(!shown.contains("nobody") && !shown.contains("third"), "{shown}");
}

#[tokio::test]
async fn a_workspace_has_a_secret_on_aws() {
    let secrets = SecretsManager::start().await;
    let credentials = Credentials::of(&on_aws(&secrets).0).unwrap();
    keeps_keys(&credentials).await;
    assert_eq!(secrets.names(), ["stack/providers/globex"], "an empty one is deleted");
}

#[tokio::test]
async fn all_workspaces_have_a_file_on_a_laptop() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("providers.json");
    keeps_keys(&on_a_laptop(&file, &[])).await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_secret_is_read_once_a_minute() {
    let secrets = SecretsManager::start().await;
    let (environment, now) = on_aws(&secrets);
    let credentials = Credentials::of(&environment).unwrap();
    let known = async || credentials.clone().get(&acme(), Provider::Fal).await.unwrap();
    assert_eq!(known().await, None);
    secrets.put("stack/providers/acme", r#"{"fal": {"key": "k"}}"#);
    now.fetch_add(59_999, Ordering::Relaxed);
    assert_eq!((known().await, secrets.reads()), (None, 1));
    now.fetch_add(1, Ordering::Relaxed);
    let expected = Some(Credential { key: "k".into(), webhook_secret: None });
    assert_eq!((known().await, secrets.reads()), (expected, 2));
}

#[tokio::test]
async fn what_newer_code_has_stored_stays() {
    let secrets = SecretsManager::start().await;
    let credentials = Credentials::of(&on_aws(&secrets).0).unwrap();
    secrets.put("stack/providers/acme", r#"{"newer": {"key": "k"}}"#);
    assert_eq!(credentials.providers(&acme()).await.unwrap(), []);
    credentials.set(&acme(), Provider::Fal, credential(KEY)).await.unwrap();
    assert!(credentials.remove(&acme(), Provider::Fal).await.unwrap());
    assert_eq!(secrets.text("stack/providers/acme"), r#"{"newer":{"key":"k"}}"#);
}

/// An error as an operator sees it, and as it is shown.
fn told(error: &Error) -> String {
    format!("{} {error:?}", domain::error::chain(error))
}

#[tokio::test]
async fn no_error_tells_a_secret() {
    let secrets = SecretsManager::start().await;
    let credentials = Credentials::of(&on_aws(&secrets).0).unwrap();
    let quoted = format!("{{\"fal\": \"{KEY}\"}}");
    for bad in [&quoted, &format!("{{\"fal\": {{\"kee\": \"{KEY}\"}}}}"), KEY, ""] {
        secrets.put("stack/providers/acme", bad);
        let why = told(&credentials.get(&acme(), Provider::Fal).await.unwrap_err());
        assert!(why.contains("the workspace acme") && !why.contains("nobody"), "{why}");
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("providers.json");
    for bad in [KEY.to_owned(), format!("{{\"acme\": {quoted}}}")] {
        std::fs::write(&file, bad).unwrap();
        let why = on_a_laptop(&file, &[]).get(&acme(), Provider::Fal).await.unwrap_err();
        let why = told(&why);
        assert!(why.contains("the workspace acme") && !why.contains("nobody"), "{why}");
    }
    // As a service that quotes what it was sent, and one that sends what is no answer.
    secrets.put("stack/providers/acme", &format!("{{\"luma\": {{\"key\": \"{KEY}\"}}}}"));
    for (answer, expected) in [(400, "ValidationException"), (200, "cannot be read")] {
        secrets.break_down(answer);
        let why = credentials.set(&acme(), Provider::Fal, credential(KEY)).await.unwrap_err();
        let why = told(&why);
        assert!(why.contains(expected) && !why.contains("nobody"), "{why}");
    }
}

#[tokio::test]
async fn what_no_header_carries_is_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let credentials = on_a_laptop(&directory.path().join("providers.json"), &[]);
    for bad in ["", "nobody sees", "nobody\nsees", "nobödy", &"x".repeat(4097)] {
        let why = credentials.set(&acme(), Provider::Fal, credential(bad)).await.unwrap_err();
        let why = told(&why);
        assert!(why.starts_with("key: expected") && !why.contains("sees"), "{why}");
    }
    let demo = credentials.set(&acme(), Provider::Demo, credential(KEY)).await.unwrap_err();
    assert_eq!(demo.to_string(), "provider: demo takes no key");
}

#[tokio::test]
async fn a_provider_is_where_the_environment_says() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("providers.json");
    let plain = on_a_laptop(&file, &[]);
    for provider in [Provider::Fal, Provider::Luma] {
        plain.set(&acme(), provider, credential(KEY)).await.unwrap();
    }
    let fake = ("PROVIDER_FAL_URL", "http://127.0.0.1:9/fal");
    let moved = on_a_laptop(&file, &[fake, ("PROVIDER_FAL_SIGNING_URL", "http://127.0.0.1:9/r")]);
    let owns = async |credentials: &Credentials, provider, url| {
        credentials.access(&acme(), provider).await.unwrap().unwrap().owns(url)
    };
    assert!(owns(&plain, Provider::Fal, "https://queue.fal.run/x").await);
    assert!(owns(&moved, Provider::Fal, "http://127.0.0.1:9/fal/x").await);
    assert!(owns(&moved, Provider::Luma, "https://agents.lumalabs.ai/x").await);
    assert!(plain.access(&acme(), Provider::Runway).await.unwrap().is_none());
    for (name, value, why) in [
        ("PROVIDER_DREAM_MACHINE_URL", "localhost:9000", "expected a URL"),
        ("PROVIDER_FAL_SIGNING_URL", "http://127.0.0.1:9", "it needs PROVIDER_FAL_URL"),
    ] {
        let (bad, _) = environment(&[(FILE, "x"), (name, value)]);
        let told = told(&Credentials::of(&bad).unwrap_err());
        assert!(told.contains(&format!("{name}: {why}")), "{told}");
    }
    let (neither, _) = environment(&[]);
    assert!(told(&Credentials::of(&neither).unwrap_err()).contains(PREFIX));
}

#[tokio::test]
async fn the_demo_is_there_where_somebody_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("providers.json");
    let without = on_a_laptop(&file, &[]);
    assert!(without.access(&acme(), Provider::Demo).await.unwrap().is_none());
    assert_eq!(without.providers(&acme()).await.unwrap(), []);
    let with = on_a_laptop(&file, &[("PROVIDER_DEMO_URL", "http://127.0.0.1:9")]);
    let access = with.access(&acme(), Provider::Demo).await.unwrap().unwrap();
    assert!(access.owns("http://127.0.0.1:9/v1/images/generations"));
    assert_eq!(with.providers(&acme()).await.unwrap(), [Provider::Demo]);
}

#[test]
fn rows_of_the_operator_replace_ours() {
    let rows = r#"
        [demo.image_gen."demo-image"]
        [openai.image_gen."gpt-image-1-mini"]
        prompt = { most = 5 }
    "#;
    let catalogue = credentials::catalogue(&environment(&[(CATALOGUE, rows)]).0).unwrap();
    let most = |provider, tool, name| catalogue.model(provider, tool, name).unwrap().prompt.most;
    assert_eq!(most(Provider::Demo, Tool::ImageGen, "demo-image"), None);
    assert_eq!(most(Provider::OpenAi, Tool::ImageGen, "gpt-image-1-mini"), Some(5));
    assert_eq!(most(Provider::OpenAi, Tool::ImageGen, "gpt-image-2"), Some(32_000));
    assert_eq!(most(Provider::ElevenLabs, Tool::Tts, "eleven_multilingual_v2"), Some(10_000));
    let (bad, _) = environment(&[(CATALOGUE, "[fax.image_gen.x]")]);
    let why = told(&credentials::catalogue(&bad).unwrap_err());
    assert!(why.contains(CATALOGUE) && why.contains("fax"), "{why}");
    let ours = credentials::catalogue(&environment(&[]).0).unwrap();
    assert!(ours.model(Provider::Demo, Tool::ImageGen, "demo-image").is_err());
    assert!(credentials::variables().any(|name| name == "PROVIDER_DREAM_MACHINE_URL"));
}
