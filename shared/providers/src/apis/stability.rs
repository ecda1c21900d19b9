//! Stability AI: images and edits, at once.

use domain::Timestamp;
use serde_json::Value;

use crate::access::{Secret, segment};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row};
use crate::call::{Parameter, Role, Tool, Unfit};
use crate::order::Order;
use crate::outcome::{Cause, Done, Loss, Output, Reason, Submission, Unit, Usage};
use crate::request::{Body, Header, Part, Request, bearer};

pub(crate) const ROW: Row = Row {
    base: "https://api.stability.ai",
    signing: None,
    inputs: Inputs::Bytes,
    callbacks: Callbacks::None,
    pace: (0, 0),
    busy: 60_000,
    api: &Stability,
};

struct Stability;

impl Api for Stability {
    fn headers(&self, key: &Secret) -> Vec<Header> {
        vec![bearer(key)]
    }

    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit> {
        let call = order.call;
        // All models of Stable Diffusion 3 share one address.
        let model = if call.model.starts_with("sd3") { "sd3" } else { &call.model };
        let mut first = Vec::new();
        if !call.prompt.is_empty() {
            first.push(("prompt", call.prompt.as_str()));
        }
        if model == "sd3" {
            first.push(("model", call.model.as_str()));
        }
        let names = [(Parameter::Format, "output_format")];
        let mut parts = order.parts(&names, &first, &["image", "mask"])?;
        for (role, name) in [(Role::Image, "image"), (Role::Mask, "mask")] {
            if let Some(input) = call.input(role) {
                parts.push(Part::file(name, &input.media_type, input.bytes()?.to_vec()));
            }
        }
        let kind = if call.tool == Tool::ImageEdit { "edit" } else { "generate" };
        let url = order.access.url(&format!("/v2beta/stable-image/{kind}/{}", segment(model)));
        Ok(Request::post(url, Body::Form(parts)).header("accept", "image/*"))
    }

    fn reason(&self, answer: &Answer<'_>) -> Reason {
        let body = answer.json().unwrap_or_default();
        let code = body.get("name").and_then(Value::as_str);
        let message = body.pointer("/errors/0").and_then(Value::as_str);
        let reason = Reason::told(answer.status, code, message);
        reason.blame(Cause::Moderation, code == Some("content_moderation"))
    }

    fn accepted(&self, _: &Order<'_>, answer: &Answer<'_>, _: Timestamp) -> Option<Submission> {
        let usage = vec![Usage { unit: Unit::Image, quantity: 1 }];
        // The image is blurred, and paid for.
        if answer.header("finish-reason") == Some("CONTENT_FILTERED") {
            let message = "the image was withheld by the provider's moderation";
            let reason = Reason::new(Cause::Moderation, Some("CONTENT_FILTERED"), message);
            return Some(Submission::Refused(Loss { reason, usage }));
        }
        let media_type = answer.header("content-type")?;
        let image = media_type.starts_with("image/") && !answer.body.is_empty();
        let outputs = image.then(|| Output::bytes(answer.body.to_vec(), media_type));
        Some(Done { outputs: vec![outputs?], usage }.at_once())
    }
}
