//! The server that one request meets: its caller's tools.

use std::panic::AssertUnwindSafe;

use api::RequestScope;
use futures::FutureExt;
use model::Scope;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CustomRequest,
    CustomResult, ErrorCode, Implementation, JsonObject, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ResourcesCapability, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;

use crate::answers::Answer;
use crate::arguments::parse;
use crate::context::Context;
use crate::given::Given;
use crate::refusal::Refusal;
use crate::tool::Tool;
use crate::{changing, described, making, reading, resources};

/// The instructions that an agent is given before anything else.
const INSTRUCTIONS: &str = "\
An asset is a file that an agent made (an image, audio, a video, a text) with where it comes from, tags, \
and the state of its review. Find assets with list_assets, read one with get_asset, and get a link to its \
file with get_asset_url: no tool returns the file itself. Make one with create_text, or with create_upload \
and an HTTP PUT of the file; add_version puts a better file in the place of one. A draft becomes usable by \
submit_asset, then approve_asset by a reviewer; request_changes sends it back to draft. export_assets puts \
approved files into one archive. Which tools there are depends on the scopes of the API key. A tool that \
refuses says why, behind a stable code, and what would be right.";

/// Methods that there are in every era: where one comes with other parameters than it has, the SDK takes it
/// for one that it does not know.
const METHODS: [&str; 5] =
    ["tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read"];

/// Methods that there are no longer from 2026-07-28 on.
const FORMER_METHODS: [&str; 2] = ["initialize", "ping"];

/// The server, for one request of one caller.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    context: Context,
    request: RequestScope,
}

impl Server {
    pub(crate) const fn new(context: Context, request: RequestScope) -> Self {
        Self { context, request }
    }

    async fn call(&self, tool: Tool, arguments: JsonObject) -> Result<Answer, Refusal> {
        if !self.context.caller.allows(tool.scope()) {
            return Err(Refusal::scope(tool.name(), tool.scope()));
        }
        let context = &self.context;
        let given = |arguments| Given::read(tool, &described::takes(tool), arguments);
        match tool {
            Tool::ListAssets => reading::list_assets(context, parse(arguments)?).await,
            Tool::GetAsset => reading::get_asset(context, parse(arguments)?).await,
            Tool::GetAssetUrl => reading::get_asset_url(context, parse(arguments)?).await,
            Tool::ListVersions => reading::list_versions(context, parse(arguments)?).await,
            Tool::CreateText | Tool::CreateUpload => {
                making::create_asset(context, given(arguments)?).await
            }
            Tool::AddVersion => making::add_version(context, given(arguments)?).await,
            Tool::Review(action) => changing::review(context, action, parse(arguments)?).await,
            Tool::ExportAssets => making::export_assets(context, given(arguments)?).await,
            Tool::GetExport => making::get_export(context, parse(arguments)?).await,
            Tool::TagAsset => changing::tag_asset(context, parse(arguments)?).await,
            Tool::DeleteAsset => changing::delete_asset(context, parse(arguments)?).await,
        }
    }

    /// Does the work of a request, in its scope. The SDK works in a task of its own: there the request is not
    /// known, and for the answer of a task that has panicked it waits for ever.
    async fn guarded<T>(&self, work: impl Future<Output = T>) -> Result<T, ErrorData> {
        let work = AssertUnwindSafe(self.request.clone().run(work)).catch_unwind();
        let failed = |_| ErrorData::internal_error("something went wrong on our side", None);
        work.await.map_err(failed)
    }

    /// That the key may read, as `method` does.
    fn may_read(&self, method: &str) -> Result<(), ErrorData> {
        if self.context.caller.allows(Scope::Read) {
            return Ok(());
        }
        Err(Refusal::scope(method, Scope::Read).into())
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("agent-assets", env!("CARGO_PKG_VERSION"));
        let mut capabilities = ServerCapabilities::builder().enable_tools().build();
        if self.context.caller.allows(Scope::Read) {
            capabilities.resources = Some(ResourcesCapability::default());
        }
        ServerConfig::new(capabilities)
            .with_server_info(server.with_title("Agent Assets"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let allowed = Tool::ALL.into_iter().filter(|tool| self.context.caller.allows(tool.scope()));
        let tools = allowed.map(described::tool).collect();
        let tools = ListToolsResult::with_all_items(tools);
        Ok(tools.with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = Tool::ALL.into_iter().find(|tool| tool.name() == request.name) else {
            return Err(ErrorData::invalid_params(format!("unknown tool: {}", request.name), None));
        };
        let work = self.call(tool, request.arguments.unwrap_or_default());
        let result = match Box::pin(self.guarded(work)).await? {
            Ok(answer) => answer.into(),
            Err(refusal) => CallToolResult::from(refusal),
        };
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.may_read("resources/list")?;
        let cursor = request.and_then(|request| request.cursor);
        Ok(self.guarded(resources::list(&self.context, cursor)).await??)
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.may_read("resources/templates/list")?;
        Ok(resources::templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.may_read("resources/read")?;
        let found = self.guarded(resources::read(&self.context, &request.uri)).await??;
        let missing = || {
            let message = "there is no such resource in this workspace, or its file is not there";
            ErrorData::resource_not_found(message, Some(json!({ "uri": request.uri })))
        };
        Ok(found.ok_or_else(missing)?.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        let version = context.protocol_version();
        let former = version.is_none_or(|version| version < ProtocolVersion::V_2026_07_28);
        let known = METHODS.contains(&method.as_str())
            || former && FORMER_METHODS.contains(&method.as_str());
        Err(if known {
            ErrorData::invalid_params(format!("{method}: its params are not what it takes"), None)
        } else {
            ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None)
        })
    }
}
