//! The tools that make something: assets, versions, exports.

use assets::NewOrKnown;

use crate::answers::{Answer, ExportAnswer, MadeAnswer, VersionAnswer};
use crate::arguments::GetExportArguments;
use crate::context::Context;
use crate::given::Given;
use crate::refusal::Refusal;

pub(crate) async fn create_asset(context: &Context, given: Given) -> Result<Answer, Refusal> {
    let (request, once) = given.asset()?;
    let (workspace, actor) = (&context.caller.workspace, context.caller.actor.clone());
    Ok(match context.assets().create(workspace, actor, request, once).await? {
        NewOrKnown::New(record, upload) => MadeAnswer::answer(*record, false, upload),
        NewOrKnown::Known(record) => MadeAnswer::answer(*record, true, None),
    }?)
}

pub(crate) async fn add_version(context: &Context, given: Given) -> Result<Answer, Refusal> {
    let (id, seen, request, once) = given.version()?;
    let (workspace, actor) = (&context.caller.workspace, &context.caller.actor);
    let assets = context.assets();
    let added = assets.add_version(workspace, id, &seen, actor, request, once.as_ref()).await?;
    let (version, upload) = added;
    let record = context.deps.store.get(workspace, id).await?;
    Ok(VersionAnswer::answer(version, &record.asset, upload)?)
}

pub(crate) async fn export_assets(context: &Context, given: Given) -> Result<Answer, Refusal> {
    let (request, name) = given.export()?;
    let (workspace, actor) = (&context.caller.workspace, context.caller.actor.clone());
    let assets = context.assets();
    let record = assets.ask_for_export(workspace, actor, request, name.as_ref()).await?;
    let link = assets.archive(workspace, &record).await?;
    Ok(ExportAnswer::answer(record.export, link)?)
}

pub(crate) async fn get_export(
    context: &Context,
    arguments: GetExportArguments,
) -> Result<Answer, Refusal> {
    let (workspace, assets) = (&context.caller.workspace, context.assets());
    let record = assets.export(workspace, arguments.id).await?;
    let link = assets.archive(workspace, &record).await?;
    Ok(ExportAnswer::answer(record.export, link)?)
}
