//! Runway: images and videos. It counts credits on every end, and makes new URLs at every look.

use domain::Timestamp;
use domain::time::DAY;
use serde_json::{Value, json};

use crate::access::{Access, Secret, segment};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row, Sight};
use crate::call::{Parameter, Role, Tool, Unfit};
use crate::order::Order;
use crate::outcome::{
    Cause, Done, Handle, Look, Loss, Output, Reason, Submission, Unit, Usage, thousandths,
};
use crate::request::{Body, Header, Method, Request, bearer};

pub(crate) const ROW: Row = Row {
    base: "https://api.dev.runwayml.com",
    signing: None,
    inputs: Inputs::Either,
    callbacks: Callbacks::None,
    pace: (6_000, 6_000),
    busy: 10_000,
    api: &Runway,
};

struct Runway;

impl Api for Runway {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![bearer(key), ("x-runway-version".into(), "2024-11-06".into())]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let call = order.call;
        let mut body = order.fields(&[
            (Parameter::AspectRatio, "ratio"),
            (Parameter::DurationSeconds, "duration"),
            (Parameter::Format, "outputFormat"),
            (Parameter::Size, "ratio"),
        ])?;
        body.insert("model".to_owned(), call.model.clone().into());
        if !call.prompt.is_empty() {
            body.insert("promptText".to_owned(), call.prompt.clone().into());
        }
        let path = match call.tool {
            Tool::VideoFromImage => "/v1/image_to_video",
            Tool::VideoGen => "/v1/text_to_video",
            _ => "/v1/text_to_image",
        };
        let images = call.inputs(Role::Image).map(|image| json!({ "uri": image.as_url() }));
        match (call.tool, call.input(Role::Image), call.input(Role::LastFrame)) {
            (Tool::ImageEdit, _, _) => {
                body.insert("referenceImages".to_owned(), images.collect());
            }
            (_, Some(first), Some(last)) => {
                let frames = json!([
                    { "uri": first.as_url(), "position": "first" },
                    { "uri": last.as_url(), "position": "last" },
                ]);
                body.insert("promptImage".to_owned(), frames);
            }
            (_, Some(first), None) => {
                body.insert("promptImage".to_owned(), first.as_url().into());
            }
            _ => {}
        }
        let body = Body::Json(order.with_parameters(body, &[])?.into());
        Ok(Request::post(order.access.url(path), body))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let error = body.get("error").and_then(Value::as_str);
        let first = body.pointer("/issues/0/message").and_then(Value::as_str);
        let message = error.map(|error| {
            first.map_or_else(|| error.to_owned(), |first| format!("{error}: {first}"))
        });
        let is_broke = error.is_some_and(|error| error.contains("enough credits"));
        Reason::told(answer.status, None, message.as_deref()).blame(Cause::Credit, is_broke)
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        let body = answer.json()?;
        let handle = self.handle(order.access, "", body.get("id")?.as_str()?);
        handle.map(Submission::Made)
    }

    fn handle(&self, access: &Access, _: &str, id: &str) -> Option<Handle> {
        let look = access.url(&format!("/v1/tasks/{}", segment(id)));
        Some(Handle { id: id.to_owned(), cancel: Some(look.clone()), look, result: None })
    }

    fn seen(&self, sight: &Sight<'_>) -> Option<Look> {
        let body = sight.answer.found()?;
        let cost = Usage::count(Unit::Credit, body.pointer("/cost/credits"));
        let usage: Vec<Usage> = cost.into_iter().collect();
        Some(match body.get("status")?.as_str()? {
            "PENDING" | "THROTTLED" => Look::Queued { position: None },
            "RUNNING" => Look::Running { percent: percent(&body), unknown: None },
            "SUCCEEDED" => {
                let urls = body.get("output").and_then(Value::as_array).into_iter().flatten();
                let outputs = urls.filter_map(|url| {
                    let output = Output::named(url.as_str()?, Some(sight.now.plus(DAY)))?;
                    Some(Output { is_renewed: true, ..output })
                });
                Look::done(Done { outputs: outputs.collect(), usage })
            }
            "FAILED" => {
                let text = |name: &str| body.get(name).and_then(Value::as_str);
                let code = text("failureCode");
                let is_refused =
                    code.is_some_and(|code| code.split('.').any(|part| part == "SAFETY"));
                // Their words for it are not for users.
                let reason = Reason::new(Cause::Provider, code, "the task failed");
                Look::lost(reason.blame(Cause::Moderation, is_refused), usage)
            }
            "CANCELLED" => Look::Canceled(Loss { reason: Reason::canceled(), usage }),
            other => Look::unknown(other),
        })
    }

    fn cancels_by(&self) -> Option<Method> {
        Some(Method::Delete)
    }
}

fn percent(body: &Value) -> Option<u8> {
    let thousandths = thousandths(body.get("progress")?)?;
    u8::try_from(thousandths / 10).ok().filter(|percent| *percent <= 100)
}
