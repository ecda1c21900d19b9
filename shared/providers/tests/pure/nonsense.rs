//! Answers that no provider should give.

use domain::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use providers::{Answer, Notice, Order, Provider, Secret, Step};
use serde_json::{Number, Value};

use crate::{access, built_in, fitting};

/// Words that the modules look for, so that what is made reaches deep into them.
const NAMES: [&str; 40] = [
    "status",
    "state",
    "output",
    "outputs",
    "url",
    "uri",
    "urls",
    "get",
    "cancel",
    "id",
    "detail",
    "error",
    "code",
    "message",
    "type",
    "msg",
    "images",
    "video",
    "assets",
    "steps",
    "content",
    "data",
    "mime_type",
    "candidates",
    "parts",
    "inlineData",
    "mimeType",
    "metadata",
    "duration",
    "results",
    "channels",
    "alternatives",
    "transcript",
    "words",
    "text",
    "usage",
    "cost",
    "credits",
    "request_id",
    "b64_json",
];

const TEXTS: [&str; 24] = [
    "succeeded",
    "SUCCEEDED",
    "completed",
    "COMPLETED",
    "failed",
    "FAILED",
    "canceled",
    "IN_QUEUE",
    "RUNNING",
    "starting",
    "dreaming",
    "in_progress",
    "https://a.example/x.png",
    "data:image/png;base64,AAEC",
    "data:;base64,!",
    "SAFETY.INPUT",
    "content_policy_violation",
    "client_cancelled",
    "",
    "\u{0}",
    "é€😀",
    "..",
    "2026-11-28T00:00:00Z",
    "9999999999999999999999",
];

fn json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number.prop_map(Value::from),
        prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        let name = prop::sample::select(&NAMES[..]).prop_map(str::to_owned);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(name, inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => json().prop_map(|value| value.to_string().into_bytes()),
        2 => vec(any::<u8>(), 0..64),
    ]
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    const HEADERS: [&str; 10] = [
        "retry-after",
        "retry-after-ms",
        "content-type",
        "finish-reason",
        "character-cost",
        "dg-char-count",
        "x-fal-billable-units",
        "webhook-timestamp",
        "webhook-signature",
        "elevenlabs-signature",
    ];
    let value = prop_oneof![
        ".{0,12}",
        any::<f64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("t=1795824000,v0=00".to_owned()),
    ];
    vec((prop::sample::select(&HEADERS[..]).prop_map(str::to_owned), value), 0..4)
}

proptest! {
    #[test]
    fn no_answer_breaks_a_reader(status in 100_u16..600, headers in pairs(), body in body(), at in any::<i64>()) {
        let (catalogue, now) = (built_in(), Timestamp::from_millis(at));
        let answer = Answer { status, headers: &headers, body: &body };
        for (provider, tool, name, model) in catalogue.entries() {
            let access = access(provider);
            let call = fitting(provider, tool, name, model);
            let order = Order::new(catalogue, provider, &call, &access, None).unwrap();
            let _ = order.answered(&answer, now);
            let sent = order.request().unwrap();
            let _ = provider.found(&order, &sent, now, &answer);
        }
        for provider in Provider::ALL {
            for step in [Step::Status, Step::Result] {
                let look = provider.seen(&access(provider), step, &answer, now);
                let _ = format!("{look:?}");
            }
            let keys = ["whsec_AAEC", "s", r#"{"keys": [{"x": "AAEC"}]}"#].map(Secret::from);
            for key in &keys {
                let notice = Notice { key: Some(key), headers: &headers, body: &body, now };
                let _ = provider.webhook(&notice);
            }
        }
    }

    #[test]
    fn no_id_leads_elsewhere(id in ".{0,20}") {
        for provider in Provider::ALL {
            let access = access(provider);
            if let Some(handle) = provider.handle(&access, "acme/model", &id) {
                prop_assert!(access.owns(&handle.look) && !handle.look.contains("/../"));
            }
        }
    }
}
