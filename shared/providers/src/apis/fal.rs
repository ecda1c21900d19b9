//! fal: every model has an input and a result of its own. A job's state is told apart from its result,
//! and failure is a word of the result.

use domain::Timestamp;
use domain::time::DAY;
use serde_json::Value;

use crate::access::{Access, Secret, path, segment, with_query};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row, Sight};
use crate::call::{Parameter, Role, Unfit};
use crate::order::Order;
use crate::outcome::{
    Cause, Done, Handle, Look, Loss, Output, Reason, Step, Submission, Unit, Usage,
};
use crate::request::{Body, Header, Method, Request};
use crate::webhook::{BadWebhook, Notice};

pub(crate) const ROW: Row = Row {
    base: "https://queue.fal.run",
    signing: Some("https://rest.fal.ai"),
    inputs: Inputs::Either,
    callbacks: Callbacks::Signed,
    pace: (2_000, 3_000),
    busy: 10_000,
    api: &Fal,
};

/// The life of an output, unless the account says otherwise.
const LIFE: i64 = 7 * DAY;

struct Fal;

impl Api for Fal {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![("authorization".into(), format!("Key {}", key.expose()).into())]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let mut input = order.fields(&[
            (Parameter::Count, "num_images"),
            (Parameter::DurationSeconds, "duration"),
            (Parameter::Format, "output_format"),
            (Parameter::Size, "image_size"),
        ])?;
        input.extend(order.inputs(&[
            (Role::Image, "image_url"),
            (Role::LastFrame, "end_image_url"),
            (Role::Mask, "mask_url"),
        ]));
        let prompt = order.model.prompt.field.as_deref().unwrap_or("prompt");
        input.insert(prompt.to_owned(), order.call.prompt.clone().into());
        let webhook = order.webhook.map(|url| ("fal_webhook".to_owned(), url.to_owned()));
        let query: Vec<_> = webhook.into_iter().collect();
        let url = order.access.url(&format!("/{}", path(&order.call.model)));
        let body = Body::Json(order.with_parameters(input, &[])?.into());
        Ok(Request::post(with_query(&url, &query), body))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let detail = body.get("detail").unwrap_or(&Value::Null);
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let first = detail.get(0).unwrap_or(&Value::Null);
        let code = text(&body, "error_type").or_else(|| text(first, "type"));
        let code = code.as_deref().or_else(|| answer.header("x-fal-error-type"));
        let message = text(first, "msg");
        let message = message.as_deref().or(detail.as_str());
        let is_broke = answer.status == 403
            && message.is_some_and(|text| text.to_lowercase().contains("balance"));
        Reason::told(answer.status, code, message)
            .blame(Cause::Credit, is_broke)
            .blame(Cause::Moderation, code == Some("content_policy_violation"))
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        let body = answer.json()?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let rule = self.handle(order.access, &order.call.model, text("request_id")?)?;
        let own =
            |name: &str, rule: Option<String>| rule.map(|rule| order.access.own(text(name), rule));
        Some(Submission::Made(Handle {
            look: order.access.own(text("status_url"), rule.look),
            result: own("response_url", rule.result),
            cancel: own("cancel_url", rule.cancel),
            id: rule.id,
        }))
    }

    fn handle(&self, access: &Access, model: &str, id: &str) -> Option<Handle> {
        // Of a model's path, jobs have the owner and the app alone.
        let is_apart = ["workflows/", "comfy/"].iter().any(|apart| model.starts_with(apart));
        let app: Vec<&str> = model.split('/').take(if is_apart { 3 } else { 2 }).collect();
        let result = access.url(&format!("/{}/requests/{}", path(&app.join("/")), segment(id)));
        Some(Handle {
            id: id.to_owned(),
            look: format!("{result}/status"),
            cancel: Some(format!("{result}/cancel")),
            result: Some(result),
        })
    }

    fn seen(&self, sight: &Sight<'_>) -> Option<Look> {
        match sight.step {
            Step::Status => status(&sight.answer.found()?),
            Step::Result if sight.answer.is_ok() => result(sight),
            Step::Result => failure(sight.answer, self.reason(sight.answer)),
        }
    }

    fn cancels_by(&self) -> Option<Method> {
        Some(Method::Put)
    }

    fn signing_key(&self, access: &Access) -> Option<Request> {
        Some(Request::get(access.signing_url("/.well-known/jwks.json")))
    }

    fn webhook(&self, notice: &Notice<'_>) -> Result<Option<String>, BadWebhook> {
        notice.fal()?;
        Ok(notice.json()?.get("request_id").and_then(Value::as_str).map(str::to_owned))
    }
}

fn status(body: &Value) -> Option<Look> {
    Some(match body.get("status")?.as_str()? {
        "IN_QUEUE" => Look::Queued { position: body.get("queue_position").and_then(Value::as_u64) },
        "IN_PROGRESS" => Look::running(),
        "COMPLETED" => Look::Next(Step::Result),
        other => Look::unknown(other),
    })
}

fn result(sight: &Sight<'_>) -> Option<Look> {
    let body = sight.answer.json()?;
    let mut outputs = Vec::new();
    collect(&body, sight.now.plus(LIFE), &mut outputs);
    let usage = Usage::header(Unit::Billable, sight.answer.header("x-fal-billable-units"));
    let usage: Vec<Usage> = usage.into_iter().collect();
    let flags = body.get("has_nsfw_concepts").and_then(Value::as_array);
    if let Some(flags) = flags.filter(|flags| flags.len() == outputs.len()) {
        let mut clean = flags.iter().map(|flag| flag != true);
        outputs.retain(|_| clean.next().unwrap_or(true));
        if outputs.is_empty() && !flags.is_empty() {
            let message = "the provider's moderation has flagged all that was made";
            let reason = Reason::new(Cause::Moderation, Some("has_nsfw_concepts"), message);
            return Some(Look::Refused(Loss { reason, usage }));
        }
    }
    Some(Look::done(Done { outputs, usage }))
}

/// Every object of a result that has a URL.
fn collect(value: &Value, gone_at: Timestamp, outputs: &mut Vec<Output>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, gone_at, outputs)),
        Value::Object(fields) => {
            let url = fields.get("url").and_then(Value::as_str);
            match url.and_then(|url| Output::named(url, Some(gone_at))) {
                Some(output) => outputs.push(Output {
                    media_type: fields
                        .get("content_type")
                        .and_then(Value::as_str)
                        .map(str::to_owned)
                        .or(output.media_type),
                    size: fields.get("file_size").and_then(Value::as_u64).or(output.size),
                    ..output
                }),
                None => fields.values().for_each(|field| collect(field, gone_at, outputs)),
            }
        }
        _ => {}
    }
}

/// Reads a result without success: the job's failure only where the body says so.
fn failure(answer: &Answer<'_>, reason: Reason) -> Option<Look> {
    if reason.message.contains("in progress") {
        return Some(Look::running());
    }
    if reason.code.as_deref() == Some("client_cancelled") {
        return Some(Look::Canceled(Loss { reason: Reason::canceled(), usage: Vec::new() }));
    }
    let is_final = match answer.status {
        401 | 403 | 404 | 408 | 410 | 429 => false,
        400..=499 => true,
        _ => reason.code.is_some(),
    };
    is_final.then(|| Look::lost(reason, Vec::new()))
}
