//! `GET /api/assets`: what team and session apps see.

use model::AssetId;
use serde_json::{Value, json};
use tests::{Client, Response, World, fixture, id};

const MIB: usize = 1024 * 1024;

/// `GET /api/assets`.
async fn get(caller: &Client, query: &str) -> Response {
    caller.get(&format!("/api/assets?{query}")).await
}

/// What the list shows.
async fn list(caller: &Client, query: &str) -> Vec<Value> {
    let answer = get(caller, query).await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
    answer.expect(200).as_array().unwrap().clone()
}

/// The titles that the list shows.
async fn titles(caller: &Client, query: &str) -> Vec<String> {
    let title = |asset: Value| asset["title"].as_str().unwrap().to_owned();
    list(caller, query).await.into_iter().map(title).collect()
}

/// What the list shows of an asset without conversation, run and metadata.
fn shown(asset: &Value, title: &str, content: &Value) -> Value {
    json!({
        "id": number(asset), "teamId": "acme", "conversationId": null, "runId": null,
        "type": asset["type"], "title": title, "content": content, "metadata": {},
        "createdAt": asset["created_at"],
    })
}

/// The number by which the list knows an asset.
fn number(asset: &Value) -> u64 {
    id(&asset["id"]).number()
}

/// A step without a file that has these fields.
async fn step(caller: &Client, fields: Value) -> Value {
    let mut body = json!({ "type": "image", "generation": { "status": "failed" } });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    caller.create(body).await.expect(201)["data"].clone()
}

/// What a link in the place of a content leads to.
async fn follow(content: &Value) -> reqwest::Response {
    reqwest::get(content.as_str().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_text_is_given_in_full() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let fields = json!({
        "type": "script", "title": "Plan", "conversation_id": "c-1", "run_id": "42",
        "metadata": { "format": "short" },
    });
    let asset = acme.write("# Plan\n\n\"Été\"", fields).await;
    let expected = json!({
        "id": number(&asset), "teamId": "acme", "conversationId": "c-1", "runId": 42,
        "type": "script", "title": "Plan", "content": "# Plan\n\n\"Été\"",
        "metadata": { "format": "short" }, "createdAt": asset["created_at"],
    });
    assert_eq!(list(&acme, "").await, [expected]);
}

#[tokio::test]
async fn data_is_given_as_its_text() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let body = json!({ "content": "{\"total\": 7}", "content_type": "application/json" });
    let asset = acme.create(body).await.expect(201)["data"].clone();
    let expected = shown(&asset, "content.json", &json!("{\"total\": 7}"));
    assert_eq!(list(&acme, "").await, [expected]);
}

#[tokio::test]
async fn a_file_is_given_as_a_link() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.upload("hero.png", fixture("sample.png")).await;
    let [image] = &list(&acme, "").await[..] else { panic!("one asset") };
    assert_eq!(*image, shown(&asset, "hero.png", &image["content"]));
    let download = follow(&image["content"]).await;
    assert_eq!(download.headers()["content-type"], "image/png");
    assert!(download.bytes().await.unwrap() == fixture("sample.png"));
}

#[tokio::test]
async fn a_failed_step_has_no_content() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = step(&acme, json!({})).await;
    assert_eq!(list(&acme, "").await, [shown(&asset, "", &json!(""))]);
}

#[tokio::test]
async fn an_upload_under_way_is_not_shown() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    assert_eq!(acme.create(json!({ "upload": upload })).await.status, 201);
    assert!(list(&acme, "").await.is_empty());
}

#[tokio::test]
async fn a_run_is_a_number_where_its_id_is_one() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (run_id, shown) in [
        ("42", json!(42)),
        ("042", json!("042")),
        ("run-7", json!("run-7")),
        ("9007199254740991", json!(9_007_199_254_740_991_u64)),
        ("9007199254740992", json!("9007199254740992")),
    ] {
        step(&acme, json!({ "run_id": run_id })).await;
        let [asset] = &list(&acme, &format!("runId={run_id}")).await[..] else { panic!() };
        assert_eq!(asset["runId"], shown);
    }
}

