//! What answers look like, for the API's description alone.
//!
//! No function makes these: handlers name them by reference, so that describing an answer costs a
//! cold start nothing. Tests compare them with what functions do answer.
#![expect(missing_docs, reason = "an envelope's fields say what they are")]

pub mod exports;
pub mod generations;
pub mod mcp;
pub mod review;
pub mod team;
pub mod versions;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{OpenApi, PartialSchema, ToSchema};

/// Every schema that a handler may refer to.
#[derive(OpenApi)]
#[openapi(components(schemas(
    AssetList,
    AssetAnswer,
    CreatedAsset,
    SignedUrl,
    SignedUrls,
    DeletedAssets,
    review::ReviewedAssets,
    review::History,
    versions::Versions,
    versions::CreatedVersion,
    team::TeamAssets,
    UsageAnswer,
    exports::ExportAnswer,
    exports::Exports,
    generations::GenerationAnswer,
    generations::GenerationOrEstimate,
    generations::Generations,
    generations::MediaModels,
    generations::MediaSpans,
    generations::RecipeAnswer,
    mcp::JsonRpc,
    Problem
)))]
pub struct Answers;

/// One asset. Fields without a value are left out.
#[derive(Serialize, ToSchema)]
pub struct Asset {
    /// A KSUID; sorts by creation time.
    #[schema(min_length = 27, max_length = 27, example = "37XnnMWMjfmNEiv3gpMlqCGHrXO")]
    pub id: String,
    /// The tenant.
    pub workspace_id: String,
    /// The execution that made it.
    #[schema(required = false)]
    pub execution_id: String,
    /// The agent that made it.
    #[schema(required = false)]
    pub agent_id: String,
    /// The conversation it was made in.
    #[schema(required = false)]
    pub conversation_id: String,
    /// The run that made it.
    #[schema(required = false)]
    pub run_id: String,
    /// The campaign it was made for.
    #[schema(required = false)]
    pub campaign_id: String,
    /// `image`, `audio`, `video`, `copy`, `slide`, `script`, `receipt`, `social_post`, or the caller's
    /// own.
    #[serde(rename = "type")]
    #[schema(pattern = "^[a-z][a-z0-9_]{0,31}$")]
    pub asset_type: String,
    /// Who made it: `elevenlabs`, `fal`, …
    #[schema(required = false)]
    pub provider: String,
    /// The model that made it.
    #[schema(required = false)]
    pub model: String,
    /// The tool that made it: `tts`, `image_gen`, …
    #[schema(required = false)]
    pub tool: String,
    #[schema(required = false, max_length = 100)]
    pub title: String,
    #[schema(required = false, max_length = 4000)]
    pub prompt: String,
    /// The name a download is saved under.
    #[schema(required = false)]
    pub file_name: String,
    /// Bytes.
    #[schema(required = false)]
    pub file_size: u64,
    /// MIME type, told from the bytes where they tell it.
    #[schema(required = false)]
    pub content_type: String,
    /// S3 key of the current version; absent where there never was a file.
    #[schema(required = false)]
    pub storage_key: String,
    /// Of the current version's bytes, in hex, where known.
    #[schema(required = false, pattern = "^[0-9a-f]{64}$")]
    pub checksum_sha256: String,
    /// Pixels.
    #[schema(required = false)]
    pub width: u32,
    /// Pixels.
    #[schema(required = false)]
    pub height: u32,
    /// Milliseconds.
    #[schema(required = false)]
    pub duration_ms: u64,
    /// True where the duration is only about right, since it was told from a part of the file; left out otherwise.
    #[schema(required = false)]
    pub duration_estimated: bool,
    #[schema(required = false)]
    pub generation: Generation,
    /// The ids of the assets that it was made from.
    #[schema(required = false)]
    pub parents: Vec<String>,
    #[schema(required = false)]
    pub tags: BTreeMap<String, Vec<String>>,
    /// Review state of the current version.
    pub status: Status,
    /// Whether its file is there: `pending` until it is uploaded, `missing` once it was removed from
    /// storage.
    pub upload_status: UploadStatus,
    /// The current version, from 1.
    #[schema(minimum = 1)]
    pub version: u32,
    /// The version that was approved.
    #[schema(required = false, minimum = 1)]
    pub approved_version: u32,
    /// Free data.
    #[schema(required = false)]
    pub metadata: BTreeMap<String, Value>,
    /// When it is to be removed.
    #[schema(required = false, format = DateTime)]
    pub expires_at: String,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Of the last change.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// How the step that made an asset went.
#[derive(Serialize, ToSchema)]
pub struct Generation {
    /// The generation of the store's own that made it.
    #[schema(required = false)]
    pub id: String,
    pub status: GenerationStatus,
    /// Why it failed.
    #[schema(required = false)]
    pub error: String,
    #[schema(required = false)]
    pub cost_usd: f64,
    #[schema(required = false)]
    pub usage: Usage,
    /// How long it took, in milliseconds.
    #[schema(required = false)]
    pub duration_ms: u64,
    #[schema(required = false, format = DateTime)]
    pub started_at: String,
    #[schema(required = false)]
    pub trace_id: String,
    #[schema(required = false)]
    pub span_id: String,
    #[schema(required = false)]
    pub span_kind: SpanKind,
    /// Where the provider put the file.
    #[schema(required = false)]
    pub output_url: String,
}

/// What a provider counted for a generation step.
#[derive(Serialize, ToSchema)]
pub struct Usage {
    /// `characters`, `images`, `seconds`, …
    pub unit: String,
    pub quantity: f64,
}

/// Describes types that are words, each by the list of the model's.
macro_rules! words {
    ($($name:ident is $words:ty;)+) => {$(
        #[derive(Serialize)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = <$words>::ALL.map(<$words>::as_str);
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

words! {
    GenerationStatus is model::JobStatus;
    SpanKind is model::generation::SpanKind;
    Status is model::Status;
    UploadStatus is model::UploadStatus;
    ExportStatus is model::ExportStatus;
}

/// An asset with the aliases that published SDKs read.
#[derive(Serialize, ToSchema)]
pub struct AssetWithAliases {
    #[serde(flatten)]
    pub asset: Asset,
    /// The same as `type`.
    pub media_type: String,
    /// The same as `content_type`.
    #[schema(required = false)]
    pub mime_type: String,
    /// The same as `storage_key`.
    #[schema(required = false)]
    pub storage_path: String,
    /// The same as `file_size`.
    #[schema(required = false)]
    pub size: u64,
}

/// A page of assets.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum AssetList {
    Cursor(AssetsByCursor),
    Number(AssetsByNumber),
}

/// A page by cursor. It may be short, or empty, with more to come.
#[derive(Serialize, ToSchema)]
pub struct AssetsByCursor {
    pub items: Vec<Asset>,
    /// Where to go on; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A page by number, where `page` was given.
#[derive(Serialize, ToSchema)]
pub struct AssetsByNumber {
    pub data: Vec<AssetWithAliases>,
    pub meta: PageMeta,
}

#[derive(Serialize, ToSchema)]
pub struct PageMeta {
    pub total: u64,
    pub page: u64,
    pub limit: u64,
    pub pages: u64,
    /// The same as `pages`.
    pub total_pages: u64,
    /// `gte` where counting stopped before the end: there are at least so many.
    #[schema(required = false)]
    pub total_relation: String,
    /// Where to go on, without `page`, where there is more and no further page can be asked for: the work
    /// of one request ends there, or has ended before this page was filled.
    #[schema(required = false)]
    pub next_cursor: String,
}

#[derive(Serialize, ToSchema)]
pub struct AssetAnswer {
    pub data: AssetWithAliases,
}

#[derive(Serialize, ToSchema)]
pub struct CreatedAsset {
    pub data: AssetWithAliases,
    #[schema(required = false)]
    pub upload: SignedUpload,
}

/// How to upload the file: one request, with exactly these headers and a `Content-Length`, as every client
/// sends it.
#[derive(Serialize, ToSchema)]
pub struct SignedUpload {
    /// `PUT`.
    pub method: String,
    pub url: String,
    pub headers: BTreeMap<String, String>,
    #[schema(format = DateTime)]
    pub expires_at: String,
}

#[derive(Serialize, ToSchema)]
pub struct SignedUrl {
    pub data: Link,
}

/// A link that works for whoever has it, until it expires.
#[derive(Serialize, ToSchema)]
pub struct Link {
    pub url: String,
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// For each id, in order: a link, or why there is none.
#[derive(Serialize, ToSchema)]
pub struct SignedUrls {
    pub data: Vec<SignOutcome>,
}

#[derive(Serialize, ToSchema)]
pub struct SignOutcome {
    pub id: String,
    #[schema(required = false)]
    pub url: String,
    #[schema(required = false, format = DateTime)]
    pub expires_at: String,
    #[schema(required = false)]
    pub error: ProblemDetails,
}

/// For each id, in order: whether it is gone.
#[derive(Serialize, ToSchema)]
pub struct DeletedAssets {
    pub data: Vec<DeleteOutcome>,
}

#[derive(Serialize, ToSchema)]
pub struct DeleteOutcome {
    pub id: String,
    pub deleted: bool,
    #[schema(required = false)]
    pub error: ProblemDetails,
}

#[derive(Serialize, ToSchema)]
pub struct UsageAnswer {
    pub data: WorkspaceUsage,
}

/// What lists show of a workspace, in all and by value.
#[derive(Serialize, ToSchema)]
pub struct WorkspaceUsage {
    pub total: UsageAmounts,
    pub by_type: Vec<UsageShare>,
    pub by_provider: Vec<UsageShare>,
    pub by_model: Vec<UsageShare>,
    pub by_agent: Vec<UsageShare>,
    pub by_campaign: Vec<UsageShare>,
    pub by_status: Vec<UsageShare>,
    /// By the day on which the assets were made (UTC).
    pub by_day: Vec<UsageShare>,
    pub spend: UsageSpend,
}

/// What media cost, in millionths of a US dollar.
#[derive(Serialize, ToSchema)]
pub struct UsageSpend {
    /// On all assets that there are or were, as their producers tell it.
    pub total_micro_usd: u64,
    /// The part of it that went into what was archived or deleted.
    pub rejected_micro_usd: u64,
    /// The total for each asset that is approved; null where none is.
    #[schema(required = true)]
    pub per_approved_asset_micro_usd: Option<u64>,
    /// The budget's books, also of generations that made nothing; days without any are left out.
    pub books: Vec<UsageBooks>,
}

#[derive(Serialize, ToSchema)]
pub struct UsageBooks {
    /// On which the generations were asked for (UTC).
    pub day: String,
    pub spent_micro_usd: u64,
    /// Held for generations that have not ended.
    pub reserved_micro_usd: u64,
}

#[derive(Serialize, ToSchema)]
pub struct UsageAmounts {
    /// Assets.
    pub count: u64,
    pub bytes: u64,
    pub cost_micro_usd: u64,
}

#[derive(Serialize, ToSchema)]
pub struct UsageShare {
    /// The type, provider, model, agent, campaign, status or day.
    pub value: String,
    /// Assets.
    pub count: u64,
    pub bytes: u64,
    pub cost_micro_usd: u64,
}

/// Why a request failed (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    pub status: u16,
    /// What was wrong, and what would be right.
    pub detail: String,
    /// Stable, for programs.
    #[schema(example = "invalid_parameter")]
    pub code: String,
    pub error: ProblemDetails,
}

/// The same, as published SDKs read it.
#[derive(Serialize, ToSchema)]
pub struct ProblemDetails {
    pub code: String,
    /// What was wrong, and what would be right.
    pub message: String,
    /// What it is about: `parameter`, `field`, `header`, `scope`, …
    pub details: BTreeMap<String, Value>,
}
