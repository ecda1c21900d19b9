//! Messages, and what is none.

use super::*;

#[tokio::test]
async fn a_client_is_told_who_answers_and_how_to_go_on() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let client = json!({ "name": "test", "version": "1" });
        let params =
            json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let result = request(&acme, "initialize", params).await["result"].clone();
        assert_eq!(result["protocolVersion"], version);
        assert_eq!(result["serverInfo"]["name"], "agent-assets");
        assert_eq!(result["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(result["capabilities"], json!({ "tools": {}, "resources": {} }));
        assert!(result["instructions"].as_str().unwrap().contains("list_assets"));
    }
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let answer = send(&acme, &initialized).await;
    assert_eq!((answer.status, answer.bytes.len()), (202, 0));
    assert_eq!(request(&acme, "ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn a_client_without_a_handshake_says_all_with_each_request() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    for (method, status) in [("server/discover", 200), ("tools/list", 200), ("nonsense", 404)] {
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": { "_meta": meta } });
        let request = acme.request(Method::POST, "/mcp").json(&message);
        let request = request.header("MCP-Protocol-Version", "2026-07-28");
        let answer = acme.send(request.header("Mcp-Method", method)).await;
        assert_eq!(answer.status, status, "{method}: {}", answer.json);
        assert!(answer.json["result"].is_object() != answer.json["error"].is_object());
        if method == "tools/list" {
            assert_eq!(answer.json["result"]["cacheScope"], "private");
        }
    }
}

#[tokio::test]
async fn what_is_no_message_is_an_error_of_the_protocol() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let batch = format!("[{ping},{ping}]");
    for (body, status, code) in [
        ("", 400, -32700),
        ("{", 400, -32700),
        ("\u{feff}x", 400, -32700),
        ("[]", 400, -32600),
        (&*batch, 400, -32600),
        ("{}", 400, -32600),
        ("\"ping\"", 400, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"nonsense"}"#, 200, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"x"}}"#, 200, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{}}"#, 200, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, 200, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm"}}"#, 200, -32602),
    ] {
        let request = acme.request(Method::POST, "/mcp").header("Content-Type", "application/json");
        let answer = acme.send(request.body(body.to_owned())).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.json);
        assert_eq!(answer.json["error"]["code"], code, "{body}: {}", answer.json);
        assert_eq!(answer.header("content-type"), "application/json", "{body}");
    }
}

#[tokio::test]
async fn requests_that_are_not_the_protocols_are_told_so_as_everywhere() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    for (name, value, status, code) in [
        ("Accept", "text/html", 406, "not_acceptable"),
        ("Accept", "text/event-stream", 406, "not_acceptable"),
        ("Accept", "application/json", 200, ""),
        ("Accept", "*/*", 200, ""),
        ("Content-Type", "text/plain", 415, "unsupported_media_type"),
        ("Content-Type", "application/json; charset=utf-8", 200, ""),
        ("Content-Encoding", "gzip", 415, "unsupported_media_type"),
        ("Content-Encoding", "identity", 200, ""),
        ("MCP-Protocol-Version", "2025-06-18", 200, ""),
        ("MCP-Protocol-Version", "1999-01-01", 400, "invalid_request"),
        ("X-Workspace-ID", "other", 404, "not_found"),
        ("X-API-Key", "other", 400, "invalid_request"),
        ("Origin", "http://localhost:6274", 200, ""),
        ("Origin", "http://127.0.0.1:8080", 200, ""),
        ("Origin", "https://app.example.com", 403, "forbidden_origin"),
        ("Origin", "http://localhost.example.com", 403, "forbidden_origin"),
        ("Origin", "null", 403, "forbidden_origin"),
    ] {
        let request = acme.request(Method::POST, "/mcp").header(name, value);
        let request = if name == "Content-Type" {
            request
        } else {
            request.header("Content-Type", "application/json")
        };
        let answer = acme.send(request.body(ping.to_string())).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{name}: {value}");
    }
    let mut large = ping.clone();
    large["params"] = json!({ "text": "x".repeat(256 * 1024) });
    let answer = send(&acme, &large).await;
    assert_eq!((answer.status, answer.code()), (413, "too_large"));
    let answer = acme.post("/mcp?nonsense=1", ping.clone()).await;
    assert_eq!((answer.status, answer.code()), (400, "invalid_parameter"));
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let answer = acme.send(acme.request(method.clone(), "/mcp")).await;
        let got = (answer.status, answer.code(), answer.header("allow"));
        assert_eq!(got, (405, "method_not_allowed", "POST"), "{method}");
    }
    let nobody = acme.with_key("");
    let answer = nobody.send(nobody.request(Method::POST, "/mcp").body("{")).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"));
    let says = answer.json["detail"].as_str().unwrap();
    assert!(says.contains("Authorization: Bearer") && says.contains("keys create"), "{says}");
}
