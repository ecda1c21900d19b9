//! The server that one request meets: its caller's tools.

use std::panic::AssertUnwindSafe;

use api::{Any, Caller, RequestScope};
use futures::FutureExt;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CustomRequest,
    CustomResult, ErrorCode, Implementation, JsonObject, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::Deps;
use crate::answers::Answer;
use crate::arguments::parse;
use crate::refusal::Refusal;
use crate::tool::Tool;
use crate::{changing, reading};

/// What an agent is told before anything else.
const INSTRUCTIONS: &str = "\
An asset is a file that an agent made (an image, audio, a video, a text) with where it comes from, tags, \
and the state of its review. Find assets with list_assets, read one with get_asset, and get a link to its \
file with get_asset_url: no tool returns the file itself. A draft becomes usable by submit_asset, then \
approve_asset by a reviewer; request_changes sends it back to draft. Which tools there are depends on the \
scopes of the API key. A tool that refuses says why, behind a stable code, and what would be right.";

/// Methods that there are: where one comes with other parameters than it has, the SDK takes it for one
/// that it does not know.
const METHODS: [&str; 4] = ["initialize", "ping", "tools/list", "tools/call"];

/// The server, for one request of one caller.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) deps: Deps,
    pub(crate) caller: Caller<Any>,
    request: RequestScope,
}

impl Server {
    pub(crate) fn new(deps: Deps, caller: Caller<Any>, request: RequestScope) -> Self {
        Self { deps, caller, request }
    }

    async fn call(&self, tool: Tool, arguments: JsonObject) -> Result<Answer, Refusal> {
        if !self.caller.allows(tool.scope()) {
            return Err(Refusal::scope(tool));
        }
        match tool {
            Tool::ListAssets => reading::list_assets(self, parse(arguments)?).await,
            Tool::GetAsset => reading::get_asset(self, parse(arguments)?).await,
            Tool::GetAssetUrl => reading::get_asset_url(self, parse(arguments)?).await,
            Tool::ListVersions => reading::list_versions(self, parse(arguments)?).await,
            Tool::SubmitAsset | Tool::ApproveAsset | Tool::RequestChanges => {
                changing::review(self, tool, parse(arguments)?).await
            }
            Tool::TagAsset => changing::tag_asset(self, parse(arguments)?).await,
            Tool::DeleteAsset => changing::delete_asset(self, parse(arguments)?).await,
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("agent-assets", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server.with_title("Agent Assets"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let allowed = Tool::ALL.into_iter().filter(|tool| self.caller.allows(tool.scope()));
        let tools = allowed.map(Tool::describe).collect();
        Ok(ListToolsResult::with_all_items(tools).with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = Tool::ALL.into_iter().find(|tool| tool.name() == request.name) else {
            return Err(ErrorData::invalid_params(format!("unknown tool: {}", request.name), None));
        };
        // The SDK works in a task of its own: there the request is not known, and for the answer of a
        // task that has panicked it waits for ever.
        let work = self.call(tool, request.arguments.unwrap_or_default());
        let work = AssertUnwindSafe(self.request.clone().run(work)).catch_unwind();
        let result = match work.await {
            Ok(Ok(answer)) => answer.into(),
            Ok(Err(refusal)) => CallToolResult::from(refusal),
            Err(_) => {
                return Err(ErrorData::internal_error("something went wrong on our side", None));
            }
        };
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        Err(if METHODS.contains(&method.as_str()) {
            ErrorData::invalid_params(format!("{method}: its params are not what it takes"), None)
        } else {
            ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None)
        })
    }
}
