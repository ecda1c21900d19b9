//! Secrets Manager, as far as a workspace's keys go, on a loopback port.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A running Secrets Manager, which ends with the test.
pub(crate) struct SecretsManager {
    pub(crate) url: String,
    state: Arc<Mutex<Secrets>>,
}

#[derive(Default)]
struct Secrets {
    texts: BTreeMap<String, String>,
    reads: usize,
    /// The status of answers that quote what was sent.
    broken: Option<u16>,
}

impl SecretsManager {
    pub(crate) async fn start() -> Self {
        let state = Arc::<Mutex<Secrets>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&state));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, state }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.state.lock().unwrap().texts.keys().cloned().collect()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.state.lock().unwrap().texts[name].clone()
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        self.state.lock().unwrap().texts.insert(name.to_owned(), text.to_owned());
    }

    pub(crate) fn reads(&self) -> usize {
        self.state.lock().unwrap().reads
    }

    /// Answers in words that quote the secret and what was sent from now on: with 400 to what changes a
    /// secret, with 200 to everything.
    pub(crate) fn break_down(&self, status: u16) {
        self.state.lock().unwrap().broken = Some(status);
    }
}

fn error(code: &str, message: &str) -> Response {
    let body = json!({ "__type": code, "message": message });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn answer(
    State(state): State<Arc<Mutex<Secrets>>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let mut secrets = state.lock().unwrap();
    let asked: Value = serde_json::from_str(&body).unwrap();
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let id = text("SecretId");
    let kept = secrets.texts.get(&id).cloned();
    let action = headers["x-amz-target"].to_str().unwrap().trim_start_matches("secretsmanager.");
    match secrets.broken {
        Some(400) if action == "GetSecretValue" => {}
        Some(400) => {
            return error("ValidationException", &format!("Value '{kept:?}' or {body}"));
        }
        Some(_) => return format!("{{\"SecretString\": {kept:?} {body}").into_response(),
        None => {}
    }
    match action {
        "CreateSecret" => drop(secrets.texts.insert(text("Name"), text("SecretString"))),
        _ if kept.is_none() => {
            secrets.reads += usize::from(action == "GetSecretValue");
            return error("ResourceNotFoundException", "there is no such secret");
        }
        "PutSecretValue" => drop(secrets.texts.insert(id.clone(), text("SecretString"))),
        "GetSecretValue" => secrets.reads += 1,
        "DeleteSecret" => {
            assert_eq!(asked["ForceDeleteWithoutRecovery"], true);
            secrets.texts.remove(&id);
        }
        other => panic!("{other} is not known here"),
    }
    Json(json!({ "Name": id, "SecretString": kept })).into_response()
}
