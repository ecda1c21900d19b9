//! What producers upload under their own keys, and what cannot be understood.

use super::*;

#[tokio::test]
async fn a_producers_key_may_be_anything() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let prefix = "workspaces/acme/executions/run-7/";
    let long = "é".repeat((1024 - prefix.len()) / 2) + "x";
    let names = [
        "a+b.txt",
        "a%2Bb.txt",
        "a b  c.txt",
        "100%.txt",
        "%zz%",
        "Frühling 🎨🧑🏽‍🎨.txt",
        r#"a "quoted" 'name'.txt"#,
        "<b>&amp;</b>.txt",
        "..a/b../...",
        "a//b///c",
        "folder/",
        r"back\slash.txt",
        "tab\tline\nbell\u{7}",
        "#?&=;:@$,",
        &long,
    ];
    let content = |name: &str| format!("The object {name:?}.");
    for name in names {
        put(&world, &format!("{prefix}{name}"), content(name)).await;
    }
    put(&world, &format!("{prefix}made by a console/"), "").await;
    let events = world.take_events();
    assert_eq!(events.len(), names.len() + 1);
    deliver(&world, events.iter().chain(&events)).await;
    let assets = state(&acme).await;
    assert_eq!(assets.len(), names.len());
    for name in names {
        let key = format!("{prefix}{name}");
        let asset = assets.iter().find(|asset| asset["storage_key"] == key).unwrap();
        assert_eq!(asset["file_size"], content(name).len(), "{name}");
        let download = acme.download(asset["id"].as_str().unwrap()).await;
        assert_eq!((download.status, download.bytes), (200, content(name).into_bytes()));
    }
    assert!(world.store().parked().await.unwrap().is_empty());
}

/// Keys that no HTTP client can ask for.
const UNFETCHABLE: [&str; 4] = ["../../../../etc/passwd", "./x", "a/./b", "x/.."];

#[tokio::test]
async fn a_key_that_no_client_can_fetch_is_parked_with_the_reason() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for path in UNFETCHABLE {
        put(&world, &format!("workspaces/acme/executions/run-7/{path}"), "out of reach").await;
    }
    let events = world.take_events();
    deliver(&world, events.iter().chain(&events)).await;
    assert!(state(&acme).await.is_empty());
    let parked = world.store().parked().await.unwrap();
    assert_eq!(parked.len(), UNFETCHABLE.len());
    assert!(parked.iter().all(|event| event.reason.contains("a segment . or ..")));
    world.pass(Duration::from_hours(24 * 30));
    let report = world.clean_up().await;
    assert_eq!((report.objects.unexplained, report.objects.removed), (4, 0), "they are left alone");
}

/// An asset under a key that no client can fetch, as stores had them before such keys were refused.
async fn out_of_reach(world: &World, acme: &Client) -> Value {
    let asset = acme.write("out of reach", json!({})).await;
    let (workspace, store) = (&acme.workspace, world.store());
    let key = "workspaces/acme/executions/run-7/x/../y.md";
    put(world, key, "out of reach").await;
    let read = store.get(workspace, id(&asset["id"])).await.unwrap();
    let mut next = read.clone();
    next.asset.storage_key = Some(key.to_owned());
    assert!(
        store.replace(workspace, &read, &next, &model::due::Settings::default()).await.unwrap()
    );
    asset
}

