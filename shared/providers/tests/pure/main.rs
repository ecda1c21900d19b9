//! The providers' modules against answers as they come, one by one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod catalogue;
mod nonsense;
mod requests;
mod webhooks;

use std::sync::LazyLock;

use domain::Timestamp;
use providers::{
    Access, Answer, Body, Call, Catalogue, Input, Inputs, Look, Model, Order, Parameter, Provider,
    Request, Role, Shared, Source, Step, Submission, Tool, Unfit,
};
use serde_json::{Map, Value};

/// 2026-11-28T00:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_824_000_000);

fn built_in() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> =
        LazyLock::new(|| Catalogue::parse(Catalogue::TEXT).unwrap());
    &CATALOGUE
}

fn access(provider: Provider) -> Access {
    Access::new(provider, "k3y".into())
}

fn call(tool: Tool, model: &str) -> Call {
    Call {
        tool,
        model: model.to_owned(),
        prompt: if tool == Tool::Stt { String::new() } else { "a lighthouse".to_owned() },
        inputs: Vec::new(),
        shared: Shared::default(),
        parameters: Map::new(),
    }
}

/// A call with an input at a URL.
fn with_url(mut call: Call, role: Role, url: &str) -> Call {
    let source = Source::Url(url.to_owned());
    call.inputs.push(Input { role, media_type: "image/png".to_owned(), source });
    call
}

/// A call with an input of three bytes.
fn with_bytes(mut call: Call, role: Role) -> Call {
    let source = Source::Bytes(vec![0, 1, 2]);
    call.inputs.push(Input { role, media_type: "image/png".to_owned(), source });
    call
}

/// A call of a catalogue's entry, with all that it needs and every input that it takes.
fn fitting(provider: Provider, tool: Tool, name: &str, model: &Model) -> Call {
    let mut call = call(tool, if name == "*" { "acme/model" } else { name });
    if model.prompt.most == Some(0) {
        call.prompt = String::new();
    }
    for role in model.inputs.keys() {
        call = match provider.inputs() {
            Inputs::Urls => with_url(call, *role, "https://a.example/a"),
            _ => with_bytes(call, *role),
        };
    }
    let needs = |parameter| model.takes.get(&parameter).is_some_and(|rule| rule.required);
    call.shared.voice = needs(Parameter::Voice).then(|| "voice".to_owned());
    call.shared.duration_seconds = needs(Parameter::DurationSeconds).then_some(5);
    call
}

/// The request that submits a call.
fn sent(provider: Provider, call: &Call, webhook: Option<&str>) -> Result<Request, Unfit> {
    Order::new(built_in(), provider, call, &access(provider), webhook)?.request()
}

/// The JSON that submits a call.
fn json_of(provider: Provider, call: &Call) -> Value {
    match sent(provider, call, None).unwrap().body {
        Body::Json(body) => body,
        _ => panic!("not JSON"),
    }
}

fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The meaning of an answer to the submission of a call.
fn submitted(
    provider: Provider,
    call: &Call,
    status: u16,
    pairs: &[(&str, &str)],
    body: &[u8],
) -> Submission {
    let (catalogue, access, headers) = (built_in(), access(provider), headers(pairs));
    let order = Order::new(catalogue, provider, call, &access, None).unwrap();
    order.answered(&Answer { status, headers: &headers, body }, NOW)
}

/// The meaning of an answer to a look.
fn seen(provider: Provider, step: Step, status: u16, body: &Value) -> Look {
    let body = body.to_string();
    let answer = Answer { status, headers: &[], body: body.as_bytes() };
    provider.seen(&access(provider), step, &answer, NOW)
}