#[tokio::test]
async fn a_long_file_name_is_cut_to_a_title() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    acme.upload(&format!("{}.png", "é".repeat(120)), fixture("sample.png")).await;
    assert_eq!(titles(&acme, "").await, ["é".repeat(100)]);
}

#[tokio::test]
async fn the_newest_come_first_by_offset_and_limit() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for title in ["a", "b", "c"] {
        step(&acme, json!({ "title": title })).await;
    }
    assert_eq!(titles(&acme, "").await, ["c", "b", "a"]);
    assert_eq!(titles(&acme, "limit=2").await, ["c", "b"]);
    assert_eq!(titles(&acme, "limit=2&offset=2").await, ["a"]);
    for beyond in ["3", "100", "18446744073709551615"] {
        assert!(list(&acme, &format!("offset={beyond}")).await.is_empty(), "{beyond}");
    }
}

#[tokio::test]
async fn sixty_are_shown_unless_up_to_a_hundred_are_asked_for() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for _ in 0..101 {
        step(&acme, json!({})).await;
    }
    assert_eq!(list(&acme, "").await.len(), 60);
    assert_eq!(list(&acme, "limit=100").await.len(), 100);
}

#[tokio::test]
async fn filters_combine_and_take_several_values() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    step(&acme, json!({ "title": "a", "conversation_id": "c-1", "run_id": "1" })).await;
    step(&acme, json!({ "title": "b", "conversation_id": "c-1", "run_id": "2", "type": "copy" }))
        .await;
    step(&acme, json!({ "title": "c", "conversation_id": "c-2", "run_id": "3" })).await;
    for (query, expected) in [
        ("conversationId=c-1", &["b", "a"][..]),
        ("conversationId=c-1&type=image", &["a"]),
        ("runId=1,3", &["c", "a"]),
        ("runId=2&runId=3", &["c", "b"]),
        ("type=copy&runId=1", &[]),
        ("conversationId=c-3", &[]),
    ] {
        assert_eq!(titles(&acme, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn from_is_inclusive_and_to_is_not() {
    let world = World::in_process().await;
    let acme = world.workspace("acme").await;
    let a = step(&acme, json!({ "title": "a" })).await["created_at"].clone();
    world.pass(std::time::Duration::from_secs(1));
    let b = step(&acme, json!({ "title": "b" })).await["created_at"].clone();
    let (a, b) = (a.as_str().unwrap(), b.as_str().unwrap());
    assert_eq!(titles(&acme, &format!("from={b}")).await, ["b"]);
    assert_eq!(titles(&acme, &format!("from={a}&to={b}")).await, ["a"]);
    assert_eq!(titles(&acme, "from=2025-05-03").await, ["b", "a"]);
    assert!(list(&acme, "to=2025-05-03").await.is_empty());
}

#[tokio::test]
async fn a_parameter_that_is_not_as_it_must_be_is_named() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (query, says) in [
        ("from=soon", "from: expected an RFC 3339 time"),
        ("from=2026-13-01", "from: expected an RFC 3339 time"),
        ("to=", "to: expected an RFC 3339 time"),
        ("limit=0", "limit: expected a whole number from 1 to 100"),
        ("limit=101", "limit: expected a whole number from 1 to 100"),
        ("offset=-1", "offset: expected a whole number from 0"),
        ("offset=18446744073709551616", "offset: expected a whole number from 0"),
        ("type=Image", "type: expected 1 to 32 characters"),
        ("runId=1,2,3,4,5,6,7,8,9,10,11", "runId: expected at most 10 values"),
        ("conversation_id=c", "this takes conversationId, runId, type, from, to, limit, offset"),
    ] {
        let answer = get(&acme, query).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_parameter"), "{query}");
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{detail} says {says}");
    }
}

#[tokio::test]
async fn a_team_sees_nothing_of_another() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    step(&acme, json!({ "title": "acme's", "conversation_id": "c", "run_id": "1" })).await;
    for query in ["", "conversationId=c", "runId=1", "type=image"] {
        assert!(list(&other, query).await.is_empty(), "{query}");
        assert_eq!(titles(&acme, query).await, ["acme's"], "{query}");
    }
}

#[tokio::test]
async fn numbers_of_assets_stay_and_differ() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for _ in 0..10 {
        step(&acme, json!({})).await;
    }
    let known: Vec<AssetId> = acme.list("").await;
    for _ in 0..2 {
        let shown = list(&acme, "").await;
        assert!(shown.iter().zip(&known).all(|(asset, id)| asset["id"] == id.number()));
        assert!(shown.iter().all(|asset| (1..1 << 53).contains(&asset["id"].as_u64().unwrap())));
    }
}

