//! The asset: its fields, and how what happens to its object changes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::actor::Creator;
use crate::error::{Error, Result};
use crate::facet::Facet;
use crate::generation::Generation;
use crate::id::{AssetId, Reference, WorkspaceId};
use crate::object::is_of;
use crate::text::{
    AssetType, Checksum, ContentType, FileName, Label, Metadata, Prompt, TagName, TagValue, Tags,
    Title,
};
use crate::time::Timestamp;

pub use crate::object::{ObjectFacts, Sequencer};
pub use crate::status::Status;

/// The largest record, in bytes of JSON: some six pages' worth of capacity each.
pub const MAX_RECORD: usize = 24 * 1024;

/// One asset as every dialect of the API shows it. Fields without a value are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Sorts by creation time.
    pub id: AssetId,
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The execution that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<Reference>,
    /// The agent that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<Reference>,
    /// The conversation it was made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Reference>,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Reference>,
    /// The campaign it was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<Reference>,
    /// The kind of thing that it is.
    #[serde(rename = "type")]
    pub asset_type: AssetType,
    /// Who made it: `elevenlabs`, `fal`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Label>,
    /// The model that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Label>,
    /// The tool that made it: `tts`, `image_gen`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Label>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// The text that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// The name a download is saved under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<FileName>,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// MIME type, told from the bytes where they tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// S3 key of the current version; absent where the asset never had a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_key: Option<String>,
    /// Of the current version's bytes, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum_sha256: Option<Checksum>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// True if the duration is only about right: told from a part of the file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duration_estimated: bool,
    /// The outcome of its generation step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// The assets that it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<AssetId>,
    /// For people and search.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Review state of the current version.
    pub status: Status,
    /// The state of its object.
    pub upload_status: UploadStatus,
    /// The current version, from 1.
    pub version: u32,
    /// The version that was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_version: Option<u32>,
    /// Free data.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it is to be removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The time in the id.
    pub created_at: Timestamp,
    /// Of the last change.
    pub updated_at: Timestamp,
}

impl Asset {
    /// Checks that the asset is no larger than a record may be: [`Error::TooLarge`] where it is.
    pub fn check_size(&self) -> Result<()> {
        let size = serde_json::to_vec(self).map_err(Error::internal)?.len();
        if size <= MAX_RECORD {
            return Ok(());
        }
        Err(Error::TooLarge(format!(
            "the record has {size} bytes as JSON; it may have {MAX_RECORD}"
        )))
    }

    /// The key of the current version's file; [`Error::Conflict`] `no_object` where there is none.
    pub fn file_key(&self) -> Result<&str> {
        let why = match (&self.storage_key, self.upload_status) {
            (Some(key), UploadStatus::Complete) => return Ok(key),
            (_, UploadStatus::Pending) => "its file has not been uploaded yet",
            (_, UploadStatus::Missing) => "its file was removed from storage",
            (None, UploadStatus::Complete) => "it has no file: its generation failed",
        };
        Err(Error::Conflict { code: "no_object", detail: why.to_owned() })
    }

    /// The asset's value of `facet` as it is compared, if it has one.
    #[must_use]
    pub fn facet_key(&self, facet: Facet) -> Option<Cow<'_, str>> {
        self.facet(facet).map(|value| facet.key(value))
    }

    /// True if a provider, model, tool or tag is written otherwise than it is compared.
    #[must_use]
    pub fn is_folded(&self) -> bool {
        let same = |facet: Facet| self.facet(facet).is_none_or(|value| facet.key(value) == value);
        Facet::words().all(same)
            && self.tags.pairs().all(|(_, value)| value.folded() == value.as_str())
    }

    /// The asset's value of `facet`, as it is written, if it has one.
    #[must_use]
    pub fn facet(&self, facet: Facet) -> Option<&str> {
        match facet {
            Facet::Type => Some(self.asset_type.as_str()),
            Facet::Provider => self.provider.as_ref().map(Label::as_str),
            Facet::Model => self.model.as_ref().map(Label::as_str),
            Facet::Tool => self.tool.as_ref().map(Label::as_str),
            Facet::Execution => self.execution_id.as_ref().map(Reference::as_str),
            Facet::Agent => self.agent_id.as_ref().map(Reference::as_str),
            Facet::Conversation => self.conversation_id.as_ref().map(Reference::as_str),
            Facet::Run => self.run_id.as_ref().map(Reference::as_str),
            Facet::Campaign => self.campaign_id.as_ref().map(Reference::as_str),
            Facet::Status => Some(self.status.as_str()),
        }
    }

    /// A digest of where the asset comes from, of `values` as they are compared: two assets of the
    /// same bytes and the same provenance are one result saved twice.
    fn provenance<'a>(values: impl Fn(Facet) -> Option<Cow<'a, str>>) -> Checksum {
        const PROVENANCE: [Facet; 9] = [
            Facet::Execution,
            Facet::Agent,
            Facet::Conversation,
            Facet::Run,
            Facet::Campaign,
            Facet::Type,
            Facet::Provider,
            Facet::Model,
            Facet::Tool,
        ];
        // No value holds a NUL, so the joined text is unambiguous.
        let joined = PROVENANCE.map(|facet| values(facet).unwrap_or_default()).join("\0");
        Checksum::of(joined.as_bytes())
    }
}