#[tokio::test]
async fn what_is_out_of_reach_already_can_be_renamed_and_exported() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    let path = path(&out_of_reach(&world, &acme).await);
    let link = acme.get(&format!("{path}/signed-url")).await;
    assert_eq!((link.status, link.code()), (409, "unfetchable_key"));
    let renamed = acme.request(http::Method::PATCH, &path).json(&json!({ "file_name": "y.md" }));
    assert_eq!(acme.send(renamed).await.expect(200)["data"]["file_name"], "y.md");
    for step in ["submit", "approve"] {
        acme.post(&format!("{path}/{step}"), json!({})).await.expect(200);
    }
    let export = json!({ "filter": { "status": ["approved"] } });
    let export = acme.post("/api/v1/exports", export).await.expect(202)["data"].clone();
    world.deliver().await;
    let export = format!("/api/v1/exports/{}", export["id"].as_str().unwrap());
    let export = acme.get(&export).await.expect(200)["data"].clone();
    assert_eq!(export["status"], "succeeded");
    let archive = acme.download_from(export["url"].as_str().unwrap()).await.bytes;
    let holds = |text: &[u8]| archive.windows(text.len()).any(|part| part == text);
    assert!(holds(b"y.md") && holds(b"out of reach"));
}

#[tokio::test]
async fn an_empty_object_is_an_asset_too() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    put(&world, "workspaces/acme/executions/run-7/empty.bin", "").await;
    world.deliver().await;
    assert_eq!(only(&acme).await["file_size"], 0);
}

/// An asset whose object was put with these headers.
async fn with_headers(headers: &[(&str, &str)]) -> Value {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut put = world.s3().put_object().bucket(BUCKET).key(KEY);
    for (name, value) in headers {
        put = put.metadata(*name, *value);
    }
    put.body(ByteStream::from(fixture("sample.png"))).send().await.unwrap();
    world.deliver().await;
    only(&acme).await
}

#[tokio::test]
async fn a_producers_headers_become_fields() {
    let title = utf8_percent_encode("Grüße 🎨 100% + more", NON_ALPHANUMERIC).to_string();
    let prompt =
        utf8_percent_encode("line one\nline two\t\"quoted\"", NON_ALPHANUMERIC).to_string();
    let metadata = json!({ "seed": 7, "größe": [1.5, null], "nested": { "a": "b" } });
    let encoded = utf8_percent_encode(&metadata.to_string(), NON_ALPHANUMERIC).to_string();
    let asset = with_headers(&[
        ("agent-id", "writer"),
        ("type", "social_post"),
        ("provider", "fal"),
        ("model", "flux%2Fdev"),
        ("tool", "image_gen"),
        ("title", &title),
        ("prompt", &prompt),
        ("conversation-id", "c-1"),
        ("run-id", "r:1"),
        ("campaign-id", "spring_2027"),
        ("metadata", &encoded),
        ("workspace-id", "globex"),
        ("something-else", "is passed over"),
    ])
    .await;
    for (field, value) in [
        ("agent_id", "writer"),
        ("type", "social_post"),
        ("provider", "fal"),
        ("model", "flux/dev"),
        ("tool", "image_gen"),
        ("title", "Grüße 🎨 100% + more"),
        ("prompt", "line one\nline two\t\"quoted\""),
        ("conversation_id", "c-1"),
        ("run_id", "r:1"),
        ("campaign_id", "spring_2027"),
        ("workspace_id", "acme"),
        ("execution_id", "run-7"),
    ] {
        assert_eq!(asset[field], value, "{field}");
    }
    assert_eq!(asset["metadata"], metadata);
}

#[tokio::test]
async fn headers_that_s3_gives_back_as_encoded_words_are_decoded() {
    let asset = with_headers(&[
        ("title", "=?UTF-8?B?w5xiZXJzY2hyaWZ0IOKcqA==?="),
        ("prompt", "=?UTF-8?Q?Gr=C3=BC?= =?UTF-8?Q?=C3=9Fe,_100%25?="),
        ("model", "Überbild ✨"),
    ])
    .await;
    assert_eq!(
        (&asset["title"], &asset["model"]),
        (&json!("Überschrift ✨"), &json!("Überbild ✨"))
    );
    assert_eq!(asset["prompt"], "Grüße, 100%");
    assert!(asset["metadata"].is_null(), "none is invalid");
}

