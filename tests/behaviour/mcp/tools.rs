//! Each tool, and how each refuses.

use super::*;

/// A new text's id.
async fn new_asset(caller: &Client, fields: Value) -> String {
    caller.write("text", fields).await["id"].as_str().unwrap().to_owned()
}

/// Arguments that each tool takes, for the asset `id`.
fn arguments(tool: &str, id: &str) -> Value {
    match tool {
        "list_assets" => json!({}),
        "create_text" => json!({ "content": "# Hello" }),
        "create_upload" => {
            json!({ "upload": { "file_name": "a.png", "content_type": "image/png" } })
        }
        "add_version" => json!({ "id": id, "content": "# Hello" }),
        "tag_asset" => json!({ "id": id, "add": { "brand": ["acme"] } }),
        "export_assets" => json!({ "ids": [id] }),
        _ => json!({ "id": id }),
    }
}

#[tokio::test]
async fn a_key_sees_the_tools_of_its_scopes_and_no_others() {
    let world = World::start().await;
    let names = async |scopes: &str| {
        let tools = tools(&world.caller("acme", scopes).await).await;
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("*").await, TOOLS.map(|(name, _)| name));
    for scope in ["assets:read", "assets:write", "assets:review", "assets:delete"] {
        let of_scope = TOOLS.iter().filter(|(_, needed)| *needed == scope);
        assert_eq!(names(scope).await, of_scope.map(|(name, _)| *name).collect::<Vec<_>>());
    }
}

#[test]
fn the_page_names_every_tool_with_its_scope() {
    let page = include_str!("../../../docs/mcp.md");
    for (tool, scope) in TOOLS {
        let row = page
            .lines()
            .find(|line| line.starts_with("| `") && line.contains(&format!("`{tool}`")));
        let row = row.unwrap_or_else(|| panic!("docs/mcp.md does not name {tool}"));
        assert!(row.contains(&format!("`{scope}`")), "{row}");
    }
}

#[tokio::test]
async fn a_tool_without_its_scope_says_which_and_what_to_do() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = new_asset(&acme, json!({})).await;
    for (tool, scope) in TOOLS {
        let others = TOOLS.map(|(_, other)| other).into_iter().filter(|other| *other != scope);
        let caller = world.caller("acme", &others.collect::<Vec<_>>().join(",")).await;
        let refusal = call(&caller, tool, arguments(tool, &id)).await.unwrap_err();
        assert!(refusal.starts_with("forbidden_scope: "), "{refusal}");
        assert!(refusal.contains(scope) && refusal.contains("operator"), "{refusal}");
    }
    assert_eq!(acme.get(&format!("/api/v1/assets/{id}")).await.expect(200)["data"]["version"], 1);
}

#[tokio::test]
async fn tools_describe_themselves_in_full() {
    let world = World::start().await;
    for tool in tools(&world.workspace("acme").await).await {
        let name = tool["name"].as_str().unwrap();
        assert!(tool["description"].as_str().unwrap().len() > 100, "{name}");
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{name} {schema}");
            assert!(tool[schema]["properties"].is_object(), "{name} {schema}");
        }
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
        let next = &tool["outputSchema"]["properties"]["next_cursor"]["type"];
        assert!(next.is_null() || *next == json!(["string", "null"]), "{name} {next}");
        for (argument, schema) in tool["inputSchema"]["properties"].as_object().unwrap() {
            assert!(schema["description"].is_string(), "{name} {argument}");
            assert!(schema["type"].is_string() || schema["anyOf"].is_array(), "{name} {schema}");
        }
        let hints = &tool["annotations"];
        let reads = TOOLS.contains(&(name, "assets:read")) && name != "export_assets";
        assert_eq!(hints["readOnlyHint"], reads, "{name}");
        let destroys =
            ["tag_asset", "request_changes", "archive_asset", "delete_asset"].contains(&name);
        assert_eq!(hints["destructiveHint"], destroys, "{name}");
        assert_eq!(hints["openWorldHint"], false, "{name}");
        assert!(hints["title"].is_string() && hints["idempotentHint"].is_boolean(), "{name}");
    }
}

