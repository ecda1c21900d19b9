//! The way to the stand-in.

use std::io::Read;

use providers::{Access, Answer, Provider, Request};

use crate::fake::Fake;

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

impl Fake {
    /// Access to a provider's stand-in; any key but `bad` is taken.
    pub(crate) fn access(&self, provider: Provider, key: &str) -> Access {
        let (base, signing) = self.urls(provider);
        Access::new(provider, key.into()).at(base, signing).unwrap()
    }

    /// The secret that a provider signs its webhooks with.
    pub(crate) fn secret(&self, name: &str) -> &str {
        self.about["secrets"][name].as_str().unwrap()
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

    /// Tells the stand-in a URL.
    pub(crate) fn tell(&self, path: &str, url: &str) {
        let (base, _) = self.urls(Provider::Replicate);
        let target = base.replace("/replicate", &format!("/_control{path}"));
        let body = serde_json::json!({ "url": url }).to_string();
        self.agent.post(target).header("content-type", "application/json").send(body).unwrap();
    }
}
