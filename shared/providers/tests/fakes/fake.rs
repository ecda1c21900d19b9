//! The stand-in of the providers, and the way there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use providers::{Access, Answer, Method, Provider, Request};
use serde_json::Value;

/// A running stand-in, which ends with the test.
pub(crate) struct Fake {
    child: Child,
    about: Value,
    media: BTreeMap<String, Vec<u8>>,
    agent: ureq::Agent,
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer as it came.
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn answer(&self) -> Answer<'_> {
        Answer { status: self.status, headers: &self.headers, body: &self.body }
    }
}

/// The provider's host, as the stand-in's paths begin.
fn prefix(provider: Provider) -> &'static str {
    match provider {
        Provider::Fal => "fal-queue",
        Provider::Luma => "luma-agents",
        Provider::DreamMachine => "luma",
        other => other.as_str(),
    }
}

impl Fake {
    pub(crate) fn start() -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fakes");
        let media = Command::new("python3")
            .current_dir(&folder)
            .args(["-B", "-c", "import json, providers as p; print(json.dumps({k: p.b64(v[1]) for k, v in p.MEDIA.items()}))"])
            .output()
            .unwrap();
        let media: BTreeMap<String, String> = serde_json::from_slice(&media.stdout).unwrap();
        let media = media.into_iter();
        let media =
            media.map(|(name, data)| (name, BASE64_STANDARD.decode(data).unwrap())).collect();
        let mut child = Command::new("python3")
            .current_dir(&folder)
            .args(["-B", "providers.py", "--webhook-delay", "0.05"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        Self { child, about: serde_json::from_str(&first).unwrap(), media, agent }
    }

    /// Access to a provider's stand-in; any key but `bad` is taken.
    pub(crate) fn access(&self, provider: Provider, key: &str) -> Access {
        let base = |prefix: &str| self.about["base_urls"][prefix].as_str().unwrap();
        let signing = (provider == Provider::Fal).then(|| base("fal-rest"));
        Access::new(provider, key.into()).at(base(prefix(provider)), signing).unwrap()
    }

    pub(crate) fn secret(&self, name: &str) -> &str {
        self.about["secrets"][name].as_str().unwrap()
    }

    /// The bytes of the stand-in's file of this kind.
    pub(crate) fn media(&self, kind: &str) -> &[u8] {
        &self.media[kind]
    }

    /// Sends a request as it is.
    pub(crate) fn send(&self, request: Request) -> Heard {
        let mut builder =
            ureq::http::Request::builder().method(request.method.as_str()).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(&**name, value.expose());
        }
        let body = request.body.encode("b0und4ry");
        if let Some((kind, _)) = &body {
            builder = builder.header("content-type", kind);
        }
        let request = builder.body(body.map(|(_, bytes)| bytes).unwrap_or_default()).unwrap();
        let mut response = self.agent.run(request).unwrap();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let mut body = Vec::new();
        response.body_mut().as_reader().read_to_end(&mut body).unwrap();
        Heard { status: response.status().as_u16(), headers, body }
    }

    /// Asks the stand-in itself.
    pub(crate) fn control(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.about["control"].as_str().unwrap());
        let response = self.agent.get(url).call().unwrap();
        serde_json::from_reader(response.into_body().into_reader()).unwrap()
    }

    /// Tells the stand-in a URL.
    pub(crate) fn tell(&self, path: &str, url: &str) {
        let target = format!("{}{path}", self.about["control"].as_str().unwrap());
        let body = serde_json::json!({ "url": url }).to_string();
        self.agent.post(target).header("content-type", "application/json").send(body).unwrap();
    }

    /// The number of submissions of this prompt that have come.
    pub(crate) fn submissions(&self, prompt: &str) -> usize {
        let journal = self.control("/journal");
        let prompt = prompt.to_owned();
        let posts = journal.as_array().unwrap().iter().filter(|entry| {
            entry["method"] == Method::Post.as_str()
                && (entry["json"].to_string().contains(&prompt)
                    || entry["parts"].to_string().contains(&prompt))
        });
        posts.count()
    }
}

/// The headers and the body of a webhook.
type Webhook = (Vec<(String, String)>, Vec<u8>);

/// A server that takes webhooks.
pub(crate) struct Listener {
    pub(crate) url: String,
    webhooks: mpsc::Receiver<Webhook>,
}

impl Listener {
    pub(crate) fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/callbacks/t0ken", socket.local_addr().unwrap());
        let (sender, webhooks) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in socket.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut headers = Vec::new();
                let mut line = String::new();
                while stream.read_line(&mut line).unwrap() > 2 {
                    if let Some((name, value)) = line.trim_end().split_once(": ") {
                        headers.push((name.to_owned(), value.to_owned()));
                    }
                    line.clear();
                }
                let length =
                    headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
                let mut body = vec![0; length.unwrap().1.parse().unwrap()];
                stream.read_exact(&mut body).unwrap();
                let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                std::io::Write::write_all(stream.get_mut(), answer).unwrap();
                if sender.send((headers, body)).is_err() {
                    return;
                }
            }
        });
        Self { url, webhooks }
    }

    /// The next webhook.
    pub(crate) fn next(&self) -> Webhook {
        self.webhooks.recv_timeout(Duration::from_secs(10)).unwrap()
    }
}
