//! The tools that only read.

use api::ApiError;
use model::store::Page;
use rmcp::model::Resource;

use crate::answers::{Answer, AssetAnswer, AssetsAnswer, LinkAnswer, VersionsAnswer};
use crate::arguments::{GetArguments, LinkArguments, ListArguments, VersionsArguments};
use crate::context::Context;
use crate::refusal::Refusal;
use crate::shown::{Shown, ShownVersion};

pub(crate) async fn list_assets(
    context: &Context,
    arguments: ListArguments,
) -> Result<Answer, Refusal> {
    let query = arguments.query()?;
    let (workspace, filter, order) = (&context.caller.workspace, &query.filter, query.order);
    let page = context.deps.store.list(workspace, filter, order, query.after, query.limit);
    let Page { items, next, .. } = page.await?;
    let items: Vec<_> = items.into_iter().map(Shown::brief).collect();
    let next_cursor = next.map(|cursor| cursor.encode(filter, order));
    let links: Vec<_> = items.iter().filter_map(Shown::link).collect();
    Ok(Answer::new(&AssetsAnswer { items, next_cursor })?.with(links))
}

pub(crate) async fn get_asset(
    context: &Context,
    arguments: GetArguments,
) -> Result<Answer, Refusal> {
    let record = context.deps.store.get(&context.caller.workspace, arguments.id).await?;
    Ok(AssetAnswer::answer(Shown::whole(record.asset), record.revision)?)
}

pub(crate) async fn get_asset_url(
    context: &Context,
    arguments: LinkArguments,
) -> Result<Answer, Refusal> {
    let (wanted, disposition, lifetime) = arguments.terms()?;
    let record = context.deps.store.get(&context.caller.workspace, arguments.id).await?;
    let link = context.assets().link(&record, wanted, disposition, lifetime).await?;
    let link = link.ok_or_else(ApiError::version_not_found)?;
    let (asset, signed) = (link.asset, link.signed);
    let answer = LinkAnswer {
        id: asset.id,
        version: asset.version,
        url: signed.url,
        expires_at: signed.expires_at,
        file_name: asset.file_name.map(String::from),
        file_size: asset.file_size,
        content_type: asset.content_type.map(String::from),
    };
    let name = answer.file_name.clone().unwrap_or_else(|| answer.id.to_string());
    let mut file = Resource::new(&answer.url, name);
    (file.mime_type, file.size) = (answer.content_type.clone(), answer.file_size);
    Ok(Answer::new(&answer)?.with([file]))
}

pub(crate) async fn list_versions(
    context: &Context,
    arguments: VersionsArguments,
) -> Result<Answer, Refusal> {
    let (before, limit) = arguments.page()?;
    let (store, id) = (&context.deps.store, arguments.id);
    let (record, found, next) =
        store.versions(&context.caller.workspace, id, before, limit).await?;
    let next_cursor = next.map(|before| before.to_string());
    let asset = &record.asset;
    let versions: Vec<_> = found.into_iter().map(|v| ShownVersion::new(v, asset)).collect();
    Ok(Answer::new(&VersionsAnswer { id, versions, next_cursor })?)
}
