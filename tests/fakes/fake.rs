//! The stand-in of the providers, as a process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use providers::Provider;
use serde_json::Value;

/// Ends the stand-in with its input, and so with whoever has started it.
const SERVE: &str = "
import os, sys, threading, providers
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
providers.main(['--webhook-delay', '0.05'])
";

/// Shows the stand-in's files.
const MEDIA: &str = "
import json, providers
print(json.dumps({kind: providers.b64(data) for kind, (_, data) in providers.MEDIA.items()}))
";

/// A running stand-in.
pub(crate) struct Fake {
    _child: Child,
    pub(crate) about: Value,
    media: BTreeMap<String, Vec<u8>>,
    pub(crate) agent: ureq::Agent,
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

fn python(script: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|at| at.join("tests/fakes"));
    let folder: Option<PathBuf> = folder.into_iter().find(|at| at.join("providers.py").exists());
    let mut command = Command::new("python3");
    command.current_dir(folder.unwrap()).args(["-B", "-c", script]);
    command
}

impl Fake {
    pub(crate) fn start() -> Self {
        let media = python(MEDIA).output().unwrap();
        let media: BTreeMap<String, String> = serde_json::from_slice(&media.stdout).unwrap();
        let media = media.into_iter();
        let media =
            media.map(|(name, data)| (name, BASE64_STANDARD.decode(data).unwrap())).collect();
        let mut child = python(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        Self { _child: child, about: serde_json::from_str(&first).unwrap(), media, agent }
    }

    /// The URL that stands for a provider's host; and for the one that tells its signing key.
    pub(crate) fn urls(&self, provider: Provider) -> (&str, Option<&str>) {
        let base = |prefix: &str| self.about["base_urls"][prefix].as_str().unwrap();
        (base(prefix(provider)), (provider == Provider::Fal).then(|| base("fal-rest")))
    }

    /// The bytes of the stand-in's file of this kind.
    pub(crate) fn media(&self, kind: &str) -> &[u8] {
        &self.media[kind]
    }

    /// Asks the stand-in itself.
    pub(crate) fn control(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.about["control"].as_str().unwrap());
        let response = self.agent.get(url).call().unwrap();
        serde_json::from_reader(response.into_body().into_reader()).unwrap()
    }

    /// The requests that hold this text, in order.
    pub(crate) fn requests(&self, text: &str) -> Vec<Value> {
        let found = self.control(&format!("/journal?holds={text}"));
        found.as_array().unwrap().clone()
    }

    /// The number of submissions that hold this text.
    pub(crate) fn submissions(&self, text: &str) -> usize {
        self.requests(text).iter().filter(|request| request["method"] == "POST").count()
    }
}
