//! One workspace's caller.

use std::time::Duration;

use http::Method;
use model::{AssetId, WorkspaceId};
use serde_json::{Value, json};

/// The answer that came back.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Response {
    /// The header `name`; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The error's code; empty where it is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// The body's JSON, for a response that must be `status`.
    #[expect(clippy::must_use_candidate, reason = "that it is `status` is worth a line by itself")]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json
    }
}

/// A caller with one key.
#[derive(Debug, Clone)]
pub struct Client {
    /// The address of the API.
    pub url: String,
    /// The key, sent as `Authorization: Bearer`; none where it is empty.
    pub key: String,
    /// The key's workspace.
    pub workspace: WorkspaceId,
    pub(crate) http: reqwest::Client,
}

impl Client {
    /// A caller of the store at `url`, whose key is `workspace`'s.
    #[must_use]
    pub fn new(url: String, key: String, workspace: &str) -> Self {
        let workspace = workspace.parse().expect("a workspace");
        Self { url, key, workspace, http: reqwest::Client::new() }
    }

    /// The same caller with another key.
    #[must_use]
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self.clone() }
    }

    /// A request of this caller, to be completed and given to [`Self::send`].
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        if self.key.is_empty() { request } else { request.bearer_auth(&self.key) }
    }

    /// Sends a request.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body").to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Response { status, headers, bytes, json }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// `POST /api/v1/assets`.
    pub async fn create(&self, body: Value) -> Response {
        self.post("/api/v1/assets", body).await
    }

    /// Stores text as an asset with these fields; the asset.
    pub async fn write(&self, content: &str, fields: Value) -> Value {
        let mut body = fields;
        body["content"] = content.into();
        self.create(body).await.expect(201)["data"].clone()
    }

    /// `PUT`s bytes as a signed upload says.
    pub async fn put(&self, upload: &Value, bytes: Vec<u8>) -> Response {
        let mut request = self.http.put(upload["url"].as_str().expect("a signed upload"));
        // This client leaves it out where there is nothing to send.
        request = request.header("content-length", bytes.len());
        for (name, value) in upload["headers"].as_object().expect("headers") {
            request = request.header(name, value.as_str().expect("a header's value"));
        }
        self.send(request.body(bytes)).await
    }

    /// Registers and uploads a file, and waits for it to be complete; the asset.
    pub async fn upload(&self, file_name: &str, bytes: Vec<u8>) -> Value {
        self.upload_with(file_name, bytes, json!({})).await
    }

    /// [`Self::upload`], with these fields as well.
    pub async fn upload_with(&self, file_name: &str, bytes: Vec<u8>, fields: Value) -> Value {
        let mut body = fields;
        body["upload"] = json!({
            "file_name": file_name,
            "content_type": "application/octet-stream",
            "file_size": bytes.len(),
        });
        let created = self.create(body).await.expect(201);
        assert_eq!(self.put(&created["upload"], bytes).await.status, 200);
        self.complete(created["data"]["id"].as_str().expect("an id")).await
    }

    /// The asset, once it is complete.
    pub async fn complete(&self, id: &str) -> Value {
        let path = format!("/api/v1/assets/{id}");
        eventually(async || {
            let asset = self.get(&path).await.expect(200)["data"].clone();
            (asset["upload_status"] == "complete").then_some(asset)
        })
        .await
    }

    /// The ids that a list shows, in order, all its pages.
    pub async fn list(&self, query: &str) -> Vec<AssetId> {
        let mut ids = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/api/v1/assets?{query}{cursor}")).await.expect(200);
            let items = page["items"].as_array().expect("items");
            ids.extend(items.iter().map(|item| id(&item["id"])));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return ids,
            }
        }
    }

    /// The bytes behind a signed download link of the asset.
    pub async fn download(&self, id: &str) -> Response {
        let link = self.get(&format!("/api/v1/assets/{id}/signed-url")).await.expect(200);
        self.download_from(link["data"]["url"].as_str().expect("a link")).await
    }

    /// The bytes behind a signed link.
    pub async fn download_from(&self, url: &str) -> Response {
        self.send(self.http.get(url)).await
    }
}

/// The id that a JSON string holds.
#[must_use]
pub fn id(value: &Value) -> AssetId {
    value.as_str().expect("an id").parse().expect("an asset id")
}

/// Tries `attempt` until it finds something, and returns that: a wait on a condition, not on time.
pub async fn eventually<T>(attempt: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..1000 {
        if let Some(found) = attempt().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("what was waited for did not come about in ten seconds");
}
