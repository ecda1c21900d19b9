//! The tools as clients are told of them: what each takes, gives, and says of itself.

use std::sync::Arc;

use model::Action;
use rmcp::model::{JsonObject, ToolAnnotations};

use crate::answers::{
    AssetAnswer, AssetsAnswer, DeletedAnswer, ExportAnswer, LinkAnswer, MadeAnswer, VersionAnswer,
    VersionsAnswer,
};
use crate::arguments::{
    DeleteArguments, GetArguments, GetExportArguments, LinkArguments, ListArguments,
    ReviewArguments, TagArguments, VersionsArguments,
};
use crate::given::{AssetFields, ExportFields, TextFields, UploadFields, VersionFields};
use crate::schema;
use crate::tool::Tool;

/// The tool as clients are told of it.
pub(crate) fn tool(tool: Tool) -> rmcp::model::Tool {
    let (title, description) = text(tool);
    rmcp::model::Tool::new(tool.name(), description, takes(tool))
        .with_title(title)
        .with_raw_output_schema(gives(tool))
        .with_annotations(annotations(tool, title))
}

/// The schema of its arguments.
pub(crate) fn takes(tool: Tool) -> Arc<JsonObject> {
    match tool {
        Tool::ListAssets => schema::of::<ListArguments>(),
        Tool::GetAsset => schema::of::<GetArguments>(),
        Tool::GetAssetUrl => schema::of::<LinkArguments>(),
        Tool::ListVersions => schema::of::<VersionsArguments>(),
        Tool::CreateText => schema::of_both::<TextFields, AssetFields>(),
        Tool::CreateUpload => schema::of_both::<UploadFields, AssetFields>(),
        Tool::AddVersion => schema::of::<VersionFields>(),
        Tool::TagAsset => schema::of::<TagArguments>(),
        Tool::Review(_) => schema::of::<ReviewArguments>(),
        Tool::ExportAssets => schema::of::<ExportFields>(),
        Tool::GetExport => schema::of::<GetExportArguments>(),
        Tool::DeleteAsset => schema::of::<DeleteArguments>(),
    }
}

/// The schema of its structured content.
fn gives(tool: Tool) -> Arc<JsonObject> {
    match tool {
        Tool::ListAssets => schema::of::<AssetsAnswer>(),
        Tool::GetAsset | Tool::TagAsset | Tool::Review(_) => schema::of::<AssetAnswer>(),
        Tool::GetAssetUrl => schema::of::<LinkAnswer>(),
        Tool::ListVersions => schema::of::<VersionsAnswer>(),
        Tool::CreateText | Tool::CreateUpload => schema::of::<MadeAnswer>(),
        Tool::AddVersion => schema::of::<VersionAnswer>(),
        Tool::ExportAssets | Tool::GetExport => schema::of::<ExportAnswer>(),
        Tool::DeleteAsset => schema::of::<DeletedAnswer>(),
    }
}

fn annotations(tool: Tool, title: &str) -> ToolAnnotations {
    let hints = ToolAnnotations::with_title(title).open_world(false);
    match tool {
        Tool::ListAssets
        | Tool::GetAsset
        | Tool::GetAssetUrl
        | Tool::ListVersions
        | Tool::GetExport => hints.read_only(true).destructive(false).idempotent(true),
        // Once done, a step is not allowed: done again after other changes, it has another effect.
        Tool::CreateText
        | Tool::CreateUpload
        | Tool::AddVersion
        | Tool::ExportAssets
        | Tool::Review(Action::Submit | Action::Approve | Action::Restore) => {
            hints.read_only(false).destructive(false).idempotent(false)
        }
        // They can take an approval away.
        Tool::Review(Action::RequestChanges | Action::Archive) => {
            hints.read_only(false).destructive(true).idempotent(false)
        }
        Tool::TagAsset | Tool::DeleteAsset => {
            hints.read_only(false).destructive(true).idempotent(true)
        }
    }
}

/// A tool's title, and what it does, when to use it and what comes next, for the agents that choose among
/// them.
type Text = (&'static str, &'static str);

const fn text(tool: Tool) -> Text {
    match tool {
        Tool::ListAssets => LIST_ASSETS,
        Tool::GetAsset => GET_ASSET,
        Tool::GetAssetUrl => GET_ASSET_URL,
        Tool::ListVersions => LIST_VERSIONS,
        Tool::Review(Action::Submit) => SUBMIT_ASSET,
        Tool::Review(Action::Approve) => APPROVE_ASSET,
        Tool::Review(Action::RequestChanges) => REQUEST_CHANGES,
        Tool::CreateText => CREATE_TEXT,
        Tool::CreateUpload => CREATE_UPLOAD,
        Tool::AddVersion => ADD_VERSION,
        Tool::ExportAssets => EXPORT_ASSETS,
        Tool::GetExport => GET_EXPORT,
        Tool::Review(Action::Archive) => ARCHIVE_ASSET,
        Tool::Review(Action::Restore) => RESTORE_ASSET,
        Tool::TagAsset => TAG_ASSET,
        Tool::DeleteAsset => DELETE_ASSET,
    }
}

