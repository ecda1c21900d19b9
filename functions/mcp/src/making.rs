//! The tools that make something: assets, versions, exports.

use assets::NewOrKnown;
use rmcp::model::JsonObject;

use crate::answers::{Answer, ExportAnswer, MadeAnswer, VersionAnswer};
use crate::arguments::GetExportArguments;
use crate::given;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::tool::Tool;

pub(crate) async fn create_asset(
    server: &Server,
    tool: Tool,
    arguments: JsonObject,
) -> Result<Answer, Refusal> {
    let (request, once) = given::new_asset(tool, arguments)?;
    let (workspace, actor) = (&server.caller.workspace, server.caller.actor.clone());
    Ok(match server.assets().create(workspace, actor, request, once).await? {
        NewOrKnown::New(record, upload) => MadeAnswer::answer(*record, false, upload),
        NewOrKnown::Known(record) => MadeAnswer::answer(*record, true, None),
    }?)
}

pub(crate) async fn add_version(server: &Server, arguments: JsonObject) -> Result<Answer, Refusal> {
    let (id, seen, request, once) = given::new_version(arguments)?;
    let (workspace, actor) = (&server.caller.workspace, &server.caller.actor);
    let assets = server.assets();
    let added = assets.add_version(workspace, id, &seen, actor, request, once.as_ref()).await?;
    let (version, upload) = added;
    let record = server.deps.store.get(workspace, id).await?;
    Ok(VersionAnswer::answer(version, &record.asset, upload)?)
}

pub(crate) async fn export_assets(
    server: &Server,
    arguments: JsonObject,
) -> Result<Answer, Refusal> {
    let (request, name) = given::export(arguments)?;
    let (workspace, actor) = (&server.caller.workspace, server.caller.actor.clone());
    let assets = server.assets();
    let record = assets.ask_for_export(workspace, actor, request, name.as_ref()).await?;
    let link = assets.archive(workspace, &record).await?;
    Ok(ExportAnswer::answer(record.export, link)?)
}

pub(crate) async fn get_export(
    server: &Server,
    arguments: GetExportArguments,
) -> Result<Answer, Refusal> {
    let (workspace, assets) = (&server.caller.workspace, server.assets());
    let record = assets.export(workspace, arguments.id).await?;
    let link = assets.archive(workspace, &record).await?;
    Ok(ExportAnswer::answer(record.export, link)?)
}
