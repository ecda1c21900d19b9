//! Why a tool did not do what it was asked to, in words that an agent can act on.

use api::ApiError;
use model::review::NotAllowed;
use model::{Action, Error};
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
    pub(crate) fn argument(name: &str, problem: impl std::fmt::Display) -> Self {
        Self { code: "invalid_arguments", message: format!("{name}: {problem}") }
    }

    /// The key lacks the tool's scope.
    pub(crate) fn scope(tool: Tool) -> Self {
        let (name, scope) = (tool.name(), tool.scope());
        let message = format!(
            "{name} takes a key with the scope {scope}, which this key lacks; ask the operator of \
             this store for one that has it"
        );
        Self { code: "forbidden_scope", message }
    }

    fn not_allowed(refused: NotAllowed) -> Self {
        let tools: Vec<_> = Action::allowed(refused.from).filter_map(tool_of).collect();
        let tools = match &tools[..] {
            [] => "no tool here does that".to_owned(),
            tools => format!("tools for that: {}", tools.join(", ")),
        };
        Self { code: "not_allowed", message: format!("{}; {tools}", Error::NotAllowed(refused)) }
    }
}

/// The tool by which an action is taken.
fn tool_of(action: Action) -> Option<&'static str> {
    match action {
        Action::Submit => Some(Tool::SubmitAsset.name()),
        Action::Approve => Some(Tool::ApproveAsset.name()),
        Action::RequestChanges => Some(Tool::RequestChanges.name()),
        Action::Archive | Action::Restore => None,
    }
}

/// What helps with an error of this code, in terms of tools.
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

impl From<Refusal> for CallToolResult {
    /// Without structured content: clients check that against the tool's output schema, errors too.
    fn from(refusal: Refusal) -> Self {
        let text = format!("{}: {}", refusal.code, refusal.message);
        Self::error(vec![ContentBlock::text(text)])
    }
}