const LIST_ASSETS: Text = (
    "List assets",
    "Finds assets of the workspace, newest first unless order says otherwise. Use it to find an \
     asset's id, to see what a run or an agent has made, or to see what waits for review \
     (status: pending_review). All filters must hold; commas in a text filter mean any of \
     several values. A page may be short, or even empty, while next_cursor is not null: call \
     again with that cursor and the same filters. Then get_asset for all of one asset, \
     get_asset_url for its file.",
);
const GET_ASSET: Text = (
    "Get asset",
    "Reads all that is known of one asset: where it comes from, the whole prompt, tags, metadata, \
     file, and the state of its review. Use it before you change or judge an asset. The file \
     itself is behind get_asset_url.",
);
const GET_ASSET_URL: Text = (
    "Get link to an asset's file",
    "Makes a link by which anyone who has it can download the asset's file until expires_at. Use \
     it to look at the file, or to hand it to someone; never store it, make a new one. For what \
     consumers may use, ask for version: approved; list_versions shows which versions there are.",
);
const LIST_VERSIONS: Text = (
    "List versions",
    "Lists the files that an asset has had, newest first: which one it shows now, which one was \
     approved, and how each came about. Use it to compare a draft with what was approved. Then \
     get_asset_url with a version's number.",
);
const SUBMIT_ASSET: Text = (
    "Submit asset for review",
    "Asks for a review of the asset's current version: draft becomes pending_review. Use it when \
     the asset is ready. Then a reviewer calls approve_asset or request_changes.",
);
const APPROVE_ASSET: Text = (
    "Approve asset",
    "Approves the asset's current version, which waits for review (pending_review becomes \
     approved): from then on consumers get it as the approved version. Look at the file by \
     get_asset_url first, and say in version which one you have looked at: then nothing else is \
     approved if a newer one has come since. If it is not good enough, call request_changes instead.",
);
const REQUEST_CHANGES: Text = (
    "Request changes",
    "Sends the asset's current version back to its maker: pending_review or approved becomes \
     draft, and an approval of this version ends. Say in comment what must change. The maker \
     goes on with submit_asset.",
);
const CREATE_TEXT: Text = (
    "Create a text",
    "Makes an asset of a text that you have written: copy, a script, a page, a table. Say where it \
     comes from (agent_id, run_id, model, prompt) and what it is for (campaign_id, tags): by that it is \
     found again. It begins as a draft; submit_asset asks for its review.",
);
const CREATE_UPLOAD: Text = (
    "Create an asset by upload",
    "Registers a file that you have and gives a link to upload it: send the file's bytes to upload.url \
     by HTTP PUT within the hour, with each of upload.headers as it is (curl -T FILE -H …). Then \
     get_asset shows upload_status: complete within seconds. Say where it comes from (agent_id, \
     run_id, model, prompt): by that it is found again. For text, create_text does it at once.",
);
const ADD_VERSION: Text = (
    "Add a version",
    "Makes a new version of an asset, of a text (content) or of a file that you then upload by HTTP \
     PUT, as with create_upload. It becomes the current one, as a draft, once its file is there; what \
     was approved stays approved, and consumers go on to read it. Use it instead of another asset \
     when you have made something better of the same. Then submit_asset.",
);
const EXPORT_ASSETS: Text = (
    "Export assets",
    "Asks for one ZIP archive of approved files, with a signed manifest: those of ids, or those that \
     filter finds. Making it takes seconds to minutes: call get_export with the id that comes back \
     until status is succeeded, then hand on its url.",
);
const GET_EXPORT: Text = (
    "Get export",
    "Reads how far an export is, and gives a link to its archive for an hour once it has succeeded. \
     Call it again a few seconds later while status is queued or running.",
);
const ARCHIVE_ASSET: Text = (
    "Archive asset",
    "Takes an asset out of use without deleting it: no version of it is approved any longer, and \
     consumers get none. Use it for what is outdated or withdrawn. restore_asset brings it back as a \
     draft.",
);
const RESTORE_ASSET: Text = (
    "Restore asset",
    "Brings an archived asset back as a draft, with all its versions. What was approved before has to \
     be reviewed anew: go on with submit_asset.",
);
const TAG_ASSET: Text = (
    "Tag asset",
    "Changes the tags of an asset, such as brand, audience and channel, each a name with values. \
     First set takes the place of all values of the tags that it names, then what is in remove \
     goes, then what is in add comes; give at least one of them. Doing it again changes nothing. \
     list_assets finds assets by tags.",
);
const DELETE_ASSET: Text = (
    "Delete asset",
    "Deletes an asset with all its versions and files, for good: there is no way back. An asset \
     that has an approved version is only deleted with force: true, since others may rely on it. \
     Make sure of the id by get_asset first.",
);

#[cfg(test)]
mod tests {
    use objects::Lifetime;

    use super::*;

    #[test]
    fn links_live_as_long_as_the_texts_say() {
        assert_eq!(Lifetime::DEFAULT, 60 * 60);
        assert!(
            CREATE_UPLOAD.1.contains("within the hour") && GET_EXPORT.1.contains("for an hour")
        );
    }
}
