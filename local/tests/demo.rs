//! The provider `demo`, asked as every provider is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Cursor;

use axum::Router;
use credentials::{Credentials, FILE};
use local::demo;
use model::{Clock, Timestamp, WorkspaceId};
use objects::media::probe_bytes;
use platform::Environment;
use providers::{
    Answer, Call, Catalogue, Content, Done, Order, Output, Provider, Request, Shared, Submission,
    Tool,
};
use reqwest::Method;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The demo on a loopback port.
async fn started() -> (String, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router: Router = demo::router();
    (url, tokio::spawn(axum::serve(listener, router).into_future()))
}

/// The environment that a laptop's functions have of it.
fn environment(url: &str) -> Environment {
    let catalogue = (credentials::CATALOGUE, demo::CATALOGUE);
    let variables = [(FILE, "none"), ("PROVIDER_DEMO_URL", url), catalogue];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Environment::new(variables.into(), None, Clock::system())
}

fn call(tool: Tool, model: &str, prompt: &str, shared: Shared) -> Call {
    let (inputs, parameters) = (Vec::new(), serde_json::Map::new());
    Call { tool, model: model.to_owned(), prompt: prompt.to_owned(), inputs, shared, parameters }
}

fn image(prompt: &str, shared: Shared) -> Call {
    call(Tool::ImageGen, "demo-image", prompt, shared)
}

async fn send(request: Request) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let method: Method = request.method.as_str().parse().unwrap();
    let mut builder = reqwest::Client::new().request(method, &request.url);
    for (name, value) in &request.headers {
        builder = builder.header(&**name, value.expose());
    }
    let (kind, body) = request.body.encode("").unwrap();
    let response = builder.header("content-type", kind).body(body).send().await.unwrap();
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
    let headers = headers.collect();
    (response.status().as_u16(), headers, response.bytes().await.unwrap().into())
}

/// The meaning of the answer to a call.
async fn submitted(call: &Call) -> Submission {
    let (url, server) = started().await;
    let environment = environment(&url);
    let catalogue: Catalogue = credentials::catalogue(&environment).unwrap();
    let workspace: WorkspaceId = "acme".parse().unwrap();
    let credentials = Credentials::of(&environment).unwrap();
    let access = credentials.access(&workspace, Provider::Demo).await.unwrap().unwrap();
    let order = Order::new(&catalogue, Provider::Demo, call, &access, None).unwrap();
    let (status, headers, body) = send(order.request().unwrap()).await;
    server.abort();
    let answer = Answer { status, headers: &headers, body: &body };
    order.answered(&answer, Timestamp::from_millis(0))
}

/// What a call makes: its files, with their types.
async fn made(call: &Call) -> Vec<(Vec<u8>, String)> {
    let Submission::Done(Done { outputs, .. }) = submitted(call).await else { panic!("{call:?}") };
    let file = |output: Output| match output.content {
        Content::Bytes(bytes) => (bytes, output.media_type.unwrap()),
        Content::Url(url) => panic!("{url}"),
    };
    outputs.into_iter().map(file).collect()
}

#[tokio::test]
async fn an_image_is_a_png_that_says_where_it_comes_from() {
    let shared = Shared { size: Some("640x360".to_owned()), ..Shared::default() };
    let prompt = "A lighthouse at dawn, über\nalles 灯台";
    let files = made(&image(prompt, shared)).await;
    let [(png, kind)] = &files[..] else { panic!("one image") };
    assert_eq!(kind, "image/png");
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let info = reader.info();
    assert_eq!((info.width, info.height), (640, 360));
    let said = |name: &str| {
        let texts = info.uncompressed_latin1_text.iter();
        texts.clone().find(|text| text.keyword == name).map(|text| text.text.clone())
    };
    assert_eq!(said("Software").as_deref(), Some(demo::SOFTWARE));
    assert_eq!(
        said("Comment").as_deref(),
        Some(
            "Made by the demo provider of Agent Assets: shapes and the prompt's words, by no model"
        )
    );
    let description = info.utf8_text[0].get_text().unwrap();
    assert_eq!(description, "A lighthouse at dawn, über alles 灯台");
    // There is writing on it.
    assert!(pixels.chunks(3).filter(|pixel| *pixel == [255; 3]).count() > 1000);
}

#[tokio::test]
async fn the_prompt_and_the_seed_decide_the_image() {
    let seeded = |prompt, seed| image(prompt, Shared { seed, ..Shared::default() });
    let first = made(&seeded("a lighthouse", None)).await;
    assert_eq!(made(&seeded("a lighthouse", None)).await, first);
    assert_eq!(probe_bytes(&first[0].0, None).width, Some(1024));
    assert_ne!(made(&seeded("a lighthouse", Some(7))).await, first);
    assert_ne!(made(&seeded("a lightship", None)).await, first);
    let two = Shared { count: Some(2), ..Shared::default() };
    let two = made(&image("a lighthouse", two)).await;
    assert!(two.len() == 2 && two[0] == first[0] && two[1] != first[0]);
}

#[tokio::test]
async fn every_prompt_and_size_can_be_drawn() {
    let long = "wordwithoutanyspace".repeat(200);
    for prompt in ["a", "\u{0}", "灯台", &long, &"word ".repeat(800)] {
        for (size, width) in [("128x128", 128), ("128x1000", 128), ("1000x128", 1000)] {
            let shared = Shared { size: Some(size.to_owned()), ..Shared::default() };
            let files = made(&image(prompt, shared)).await;
            assert_eq!(probe_bytes(&files[0].0, None).width, Some(width), "{prompt} {size}");
        }
    }
}

#[tokio::test]
async fn speech_is_a_wav_with_a_tone_for_each_character() {
    let text = "Good morning";
    let speech = call(Tool::Tts, "demo-speech", text, Shared::default());
    let files = made(&speech).await;
    let [(wav, kind)] = &files[..] else { panic!("one sound") };
    assert_eq!(kind, "audio/wav");
    let media = probe_bytes(wav, None);
    assert!(media.content_type.contains("wav"), "{media:?}");
    assert_eq!(media.duration_ms, Some(60 * 12));
    let holds = |text: &str| wav.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("LIST") && holds(demo::SOFTWARE) && holds("Made by the demo provider"));
    // 22,050 samples of two bytes a second, and what the file says of itself.
    let samples = 12 * 2 * 22_050 * 60 / 1000;
    assert!((samples..samples + 300).contains(&wav.len()));
    let voiced = Shared { voice: Some("ann".to_owned()), ..Shared::default() };
    assert_ne!(made(&call(Tool::Tts, "demo-speech", text, voiced)).await, files);
}

#[tokio::test]
async fn what_it_does_not_make_is_refused() {
    let large = Shared { size: Some("9000x9000".to_owned()), ..Shared::default() };
    let mut odd = image("a lighthouse", Shared::default());
    odd.parameters.insert("quality".to_owned(), "high".into());
    for (call, expected) in [(image("a lighthouse", large), "size: "), (odd, "`quality`")] {
        let Submission::Failed(loss) = submitted(&call).await else { panic!("{call:?}") };
        assert!(loss.reason.message.contains(expected), "{loss:?}");
    }
    let (url, _server) = started().await;
    let body = r#"{"model": "demo-image", "prompt": "a lighthouse"}"#;
    let images = format!("{url}/v1/images/generations");
    let answer = reqwest::Client::new().post(images).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}
