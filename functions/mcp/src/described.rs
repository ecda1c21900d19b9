//! What tools say of themselves, for the agents that choose among them.

use model::Action;

use crate::tool::Tool;

/// The tool's title, and what it does, when to use it and what comes next.
#[expect(clippy::too_many_lines, reason = "a text for each tool")]
pub(crate) const fn of(tool: Tool) -> (&'static str, &'static str) {
    match tool {
        Tool::ListAssets => (
            "List assets",
            "Finds assets of the workspace, newest first unless order says otherwise. Use it to find an \
             asset's id, to see what a run or an agent has made, or to see what waits for review \
             (status: pending_review). All filters must hold; commas in a text filter mean any of \
             several values. A page may be short, or even empty, while next_cursor is not null: call \
             again with that cursor and the same filters. Then get_asset for all of one asset, \
             get_asset_url for its file.",
        ),
        Tool::GetAsset => (
            "Get asset",
            "Reads all that is known of one asset: where it comes from, the whole prompt, tags, metadata, \
             file, and the state of its review. Use it before you change or judge an asset. The file \
             itself is behind get_asset_url.",
        ),
        Tool::GetAssetUrl => (
            "Get link to an asset's file",
            "Makes a link by which anyone who has it can download the asset's file until expires_at. Use \
             it to look at the file, or to hand it to someone; never store it, make a new one. For what \
             consumers may use, ask for version: approved; list_versions shows which versions there are.",
        ),
        Tool::ListVersions => (
            "List versions",
            "Lists the files that an asset has had, newest first: which one it shows now, which one was \
             approved, and how each came about. Use it to compare a draft with what was approved. Then \
             get_asset_url with a version's number.",
        ),
        Tool::Review(Action::Submit) => (
            "Submit asset for review",
            "Asks for a review of the asset's current version: draft becomes pending_review. Use it when \
             the asset is ready. Then a reviewer calls approve_asset or request_changes.",
        ),
        Tool::Review(Action::Approve) => (
            "Approve asset",
            "Approves the asset's current version, which waits for review (pending_review becomes \
             approved): from then on consumers get it as the approved version. Look at the file by \
             get_asset_url first, and say in version which one you have looked at: then nothing else is \
             approved if a newer one has come since. If it is not good enough, call request_changes instead.",
        ),
        Tool::Review(Action::RequestChanges) => (
            "Request changes",
            "Sends the asset's current version back to its maker: pending_review or approved becomes \
             draft, and an approval of this version ends. Say in comment what must change. The maker \
             goes on with submit_asset.",
        ),
        Tool::CreateText => (
            "Create a text",
            "Makes an asset of a text that you have written: copy, a script, a page, a table. Say where it \
             comes from (agent_id, run_id, model, prompt) and what it is for (campaign_id, tags): by that it is \
             found again. It begins as a draft; submit_asset asks for its review.",
        ),
        Tool::CreateUpload => (
            "Create an asset by upload",
            "Registers a file that you have and gives a link to upload it: send the file's bytes to upload.url \
             by HTTP PUT within the hour, with each of upload.headers as it is (curl -T FILE -H …). Then \
             get_asset shows upload_status: complete within seconds. Say where it comes from (agent_id, \
             run_id, model, prompt): by that it is found again. For text, create_text does it at once.",
        ),
        Tool::AddVersion => (
            "Add a version",
            "Makes a new version of an asset, of a text (content) or of a file that you then upload by HTTP \
             PUT, as with create_upload. It becomes the current one, as a draft, once its file is there; what \
             was approved stays approved, and consumers go on to read it. Use it instead of another asset \
             when you have made something better of the same. Then submit_asset.",
        ),
        Tool::ExportAssets => (
            "Export assets",
            "Asks for one ZIP archive of approved files, with a signed manifest: those of ids, or those that \
             filter finds. Making it takes seconds to minutes: call get_export with the id that comes back \
             until status is succeeded, then hand on its url.",
        ),
        Tool::GetExport => (
            "Get export",
            "Reads how far an export is, and gives a link to its archive for an hour once it has succeeded. \
             Call it again a few seconds later while status is queued or running.",
        ),
        Tool::Review(Action::Archive) => (
            "Archive asset",
            "Takes an asset out of use without deleting it: no version of it is approved any longer, and \
             consumers get none. Use it for what is outdated or withdrawn. restore_asset brings it back as a \
             draft.",
        ),
        Tool::Review(Action::Restore) => (
            "Restore asset",
            "Brings an archived asset back as a draft, with all its versions. What was approved before has to \
             be reviewed anew: go on with submit_asset.",
        ),
        Tool::TagAsset => (
            "Tag asset",
            "Changes the tags of an asset, such as brand, audience and channel, each a name with values. \
             First set takes the place of all values of the tags that it names, then what is in remove \
             goes, then what is in add comes; give at least one of them. Doing it again changes nothing. \
             list_assets finds assets by tags.",
        ),
        Tool::DeleteAsset => (
            "Delete asset",
            "Deletes an asset with all its versions and files, for good: there is no way back. An asset \
             that has an approved version is only deleted with force: true, since others may rely on it. \
             Make sure of the id by get_asset first.",
        ),
    }
}
