//! The store as tools: messages as clients of the Model Context Protocol send them.

mod making;
mod protocol;
mod resources;
mod tools;

use http::Method;
use serde_json::{Value, json};
use tests::{Client, Response, World, eventually, fixture};

/// Every tool, with the scope that it takes.
const TOOLS: [(&str, &str); 16] = [
    ("list_assets", "assets:read"),
    ("get_asset", "assets:read"),
    ("get_asset_url", "assets:read"),
    ("list_versions", "assets:read"),
    ("create_text", "assets:write"),
    ("create_upload", "assets:write"),
    ("add_version", "assets:write"),
    ("tag_asset", "assets:write"),
    ("submit_asset", "assets:write"),
    ("approve_asset", "assets:review"),
    ("request_changes", "assets:review"),
    ("archive_asset", "assets:review"),
    ("restore_asset", "assets:review"),
    ("export_assets", "assets:read"),
    ("get_export", "assets:read"),
    ("delete_asset", "assets:delete"),
];

/// An id that no asset has.
const NEVER: &str = "37XnnMWMjfmNEiv3gpMlqCGHrXO";

/// A message's answer.
async fn send(caller: &Client, message: &Value) -> Response {
    let request = caller.request(Method::POST, "/mcp");
    caller.send(request.header("Accept", "application/json, text/event-stream").json(message)).await
}

/// A request's answer: a result, or an error of the protocol.
async fn request(caller: &Client, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": "r-1", "method": method, "params": params });
    let answer = send(caller, &message).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let answer = answer.expect(200);
    assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!("r-1")), "{answer}");
    answer
}

/// What a tool gives, or the text with which it refuses.
async fn call(caller: &Client, tool: &str, arguments: Value) -> Result<Value, String> {
    let params = json!({ "name": tool, "arguments": arguments });
    let answer = request(caller, "tools/call", params).await;
    let result = &answer["result"];
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    if result["isError"] == true {
        assert!(result.get("structuredContent").is_none(), "{answer}");
        return Err(text.to_owned());
    }
    let content = &result["structuredContent"];
    assert!(content.is_object(), "{answer}");
    // Many clients show a model nothing but the text.
    assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), content);
    Ok(content.clone())
}

/// What the tools are that a caller sees.
async fn tools(caller: &Client) -> Vec<Value> {
    let answer = request(caller, "tools/list", json!({})).await;
    answer["result"]["tools"].as_array().unwrap().clone()
}
