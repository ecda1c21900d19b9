//! Versions: the files that an asset has had, and how each came about. Pure.
//!
//! The asset shows its current version's file. A version's own item is written when a second version
//! is asked for, and says what it was when it was last current.

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Creator};
use crate::asset::{Asset, Record, UploadStatus};
use crate::due::ABANDON_AFTER;
use crate::generation::Generation;
use crate::id::Reference;
use crate::object::{ObjectFacts, Sequencer, is_of};
use crate::status::Status;
use crate::text::{Checksum, ContentType, FileName, Label, Prompt};
use crate::time::Timestamp;

/// The most versions that an asset may have.
pub const MOST_VERSIONS: u32 = 1000;

/// The way in which a version came about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The execution that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<Reference>,
    /// The agent that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<Reference>,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Reference>,
    /// Who made it: `elevenlabs`, `fal`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Label>,
    /// The model that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Label>,
    /// The tool that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Label>,
    /// The text that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// The outcome of its generation step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
}

/// One version of an asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// From 1.
    pub version: u32,
    /// The state of its object.
    pub upload_status: UploadStatus,
    /// The name a download is saved under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<FileName>,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// MIME type, told from the bytes where they tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// S3 key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_key: Option<String>,
    /// Of its bytes, where known.
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
    /// The way in which it came about.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// The API key that asked for it; not known of a producer's own upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Actor>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its file was removed, because it was newer than the approved version and its retention
    /// ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
}

/// A version as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRecord {
    /// The public part.
    pub version: Version,
    /// `ETag` of its object.
    pub etag: Option<String>,
    /// The newest S3 event that changed it.
    pub sequencer: Option<Sequencer>,
    /// When the last link to upload its object was signed, where that was after it was asked for.
    pub link_at: Option<Timestamp>,
    /// Counts the writes of its item; 0 where it has none yet.
    pub revision: u64,
}

impl VersionRecord {
    /// A record of `version` that no write has made yet.
    #[must_use]
    pub fn new(version: Version) -> Self {
        Self { version, etag: None, sequencer: None, link_at: None, revision: 0 }
    }

    /// The asset's current version, with what `known` says of how it came about: without it, the
    /// asset's first.
    #[must_use]
    pub fn current(record: &Record, known: Option<&Version>) -> Self {
        let asset = &record.asset;
        let provenance = known.map_or_else(
            || Provenance {
                execution_id: asset.execution_id.clone(),
                agent_id: asset.agent_id.clone(),
                run_id: asset.run_id.clone(),
                provider: asset.provider.clone(),
                model: asset.model.clone(),
                tool: asset.tool.clone(),
                prompt: asset.prompt.clone(),
                generation: asset.generation.clone(),
            },
            |version| version.provenance.clone(),
        );
        let first = record.created_by.as_ref().filter(|_| asset.version == 1);
        let created_by = known.and_then(|version| version.created_by.clone());
        let created_by = created_by.or_else(|| first.and_then(Creator::key).cloned());
        let version = Version {
            version: asset.version,
            upload_status: asset.upload_status,
            file_name: asset.file_name.clone(),
            file_size: asset.file_size,
            content_type: asset.content_type.clone(),
            storage_key: asset.storage_key.clone(),
            checksum_sha256: asset.checksum_sha256.clone(),
            width: asset.width,
            height: asset.height,
            duration_ms: asset.duration_ms,
            duration_estimated: asset.duration_estimated,
            provenance,
            created_by,
            created_at: known.map_or(asset.created_at, |version| version.created_at),
            removed_at: None,
        };
        let (etag, sequencer) = (record.etag.clone(), record.sequencer.clone());
        Self { version, etag, sequencer, link_at: record.link_at, revision: 0 }
    }

    /// True if an object with this `ETag`, or this checksum, has the bytes that the version is of. One whose
    /// object never came is of any.
    #[must_use]
    pub fn is_of(&self, etag: &str, checksum: Option<&Checksum>) -> bool {
        is_of((self.etag.as_deref(), self.version.checksum_sha256.as_ref()), (etag, checksum))
    }

    /// The version, which is not the approved one, once its object is known to be there; none where that
    /// changes nothing.
    #[must_use]
    pub fn with_object(&self, facts: &ObjectFacts) -> Option<Self> {
        let known = self.version.upload_status == UploadStatus::Complete
            && self.etag.as_ref() == Some(&facts.etag);
        if known
            || self.version.removed_at.is_some()
            || Sequencer::is_old(facts.sequencer.as_ref(), self.sequencer.as_ref())
        {
            return None;
        }
        let same = self.is_of(&facts.etag, facts.checksum_sha256.as_ref());
        let mut next = self.clone();
        next.sequencer = facts.sequencer.clone().or(next.sequencer);
        next.etag = Some(facts.etag.clone());
        next.version.complete(facts, same);
        Some(next)
    }

