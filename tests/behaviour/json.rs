//! JSON as it is taken, by whichever door it comes.

use http::Method;
use serde_json::{Value, json};
use tests::{Client, Response, World};

const NEVER: &str = "37XnnMWMjfmNEiv3gpMlqCGHrXO";

/// Every route that takes a body.
const BODIES: [(&str, &str); 14] = [
    ("POST", "/api/v1/assets"),
    ("POST", "/api/v1/assets/{id}/versions"),
    ("PATCH", "/api/v1/assets/{id}"),
    ("POST", "/api/v1/assets/{id}/submit"),
    ("POST", "/api/v1/assets/{id}/approve"),
    ("POST", "/api/v1/assets/{id}/request-changes"),
    ("POST", "/api/v1/assets/{id}/archive"),
    ("POST", "/api/v1/assets/{id}/restore"),
    ("POST", "/api/v1/assets/{id}/rollback"),
    ("POST", "/api/v1/assets/review"),
    ("POST", "/api/v1/assets/delete"),
    ("POST", "/api/v1/assets/signed-urls"),
    ("POST", "/api/v1/exports"),
    ("POST", "/mcp"),
];

async fn send(caller: &Client, method: &str, path: &str, text: impl Into<String>) -> Response {
    let method = method.parse::<Method>().unwrap();
    let request = caller.request(method, &path.replace("{id}", NEVER));
    caller.send(request.header("Content-Type", "application/json").body(text.into())).await
}

/// What a refused request is told.
fn told(answer: &Response) -> &str {
    assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(&answer.bytes));
    let protocol = &answer.json["error"]["message"];
    answer.json["detail"].as_str().or(protocol.as_str()).unwrap()
}

