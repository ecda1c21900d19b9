//! The provider `demo`: a maker of pictures and sounds on a loopback port, in the words of `OpenAI`'s API.
//!
//! What it makes is real, and no more than a demo: a picture with the prompt's words on it, and a tone for each character
//! of a text. It is decided by what it is made from, so that the same call makes the same bytes.

mod picture;
mod sound;

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use model::Clock;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Its models, as rows of the providers' catalogue.
pub const CATALOGUE: &str = include_str!("../demo.toml");

/// The most connections at a time.
pub(crate) const CONNECTIONS: usize = 4;

/// The program's name, which is in what it makes.
pub const SOFTWARE: &str = "Agent Assets demo";

/// The most images of one call.
const IMAGES: u64 = 4;
/// The most characters of a text that is read out: each takes a part of a second.
const CHARACTERS: usize = 4096;

/// A call that cannot be answered.
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

type Answer = Result<Response, Refused>;

/// The API.
pub fn router() -> Router {
    Router::new()
        .route("/v1/images/generations", post(images))
        .route("/v1/audio/speech", post(speech))
        .fallback(async || Refused {
            status: StatusCode::NOT_FOUND,
            code: "unknown_url",
            message: "the demo makes images and speech, and nothing else".to_owned(),
        })
}

/// A call that makes images. Whatever else `OpenAI` knows is refused rather than passed over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Images {
    model: String,
    prompt: String,
    n: Option<u64>,
    size: Option<String>,
    seed: Option<u64>,
}

async fn images(headers: HeaderMap, body: Bytes) -> Answer {
    let call: Images = call(&headers, &body)?;
    of_model(&call.model, "demo-image")?;
    let size = call.size.filter(|size| size != "auto");
    let size = size.map_or(Ok(picture::DEFAULT), |size| picture::size(&size).map_err(invalid))?;
    let count = call.n.unwrap_or(1);
    if !(1..=IMAGES).contains(&count) {
        return Err(invalid(format!("n: expected 1 to {IMAGES}")));
    }
    let seed = call.seed.unwrap_or_default();
    let work = move || {
        let seeds = (0..count).map(|index| seed.wrapping_add(index));
        seeds.map(|seed| picture::draw(&call.prompt, seed, size)).collect::<Result<Vec<_>, _>>()
    };
    let made = tokio::task::spawn_blocking(work).await.map_err(failed)?.map_err(failed)?;
    let image = |png: &Vec<u8>| json!({ "b64_json": BASE64_STANDARD.encode(png) });
    Ok(Json(json!({
        "created": Clock::system().now().seconds(),
        "data": made.iter().map(image).collect::<Vec<Value>>(),
        "output_format": "png",
        "size": format!("{}x{}", size.width, size.height),
    }))
    .into_response())
}

/// A call that reads a text out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speech {
    model: String,
    input: String,
    #[serde(default)]
    voice: String,
    response_format: Option<String>,
}

async fn speech(headers: HeaderMap, body: Bytes) -> Answer {
    let call: Speech = call(&headers, &body)?;
    of_model(&call.model, "demo-speech")?;
    if call.response_format.is_some_and(|format| format != "wav") {
        return Err(invalid("response_format: expected wav"));
    }
    if !(1..=CHARACTERS).contains(&call.input.chars().count()) {
        return Err(invalid(format!("input: expected 1 to {CHARACTERS} characters")));
    }
    let work = move || sound::read_out(&call.input, &call.voice);
    let made = tokio::task::spawn_blocking(work).await.map_err(failed)?;
    Ok(([(CONTENT_TYPE, "audio/wav")], made).into_response())
}

/// The call that a body holds, of somebody with the demo's key.
fn call<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Refused> {
    if headers.get(AUTHORIZATION).is_none_or(|key| key != "Bearer demo") {
        let (status, code) = (StatusCode::UNAUTHORIZED, "invalid_api_key");
        return Err(Refused {
            status,
            code,
            message: "the demo's key is the word demo".to_owned(),
        });
    }
    serde_json::from_slice(body).map_err(|why| invalid(why.to_string()))
}

fn of_model(model: &str, known: &str) -> Result<(), Refused> {
    if model == known { Ok(()) } else { Err(invalid(format!("model: expected {known}"))) }
}

fn invalid(message: impl Into<String>) -> Refused {
    let (status, code) = (StatusCode::BAD_REQUEST, "invalid_value");
    Refused { status, code, message: message.into() }
}

fn failed(why: impl std::fmt::Display) -> Refused {
    tracing::error!(%why, "the demo could not make what it was asked for");
    let (status, code) = (StatusCode::INTERNAL_SERVER_ERROR, "server_error");
    Refused { status, code, message: "the demo could not make it".to_owned() }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        let kind = if status.is_server_error() { "server_error" } else { "invalid_request_error" };
        let error = json!({ "message": message, "type": kind, "param": null, "code": code });
        (status, Json(json!({ "error": error }))).into_response()
    }
}
