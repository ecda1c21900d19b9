//! The cost of a job.

use generations::UNPRICED;
use model::export::Failure;
use model::job::Ended;
use model::making::{CostSource, Counted, GenerationRecord};
use providers::{Catalogue, Loss, Provider, Reason, Tool, Usage};

use crate::settle::Told;

/// The cost of a usage, in millionths of a US dollar, and what is written down of it. Where the provider does not count
/// what the catalogue has a price for, it is what was expected.
pub(crate) fn of_usage(
    catalogue: &Catalogue,
    (provider, tool): (Provider, Tool),
    record: &GenerationRecord,
    usage: &[Usage],
) -> (u64, Told) {
    let model = catalogue.model(provider, tool, record.asked.model.as_str()).ok();
    let reported = model.and_then(|model| model.cost(usage));
    let expected = record.estimate.unwrap_or(UNPRICED);
    let source = if reported.is_some() { CostSource::Reported } else { CostSource::Estimated };
    let told = Told { usage: counted(usage), cost_source: Some(source) };
    (reported.unwrap_or(expected), told)
}

/// The end of a job that made nothing: it costs what the provider counts, where the catalogue has a price for that, and
/// else nothing.
pub(crate) fn of_loss(
    catalogue: &Catalogue,
    (provider, tool): (Provider, Tool),
    record: &GenerationRecord,
    loss: &Loss,
) -> (Ended, Told) {
    let model = catalogue.model(provider, tool, record.asked.model.as_str()).ok();
    let reported = model.and_then(|model| model.cost(&loss.usage));
    let cost_source = reported.map(|_| CostSource::Reported);
    let told = Told { usage: counted(&loss.usage), cost_source };
    (Ended { why: failure(&loss.reason), cost: reported.unwrap_or_default() }, told)
}

fn counted(usage: &[Usage]) -> Vec<Counted> {
    let counted = usage.iter().filter_map(|usage| {
        let unit = serde_json::to_value(usage.unit).ok()?;
        Some(Counted { unit: unit.as_str()?.parse().ok()?, quantity: usage.quantity })
    });
    counted.collect()
}

/// A provider's reason, as it is kept.
pub(crate) fn failure(reason: &Reason) -> Failure {
    let cause = serde_json::to_value(reason.cause).ok();
    let cause = cause.as_ref().and_then(serde_json::Value::as_str).unwrap_or("provider");
    let message = match &reason.code {
        Some(code) if !reason.message.contains(code.as_str()) => {
            format!("{} ({code})", reason.message)
        }
        _ => reason.message.clone(),
    };
    Failure::new(cause, message)
}
