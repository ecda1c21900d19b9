//! The tools that only read.

use api::{ApiError, revision};
use model::store::Page;

use crate::answers::{
    Answer, AssetAnswer, AssetsAnswer, LinkAnswer, Shown, ShownVersion, VersionsAnswer,
};
use crate::arguments::{GetArguments, LinkArguments, ListArguments, VersionsArguments};
use crate::refusal::Refusal;
use crate::server::Server;

pub(crate) async fn list_assets(
    server: &Server,
    arguments: ListArguments,
) -> Result<Answer, Refusal> {
    let query = arguments.query()?;
    let (workspace, filter, order) = (&server.caller.workspace, &query.filter, query.order);
    let page = server.deps.store.list(workspace, filter, order, query.after, query.limit);
    let Page { items, next, .. } = page.await?;
    let items: Vec<_> = items.into_iter().map(Shown::brief).collect();
    let next_cursor = next.map(|cursor| cursor.encode(filter, order));
    let mut lines: Vec<_> = items.iter().map(Shown::line).collect();
    lines.push(match &next_cursor {
        Some(cursor) => format!("There may be more: go on with cursor {cursor}"),
        None if items.is_empty() => "No asset matches.".to_owned(),
        None => "That is all.".to_owned(),
    });
    Ok(Answer::new(&AssetsAnswer { items, next_cursor }, lines.join("\n"))?)
}

pub(crate) async fn get_asset(server: &Server, arguments: GetArguments) -> Result<Answer, Refusal> {
    let record = server.deps.store.get(&server.caller.workspace, arguments.id).await?;
    let etag = revision::etag(record.revision);
    Ok(Answer::whole(&AssetAnswer { asset: Shown::whole(record.asset), etag })?)
}

pub(crate) async fn get_asset_url(
    server: &Server,
    arguments: LinkArguments,
) -> Result<Answer, Refusal> {
    let (wanted, disposition, lifetime) = arguments.terms()?;
    let (store, now) = (&server.deps.store, server.deps.clock.now());
    let record = store.get(&server.caller.workspace, arguments.id).await?;
    let objects = &server.deps.objects;
    let link = objects.link(store, &record, wanted, disposition, lifetime, now).await?;
    let link = link.ok_or_else(ApiError::version_not_found)?;
    let (asset, signed) = (link.asset, link.signed);
    let text = format!("{}\nworks until {}", signed.url, signed.expires_at);
    let answer = LinkAnswer {
        id: asset.id,
        version: asset.version,
        url: signed.url,
        expires_at: signed.expires_at,
        file_name: asset.file_name.map(String::from),
        file_size: asset.file_size,
        content_type: asset.content_type.map(String::from),
    };
    Ok(Answer::new(&answer, text)?)
}

pub(crate) async fn list_versions(
    server: &Server,
    arguments: VersionsArguments,
) -> Result<Answer, Refusal> {
    let (before, limit) = arguments.page()?;
    let (store, id) = (&server.deps.store, arguments.id);
    let (record, found, next) = store.versions(&server.caller.workspace, id, before, limit).await?;
    let next_cursor = next.map(|before| before.to_string());
    let asset = &record.asset;
    let versions: Vec<_> = found.into_iter().map(|v| ShownVersion::new(v, asset)).collect();
    let line = |version: &ShownVersion| {
        let current = if version.current { ", current" } else { "" };
        let approved = if version.approved { ", approved" } else { "" };
        format!("version {}{current}{approved}", version.version)
    };
    let mut lines: Vec<_> = versions.iter().map(line).collect();
    lines.extend(next_cursor.as_ref().map(|cursor| format!("There are more: cursor {cursor}")));
    Ok(Answer::new(&VersionsAnswer { id, versions, next_cursor }, lines.join("\n"))?)
}