crate::words! {
    /// State of an asset's object.
    UploadStatus {
        /// Registered, no object yet: in no list.
        Pending = "pending",
        /// There, or never meant to be (a failed generation step).
        Complete = "complete",
        /// Removed behind our back: in no list, and removed after [`crate::due::GRACE`].
        Missing = "missing",
    }
}

/// The reason that an asset is gone for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionReason {
    /// A caller deleted it.
    Deleted,
    /// Its retention ended.
    Expired,
    /// Its upload never came.
    Abandoned,
    /// Its object was removed behind our back.
    Missing,
    /// A producer overwrote its object.
    Replaced,
}

impl DeletionReason {
    /// True if the asset went only because its object was not there: an object that comes after all is
    /// an asset again, where what was deleted never comes back.
    #[must_use]
    pub const fn is_for_want_of_object(self) -> bool {
        match self {
            Self::Abandoned | Self::Missing => true,
            Self::Deleted | Self::Expired | Self::Replaced => false,
        }
    }
}

/// That an asset is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Since when.
    pub deleted_at: Timestamp,
    /// Why.
    pub deleted_because: DeletionReason,
}

/// An asset as it is stored: the public record, and what keeps it consistent.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The public record.
    pub asset: Asset,
    /// Counts the writes; each write is conditional on the one it has read.
    pub revision: u64,
    /// The newest S3 event that changed it.
    pub sequencer: Option<Sequencer>,
    /// `ETag` of the object that the record describes.
    pub etag: Option<String>,
    /// The pointer item (see `model::store::keys::object`) that leads from its object to it, where
    /// the object's key does not name it.
    pub pointer: Option<Checksum>,
    /// The checksum that it was registered with, under which it is found again.
    pub claim: Option<Checksum>,
    /// Who made it, where that is known.
    pub created_by: Option<Creator>,
    /// True if nobody said what type the asset is, so that it has that of its current file.
    pub type_is_derived: bool,
    /// When the last link to upload its object was signed, where that was after it was registered.
    pub link_at: Option<Timestamp>,
    /// A digest of the headers that a producer's object had when the record was last made from them.
    pub headers: Option<String>,
    /// When the record says that it is due; written from [`crate::due::due_at`].
    pub due_at: Option<Timestamp>,
    /// Set by the tombstone: the asset is gone for callers, its objects are being removed.
    pub deletion: Option<Deletion>,
    /// The words that it is found by, where it was last written before words were compared as they are
    /// now.
    pub unfolded: Option<Unfolded>,
}

/// A record's words, exactly as they were stored when each spelling was a value of its own: by these
/// it has its place in indexes, its tags' postings and its claim, until it is written again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unfolded {
    /// Provider, model and tool.
    pub facets: BTreeMap<Facet, String>,
    /// The values of each tag.
    pub tags: BTreeMap<TagName, Vec<String>>,
}