/// `{"x": [[…]]}`, so deep in all.
fn nested(depth: usize) -> String {
    format!("{{\"x\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
}

#[tokio::test]
async fn every_body_is_read_by_the_same_rules() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (text, says) in [
        (r#"{"x":{"y":1,"y":1}}"#, "x.y: this name is given twice"),
        (r#"{"x":[1e400]}"#, "x[0]: the number 1e400 would not be kept as it is"),
        (r#"{"x":18446744073709551617}"#, "x: the number 18446744073709551617 would not be kept"),
        (r#"{"x":1"#, "not valid JSON: incomplete document at line 1 column 7"),
        (&nested(33), "expected at most 32 objects and arrays within each other"),
        (&nested(1_000), "expected at most 32 objects and arrays within each other"),
    ] {
        for (method, path) in BODIES {
            let answer = send(&acme, method, path, text).await;
            assert!(told(&answer).contains(says), "{method} {path}: {}", told(&answer));
        }
    }
}

#[tokio::test]
async fn every_body_is_refused_in_words_of_json() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(5.5),
        json!("x"),
        json!([]),
        json!({}),
        json!([5]),
        json!({ "x": 5 }),
    ];
    let fields = [
        "ids",
        "action",
        "comment",
        "version",
        "content",
        "upload",
        "generation",
        "metadata",
        "tags",
        "title",
        "expires_in",
        "force",
        "filter",
        "parents",
        "type",
        "expires_at",
        "x",
    ];
    for (method, path) in BODIES.into_iter().filter(|(_, path)| *path != "/mcp") {
        for value in &wrong {
            let mut bodies: Vec<_> = fields.map(|field| json!({ field: value })).into();
            bodies.push(value.clone());
            for body in bodies {
                let answer = send(&acme, method, path, body.to_string()).await;
                assert_words_of_json(&answer, &format!("{method} {path} {body}"));
            }
        }
    }
}

#[track_caller]
fn assert_words_of_json(answer: &Response, place: &str) {
    let detail = answer.json["detail"].as_str().unwrap_or_default();
    for word in [
        "u8",
        "u32",
        "u64",
        "i64",
        "f64",
        "usize",
        "sequence",
        "a map",
        "struct",
        "tuple",
        "variant",
        "enum",
        "floating",
        "invalid type",
        "invalid value",
        "invalid length",
        "`",
        "Option",
        "unit",
    ] {
        assert!(!detail.contains(word), "{place}: {detail}");
    }
}

#[tokio::test]
async fn whole_numbers_may_be_written_with_a_point() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let upload =
        r#"{"upload": {"file_name": "a.png", "content_type": "image/png", "file_size": 7.0}}"#;
    let created = send(&acme, "POST", "/api/v1/assets", upload).await.expect(201);
    assert_eq!(created["data"]["file_size"], 7);
    let id = acme.write("text", json!({})).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/assets/{id}/rollback");
    send(&acme, "POST", &path, r#"{"version": 1.0}"#).await.expect(200);
    let links = format!(r#"{{"ids": ["{id}"], "expires_in": 6.0e1}}"#);
    send(&acme, "POST", "/api/v1/assets/signed-urls", links).await.expect(200);
    for query in ["limit=5.0", "page=1.0&limit=20.00"] {
        acme.get(&format!("/api/v1/assets?{query}")).await.expect(200);
    }
    let path = format!("/api/v1/assets/{id}/signed-url?expires_in=60.0&version=1.0");
    acme.get(&path).await.expect(200);
    for query in ["limit=5.5", "limit=5.", "limit=.0", "limit=5.0.0", "limit=-5.0", "limit=5e0"] {
        let refused = acme.get(&format!("/api/v1/assets?{query}")).await;
        assert_eq!(told(&refused), "limit: expected a whole number from 1 to 200", "{query}");
    }
}

#[tokio::test]
async fn a_step_costs_nothing_less_and_its_output_is_on_the_web() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("text", json!({})).await;
    let version = format!("/api/v1/assets/{}/versions", asset["id"].as_str().unwrap());
    for (field, value, says) in [
        ("cost_usd", json!(-0.5), "generation.cost_usd: expected a number of US dollars from 0 on"),
        (
            "usage",
            json!({ "unit": "images", "quantity": -1 }),
            "generation.usage.quantity: expected a number",
        ),
        ("output_url", json!("javascript:alert(1)"), "generation.output_url: expected a URL"),
        ("output_url", json!("data:text/html,x"), "generation.output_url: expected a URL"),
        ("output_url", json!("file:///etc/passwd"), "generation.output_url: expected a URL"),
        ("output_url", json!("https://"), "generation.output_url: expected a URL"),
        ("output_url", json!("https://a b"), "generation.output_url: expected a URL"),
        ("duration_ms", json!(-1), "generation.duration_ms: expected a whole number from 0 on"),
    ] {
        let body = json!({ "content": "x", "generation": { "status": "succeeded", field: value } });
        for path in ["/api/v1/assets", &version] {
            let refused = acme.post(path, body.clone()).await;
            assert!(told(&refused).starts_with(says), "{path}: {}", told(&refused));
        }
    }
    for url in
        ["https://cdn.example.com/a.png?x=1#y", "HTTP://[::1]:8080/a", "http://münchen.example/ä"]
    {
        let generation = json!({ "status": "succeeded", "cost_usd": 0, "output_url": url });
        acme.write("x", json!({ "generation": generation })).await;
    }
}

/// As older versions have stored it.
#[tokio::test]
async fn what_is_stored_is_read_as_it_is() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("x", json!({})).await;
    let deep: Value = (0..60).fold(json!(1), |inner, _| json!([inner]));
    let mut record = world.store().get(&acme.workspace, tests::id(&asset["id"])).await.unwrap();
    record.asset.metadata = serde_json::from_value(json!({ "deep": deep })).unwrap();
    let generation = json!({ "status": "succeeded", "cost_usd": -1.0, "output_url": "a.png" });
    record.asset.generation = Some(serde_json::from_value(generation.clone()).unwrap());
    let settings = world.store().settings(&acme.workspace).await.unwrap();
    let read = world.store().get(&acme.workspace, record.asset.id).await.unwrap();
    assert!(world.store().replace(&acme.workspace, &read, &record, &settings).await.unwrap());
    let path = format!("/api/v1/assets/{}", asset["id"].as_str().unwrap());
    let found = acme.get(&path).await.expect(200);
    assert_eq!(found["data"]["metadata"]["deep"], deep);
    assert_eq!(found["data"]["generation"], generation);
}