/// Puts the same picture under [`KEY`] with these headers.
async fn put_with(world: &World, headers: &[(&str, &str)]) {
    let mut put = world.s3().put_object().bucket(BUCKET).key(KEY);
    for (name, value) in headers {
        put = put.metadata(*name, *value);
    }
    put.body(ByteStream::from(fixture("sample.png"))).send().await.unwrap();
}

#[tokio::test]
async fn new_headers_of_the_same_bytes_change_the_record_and_leave_its_reviews() {
    for by_event in [true, false] {
        let world = World::quiet().await.leaving_events();
        let acme = world.workspace("acme").await;
        put_with(&world, &[("title", "Old"), ("agent-id", "painter"), ("model", "flux")]).await;
        world.deliver().await;
        let old = only(&acme).await;
        for step in ["submit", "approve"] {
            acme.post(&format!("{}/{step}", path(&old)), json!({})).await.expect(200);
        }
        let tags = json!({ "tags": { "brand": ["acme"] } });
        let tagged = acme.request(http::Method::PATCH, &path(&old)).json(&tags);
        acme.send(tagged).await.expect(200);
        put_with(&world, &[("title", "New"), ("agent-id", "editor")]).await;
        let events = world.take_events();
        if by_event {
            deliver(&world, events.iter().chain(&events)).await;
        } else {
            assert_eq!(world.clean_up().await.records.described, 1);
        }
        let new = only(&acme).await;
        assert_eq!((&new["id"], &new["status"]), (&old["id"], &json!("approved")));
        assert_eq!((&new["title"], &new["agent_id"]), (&json!("New"), &json!("editor")));
        assert_eq!((&new["model"], &new["tags"]), (&Value::Null, &tags["tags"]));
        assert_eq!(acme.list("agent_id=editor").await.len(), 1);
        assert!(acme.list("agent_id=painter").await.is_empty());
        let history = acme.get(&format!("{}/history", path(&new))).await.expect(200);
        assert_eq!(history["items"][0]["to"]["title"], "New");
        assert_eq!(world.clean_up().await.records.described, 0);
    }
}

#[tokio::test]
async fn the_same_headers_again_leave_what_people_have_changed_since() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    put_with(&world, &[("title", "The producer's")]).await;
    world.deliver().await;
    let asset = only(&acme).await;
    let edit = acme.request(http::Method::PATCH, &path(&asset)).json(&json!({ "title": "Ours" }));
    acme.send(edit).await.expect(200);
    put_with(&world, &[("title", "The producer's")]).await;
    world.deliver().await;
    assert_eq!(only(&acme).await["title"], "Ours");
}