impl Record {
    /// A record of `asset` that no write has made yet.
    #[must_use]
    pub fn new(asset: Asset) -> Self {
        Self {
            asset,
            revision: 0,
            sequencer: None,
            etag: None,
            pointer: None,
            claim: None,
            created_by: None,
            type_is_derived: false,
            link_at: None,
            headers: None,
            due_at: None,
            deletion: None,
            unfolded: None,
        }
    }

    /// The digest of its provenance that its claim on its bytes has.
    #[must_use]
    pub fn provenance_digest(&self) -> Checksum {
        let old = |facet| self.unfolded.as_ref()?.facets.get(&facet);
        Asset::provenance(|facet| match old(facet) {
            Some(value) => Some(Cow::Borrowed(value.as_str())),
            None => self.asset.facet_key(facet),
        })
    }

    /// Every tag with each of its values, as postings have them.
    #[must_use]
    pub fn posted(&self) -> Vec<(&TagName, Cow<'_, str>)> {
        match &self.unfolded {
            Some(old) => {
                let tags = old.tags.iter();
                let pairs = tags.flat_map(|(name, values)| values.iter().map(move |v| (name, v)));
                pairs.map(|(name, value)| (name, Cow::Borrowed(value.as_str()))).collect()
            }
            None => self.asset.tags.pairs().map(|(name, v)| (name, TagValue::folded(v))).collect(),
        }
    }

    /// True if lists show it.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.deletion.is_none() && self.asset.upload_status == UploadStatus::Complete
    }

    /// True if what an event with this sequencer tells of the object with this `ETag` changes nothing:
    /// it is old, was seen before, or the asset is deleted.
    #[must_use]
    pub fn knows(&self, etag: &str, sequencer: Option<&Sequencer>) -> bool {
        let known = self.asset.upload_status == UploadStatus::Complete
            && self.etag.as_deref() == Some(etag);
        self.deletion.is_some() || known || Sequencer::is_old(sequencer, self.sequencer.as_ref())
    }

    /// True if an object with this `ETag`, or this checksum, has the bytes that the record is of. A record
    /// whose object never came is of any.
    #[must_use]
    pub fn is_of(&self, etag: &str, checksum: Option<&Checksum>) -> bool {
        is_of((self.etag.as_deref(), self.asset.checksum_sha256.as_ref()), (etag, checksum))
    }

    /// True if its current version is the one that was approved.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.asset.approved_version == Some(self.asset.version)
    }

    /// The record once its object is known to be gone; none where that changes nothing.
    #[must_use]
    pub fn without_object(&self, sequencer: Option<Sequencer>, now: Timestamp) -> Option<Self> {
        let listed = self.is_listed() && self.asset.storage_key.is_some();
        if !listed || Sequencer::is_old(sequencer.as_ref(), self.sequencer.as_ref()) {
            return None;
        }
        let mut next = self.changed(now);
        next.sequencer = sequencer.or(next.sequencer);
        next.asset.upload_status = UploadStatus::Missing;
        Some(next)
    }

    /// Gives the asset, whose file is about to be one of this type, the type that it has then.
    pub(crate) fn follow(&mut self, to: &ContentType) {
        let from = self.asset.content_type.as_ref();
        self.asset.asset_type = self.asset.asset_type.following(self.type_is_derived, from, to);
    }

    /// The record with what `anew`, a record made from the object's headers as they are now, says of it.
    /// What others have added stays: tags, retention, versions and reviews.
    #[must_use]
    pub fn described_as(&self, anew: &Self, now: Timestamp) -> Self {
        let mut next = self.changed(now);
        next.headers.clone_from(&anew.headers);
        next.type_is_derived = anew.type_is_derived;
        let (asset, from) = (&mut next.asset, anew.asset.clone());
        asset.agent_id = from.agent_id;
        asset.conversation_id = from.conversation_id;
        asset.run_id = from.run_id;
        asset.campaign_id = from.campaign_id;
        asset.asset_type = from.asset_type;
        asset.provider = from.provider;
        asset.model = from.model;
        asset.tool = from.tool;
        asset.title = from.title;
        asset.prompt = from.prompt;
        asset.content_type = from.content_type;
        asset.metadata = from.metadata;
        next
    }

    /// The record as it is about to be changed at `now`.
    #[must_use]
    pub fn changed(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.asset.updated_at = now.max(self.asset.updated_at);
        next
    }
}