#[tokio::test]
async fn texts_that_no_longer_fit_are_links() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    acme.write("small", json!({})).await;
    let large = "0123456789abcdef".repeat(60_000);
    for _ in 0..5 {
        acme.write(&large, json!({})).await;
    }
    let answer = get(&acme, "").await;
    // As Lambda counts it: the body as a string within the function's answer.
    let payload = json!({ "body": String::from_utf8(answer.bytes.clone()).unwrap() });
    assert!(payload.to_string().len() < 6_000_000);
    let contents: Vec<_> = answer.json.as_array().unwrap().iter().map(|a| &a["content"]).collect();
    assert!(contents[..3].iter().all(|content| **content == large), "the newest are in full");
    for link in &contents[3..5] {
        assert!(follow(link).await.bytes().await.unwrap() == large);
    }
    assert_eq!(contents[5], "small", "it still fits");
}

#[tokio::test]
async fn a_text_is_a_link_where_escaping_makes_it_too_large() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    acme.write("small", json!({})).await;
    let text = "\"".repeat(MIB);
    acme.write(&text, json!({})).await;
    let [quotes, small] = &list(&acme, "").await[..] else { panic!("two assets") };
    assert!(follow(&quotes["content"]).await.text().await.unwrap() == text);
    assert_eq!(small["content"], "small");
}

#[tokio::test]
async fn a_text_of_more_than_a_mebibyte_is_a_link() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let text = "word ".repeat(MIB / 5 + 1).into_bytes();
    acme.upload("long.md", text.clone()).await;
    let [asset] = &list(&acme, "").await[..] else { panic!("one asset") };
    let download = follow(&asset["content"]).await;
    assert!(download.headers()["content-type"].to_str().unwrap().starts_with("text/"));
    assert!(download.bytes().await.unwrap() == text);
}

#[tokio::test]
async fn a_text_that_is_no_utf_8_is_shown_as_far_as_it_is() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let put = world.s3().put_object().bucket(world.objects().bucket()).content_type("text/plain");
    let put = put.key("workspaces/acme/executions/e/menu.txt").body(b"caf\xe9".to_vec().into());
    put.send().await.unwrap();
    let contents = tests::eventually(async || list(&acme, "").await.pop()).await;
    assert_eq!(contents["content"], "caf\u{fffd}");
}

#[tokio::test]
async fn a_text_in_an_old_encoding_is_read_as_its_type_says() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let upload =
        json!({ "file_name": "menu.txt", "content_type": "text/plain; charset=iso-8859-1" });
    let created = acme.create(json!({ "upload": upload })).await.expect(201);
    assert_eq!(acme.put(&created["upload"], b"caf\xe9 cr\xe8me".to_vec()).await.status, 200);
    let contents = tests::eventually(async || list(&acme, "").await.pop()).await;
    assert_eq!(contents["content"], "caf\u{e9} cr\u{e8}me");
}

#[tokio::test]
async fn a_text_whose_object_has_just_gone_is_a_link_that_says_so() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    acme.write("kept", json!({})).await;
    let asset = acme.write("gone", json!({})).await;
    let key = asset["storage_key"].as_str().unwrap().to_owned();
    world.objects().delete_all([key]).await.unwrap();
    let [gone, kept] = &list(&acme, "").await[..] else { panic!("two assets") };
    assert_eq!(follow(&gone["content"]).await.status(), 404);
    assert_eq!(kept["content"], "kept");
}