    /// The version once its object is known to be gone; none where that changes nothing.
    #[must_use]
    pub fn without_object(&self, sequencer: Option<Sequencer>) -> Option<Self> {
        let complete = self.version.upload_status == UploadStatus::Complete;
        if !complete || Sequencer::is_old(sequencer.as_ref(), self.sequencer.as_ref()) {
            return None;
        }
        let mut next = self.clone();
        next.sequencer = sequencer.or(next.sequencer);
        next.version.upload_status = UploadStatus::Missing;
        Some(next)
    }

    /// The time at which it must be looked at: as one whose object never came, or that is to lose its
    /// object; none where never.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        let version = &self.version;
        match version.upload_status {
            UploadStatus::Pending => {
                Some(self.link_at.unwrap_or(version.created_at).plus(ABANDON_AFTER))
            }
            UploadStatus::Complete | UploadStatus::Missing => {
                version.removed_at.filter(|_| version.storage_key.is_some())
            }
        }
    }

    /// The version when its time is over: its file is to be removed.
    #[must_use]
    pub fn retired(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.version.upload_status = UploadStatus::Missing;
        next.version.removed_at = Some(now);
        next
    }
}

impl Version {
    /// Makes the version one whose file is there; `same` says whether it has the bytes that the version was of.
    fn complete(&mut self, facts: &ObjectFacts, same: bool) {
        self.upload_status = UploadStatus::Complete;
        self.storage_key = Some(facts.storage_key.clone());
        self.file_size = Some(facts.file_size);
        self.content_type = Some(facts.content_type.clone());
        let known = self.checksum_sha256.take().filter(|_| same);
        self.checksum_sha256 = facts.checksum_sha256.clone().or(known);
        self.width = facts.width;
        self.height = facts.height;
        self.duration_ms = facts.duration_ms;
        self.duration_estimated = facts.duration_estimated;
    }

    /// The asset as it is with this version's file.
    #[must_use]
    pub fn of(&self, asset: &Asset) -> Asset {
        Asset {
            version: self.version,
            upload_status: self.upload_status,
            file_name: self.file_name.clone(),
            file_size: self.file_size,
            content_type: self.content_type.clone(),
            storage_key: self.storage_key.clone(),
            checksum_sha256: self.checksum_sha256.clone(),
            width: self.width,
            height: self.height,
            duration_ms: self.duration_ms,
            duration_estimated: self.duration_estimated,
            ..asset.clone()
        }
    }
}

impl Record {
    /// The record once its object is known to be there; none where that changes nothing. Other bytes in the
    /// place of what was approved are not that: then what was approved is missing.
    #[must_use]
    pub fn with_object(&self, facts: &ObjectFacts, now: Timestamp) -> Option<Self> {
        if self.knows(&facts.etag, facts.sequencer.as_ref()) {
            return None;
        }
        let same = self.is_of(&facts.etag, facts.checksum_sha256.as_ref());
        if self.is_approved() && !same {
            return self.without_object(facts.sequencer.clone(), now);
        }
        let mut next = self.changed(now);
        next.sequencer = facts.sequencer.clone().or(next.sequencer);
        next.etag = Some(facts.etag.clone());
        next.follow(&facts.content_type);
        let mut file = VersionRecord::current(self, None).version;
        file.complete(facts, same);
        next.asset = file.of(&next.asset);
        Some(next)
    }

    /// The record with `to` as its current version: approved where that is the one that was, else a
    /// draft. An archived asset stays archived.
    #[must_use]
    pub fn at_version(&self, to: &VersionRecord, now: Timestamp) -> Self {
        let mut next = self.changed(now);
        if let Some(content_type) = &to.version.content_type {
            next.follow(content_type);
        }
        next.asset = to.version.of(&next.asset);
        next.etag.clone_from(&to.etag);
        next.sequencer.clone_from(&to.sequencer);
        next.asset.status = match self.asset.status {
            Status::Archived => Status::Archived,
            Status::Draft | Status::PendingReview | Status::Approved => {
                let approved = self.asset.approved_version == Some(to.version.version);
                if approved { Status::Approved } else { Status::Draft }
            }
        };
        next
    }
}