#[tokio::test]
async fn an_invalid_header_costs_itself_alone() {
    let long = "x".repeat(101);
    let asset = with_headers(&[
        ("agent-id", "not an id"),
        ("type", "Image!"),
        ("provider", ""),
        ("model", "%FF%FE"),
        ("tool", "a%00b"),
        ("title", &long),
        ("prompt", "kept as it is, 50% + all"),
        ("run-id", "run/7"),
        ("conversation-id", "c-1"),
        ("metadata", "{\"not\": json"),
    ])
    .await;
    let invalid = asset["metadata"]["invalid_headers"].as_object().unwrap();
    let mut names: Vec<_> = invalid.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = ["agent-id", "metadata", "model", "provider", "run-id", "title", "tool", "type"];
    assert_eq!(names, expected);
    assert_eq!(asset["prompt"], "kept as it is, 50% + all");
    assert_eq!((&asset["conversation_id"], &asset["type"]), (&json!("c-1"), &json!("image")));
    for field in ["agent_id", "provider", "model", "tool", "title", "run_id"] {
        assert_eq!(asset[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn metadata_that_is_no_object_or_too_much_is_an_invalid_header() {
    for metadata in ["[1]", "7", "null", "\"text\"", ""] {
        let asset = with_headers(&[("metadata", metadata), ("title", "Kept")]).await;
        assert!(asset["metadata"]["invalid_headers"]["metadata"].is_string(), "{metadata}");
        assert_eq!(asset["title"], "Kept");
    }
}

#[tokio::test]
async fn objects_outside_of_workspaces_are_ignored() {
    let (world, acme, _, asset) = adopted().await;
    drop(world.take_events());
    for key in ["reports/cleanup/x.json", "workspace/acme/executions/e/x", "x", "Workspaces/a/b"] {
        put(&world, key, "not ours").await;
        remove(&world, key).await;
    }
    deliver(&world, world.take_events()).await;
    assert_eq!(state(&acme).await, [asset]);
    assert!(world.store().parked().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_that_names_no_place_is_parked_once() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let keys = [
        "workspaces/x".to_owned(),
        "workspaces/acme/executions/run-7/".to_owned(),
        "workspaces/acme/executions/no spaces/x".to_owned(),
        "workspaces/acme/other/x/y".to_owned(),
        "workspaces/acme/assets/nope/1/x".to_owned(),
        format!("workspaces/acme/assets/{}/2/x", "37XnnMWMjfmNEiv3gpMlqCGHrXO"),
        "workspaces/../executions/e/x".to_owned(),
    ];
    for key in &keys {
        put(&world, key, "who knows").await;
    }
    let (events, first) = (world.take_events(), world.now());
    for _ in 0..3 {
        deliver(&world, &events).await;
        world.pass(Duration::from_hours(1));
    }
    assert!(state(&acme).await.is_empty());
    let parked = world.store().parked().await.unwrap();
    assert_eq!(parked.len(), keys.len());
    for event in &parked {
        assert!(event.parked_at < first.plus(HOUR), "the time is that of the first");
        let key = |key: &String| event.body.contains(&encoded(key));
        assert!(keys.iter().any(key), "{}: {}", event.reason, event.body);
    }
}

#[tokio::test]
async fn a_malformed_message_is_parked_and_the_others_are_handled() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let told = put(&world, KEY, fixture("sample.png")).await;
    let good = notification("put", &told).to_string();
    let bad = ["", "{", "null", "[]", "\"text\"", "{}", r#"{"Records":{}}"#, r#"{"Records":[7]}"#];
    let huge = "x".repeat(200_000);
    deliver(&world, bad.into_iter().chain([&*good, &*huge])).await;
    assert_eq!(state(&acme).await.len(), 1);
    assert_eq!(world.store().parked().await.unwrap().len(), bad.len() + 1);
}

#[tokio::test]
async fn what_is_not_understood_or_not_of_our_bucket_is_parked() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let told = put(&world, KEY, fixture("sample.png")).await;
    let mut major = notification("put", &told);
    major["Records"][0]["eventVersion"] = "3.0".into();
    let mut foreign = notification("put", &told);
    foreign["Records"][0]["s3"]["bucket"]["name"] = "another-bucket".into();
    let mut bridged = notification("event-bridge-created", &told);
    bridged["detail"]["bucket"]["name"] = "another-bucket".into();
    let mut latin = notification("put", &told);
    latin["Records"][0]["s3"]["object"]["key"] = "workspaces/acme/executions/e/%E9".into();
    deliver(&world, [&major, &foreign, &bridged, &latin, &major]).await;
    assert!(state(&acme).await.is_empty());
    let parked = world.store().parked().await.unwrap();
    let mut reasons: Vec<_> = parked.iter().map(|event| event.reason.as_str()).collect();
    reasons.sort_unstable();
    let bucket = format!("the bucket is not {BUCKET}");
    let version = "event version 3.0; 2.x is understood";
    assert_eq!(reasons, [version, &bucket, &bucket, "the object key is not UTF-8"]);
}

#[tokio::test]
async fn the_event_of_an_object_that_is_gone_makes_nothing() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for name in CREATIONS {
        let told = put(&world, KEY, fixture("sample.png")).await;
        remove(&world, KEY).await;
        deliver(&world, [notification(name, &told)]).await;
    }
    assert!(state(&acme).await.is_empty());
    assert!(world.store().parked().await.unwrap().is_empty());
}