#[tokio::test]
async fn assets_are_found_by_what_the_lists_filters_say() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let fields = json!({ "type": "script", "agent_id": "writer", "title": "Launch",
        "tags": { "brand": ["acme"] }, "metadata": { "seed": 7 }, "prompt": "p".repeat(4000) });
    let script = new_asset(&acme, fields).await;
    let copy = new_asset(&acme, json!({ "type": "copy", "agent_id": "editor" })).await;
    let found = async |arguments| {
        let list = call(&acme, "list_assets", arguments).await.unwrap();
        let ids = list["items"].as_array().unwrap().iter().map(|item| item["id"].clone());
        ids.collect::<Vec<_>>()
    };
    for (filter, expected) in [
        (json!({}), vec![&copy, &script]),
        (json!({ "order": "asc" }), vec![&script, &copy]),
        (json!({ "type": "script" }), vec![&script]),
        (json!({ "type": "script, copy", "status": "draft" }), vec![&copy, &script]),
        (json!({ "agent_id": "editor" }), vec![&copy]),
        (json!({ "tags": { "brand": ["acme", "bolt"] } }), vec![&script]),
        (json!({ "tag": "brand:acme,brand:bolt", "limit": 5.0 }), vec![&script]),
        (json!({ "q": "lAUNCH" }), vec![&script]),
        (json!({ "approved": true }), vec![]),
        (json!({ "created_from": "2020-01-01", "created_to": "2021-01-01" }), vec![]),
        (json!({ "run_id": null, "agent_id": "writer" }), vec![&script]),
    ] {
        assert_eq!(json!(found(filter.clone()).await), json!(expected), "{filter}");
    }
    let page = call(&acme, "list_assets", json!({ "limit": 1 })).await.unwrap();
    let next = json!({ "limit": 1, "cursor": page["next_cursor"] });
    let last = call(&acme, "list_assets", next).await.unwrap();
    assert_eq!((&last["items"][0]["id"], &last["next_cursor"]), (&json!(script), &Value::Null));
    let listed = &last["items"][0];
    assert_eq!(listed["prompt"].as_str().unwrap().chars().count(), 301);
    assert!(listed.get("metadata").is_none() && listed.get("storage_key").is_none());
    let whole = call(&acme, "get_asset", json!({ "id": script })).await.unwrap();
    let answer = acme.get(&format!("/api/v1/assets/{script}")).await;
    let etag = answer.header("etag").to_owned();
    let mut record = answer.expect(200)["data"].clone();
    for hidden in ["storage_key", "media_type", "mime_type", "storage_path", "size"] {
        record.as_object_mut().unwrap().remove(hidden);
    }
    assert_eq!(whole, json!({ "asset": record, "etag": etag }));
}

#[tokio::test]
async fn a_tool_changes_what_was_seen_or_nothing() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = new_asset(&acme, json!({})).await;
    let path = format!("/api/v1/assets/{id}");
    let seen = call(&acme, "get_asset", json!({ "id": id })).await.unwrap()["etag"].clone();
    acme.post(&format!("{path}/versions"), json!({ "content": "second" })).await.expect(201);
    let current = acme.get(&path).await.header("etag").to_owned();
    let tools = [
        ("tag_asset", json!({ "add": { "brand": ["acme"] } })),
        ("submit_asset", json!({})),
        ("approve_asset", json!({ "comment": "good" })),
        ("request_changes", json!({})),
        ("delete_asset", json!({ "force": true })),
    ];
    let with = |arguments: &Value, more: Value| {
        let mut all = arguments.as_object().unwrap().clone();
        all.insert("id".to_owned(), json!(id));
        all.extend(more.as_object().unwrap().clone());
        Value::Object(all)
    };
    for (tool, arguments) in &tools {
        let stale = [json!({ "etag": seen }), json!({ "version": 1 })];
        for stale in &stale[..if *tool == "tag_asset" { 1 } else { 2 }] {
            let refusal = call(&acme, tool, with(arguments, stale.clone())).await.unwrap_err();
            assert!(refusal.starts_with("precondition_failed: "), "{tool} {stale}: {refusal}");
            assert!(refusal.contains(&current) && refusal.contains("version 2"), "{refusal}");
        }
    }
    assert_eq!(acme.get(&path).await.header("etag"), current);
    for (tool, arguments) in tools {
        let etag = call(&acme, "get_asset", json!({ "id": id })).await.unwrap()["etag"].clone();
        let mut now = json!({ "etag": etag });
        if tool != "tag_asset" {
            now["version"] = json!(2);
        }
        call(&acme, tool, with(&arguments, now)).await.unwrap();
    }
    assert_eq!(acme.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_link_gives_the_file_of_the_version_that_is_asked_for() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.upload("a.png", fixture("sample.png")).await;
    let id = &asset["id"];
    for version in [json!(null), json!(1), json!(1.0), json!("1")] {
        let arguments = json!({ "id": id, "version": version, "expires_in": 60.0 });
        let link = call(&acme, "get_asset_url", arguments).await.unwrap();
        assert_eq!(
            (&link["id"], &link["version"], &link["file_name"]),
            (id, &json!(1), &json!("a.png"))
        );
        let file = reqwest::get(link["url"].as_str().unwrap()).await.unwrap();
        assert!(file.bytes().await.unwrap() == fixture("sample.png"));
    }
    for version in [json!(2), json!("approved")] {
        let refusal = call(&acme, "get_asset_url", json!({ "id": id, "version": version })).await;
        assert!(refusal.unwrap_err().starts_with("version_not_found: "), "{version}");
    }
    let versions = call(&acme, "list_versions", json!({ "id": id })).await.unwrap();
    assert_eq!((&versions["id"], &versions["next_cursor"]), (id, &Value::Null));
    let [only] = &versions["versions"].as_array().unwrap()[..] else { panic!("{versions}") };
    assert_eq!((&only["version"], &only["current"]), (&json!(1), &json!(true)));
    assert_eq!((&only["approved"], &only["content_type"]), (&json!(false), &json!("image/png")));
}

