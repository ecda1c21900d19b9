//! The assets of a generation before their files are there.

use model::asset::Record;
use model::making::{GenerationRecord, IMPORT};
use model::{
    Asset, AssetId, AssetType, Creator, Error, FileName, Label, Prompt, Result, Status,
    UploadStatus, Wording,
};
use objects::ObjectKey;

/// The name that the file of an output is stored under. Downloads have a better one, once its type is known.
const FILE_NAME: &str = "output";

/// The key that the file of the generation's asset `id` is stored under.
pub fn file_key(record: &GenerationRecord, id: AssetId) -> Result<ObjectKey> {
    let file_name: FileName = FILE_NAME.parse().map_err(Error::internal)?;
    Ok(ObjectKey::Asset { workspace: record.workspace_id.clone(), id, version: 1, file_name })
}

/// The type of the assets that a tool makes.
pub fn type_of(tool: &str) -> Result<AssetType> {
    let name = match tool {
        "tts" => "audio",
        "stt" => "transcript",
        "video_gen" | "video_from_image" => "video",
        _ => "image",
    };
    name.parse().map_err(Error::internal)
}

/// The assets that the generation is to have, as they wait for their files.
pub fn drafts(record: &GenerationRecord) -> Result<Vec<Record>> {
    record.awaited().map(|id| draft(record, id)).collect()
}

/// The generation's asset `id` as it waits for its file.
pub fn draft(record: &GenerationRecord, id: AssetId) -> Result<Record> {
    let (asked, context) = (&record.asked, record.asked.context.clone());
    // Where nobody said who made what is imported, the record says no more than that it was.
    let made_by = |who: &Label| (who.as_str() != IMPORT).then(|| who.clone());
    let asset_type = context.asset_type.map_or_else(|| type_of(asked.tool.as_str()), Ok)?;
    let asset = Asset {
        id,
        workspace_id: record.workspace_id.clone(),
        execution_id: context.execution_id,
        agent_id: context.agent_id,
        conversation_id: context.conversation_id,
        run_id: context.run_id,
        campaign_id: context.campaign_id,
        asset_type,
        provider: made_by(&asked.provider),
        model: made_by(&asked.model),
        tool: Some(asked.tool.clone()),
        title: context.title,
        prompt: asked.prompt.as_ref().map(Wording::as_str).and_then(Prompt::cut),
        file_name: context.file_name,
        file_size: None,
        content_type: None,
        storage_key: Some(file_key(record, id)?.to_string()),
        checksum_sha256: None,
        width: None,
        height: None,
        duration_ms: None,
        duration_estimated: false,
        generation: Some(record.outcome()),
        parents: asked.inputs.iter().filter_map(|input| input.asset_id).collect(),
        tags: context.tags,
        status: Status::Draft,
        upload_status: UploadStatus::Pending,
        version: 1,
        approved_version: None,
        metadata: context.metadata,
        expires_at: None,
        created_at: id.created_at(),
        updated_at: record.updated_at,
    };
    asset.check_size()?;
    Ok(Record {
        created_by: Some(Creator::Key(record.created_by.clone())),
        // It is waited for as long as its job may take.
        link_at: Some(record.job.deadline),
        ..Record::new(asset)
    })
}
