//! Generations as callers see them.

use model::export::Failure;
use model::job::Progress;
use model::making::{Asked, CostSource, Counted, GenerationRecord, Trace};
use model::{Actor, AssetId, Checksum, GenerationId, JobStatus, Timestamp, WorkspaceId};
use serde::Serialize;
use serde_json::{Map, Value};

/// A generation as callers see it. Fields without a value are left out; amounts are millionths of a US dollar.
#[derive(Debug, Clone, Serialize)]
pub struct GenerationView<A> {
    id: GenerationId,
    workspace_id: WorkspaceId,
    status: JobStatus,
    created_by: Actor,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(flatten)]
    asked: Map<String, Value>,
    recipe: Checksum,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Progress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_micro_usd: Option<u64>,
    #[serde(skip_serializing_if = "is_nothing")]
    reserved_micro_usd: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_micro_usd: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_source: Option<CostSource>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    usage: Vec<Counted>,
    #[serde(flatten)]
    trace: Trace,
    /// The time at which the first of the outputs that are at the provider alone is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_risk_until: Option<Timestamp>,
    asset_ids: Vec<AssetId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assets: Option<Vec<A>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_nothing(amount: &u64) -> bool {
    *amount == 0
}

impl<A> GenerationView<A> {
    /// The generation, with its assets where these were read.
    #[must_use]
    pub fn new(record: GenerationRecord, assets: Option<Vec<A>>) -> Self {
        Self {
            id: record.id,
            workspace_id: record.workspace_id.clone(),
            status: record.job.status,
            created_by: record.created_by.clone(),
            created_at: record.created_at(),
            updated_at: record.updated_at,
            submitted_at: record.job.submitted_at,
            ended_at: record.ended_at,
            asked: as_asked(&record.asked),
            progress: record.job.progress,
            error: record.job.error.clone(),
            estimated_micro_usd: record.estimate,
            reserved_micro_usd: record.job.reserved,
            cost_micro_usd: record.job.cost,
            cost_source: record.cost_source,
            at_risk_until: record.job.at_risk(),
            asset_ids: record.assets(),
            usage: record.usage,
            trace: record.trace,
            recipe: record.recipe,
            assets,
        }
    }
}

/// What was asked for, in the words of the request.
fn as_asked(asked: &Asked) -> Map<String, Value> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(asked) else { return Map::new() };
    if let Some(Value::Object(context)) = all.remove("context") {
        all.extend(context);
    }
    all
}

/// The cost that a call is expected to have: nothing was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Estimate {
    provider: String,
    model: String,
    recipe: Checksum,
    /// None where the catalogue has no price.
    estimated_micro_usd: Option<u64>,
    /// What would be reserved of the budget.
    reserved_micro_usd: u64,
}

impl Estimate {
    pub(crate) fn new(asked: &Asked, recipe: Checksum, estimate: Option<u64>) -> Self {
        Self {
            provider: asked.provider.to_string(),
            model: asked.model.to_string(),
            recipe,
            estimated_micro_usd: estimate,
            reserved_micro_usd: estimate.unwrap_or(crate::UNPRICED),
        }
    }
}
