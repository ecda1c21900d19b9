//! Assets as resources, and the links that lead to them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// The links of a tool's answer.
async fn links(caller: &Client, tool: &str, arguments: Value) -> Vec<Value> {
    let answer =
        request(caller, "tools/call", json!({ "name": tool, "arguments": arguments })).await;
    let content = answer["result"]["content"].as_array().unwrap().clone();
    content.into_iter().filter(|block| block["type"] == "resource_link").collect()
}

async fn read(caller: &Client, uri: &str) -> Value {
    request(caller, "resources/read", json!({ "uri": uri })).await
}

#[tokio::test]
async fn an_asset_comes_with_a_link_that_reads_its_file() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let image = acme.upload("a.png", fixture("sample.png")).await;
    let text = acme.write("# Hello", json!({ "title": "Hello" })).await;
    let [link] = &links(&acme, "get_asset", json!({ "id": image["id"] })).await[..] else {
        panic!("one link")
    };
    let size = json!(fixture("sample.png").len());
    assert_eq!(
        (&link["name"], &link["mimeType"], &link["size"]),
        (&json!("a.png"), &json!("image/png"), &size)
    );
    let found = read(&acme, link["uri"].as_str().unwrap()).await["result"]["contents"][0].clone();
    assert_eq!((&found["uri"], &found["mimeType"]), (&link["uri"], &json!("image/png")));
    let bytes = STANDARD.decode(found["blob"].as_str().unwrap());
    assert!(bytes.unwrap() == fixture("sample.png"));
    let listed = links(&acme, "list_assets", json!({})).await;
    assert_eq!(
        listed.iter().map(|link| &link["title"]).collect::<Vec<_>>(),
        [&json!("Hello"), &Value::Null]
    );
    let found =
        read(&acme, listed[0]["uri"].as_str().unwrap()).await["result"]["contents"][0].clone();
    assert_eq!(found["text"], "# Hello");
    let [file] = &links(&acme, "get_asset_url", json!({ "id": text["id"] })).await[..] else {
        panic!("one link")
    };
    let file = reqwest::get(file["uri"].as_str().unwrap()).await.unwrap();
    assert_eq!(file.text().await.unwrap(), "# Hello");
}

#[tokio::test]
async fn a_resource_is_the_version_that_its_uri_names() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = acme.write("one", json!({})).await["id"].as_str().unwrap().to_owned();
    for step in ["submit", "approve"] {
        acme.post(&format!("/api/v1/assets/{id}/{step}"), json!({})).await.expect(200);
    }
    acme.post(&format!("/api/v1/assets/{id}/versions"), json!({ "content": "two" }))
        .await
        .expect(201);
    for (query, text) in [("", "two"), ("?version=1", "one"), ("?version=approved", "one")] {
        let answer = read(&acme, &format!("agent-assets://assets/{id}{query}")).await;
        assert_eq!(answer["result"]["contents"][0]["text"], text, "{query}");
    }
    let templates = request(&acme, "resources/templates/list", json!({})).await["result"].clone();
    assert_eq!(
        templates["resourceTemplates"][0]["uriTemplate"],
        "agent-assets://assets/{id}{?version}"
    );
}

#[tokio::test]
async fn resources_are_listed_page_by_page() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for n in 0..52 {
        acme.write(&n.to_string(), json!({})).await;
    }
    let first = request(&acme, "resources/list", json!({})).await["result"].clone();
    assert_eq!(first["resources"].as_array().unwrap().len(), 50);
    let next = json!({ "cursor": first["nextCursor"] });
    let last = request(&acme, "resources/list", next).await["result"].clone();
    assert_eq!(last["resources"].as_array().unwrap().len(), 2);
    assert_eq!(last.get("nextCursor"), None);
    let bad = request(&acme, "resources/list", json!({ "cursor": "x" })).await;
    assert_eq!(bad["error"]["code"], -32602);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_read() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let asset = acme.write("# Hello", json!({})).await["id"].as_str().unwrap().to_owned();
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let pending = acme.create(json!({ "upload": upload })).await.expect(201)["data"]["id"].clone();
    let pending = pending.as_str().unwrap();
    assert!(links(&acme, "get_asset", json!({ "id": pending })).await.is_empty());
    for (caller, uri) in [
        (&other, format!("agent-assets://assets/{asset}")),
        (&acme, format!("agent-assets://assets/{NEVER}")),
        (&acme, format!("agent-assets://assets/{asset}?version=2")),
        (&acme, format!("agent-assets://assets/{asset}?version=approved")),
        (&acme, format!("agent-assets://assets/{pending}")),
        (&acme, "file:///etc/passwd".to_owned()),
    ] {
        let error = read(caller, &uri).await["error"].clone();
        assert_eq!((&error["code"], &error["data"]["uri"]), (&json!(-32002), &json!(uri)));
    }
    let writer = world.caller("acme", "assets:write").await;
    for method in ["resources/list", "resources/templates/list", "resources/read"] {
        let answer = request(&writer, method, json!({ "uri": "x" })).await;
        assert!(answer["error"]["message"].as_str().unwrap().starts_with("forbidden_scope: "));
    }
}

#[tokio::test]
async fn a_large_file_is_not_read_as_a_resource() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let large = acme.upload("a.bin", vec![7; 3 * 1024 * 1024 + 1]).await["id"].clone();
    let uri = format!("agent-assets://assets/{}", large.as_str().unwrap());
    let error = read(&acme, &uri).await["error"]["message"].clone();
    let error = error.as_str().unwrap();
    assert!(error.starts_with("too_large: ") && error.contains("get_asset_url"), "{error}");
    let whole = acme.upload("b.bin", vec![255; 3 * 1024 * 1024]).await["id"].clone();
    let uri = format!("agent-assets://assets/{}", whole.as_str().unwrap());
    assert!(read(&acme, &uri).await["result"]["contents"][0]["blob"].is_string());
}
