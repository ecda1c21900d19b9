//! Generations as spans of their traces.

use model::job::{Output as Made, OutputState};
use model::making::{CostSource, GenerationRecord, Ingredient};
use model::{Asset, AssetId, ContentType, Result, Wording};
use providers::Usage;
use serde::Deserialize;
use spans::{Input, MediaSpan, Origin, Output};

use crate::word;

/// The span that a generation is; `assets` are those of it that are on record. A stored output without one was deleted.
pub fn span_of(record: &GenerationRecord, assets: &[Asset]) -> Result<MediaSpan> {
    let (asked, job, context) = (&record.asked, &record.job, &record.asked.context);
    let base = public_url(record);
    let usage = record.usage.iter().map(|counted| {
        Ok(Usage { unit: word(counted.unit.as_str())?, quantity: counted.quantity })
    });
    // Until it is over, what it was expected to cost.
    let expected = record.estimate.filter(|_| !job.status.has_ended());
    Ok(MediaSpan {
        trace_id: record.trace.trace_id,
        span_id: record.trace.span_id,
        parent_span_id: record.trace.parent_span_id,
        origin: Origin {
            workspace_id: Some(record.workspace_id.clone()),
            execution_id: context.execution_id.clone(),
            agent_id: context.agent_id.clone(),
            conversation_id: context.conversation_id.clone(),
            run_id: context.run_id.clone(),
            campaign_id: context.campaign_id.clone(),
        },
        generation_id: record.id.to_string().parse().ok(),
        kind: record.kind(),
        tool: asked.tool.clone(),
        provider: asked.provider.clone(),
        model: asked.model.clone(),
        prompt: asked.prompt.as_ref().map(Wording::as_str).unwrap_or_default().to_owned(),
        inputs: asked.inputs.iter().filter_map(|input| input_of(input, base)).collect(),
        outputs: outputs(record, assets, base),
        transcript: None,
        status: job.status,
        error: job.error.clone(),
        started_at: record.created_at(),
        ended_at: record.ended_at,
        cost_micro_usd: job.cost.or(expected),
        cost_source: record.cost_source.or(expected.map(|_| CostSource::Estimated)),
        usage: usage.collect::<Result<_>>()?,
        response_id: job.handle.as_deref().and_then(name_at_provider),
    })
}

/// The URL below which the API was reached when the generation was asked for; empty where that is not known.
fn public_url(record: &GenerationRecord) -> &str {
    let callback = record.callback.as_deref().unwrap_or_default();
    callback.split_once(crate::ask::CALLBACKS).map_or("", |(base, _)| base)
}

/// The lasting link to an asset's file: the route of the API that gives one to download it by.
fn link(base: &str, id: AssetId) -> String {
    format!("{base}/api/v1/assets/{id}/signed-url")
}

fn input_of(input: &Ingredient, base: &str) -> Option<Input> {
    let of_asset = input.asset_id.map(|id| link(base, id));
    let url = of_asset.or_else(|| Some(input.url.as_ref()?.as_str().to_owned()))?;
    Some(Input { url, content_type: None })
}

fn outputs(record: &GenerationRecord, assets: &[Asset], base: &str) -> Vec<Output> {
    let outputs = record.job.outputs.iter().enumerate();
    outputs.map(|(index, made)| output(record.id.output(index), made, assets, base)).collect()
}

fn output(id: AssetId, made: &Made, assets: &[Asset], base: &str) -> Output {
    let asset = assets.iter().find(|asset| asset.id == id);
    let is_stored = made.is_stored();
    let is_deleted = is_stored && asset.is_none();
    let told = made.media_type.as_deref().and_then(|text| text.parse::<ContentType>().ok());
    let is_lost = matches!(made.state, OutputState::Lost { .. });
    Output {
        asset_id: Some(id).filter(|_| !is_lost),
        asset_url: Some(link(base, id)).filter(|_| is_stored && !is_deleted),
        // Whoever has it may have the file, as long as the provider keeps it.
        output_url: made.source().as_deref().and_then(url_of).filter(|_| !is_deleted),
        content_type: asset.and_then(|asset| asset.content_type.clone()).or(told),
        is_deleted,
    }
}

