//! The record of an object that nobody registered, from its key and its `x-amz-meta-*` headers.

use std::str::FromStr;

use model::asset::{ObjectFacts, Record};
use model::text::Invalid;
use model::{Asset, AssetId, AssetType, Checksum, Metadata, Status, Tags, Timestamp, UploadStatus};
use objects::{Head, ObjectKey};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::encoded_words;
use crate::event::Seen;

/// The id that an object's write always gives: by the event's time and place in the order of
/// events, or where there was no event, by what S3 knows of the object. That may be the same of two
/// writes, which `attempt` then tells apart.
pub(crate) fn id(
    bucket: &str,
    key: &ObjectKey,
    seen: Option<&Seen>,
    head: &Head,
    attempt: usize,
) -> AssetId {
    let sequencer = seen.and_then(|seen| seen.sequencer.as_ref());
    let (at, write) = match (seen, sequencer) {
        (Some(seen), Some(sequencer)) => (seen.at, sequencer.as_str().to_owned()),
        _ => (head.last_modified, format!("{} {attempt}", head.etag)),
    };
    AssetId::derived(at, format!("{bucket}/{key}\0{write}").as_bytes())
}

/// The record of an object. A header that is not what its field takes costs the field, not the
/// asset: it is named in the metadata, under `invalid_headers`.
pub(crate) fn record(
    key: &ObjectKey,
    id: AssetId,
    pointer: Option<Checksum>,
    head: &Head,
    facts: &ObjectFacts,
    now: Timestamp,
) -> Record {
    let mut headers = Headers { head, invalid: Map::new() };
    let told = headers.field::<AssetType>("type");
    let type_is_derived = told.is_none();
    let asset_type = told.unwrap_or_else(|| AssetType::of(&facts.content_type));
    let asset = asset(key, id, asset_type, headers, facts, now);
    let headers = Some(digest(head));
    let record = Record { pointer, type_is_derived, headers, ..Record::new(asset) };
    record.with_object(facts, now).unwrap_or(record)
}

fn asset(
    key: &ObjectKey,
    id: AssetId,
    asset_type: AssetType,
    mut headers: Headers<'_>,
    facts: &ObjectFacts,
    now: Timestamp,
) -> Asset {
    Asset {
        id,
        workspace_id: key.workspace().clone(),
        execution_id: match key {
            ObjectKey::Asset { .. } => headers.field("execution-id"),
            ObjectKey::Upload { execution, .. } => Some(execution.clone()),
        },
        agent_id: headers.field("agent-id"),
        conversation_id: headers.field("conversation-id"),
        run_id: headers.field("run-id"),
        campaign_id: headers.field("campaign-id"),
        asset_type,
        provider: headers.field("provider"),
        model: headers.field("model"),
        tool: headers.field("tool"),
        title: headers.field("title"),
        prompt: headers.field("prompt"),
        file_name: key.file_name(),
        file_size: None,
        content_type: Some(facts.content_type.clone()),
        storage_key: None,
        checksum_sha256: None,
        width: None,
        height: None,
        duration_ms: None,
        duration_estimated: false,
        generation: None,
        parents: Vec::new(),
        tags: Tags::default(),
        status: Status::Draft,
        upload_status: UploadStatus::Pending,
        version: match key {
            ObjectKey::Asset { version, .. } => *version,
            ObjectKey::Upload { .. } => 1,
        },
        approved_version: None,
        metadata: headers.metadata(),
        expires_at: None,
        created_at: id.created_at(),
        updated_at: now,
    }
}

/// A digest of an object's headers that a record is made from; other headers have another.
pub(crate) fn digest(head: &Head) -> String {
    let given = NAMES.iter().filter_map(|name| Some((*name, head.metadata.get(*name)?.as_str())));
    let declared = head.content_type.as_deref().map(|text| ("content-type", text));
    let mut text = String::new();
    for (name, value) in given.chain(declared) {
        // No header holds a NUL.
        text.extend([name, "\0", value, "\0"]);
    }
    Checksum::of(text.as_bytes()).as_str().chars().take(16).collect()
}

/// The headers that a record is made from, without `x-amz-meta-`.
const NAMES: [&str; 12] = [
    "execution-id",
    "agent-id",
    "conversation-id",
    "run-id",
    "campaign-id",
    "type",
    "provider",
    "model",
    "tool",
    "title",
    "prompt",
    "metadata",
];

struct Headers<'a> {
    head: &'a Head,
    invalid: Map<String, Value>,
}

impl Headers<'_> {
    /// The header `x-amz-meta-<name>`: percent-encoded UTF-8, or UTF-8 as it is, which S3 gives back in
    /// the encoded words of RFC 2047.
    fn text(&self, name: &str) -> Option<Result<String, Invalid>> {
        let raw = self.head.metadata.get(name)?;
        Some(encoded_words::decode(raw).and_then(|text| {
            let decoded = percent_decode_str(&text).decode_utf8();
            decoded.map(Into::into).map_err(|_| Invalid::new("percent-encoded UTF-8"))
        }))
    }

    fn field<T: FromStr<Err = Invalid>>(&mut self, name: &str) -> Option<T> {
        match self.text(name)?.and_then(|text| text.parse()) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.invalid.insert(name.to_owned(), problem.to_string().into());
                None
            }
        }
    }

    /// The header `x-amz-meta-metadata`, a JSON object, and what the other headers got wrong.
    fn metadata(mut self) -> Metadata {
        let parse = |text: String| model::json::read::<Metadata>(text.as_bytes());
        let given = match self.text("metadata") {
            None => Metadata::default(),
            Some(text) => match text
                .map_err(|e| e.to_string())
                .and_then(|t| parse(t).map_err(|e| e.to_string()))
            {
                Ok(metadata) => metadata,
                Err(problem) => {
                    self.invalid.insert("metadata".to_owned(), problem.into());
                    Metadata::default()
                }
            },
        };
        if self.invalid.is_empty() {
            return given;
        }
        let headers: Vec<_> = self.invalid.keys().collect();
        tracing::warn!(?headers, "an upload has invalid headers");
        given.with("invalid_headers", Value::Object(self.invalid))
    }
}
