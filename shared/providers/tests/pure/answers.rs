//! The meaning of answers.

use domain::time::{DAY, HOUR};
use providers::Provider::{
    DreamMachine, ElevenLabs, Fal, Google, Luma, OpenAi, Replicate, Runway, Stability,
};
use providers::{
    Broken, Cause, Content, Kind, Look, Order, Output, Provider, Role, Step, Submission, Tool,
    Unit, Usage,
};
use serde_json::{Value, json};

use crate::{NOW, access, call, seen, submitted, with_bytes};

/// A look in one word.
fn word(look: &Look) -> String {
    match look {
        Look::Queued { position } => {
            position.map_or("queued".to_owned(), |at| format!("queued {at}"))
        }
        Look::Running { percent: Some(percent), .. } => format!("running {percent}"),
        Look::Running { unknown: Some(word), .. } => format!("running? {word}"),
        Look::Running { .. } => "running".to_owned(),
        Look::Next(_) => "next".to_owned(),
        Look::Succeeded(done) => format!("succeeded {}", done.outputs.len()),
        Look::Failed(loss) => format!("failed {:?}", loss.reason.cause),
        Look::Refused(_) => "refused".to_owned(),
        Look::Canceled(_) => "canceled".to_owned(),
        Look::Again { .. } => "again".to_owned(),
        Look::Gone => "gone".to_owned(),
    }
}

fn all(provider: Provider, step: Step, cases: &[(u16, Value, &str)]) {
    for (status, body, expected) in cases {
        let look = seen(provider, step, *status, body);
        assert_eq!(word(&look), *expected, "{} {status} {body}", provider.as_str());
    }
}

const URL: &str = "https://a.example/x";

#[test]
fn replicates_states() {
    all(
        Replicate,
        Step::Status,
        &[
            (200, json!({ "status": "starting" }), "queued"),
            (200, json!({ "status": "processing", "output": [URL] }), "running"),
            (
                200,
                json!({ "status": "succeeded", "output": { "a": [URL, "text"], "b": URL } }),
                "succeeded 2",
            ),
            (200, json!({ "status": "succeeded", "output": null }), "failed Provider"),
            (200, json!({ "status": "succeeded", "output": null, "data_removed": true }), "gone"),
            (200, json!({ "status": "failed", "error": "CUDA out of memory" }), "failed Provider"),
            (200, json!({ "status": "failed", "error": "NSFW content detected." }), "refused"),
            (200, json!({ "status": "canceled" }), "canceled"),
            (200, json!({ "status": "aborted" }), "failed Provider"),
            (200, json!({ "status": "pondering" }), "running? pondering"),
            (200, json!({ "status": 7 }), "again"),
            (404, json!({}), "gone"),
            (401, json!({}), "again"),
            (502, json!({ "status": "failed" }), "again"),
        ],
    );
}

#[test]
fn runways_states() {
    all(
        Runway,
        Step::Status,
        &[
            (200, json!({ "status": "THROTTLED" }), "queued"),
            (200, json!({ "status": "RUNNING", "progress": 0.425 }), "running 42"),
            (200, json!({ "status": "RUNNING", "progress": 17 }), "running"),
            (200, json!({ "status": "SUCCEEDED", "output": [URL] }), "succeeded 1"),
            (200, json!({ "status": "SUCCEEDED", "output": [] }), "failed Provider"),
            (200, json!({ "status": "FAILED", "failureCode": "SAFETY.OUTPUT.VIDEO" }), "refused"),
            (
                200,
                json!({ "status": "FAILED", "failureCode": "INTERNAL.BAD_OUTPUT.CODE01" }),
                "failed Provider",
            ),
            (200, json!({ "status": "CANCELLED" }), "canceled"),
            (200, json!({ "status": "RESTING" }), "running? RESTING"),
        ],
    );
}

