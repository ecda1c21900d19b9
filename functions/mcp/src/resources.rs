//! Assets as resources: what a link in a tool's answer leads to, for clients that read resources themselves.

use api::ApiError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{Error, Filter, Order};
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult,
    ResourceContents, ResourceTemplate,
};

use crate::context::Context;
use crate::link;
use crate::refusal::Refusal;

/// The number of assets that a page of the list has.
const PAGE: usize = 50;
/// The largest file that is read as a resource, in bytes: in base 64, it fits into an answer.
pub const MAX_FILE: usize = 3 * 1024 * 1024;

/// The newest assets that have a file, a page of them.
pub(crate) async fn list(
    context: &Context,
    cursor: Option<String>,
) -> Result<ListResourcesResult, Refusal> {
    let (filter, order) = (Filter::default(), Order::Desc);
    let after = cursor.map(|text| model::Cursor::decode(&text, &filter, order)).transpose();
    let after = after.map_err(|expected| Refusal::argument("cursor", expected))?;
    let workspace = &context.caller.workspace;
    let page = context.deps.store.list(workspace, &filter, order, after, PAGE).await?;
    let resources = page.items.iter().filter_map(link::to).collect();
    let mut result = ListResourcesResult::with_all_items(resources);
    result.next_cursor = page.next.map(|cursor| cursor.encode(&filter, order));
    Ok(result.with_ttl_ms(0).with_cache_scope(CacheScope::Private))
}

/// The template by which the URIs of assets are made.
pub(crate) fn templates() -> ListResourceTemplatesResult {
    let template = ResourceTemplate::new(format!("{}{{id}}{{?version}}", link::ROOT), "asset")
        .with_title("An asset's file")
        .with_description(format!(
            "The file of the asset with this id, of at most {} MiB; version is a version's number, or approved, \
             and by default the current one.",
            MAX_FILE >> 20
        ));
    let templates = ListResourceTemplatesResult::with_all_items(vec![template]);
    templates.with_ttl_ms(0).with_cache_scope(CacheScope::Private)
}

/// The file that a URI names; none where the workspace has no such asset, version or file.
pub(crate) async fn read(
    context: &Context,
    uri: &str,
) -> Result<Option<ReadResourceResult>, Refusal> {
    let Some((id, wanted)) = link::parse(uri) else { return Ok(None) };
    let (store, objects) = (&context.deps.store, &context.deps.objects);
    let record = match store.get(&context.caller.workspace, id).await {
        Err(Error::NotFound) => return Ok(None),
        found => found?,
    };
    let Some(asset) = wanted.of(store, &record).await? else { return Ok(None) };
    let Ok(key) = asset.file_key() else { return Ok(None) };
    let size = asset.file_size.unwrap_or_default();
    let large = || {
        let problem = format!(
            "the file has {size} bytes; resources end at {MAX_FILE}: get_asset_url makes a link to it"
        );
        Refusal::from(ApiError::too_large(problem))
    };
    if size > MAX_FILE as u64 {
        return Err(large());
    }
    let Some(download) = objects.download(key, None).await? else { return Ok(None) };
    let bytes = match download.up_to(MAX_FILE).await {
        Ok(bytes) => bytes.ok_or_else(large)?,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let content_type = asset.content_type.as_ref();
    let contents = match String::from_utf8(bytes) {
        Ok(text) if content_type.is_none_or(|it| is_text(it.essence())) => {
            ResourceContents::text(text, uri)
        }
        Ok(text) => ResourceContents::blob(STANDARD.encode(text), uri),
        Err(other) => ResourceContents::blob(STANDARD.encode(other.as_bytes()), uri),
    };
    let content_type = content_type.map_or("application/octet-stream", |it| it.as_str());
    let result = ReadResourceResult::new(vec![contents.with_mime_type(content_type)]);
    Ok(Some(result.with_ttl_ms(0).with_cache_scope(CacheScope::Private)))
}

/// True if what has this content type is read by people and models as it is.
fn is_text(essence: &str) -> bool {
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || ["application/json", "application/xml", "application/yaml"].contains(&essence)
}