/// The URL of an output at its provider.
fn url_of(source: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Source {
        url: String,
    }
    serde_json::from_str::<Source>(source).ok().map(|source| source.url)
}

/// The provider's name of a job.
fn name_at_provider(handle: &str) -> Option<String> {
    serde_json::from_str::<providers::Handle>(handle).ok().map(|handle| handle.id)
}

#[cfg(test)]
mod tests {
    use model::{Timestamp, job::Job};
    use serde_json::{Value, json};

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    /// A generation of two pictures, of which one is stored and one is at the provider.
    fn record() -> GenerationRecord {
        let id = model::GenerationId::generate(AT);
        let pending = |name: &str| {
            let source = json!({ "url": format!("https://fal.example/{name}"), "kind": "image" });
            Made::pending(source.to_string(), None, AT).of_type(Some("image/png".to_owned()))
        };
        let mut stored = pending("a.png");
        stored.state =
            OutputState::Stored { asset: id.output(0), size: 3, source: stored.source() };
        let job = Job { outputs: vec![stored, pending("b.png")], ..Job::new(7, AT, AT) };
        let record = json!({
            "id": id, "workspace_id": "acme", "created_by": model::Actor::store(), "updated_at": AT,
            "asked": {
                "tool": "image_edit", "provider": "fal", "model": "fal-ai/flux", "prompt": "a lighthouse",
                "inputs": [{ "role": "image", "asset_id": id.output(9), "version": 1 }],
                "context": { "execution_id": "run-7" },
            },
            "recipe": "0".repeat(64), "count": 2, "estimate": 7,
            "trace": { "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331" },
            "callback": "https://assets.example.com/api/v1/callbacks/fal/acme.x.y",
            "job": job,
        });
        serde_json::from_value(record).unwrap()
    }

    fn told(record: &GenerationRecord, assets: &[Asset]) -> Value {
        serde_json::to_value(span_of(record, assets).unwrap().told()).unwrap()
    }

    #[test]
    fn an_output_is_told_with_its_places_until_its_asset_is_deleted() {
        let record = record();
        let ids = [0, 1].map(|index| record.id.output(index));
        let assets: Vec<_> =
            crate::drafts(&record).unwrap().into_iter().map(|draft| draft.asset).collect();
        let span = told(&record, &assets);
        let url = format!("https://assets.example.com/api/v1/assets/{}/signed-url", ids[0]);
        let (first, second) = (&span["outputs"][0], &span["outputs"][1]);
        assert_eq!(
            *first,
            json!({
                "asset_id": ids[0], "asset_url": url, "output_url": "https://fal.example/a.png",
                "content_type": "image/png",
            })
        );
        assert_eq!(
            *second,
            json!({
                "asset_id": ids[1], "output_url": "https://fal.example/b.png", "content_type": "image/png",
            })
        );
        let span = told(&record, &assets[1..]);
        let deleted =
            json!({ "asset_id": ids[0], "content_type": "image/png", "is_deleted": true });
        assert_eq!(span["outputs"][0], deleted);
    }

    #[test]
    fn a_cost_is_the_expected_one_until_it_is_known() {
        let mut record = record();
        let cost = |record: &GenerationRecord| {
            let span = told(record, &[]);
            (span["cost_micro_usd"].clone(), span["cost_source"].clone())
        };
        assert_eq!(cost(&record), (json!(7), json!("estimated")));
        record.job.status = model::JobStatus::Refused;
        assert_eq!(cost(&record), (Value::Null, Value::Null));
        record.job.cost = Some(9);
        record.cost_source = Some(CostSource::Reported);
        assert_eq!(cost(&record), (json!(9), json!("reported")));
    }
}
