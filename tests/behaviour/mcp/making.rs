//! The tools that make something.

use super::*;

#[tokio::test]
async fn a_text_is_an_asset_with_all_that_was_said_of_it() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let parent = call(&acme, "create_text", json!({ "content": "brief" })).await.unwrap();
    let said = json!({
        "type": "script", "title": "Launch", "prompt": "p", "provider": "anthropic", "model": "m",
        "tool": "t", "agent_id": "writer", "execution_id": "e", "conversation_id": "c",
        "run_id": "r", "campaign_id": "spring", "parents": [parent["asset"]["id"]],
        "tags": { "brand": ["acme"] }, "generation": { "status": "succeeded", "cost_usd": 0.5 },
        "metadata": { "seed": 7 }, "expires_at": "2099-01-01T00:00:00Z",
    });
    let mut arguments = said.clone();
    arguments["content"] = json!("# Hello");
    let made = call(&acme, "create_text", arguments).await.unwrap();
    assert_eq!((&made["existed"], &made["upload"]), (&json!(false), &Value::Null));
    let id = &made["asset"]["id"];
    let whole = call(&acme, "get_asset", json!({ "id": id })).await.unwrap();
    assert_eq!(whole["etag"], made["etag"], "it is as it was made");
    for (name, value) in said.as_object().unwrap() {
        let found = &whole["asset"][name];
        if name == "expires_at" {
            assert!(found.as_str().unwrap().starts_with("2099-01-01"), "{found}");
        } else {
            assert_eq!(found, value, "{name}");
        }
    }
    let link = call(&acme, "get_asset_url", json!({ "id": id })).await.unwrap();
    assert_eq!(
        reqwest::get(link["url"].as_str().unwrap()).await.unwrap().text().await.unwrap(),
        "# Hello"
    );
}

#[tokio::test]
async fn every_argument_that_is_described_is_taken() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for tool in tools(&acme).await {
        let name = tool["name"].as_str().unwrap();
        for argument in tool["inputSchema"]["properties"].as_object().unwrap().keys() {
            let refusal = call(&acme, name, json!({ argument: null })).await;
            let unknown =
                refusal.as_ref().is_err_and(|refusal| refusal.contains("no such argument"));
            assert!(!unknown, "{name} {argument}: {refusal:?}");
        }
    }
}

#[tokio::test]
async fn a_file_is_uploaded_as_the_tool_says() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let checksum = model::Checksum::of(&fixture("sample.png")).to_string();
    let upload =
        json!({ "file_name": "a.png", "content_type": "image/png", "checksum_sha256": checksum });
    let made = call(&acme, "create_upload", json!({ "upload": upload })).await.unwrap();
    put(&made["upload"], fixture("sample.png")).await;
    let id = made["asset"]["id"].as_str().unwrap();
    let asset = acme.complete(id).await;
    assert_eq!((&asset["type"], &asset["content_type"]), (&json!("image"), &json!("image/png")));
    let again = call(&acme, "create_upload", json!({ "upload": upload })).await.unwrap();
    assert_eq!((&again["existed"], &again["asset"]["id"]), (&json!(true), &json!(id)));
    assert_eq!(again["upload"], Value::Null);
}

/// Uploads as an answer says.
async fn put(upload: &Value, bytes: Vec<u8>) {
    let url = upload["url"].as_str().unwrap();
    let mut request = reqwest::Client::new().put(url).body(bytes);
    for (name, value) in upload["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_request_with_a_name_is_made_once() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let ask = async |content: &str| {
        let arguments = json!({ "content": content, "idempotency_key": "k-1" });
        call(&acme, "create_text", arguments).await
    };
    let first = ask("one").await.unwrap()["asset"]["id"].clone();
    assert_eq!(ask("one").await.unwrap()["asset"]["id"], first);
    assert!(ask("two").await.unwrap_err().starts_with("idempotency_conflict: "));
    assert_eq!(acme.list("").await.len(), 1);
    for _ in 0..2 {
        let arguments = json!({ "id": first, "content": "next", "idempotency_key": "k-2" });
        assert_eq!(call(&acme, "add_version", arguments).await.unwrap()["version"]["version"], 2);
    }
}

#[tokio::test]
async fn a_version_takes_the_place_of_the_one_that_was_seen() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let made = call(&acme, "create_text", json!({ "content": "one" })).await.unwrap();
    let id = &made["asset"]["id"];
    let add = async |fields: Value| {
        let mut arguments = json!({ "id": id });
        arguments.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        call(&acme, "add_version", arguments).await
    };
    let second = add(json!({ "content": "two", "version": 1, "prompt": "better" })).await.unwrap();
    assert_eq!(
        (&second["version"]["current"], &second["version"]["prompt"]),
        (&json!(true), &json!("better"))
    );
    for seen in [json!({ "version": 1 }), json!({ "etag": made["etag"] })] {
        let mut stale = json!({ "content": "three" });
        stale.as_object_mut().unwrap().extend(seen.as_object().unwrap().clone());
        assert!(add(stale).await.unwrap_err().starts_with("precondition_failed: "), "{seen}");
    }
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let third = add(json!({ "upload": upload })).await.unwrap();
    assert_eq!(third["version"]["upload_status"], "pending");
    put(&third["upload"], fixture("sample.png")).await;
}

#[tokio::test]
async fn what_is_approved_is_exported() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let made =
        call(&acme, "create_text", json!({ "content": "one", "campaign_id": "spring" })).await;
    let id = made.unwrap()["asset"]["id"].clone();
    for tool in ["submit_asset", "approve_asset"] {
        call(&acme, tool, json!({ "id": id })).await.unwrap();
    }
    for wanted in [json!({ "ids": [id] }), json!({ "filter": { "campaign_id": ["spring"] } })] {
        let mut asked = wanted.clone();
        asked["idempotency_key"] = json!(wanted.to_string().len().to_string());
        let export = call(&acme, "export_assets", asked.clone()).await.unwrap()["id"].clone();
        assert_eq!(call(&acme, "export_assets", asked).await.unwrap()["id"], export);
        let done = eventually(async || {
            let export = call(&acme, "get_export", json!({ "id": export })).await.unwrap();
            (export["status"] == "succeeded").then_some(export)
        });
        let done = done.await;
        assert_eq!((&done["files_done"], &done["left_out"]), (&json!(1), &json!(0)));
        let archive = reqwest::get(done["url"].as_str().unwrap()).await.unwrap();
        assert!(archive.bytes().await.unwrap().starts_with(b"PK"));
    }
    let other = world.workspace("other").await;
    let export = call(&acme, "export_assets", json!({ "ids": [id] })).await.unwrap();
    let refusal = call(&other, "get_export", json!({ "id": export["id"] })).await.unwrap_err();
    assert!(refusal.starts_with("not_found: "), "{refusal}");
}