#[test]
fn lumas_states() {
    all(
        Luma,
        Step::Status,
        &[
            (200, json!({ "state": "processing" }), "running"),
            (200, json!({ "state": "dreaming" }), "running? dreaming"),
            (
                200,
                json!({ "state": "completed", "output": [{ "type": "video", "url": URL }] }),
                "succeeded 1",
            ),
            (200, json!({ "state": "failed", "failure_code": "content_moderated" }), "refused"),
            (
                200,
                json!({ "state": "failed", "failure_code": "budget_exhausted" }),
                "failed Credit",
            ),
        ],
    );
    all(
        DreamMachine,
        Step::Status,
        &[
            (200, json!({ "state": "dreaming" }), "running"),
            (
                200,
                json!({ "state": "completed", "assets": { "video": URL, "image": URL } }),
                "succeeded 1",
            ),
            (200, json!({ "state": "completed", "assets": null }), "failed Provider"),
            (
                200,
                json!({ "state": "failed", "failure_reason": "400: flagged by moderation" }),
                "refused",
            ),
            (404, json!({ "detail": "Generation not found" }), "gone"),
        ],
    );
}

#[test]
fn other_states() {
    all(
        Google,
        Step::Status,
        &[
            (200, json!({ "status": "in_progress" }), "running"),
            (200, json!({ "status": "requires_action" }), "running? requires_action"),
            (200, json!({ "status": "completed", "steps": [] }), "failed Provider"),
            (
                200,
                json!({ "status": "failed", "errors": [{ "code": "PROHIBITED_CONTENT" }] }),
                "refused",
            ),
            (200, json!({ "status": "budget_exceeded" }), "failed Credit"),
            (200, json!({ "status": "incomplete" }), "failed Provider"),
            (200, json!({ "status": "cancelled" }), "canceled"),
        ],
    );
    all(
        ElevenLabs,
        Step::Status,
        &[
            (404, json!({}), "running"),
            (200, json!({ "text": "hello" }), "succeeded 1"),
            (200, json!({ "transcripts": [{ "text": "a" }, { "text": "b" }] }), "succeeded 1"),
        ],
    );
}

#[test]
fn fal_tells_failures_by_its_result() {
    all(
        Fal,
        Step::Status,
        &[
            (202, json!({ "status": "IN_QUEUE", "queue_position": 3 }), "queued 3"),
            (202, json!({ "status": "IN_PROGRESS" }), "running"),
            (200, json!({ "status": "COMPLETED", "error": "Internal server error" }), "next"),
            (200, json!({ "status": "MELTED" }), "running? MELTED"),
            (500, json!({ "detail": "Internal server error" }), "again"),
        ],
    );
    let image = |url: &str| json!({ "url": url, "content_type": "image/png" });
    let two = json!({ "images": [image("https://a/1"), image("https://a/2")], "has_nsfw_concepts": [false, true] });
    all(
        Fal,
        Step::Result,
        &[
            (200, two, "succeeded 1"),
            (
                200,
                json!({ "images": [image("https://a/1")], "has_nsfw_concepts": [true] }),
                "refused",
            ),
            (200, json!({ "seed": 7 }), "failed Provider"),
            (400, json!({ "detail": "Request is still in progress" }), "running"),
            (
                422,
                json!({ "detail": [{ "type": "content_policy_violation", "msg": "flagged" }] }),
                "refused",
            ),
            (
                422,
                json!({ "detail": [{ "type": "missing", "msg": "Field required" }] }),
                "failed Request",
            ),
            (499, json!({ "detail": "gone", "error_type": "client_cancelled" }), "canceled"),
            (500, json!({ "detail": "oh", "error_type": "internal_error" }), "failed Provider"),
            (500, json!({ "detail": "Internal server error" }), "again"),
            (429, json!({ "detail": "Too many requests" }), "again"),
            (404, json!({ "detail": "Request not found" }), "gone"),
        ],
    );
}

#[test]
fn a_url_of_another_host_is_not_looked_at() {
    let body = json!({
        "request_id": "r1",
        "status_url": "https://evil.example/status",
        "response_url": "https://queue.fal.run/fal-ai/other/requests/r1",
    });
    let image = call(Tool::ImageGen, "fal-ai/flux/dev");
    let Submission::Made(handle) = submitted(Fal, &image, 200, &[], body.to_string().as_bytes())
    else {
        panic!()
    };
    assert_eq!(handle.look, "https://queue.fal.run/fal-ai/flux/requests/r1/status");
    assert_eq!(handle.result.as_deref(), Some("https://queue.fal.run/fal-ai/other/requests/r1"));
    assert_eq!(
        handle.cancel.as_deref(),
        Some("https://queue.fal.run/fal-ai/flux/requests/r1/cancel")
    );
}

