//! The URIs by which files of assets are read as resources.

use assets::Wanted;
use model::{Asset, AssetId, UploadStatus};
use rmcp::model::Resource;

/// The beginning of the URIs of assets; the asset's id follows.
pub(crate) const ROOT: &str = "agent-assets://assets/";

/// The resource that the asset's file can be read as; none where it is not there.
pub(crate) fn to(asset: &Asset) -> Option<Resource> {
    if asset.upload_status != UploadStatus::Complete || asset.file_size.is_none() {
        return None;
    }
    let name = asset.file_name.as_ref().map_or_else(|| asset.id.to_string(), ToString::to_string);
    let (kind, status) = (&asset.asset_type, asset.status.as_str());
    let by = asset.provider.as_ref().map(|provider| format!(" by {provider}")).unwrap_or_default();
    let description = format!("{kind}{by}, version {}, {status}", asset.version);
    let mut resource = Resource::new(format!("{ROOT}{}", asset.id), name);
    resource.description = Some(description);
    resource.title = asset.title.as_ref().map(ToString::to_string);
    resource.mime_type = asset.content_type.as_ref().map(ToString::to_string);
    resource.size = asset.file_size;
    Some(resource)
}

/// The file that a URI names: of which asset, and which version of it.
pub(crate) fn parse(uri: &str) -> Option<(AssetId, Wanted)> {
    let rest = uri.strip_prefix(ROOT)?;
    let (id, wanted) = match rest.split_once("?version=") {
        Some((id, version)) => (id, version.parse().ok()?),
        None => (rest, Wanted::Current),
    };
    Some((id.parse().ok()?, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uris_of_ours_name_a_file() {
        let id = "37XnnMWMjfmNEiv3gpMlqCGHrXO";
        let wanted = |uri: &str| parse(uri).map(|(found, wanted)| (found.to_string(), wanted));
        for (query, which) in [
            ("", Wanted::Current),
            ("?version=approved", Wanted::Approved),
            ("?version=2", Wanted::Number(2)),
        ] {
            assert_eq!(wanted(&format!("{ROOT}{id}{query}")), Some((id.to_owned(), which)));
        }
        for uri in [
            "",
            "x",
            "test://nothing",
            ROOT,
            &format!("{ROOT}{id}/1"),
            &format!("{ROOT}{id}?version=0"),
        ] {
            assert_eq!(wanted(uri), None, "{uri}");
        }
    }
}
