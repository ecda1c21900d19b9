//! The reason for which a tool did not do what it was asked to, in words that an agent can act on.

use std::fmt;

use api::ApiError;
use model::review::NotAllowed;
use model::{Action, Error, Scope};
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};

use crate::tool::Tool;

/// A tool's error: a stable code, and what was wrong and would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    code: &'static str,
    message: String,
}

impl Refusal {
    /// The argument `name` is not what the tool takes.
    pub(crate) fn argument(name: &str, problem: impl fmt::Display) -> Self {
        Self { code: "invalid_arguments", message: format!("{name}: {problem}") }
    }

    /// The key lacks the scope that `what` takes.
    pub(crate) fn scope(what: &str, scope: Scope) -> Self {
        let message = format!(
            "{what} takes a key with the scope {scope}, which this key lacks; ask the operator of \
             this store for one that has it"
        );
        Self { code: "forbidden_scope", message }
    }

    fn not_allowed(refused: NotAllowed) -> Self {
        let tools: Vec<_> =
            Action::allowed(refused.from).map(|action| Tool::Review(action).name()).collect();
        let tools = tools.join(", ");
        let message = format!("{}; tools for that: {tools}", Error::NotAllowed(refused));
        Self { code: "not_allowed", message }
    }
}

/// The hint for an error of this code, in terms of tools.
fn hint(code: &str) -> &'static str {
    match code {
        "not_found" => "; list_assets finds the ids that there are",
        "version_not_found" => "; list_versions shows those that there are",
        "precondition_failed" => "; get_asset reads it",
        _ => "",
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let code = error.code();
        // Tools have arguments, and no bodies or parameters.
        if ["invalid_body", "invalid_parameter"].contains(&code) {
            let (field, problem) = error.detail().split_once(": ").unwrap_or_default();
            return Self::argument(if field == "body" { "arguments" } else { field }, problem);
        }
        Self { code, message: format!("{}{}", error.detail(), hint(code)) }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotAllowed(refused) => Self::not_allowed(refused),
            error => ApiError::from(error).into(),
        }
    }
}

impl From<Refusal> for ErrorData {
    /// An error of the protocol, where it is no tool that refuses.
    fn from(refusal: Refusal) -> Self {
        Self::invalid_params(refusal.to_string(), None)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl From<Refusal> for CallToolResult {
    /// Without structured content: clients check that against the tool's output schema, errors too.
    fn from(refusal: Refusal) -> Self {
        Self::error(vec![ContentBlock::text(refusal.to_string())])
    }
}
