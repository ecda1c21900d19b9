//! Luma's Dream Machine, the older API. Its callbacks are unsigned; it does not say how long what it
//! makes lives.

use domain::Timestamp;
use domain::time::MINUTE;
use serde_json::{Map, Value, json};

use crate::access::{Access, Secret, segment};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row, Sight};
use crate::call::{Parameter, Role, Tool, Unfit};
use crate::order::Order;
use crate::outcome::{Cause, Done, Handle, Look, Output, Reason, Submission};
use crate::request::{Body, Header, Method, Request, bearer};
use crate::webhook::{BadWebhook, Notice};

pub(crate) const ROW: Row = Row {
    base: "https://api.lumalabs.ai",
    signing: None,
    inputs: Inputs::Urls,
    callbacks: Callbacks::Unsigned,
    pace: (5_000, 5_000),
    busy: 10_000,
    api: &DreamMachine,
};

struct DreamMachine;

impl Api for DreamMachine {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![bearer(key)]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let call = order.call;
        let mut body = order.fields(&[(Parameter::DurationSeconds, "duration")])?;
        body.insert("model".to_owned(), call.model.clone().into());
        body.insert("prompt".to_owned(), call.prompt.clone().into());
        if let Some(url) = order.webhook {
            body.insert("callback_url".to_owned(), url.into());
        }
        let frames = [(Role::Image, "frame0"), (Role::LastFrame, "frame1")];
        if call.tool == Tool::ImageEdit {
            if let Some(image) = call.input(Role::Image) {
                body.insert("modify_image_ref".to_owned(), json!({ "url": image.url()? }));
            }
        } else {
            let mut keyframes = Map::new();
            for (role, name) in frames {
                if let Some(image) = call.input(role) {
                    keyframes
                        .insert(name.to_owned(), json!({ "type": "image", "url": image.url()? }));
                }
            }
            if !keyframes.is_empty() {
                body.insert("keyframes".to_owned(), keyframes.into());
            }
        }
        let kind = if call.tool.is_video() { "video" } else { "image" };
        let url = order.access.url(&format!("/dream-machine/v1/generations/{kind}"));
        let body = order.with_parameters(body, &["callback_url", "sync", "sync_timeout"])?;
        Ok(Request::post(url, Body::Json(body.into())))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let detail = body.get("detail").and_then(Value::as_str);
        let says = |word: &str| detail.is_some_and(|detail| detail.to_lowercase().contains(word));
        Reason::told(answer.status, None, detail)
            .blame(Cause::Credit, says("insufficient credits"))
            .blame(Cause::Moderation, says("moderation"))
    }

    fn accepted(&self, order: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        let body = answer.json()?;
        let handle = self.handle(order.access, "", body.get("id")?.as_str()?);
        handle.map(Submission::Made)
    }

    fn handle(&self, access: &Access, _: &str, id: &str) -> Option<Handle> {
        let look = access.url(&format!("/dream-machine/v1/generations/{}", segment(id)));
        Some(Handle { id: id.to_owned(), cancel: Some(look.clone()), look, result: None })
    }

    fn seen(&self, sight: &Sight<'_>) -> Option<Look> {
        let body = sight.answer.found()?;
        Some(match body.get("state")?.as_str()? {
            "queued" => Look::Queued { position: None },
            "dreaming" => Look::running(),
            "completed" => {
                // A video's image is a still of it.
                let made =
                    |name: &str| Output::named(body.get("assets")?.get(name)?.as_str()?, None);
                let outputs = made("video").or_else(|| made("image")).into_iter().collect();
                Look::done(Done { outputs, usage: Vec::new() })
            }
            "failed" => {
                let message = body.get("failure_reason").and_then(Value::as_str);
                let message = message.unwrap_or("the generation failed");
                let is_refused = message.to_lowercase().contains("moderat");
                let reason = Reason::new(Cause::Provider, None, message);
                Look::lost(reason.blame(Cause::Moderation, is_refused), Vec::new())
            }
            other => Look::unknown(other),
        })
    }

    fn cancels_by(&self) -> Option<Method> {
        Some(Method::Delete)
    }

    fn list(&self, access: &Access) -> Option<(Request, &'static str)> {
        let url = access.url("/dream-machine/v1/generations?limit=100&offset=0");
        Some((Request::get(url), "generations"))
    }

    /// An entry repeats its request. A callback's URL is of one order alone.
    fn is_of(&self, entry: &Value, sent: &Request, at: Timestamp) -> bool {
        let Body::Json(Value::Object(body)) = &sent.body else { return false };
        let Some(request) = entry.get("request") else { return false };
        let told = ["prompt", "model", "callback_url"];
        let same = told.iter().all(|name| {
            let given = request.get(name).or_else(|| entry.get(name).filter(|_| *name == "model"));
            body.get(*name).is_none_or(|sent| given == Some(sent))
        });
        let created = entry.get("created_at").and_then(|at| at.as_str()?.parse::<Timestamp>().ok());
        // Their clock is not ours.
        same && created.is_some_and(|created| created >= at.plus(-MINUTE))
    }

    fn webhook(&self, notice: &Notice<'_>) -> Result<Option<String>, BadWebhook> {
        Ok(notice.json()?.get("id").and_then(Value::as_str).map(str::to_owned))
    }
}
