//! What `POST /mcp` takes and answers.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A message of the Model Context Protocol: what it holds says the protocol
/// (<https://modelcontextprotocol.io>).
#[derive(Serialize, ToSchema)]
pub struct JsonRpc {
    /// `2.0`.
    pub jsonrpc: String,
    /// Which request it is, or answers: a string or a number.
    #[schema(required = false)]
    pub id: Value,
    /// Of a request or a notification.
    #[schema(required = false)]
    pub method: String,
    #[schema(required = false)]
    pub params: Value,
    /// Of an answer.
    #[schema(required = false)]
    pub result: Value,
    /// Of an answer, instead of a result.
    #[schema(required = false)]
    pub error: JsonRpcError,
}

#[derive(Serialize, ToSchema)]
pub struct JsonRpcError {
    pub code: i64,
    pub message: String,
    #[schema(required = false)]
    pub data: Value,
}