#[test]
fn outputs_say_how_long_they_live() {
    let first = |provider, step, body: Value| -> Output {
        match seen(provider, step, 200, &body) {
            Look::Succeeded(done) => done.outputs[0].clone(),
            other => panic!("{other:?}"),
        }
    };
    let url = "https://a.example/x";
    let fal = first(Fal, Step::Result, json!({ "video": { "url": url, "file_size": 5 } }));
    assert_eq!((fal.gone_at, fal.size), (Some(NOW.plus(7 * DAY)), Some(5)));
    // An hour from its end, however late the look is.
    let ended = NOW.plus(-50 * 60_000);
    let body = json!({ "status": "succeeded", "output": url, "completed_at": ended.to_string() });
    assert_eq!(first(Replicate, Step::Status, body).gone_at, Some(ended.plus(HOUR)));
    let runway = first(Runway, Step::Status, json!({ "status": "SUCCEEDED", "output": [url] }));
    assert_eq!((runway.gone_at, runway.is_renewed), (Some(NOW.plus(DAY)), true));
    let luma =
        first(Luma, Step::Status, json!({ "state": "completed", "output": [{ "url": url }] }));
    assert_eq!(luma.gone_at, Some(NOW.plus(HOUR)));
}

#[test]
fn the_key_goes_to_googles_files_alone() {
    let film = |uri: &str| {
        let part = json!({ "type": "video", "uri": uri, "mime_type": "video/mp4" });
        let body = json!({ "status": "completed", "steps": [{ "content": [part] }] });
        let Look::Succeeded(done) = seen(Google, Step::Status, 200, &body) else { panic!() };
        let request = Google.fetch(&access(Google), &done.outputs[0]).unwrap();
        !request.headers.is_empty()
    };
    assert!(film("https://generativelanguage.googleapis.com/v1beta/files/a:download?alt=media"));
    assert!(!film("https://storage.googleapis.com/a.mp4"));
}

#[test]
fn the_key_stays_where_it_belongs() {
    let body =
        json!({ "id": "j1", "urls": { "get": "https://api.replicate.com/v1/predictions/j1" } });
    let image = call(Tool::ImageGen, "a/b");
    let body = body.to_string();
    let Submission::Made(handle) = submitted(Replicate, &image, 201, &[], body.as_bytes()) else {
        panic!()
    };
    let key = |access| !Replicate.look(&access, &handle, Step::Status).headers.is_empty();
    assert!(key(access(Replicate)));
    // The job was made where the key no longer belongs.
    assert!(!key(access(Replicate).at("https://proxy.example", None).unwrap()));
}

#[test]
fn usage_is_counted_in_integers() {
    let body = json!({ "status": "FAILED", "cost": { "credits": 12.5 } });
    let Look::Failed(loss) = seen(Runway, Step::Status, 200, &body) else { panic!() };
    assert_eq!(loss.usage, [Usage { unit: Unit::Credit, quantity: 13 }]);
    let body = json!({ "status": "canceled", "metrics": { "predict_time": 1.25 } });
    let Look::Canceled(loss) = seen(Replicate, Step::Status, 200, &body) else { panic!() };
    assert_eq!(loss.usage, [Usage { unit: Unit::Millisecond, quantity: 1250 }]);
}

/// A submission in one word.
fn outcome(submission: &Submission) -> &'static str {
    match submission {
        Submission::Made(_) => "made",
        Submission::Done(_) => "done",
        Submission::NotMade { .. } => "not made",
        Submission::Failed(loss) => match loss.reason.cause {
            Cause::Key => "failed: key",
            Cause::Credit => "failed: credit",
            Cause::Request => "failed: request",
            _ => "failed",
        },
        Submission::Refused(_) => "refused",
        Submission::Unresolved(_) => "unresolved",
    }
}