#[tokio::test]
async fn a_draft_goes_through_review() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = new_asset(&acme, json!({})).await;
    let step = async |tool: &str| {
        let arguments = json!({ "id": id, "comment": format!("{tool} it") });
        let answer = call(&acme, tool, arguments).await?;
        Ok::<_, String>(answer["asset"]["status"].clone())
    };
    let refusal = step("approve_asset").await.unwrap_err();
    assert!(refusal.starts_with("not_allowed: approve is not allowed while the asset is draft"));
    assert!(refusal.contains("submit_asset") && !refusal.contains("approve_asset"), "{refusal}");
    assert_eq!(step("submit_asset").await.unwrap(), "pending_review");
    assert!(step("submit_asset").await.unwrap_err().contains("approve_asset, request_changes"));
    assert_eq!(step("request_changes").await.unwrap(), "draft");
    assert_eq!(step("submit_asset").await.unwrap(), "pending_review");
    assert_eq!(step("approve_asset").await.unwrap(), "approved");
    assert_eq!(step("archive_asset").await.unwrap(), "archived");
    assert!(step("archive_asset").await.unwrap_err().contains("tools for that: restore_asset"));
    assert_eq!(step("restore_asset").await.unwrap(), "draft");
    step("submit_asset").await.unwrap();
    assert_eq!(step("approve_asset").await.unwrap(), "approved");
    let link = call(&acme, "get_asset_url", json!({ "id": id, "version": "approved" })).await;
    assert_eq!(link.unwrap()["version"], 1);
    let refusal = call(&acme, "delete_asset", json!({ "id": id })).await.unwrap_err();
    assert!(refusal.starts_with("approved: ") && refusal.contains("force"), "{refusal}");
    let gone = call(&acme, "delete_asset", json!({ "id": id, "force": true })).await.unwrap();
    assert_eq!(gone, json!({ "id": id, "deleted": true }));
    assert_eq!(acme.get(&format!("/api/v1/assets/{id}")).await.status, 404);
}

#[tokio::test]
async fn what_a_tool_changes_is_on_record_with_its_request() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = new_asset(&acme, json!({})).await;
    let params = json!({ "name": "submit_asset", "arguments": { "id": id, "comment": "ready" } });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let answer = send(&acme, &message).await;
    let (_, events, _) =
        world.store().history(&acme.workspace, id.parse().unwrap(), None, 10).await.unwrap();
    let event = &events[0];
    assert_eq!(event.action, "submit");
    assert_eq!(event.comment, "ready".parse().ok());
    assert_eq!(event.request_id.as_deref(), Some(answer.header("x-request-id")));
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn tags_are_set_removed_and_added() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let id = new_asset(&acme, json!({ "tags": { "brand": ["acme"], "channel": ["web"] } })).await;
    for (change, tags) in [
        (
            json!({ "add": { "brand": ["bolt"] } }),
            json!({ "brand": ["acme", "bolt"], "channel": ["web"] }),
        ),
        (json!({ "remove": { "brand": ["acme"], "channel": [] } }), json!({ "brand": ["bolt"] })),
        (json!({ "set": { "audience": ["kids"], "brand": [] } }), json!({ "audience": ["kids"] })),
    ] {
        let mut arguments = change.clone();
        arguments["id"] = json!(id);
        for _ in 0..2 {
            let answer = call(&acme, "tag_asset", arguments.clone()).await.unwrap();
            assert_eq!(answer["asset"]["tags"], tags, "{change}");
        }
    }
    let many: Vec<_> = (0..11).map(|n| n.to_string()).collect();
    let change = json!({ "id": id, "add": { "brand": many } });
    let refusal = call(&acme, "tag_asset", change).await.unwrap_err();
    assert!(refusal.starts_with("too_many_tags: "), "{refusal}");
}

