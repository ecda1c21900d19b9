//! The key that signs, where Secrets Manager holds what it is made from.

use archive::SigningKey;
use axum::Router;
use axum::routing::post;
use http::HeaderMap;
use tokio::net::TcpListener;

use super::crashes::{deliver, take_event};
use super::*;

/// Secrets Manager, as far as one secret goes, on a loopback port.
async fn secrets_manager(secret: &'static str) -> String {
    let answer = async move |headers: HeaderMap, body: String| {
        assert_eq!(headers["x-amz-target"], "secretsmanager.GetSecretValue");
        let asked: Value = serde_json::from_str(&body).unwrap();
        axum::Json(json!({ "Name": asked["SecretId"], "SecretString": secret }))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/", post(answer))).into_future());
    url
}

/// An export by a function whose key is made from this secret.
async fn export_with(secret: &'static str) -> (Value, bool) {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let path = ask(&acme, json!({ "filter": {} })).await;
    let environment = world
        .environment_of("export")
        .with("EXPORT_SIGNING_KEY", "")
        .with("EXPORT_SIGNING_SECRET", "signing")
        .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets_manager(secret).await);
    let function = export::Deps::new(&environment).unwrap();
    let again = deliver(&function, &take_event(&world)).await;
    let export = read(&acme, &path).await;
    if !again {
        unpacked(&acme, &export).await;
    }
    (export, again)
}

#[tokio::test]
async fn the_key_is_made_from_the_secret() {
    let secret = "sixty-four-random-characters-sixty-four-random-characters-sixty4";
    let (export, _) = export_with(secret).await;
    let key: SigningKey = secret.parse().unwrap();
    assert_eq!(export["public_key"], key.public().to_pem());
}

#[tokio::test]
async fn a_secret_that_anyone_could_guess_signs_nothing() {
    let (export, again) = export_with("hunter2").await;
    assert!(again && export["status"] == "running", "{export}");
}