#[test]
fn only_what_was_surely_not_made_is_sent_again() {
    let image = call(Tool::ImageGen, "gpt-image-2");
    let error = |code: &str| json!({ "error": { "code": code, "message": "no" } }).to_string();
    let pixel = json!({ "data": [{ "b64_json": "AAEC" }] }).to_string();
    for (status, body, expected) in [
        (200, pixel.as_str(), "done"),
        (200, r#"{"data": []}"#, "failed"),
        (200, "<html>", "unresolved"),
        (200, "{}", "unresolved"),
        (302, "", "unresolved"),
        (400, &error("moderation_blocked"), "refused"),
        (400, &error("missing"), "failed: request"),
        (401, &error("invalid_api_key"), "failed: key"),
        (402, "", "failed: credit"),
        (408, "", "unresolved"),
        (409, "", "failed: request"),
        (429, &error("rate_limit_exceeded"), "not made"),
        (429, &error("insufficient_quota"), "failed: credit"),
        (429, "", "not made"),
        (500, &error("moderation_blocked"), "unresolved"),
        (503, "", "unresolved"),
    ] {
        let submission = submitted(OpenAi, &image, status, &[], body.as_bytes());
        assert_eq!(outcome(&submission), expected, "{status} {body}");
    }
    assert_eq!(outcome(&Order::broken(Broken::NotSent)), "not made");
    assert_eq!(outcome(&Order::broken(Broken::Sent)), "unresolved");
    assert_eq!(outcome(&Order::broken(Broken::TimedOut)), "unresolved");
}

#[test]
fn a_key_is_never_quoted() {
    let detail = json!({ "detail": "webhook of k3y is not a URL" }).to_string();
    let submission =
        submitted(Replicate, &call(Tool::ImageGen, "a/b"), 422, &[], detail.as_bytes());
    assert!(!format!("{submission:?}").contains("k3y"), "{submission:?}");
    let body = json!({ "error": { "code": "invalid_api_key", "message": "Incorrect API key provided: k3y" } });
    let image = call(Tool::ImageGen, "gpt-image-2");
    let submission = submitted(OpenAi, &image, 401, &[], body.to_string().as_bytes());
    assert!(!format!("{submission:?}").contains("k3y"), "{submission:?}");
}

#[test]
fn answers_at_once_hold_all() {
    let kind = [("content-type", "image/webp"), ("finish-reason", "SUCCESS")];
    let edit = with_bytes(call(Tool::ImageEdit, "inpaint"), Role::Image);
    let Submission::Done(done) = submitted(Stability, &edit, 200, &kind, b"RIFF") else { panic!() };
    assert_eq!(done.outputs[0].content, Content::Bytes(b"RIFF".to_vec()));
    assert_eq!(done.outputs[0].media_type.as_deref(), Some("image/webp"));
    let kind = [("content-type", "image/png"), ("finish-reason", "CONTENT_FILTERED")];
    assert_eq!(outcome(&submitted(Stability, &edit, 200, &kind, b"blurred")), "refused");

    let heard = with_bytes(call(Tool::Stt, "nova-3"), Role::Audio);
    let words = json!([{ "word": "hi", "start": 0.5, "end": 0.75, "speaker": 1 }]);
    let best = json!({ "transcript": "hi", "words": words });
    let channel = json!({ "alternatives": [best] });
    let body =
        json!({ "metadata": { "duration": 1.5 }, "results": { "channels": [channel, channel] } });
    let text = body.to_string();
    let submission = submitted(Provider::Deepgram, &heard, 200, &[], text.as_bytes());
    let Submission::Done(done) = submission else { panic!() };
    assert_eq!(done.usage, [Usage { unit: Unit::Millisecond, quantity: 3000 }]);
    let [transcript, words] = done.outputs.as_slice() else { panic!() };
    assert_eq!((transcript.kind, words.kind), (Kind::Transcript, Kind::Words));
    assert_eq!(transcript.content, Content::Bytes(b"hi\nhi".to_vec()));
    let Content::Bytes(words) = &words.content else { panic!() };
    let words: Value = serde_json::from_slice(words).unwrap();
    assert_eq!(words[1], json!({ "text": "hi", "start_ms": 500, "end_ms": 750, "speaker": 1 }));

    let image = call(Tool::ImageGen, "gemini-3-pro-image");
    for (body, expected) in [
        (json!({ "promptFeedback": { "blockReason": "OTHER" } }), "refused"),
        (json!({ "candidates": [{ "finishReason": "IMAGE_SAFETY" }] }), "refused"),
        (json!({ "candidates": [{ "finishReason": "STOP" }] }), "failed"),
        (json!({}), "unresolved"),
    ] {
        let submission = submitted(Google, &image, 200, &[], body.to_string().as_bytes());
        assert_eq!(outcome(&submission), expected, "{body}");
    }
}