#[tokio::test]
async fn bad_arguments_are_named_with_what_would_be_right() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (tool, arguments, says) in [
        ("list_assets", json!({ "tpye": "image" }), "tpye"),
        ("list_assets", json!({ "type": "Image" }), "type: expected"),
        ("list_assets", json!({ "type": ["image"] }), "type: "),
        ("list_assets", json!({ "status": "done" }), "status: expected draft"),
        ("list_assets", json!({ "approved": false }), "approved: expected true"),
        ("list_assets", json!({ "limit": 51 }), "limit: expected a whole number from 1 to 50"),
        ("list_assets", json!({ "limit": "5" }), "limit: "),
        ("list_assets", json!({ "limit": 5.5 }), "limit: expected a whole number from 1 to 50"),
        ("list_assets", json!({ "tag": "brand" }), "tag: expected name:value, such as brand:acme"),
        ("list_assets", json!({ "order": "up" }), "order: expected desc or asc"),
        ("list_assets", json!({ "cursor": "x" }), "cursor: expected next_cursor"),
        ("list_assets", json!({ "created_from": "soon" }), "created_from: expected"),
        ("list_assets", json!({ "q": "" }), "q: expected"),
        ("list_assets", json!({ "tags": { "brand": [] } }), "tags.brand: expected"),
        ("list_assets", json!({ "tags": { "Brand": ["a"] } }), "tags"),
        ("get_asset", json!({}), "id"),
        ("get_asset", json!({ "id": "x" }), "id: expected"),
        ("get_asset_url", json!({ "id": NEVER, "version": 0 }), "version: expected"),
        ("get_asset_url", json!({ "id": NEVER, "version": 1.5 }), "version: expected"),
        ("get_asset_url", json!({ "id": NEVER, "expires_in": 604_801 }), "expires_in: expected"),
        (
            "get_asset_url",
            json!({ "id": NEVER, "disposition": "x" }),
            "disposition: expected inline",
        ),
        ("list_versions", json!({ "id": NEVER, "cursor": "x" }), "cursor: expected"),
        ("submit_asset", json!({ "id": NEVER, "comment": "" }), "comment: expected"),
        ("tag_asset", json!({ "id": NEVER }), "add, remove and set"),
        ("delete_asset", json!({ "id": NEVER, "force": "yes" }), "force: "),
        ("create_text", json!({}), "content: it is missing"),
        ("create_text", json!({ "content": 5 }), "content: "),
        (
            "create_text",
            json!({ "content": "x", "titel": "y" }),
            "titel: there is no such argument",
        ),
        (
            "create_text",
            json!({ "content": "x", "upload": {} }),
            "upload: there is no such argument",
        ),
        ("create_text", json!({ "content": "x", "type": "A B" }), "type: expected"),
        (
            "create_text",
            json!({ "content": "x", "idempotency_key": "" }),
            "idempotency_key: expected",
        ),
        (
            "create_text",
            json!({ "content": "x", "expires_at": "2020-01-01T00:00:00Z" }),
            "expires_at: expected",
        ),
        ("create_upload", json!({ "upload": { "file_name": "a.png" } }), "upload"),
        ("create_upload", json!({ "content": "x" }), "content: there is no such argument"),
        ("add_version", json!({ "id": NEVER }), "upload: send upload, or content"),
        ("add_version", json!({ "content": "x" }), "id: it is missing"),
        ("export_assets", json!({}), "arguments: expected either filter or ids"),
        ("export_assets", json!({ "filter": { "tpye": "x" } }), "tpye: there is no such"),
        ("get_export", json!({ "id": "x" }), "id: expected"),
    ] {
        let refusal = call(&acme, tool, arguments.clone()).await.unwrap_err();
        assert!(refusal.starts_with("invalid_arguments: "), "{tool} {arguments}: {refusal}");
        assert!(refusal.contains(says), "{tool} {arguments}: {refusal}");
    }
}

#[tokio::test]
async fn a_foreign_asset_is_as_one_that_never_was() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let id = new_asset(&acme, json!({})).await;
    let about_one = |(tool, _): &&(&str, &str)| {
        !["list_assets", "create_text", "create_upload", "export_assets"].contains(tool)
    };
    for (tool, _) in TOOLS.iter().filter(about_one) {
        let foreign = call(&other, tool, arguments(tool, &id)).await.unwrap_err();
        assert!(foreign.starts_with("not_found: ") && foreign.contains("list_assets"), "{foreign}");
        let never = call(&other, tool, arguments(tool, NEVER)).await.unwrap_err();
        assert_eq!(foreign, never, "{tool}");
    }
    assert_eq!(acme.list("").await, [id.parse().unwrap()]);
}
