//! Requests, as they are sent.

use providers::Provider::{
    Deepgram, DreamMachine, ElevenLabs, Fal, Google, Luma, OpenAi, Replicate, Runway, Stability,
};
use providers::{Body, Part, Provider, Role, Shared, Source, Tool};
use serde_json::{Value, json};

use crate::{call, json_of, sent, with_bytes, with_url};

/// A short form of a part: its name, and its text or its media type.
fn told(part: &Part) -> (String, String) {
    let text = String::from_utf8_lossy(&part.data).into_owned();
    (part.name.clone(), part.file.clone().unwrap_or(text))
}

fn form(provider: Provider, call: &providers::Call) -> Vec<(String, String)> {
    match sent(provider, call, None).unwrap().body {
        Body::Form(parts) => parts.iter().map(told).collect(),
        _ => panic!("not a form"),
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn the_key_goes_along_as_each_wants_it() {
    for (provider, tool, model, name, value) in [
        (ElevenLabs, Tool::Tts, "eleven_v3", "xi-api-key", "k3y"),
        (Deepgram, Tool::Tts, "aura-2-thalia-en", "authorization", "Token k3y"),
        (Fal, Tool::ImageGen, "fal-ai/flux/dev", "authorization", "Key k3y"),
        (Replicate, Tool::ImageGen, "acme/flux", "authorization", "Bearer k3y"),
        (Google, Tool::ImageGen, "gemini-3-pro-image", "x-goog-api-key", "k3y"),
    ] {
        let mut call = call(tool, model);
        call.shared.voice = (provider == ElevenLabs).then(|| "voice".to_owned());
        let request = sent(provider, &call, None).unwrap();
        let found = request.headers.iter().find(|(known, _)| *known == name).unwrap();
        assert_eq!(found.1.expose(), value);
        assert!(!format!("{request:?}").contains("k3y"));
    }
}

#[test]
fn elevenlabs_says_its_voice_in_the_path() {
    let mut speech = call(Tool::Tts, "eleven_multilingual_v2");
    speech.shared = Shared {
        voice: Some("21m00/..".to_owned()),
        format: Some("wav".to_owned()),
        seed: Some(7),
        ..Shared::default()
    };
    speech.parameters.insert("language_code".to_owned(), json!("en"));
    let request = sent(ElevenLabs, &speech, None).unwrap();
    assert_eq!(
        request.url,
        "https://api.elevenlabs.io/v1/text-to-speech/21m00%2F..?output_format=wav_44100"
    );
    let expected = json!({ "text": "a lighthouse", "model_id": "eleven_multilingual_v2", "seed": 7, "language_code": "en" });
    assert!(matches!(request.body, Body::Json(body) if body == expected));
    let heard = with_url(call(Tool::Stt, "scribe_v2"), Role::Audio, "https://a.example/a.mp3");
    let expected = [("model_id", "scribe_v2"), ("source_url", "https://a.example/a.mp3")];
    assert_eq!(form(ElevenLabs, &heard), pairs(&expected));
    let request = sent(ElevenLabs, &heard, Some("https://b.example/hook")).unwrap();
    assert!(
        matches!(request.body, Body::Form(parts) if told(&parts[2]) == ("webhook".into(), "true".into()))
    );
}

#[test]
fn deepgram_is_asked_by_its_query() {
    let mut speech = call(Tool::Tts, "aura-2");
    speech.shared.voice = Some("thalia-en".to_owned());
    speech.shared.format = Some("wav".to_owned());
    let request = sent(Deepgram, &speech, None).unwrap();
    assert_eq!(
        request.url,
        "https://api.deepgram.com/v1/speak?model=aura-2-thalia-en&encoding=linear16&container=wav"
    );
    let mut heard = with_bytes(call(Tool::Stt, "nova-3"), Role::Audio);
    heard.parameters.insert("keyterm".to_owned(), json!(["a b", "c"]));
    let request = sent(Deepgram, &heard, Some("https://b.example/hook")).unwrap();
    assert_eq!(
        request.url,
        "https://api.deepgram.com/v1/listen?model=nova-3&keyterm=a+b&keyterm=c"
    );
    assert!(matches!(request.body, Body::Bytes { data, .. } if data == [0, 1, 2]));
}

#[test]
fn openai_takes_bytes_in_its_order() {
    let edit =
        with_bytes(with_bytes(call(Tool::ImageEdit, "gpt-image-2"), Role::Image), Role::Image);
    let expected = [
        ("prompt", "a lighthouse"),
        ("model", "gpt-image-2"),
        ("image[]", "image/png"),
        ("image[]", "image/png"),
    ];
    assert_eq!(form(OpenAi, &edit), pairs(&expected));
    let mut image = call(Tool::ImageGen, "gpt-image-1-mini");
    image.shared.aspect_ratio = Some("3:2".to_owned());
    image.shared.count = Some(2);
    let expected = json!({ "model": "gpt-image-1-mini", "prompt": "a lighthouse", "n": 2, "size": "1536x1024" });
    assert_eq!(json_of(OpenAi, &image), expected);
    image.shared.size = Some("1024x1024".to_owned());
    assert_eq!(sent(OpenAi, &image, None).unwrap_err().parameter, "aspect_ratio");
    let by_url =
        with_url(call(Tool::ImageEdit, "gpt-image-2"), Role::Image, "https://a.example/a.png");
    assert_eq!(sent(OpenAi, &by_url, None).unwrap_err().parameter, "inputs");
}

#[test]
fn stability_takes_a_form() {
    let mut image = call(Tool::ImageGen, "sd3.5-large");
    image.shared.seed = Some(7);
    let request = sent(Stability, &image, None).unwrap();
    assert_eq!(request.url, "https://api.stability.ai/v2beta/stable-image/generate/sd3");
    let expected = [("prompt", "a lighthouse"), ("model", "sd3.5-large"), ("seed", "7")];
    assert_eq!(form(Stability, &image), pairs(&expected));
    let mut cut_out = with_bytes(call(Tool::ImageEdit, "remove-background"), Role::Image);
    cut_out.prompt = String::new();
    assert_eq!(form(Stability, &cut_out), pairs(&[("image", "image/png")]));
}

#[test]
fn fal_and_replicate_take_what_their_models_call_it() {
    let mut film =
        with_bytes(call(Tool::VideoFromImage, "fal-ai/pika/v2.2/image-to-video"), Role::Image);
    film.shared.duration_seconds = Some(5);
    let request = sent(Fal, &film, Some("https://b.example/hook?a=b")).unwrap();
    assert_eq!(
        request.url,
        "https://queue.fal.run/fal-ai/pika/v2.2/image-to-video?fal_webhook=https%3A%2F%2Fb.example%2Fhook%3Fa%3Db"
    );
    let expected = json!({ "prompt": "a lighthouse", "image_url": "data:image/png;base64,AAEC", "duration": 5 });
    assert!(matches!(request.body, Body::Json(body) if body == expected));
    let mut image = call(Tool::ImageGen, "fal-ai/flux/dev");
    image.shared.size = Some("512x768".to_owned());
    let body = json_of(Fal, &image);
    assert_eq!(body["image_size"], json!({ "width": 512, "height": 768 }));

    let edit = with_url(
        call(Tool::ImageEdit, "black-forest-labs/flux-kontext-pro"),
        Role::Image,
        "https://a.example/a.png",
    );
    let request = sent(Replicate, &edit, Some("https://b.example/hook")).unwrap();
    assert_eq!(
        request.url,
        "https://api.replicate.com/v1/models/black-forest-labs/flux-kontext-pro/predictions"
    );
    let expected = json!({
        "input": { "prompt": "a lighthouse", "input_image": "https://a.example/a.png" },
        "webhook": "https://b.example/hook",
        "webhook_events_filter": ["completed"],
    });
    assert!(matches!(request.body, Body::Json(body) if body == expected));
    let request = sent(Replicate, &call(Tool::ImageGen, "acme/flux:0a1b"), None).unwrap();
    assert_eq!(request.url, "https://api.replicate.com/v1/predictions");
    assert!(matches!(request.body, Body::Json(body) if body["version"] == "0a1b"));
}

#[test]
fn films_are_asked_for_as_each_wants_them() {
    let film = |provider, model: &str, last: bool| -> Value {
        let mut film =
            with_url(call(Tool::VideoFromImage, model), Role::Image, "https://a.example/1.png");
        if last {
            film = with_url(film, Role::LastFrame, "https://a.example/2.png");
        }
        film.shared.duration_seconds = Some(5);
        json_of(provider, &film)
    };
    assert_eq!(
        film(Runway, "gen4_turbo", false),
        json!({
            "model": "gen4_turbo", "promptText": "a lighthouse", "promptImage": "https://a.example/1.png",
            "ratio": "1280:720", "duration": 5,
        })
    );
    assert_eq!(film(Runway, "veo3.1", true)["promptImage"][1]["position"], "last");
    assert_eq!(
        film(Luma, "ray-3.2", true),
        json!({
            "model": "ray-3.2", "prompt": "a lighthouse", "type": "video",
            "video": {
                "duration": "5s",
                "start_frame": { "url": "https://a.example/1.png" },
                "end_frame": { "url": "https://a.example/2.png" },
            },
        })
    );
    assert_eq!(
        film(DreamMachine, "ray-2", false)["keyframes"],
        json!({ "frame0": { "type": "image", "url": "https://a.example/1.png" } })
    );
    let mut film = with_bytes(call(Tool::VideoFromImage, "veo-3.1"), Role::Image);
    film.shared.duration_seconds = Some(8);
    assert_eq!(
        json_of(Google, &film),
        json!({
            "model": "veo-3.1", "background": true,
            "input": [
                { "type": "text", "text": "a lighthouse" },
                { "type": "image", "data": "AAEC", "mime_type": "image/png" },
            ],
            "response_format": { "type": "video", "delivery": "uri", "duration": "8s" },
        })
    );
}

#[test]
fn own_parameters_add_and_never_change() {
    let mut film = call(Tool::VideoGen, "ray-3.2");
    film.shared.duration_seconds = Some(5);
    film.parameters.insert("video".to_owned(), json!({ "resolution": "720p" }));
    let video = json_of(Luma, &film)["video"].clone();
    assert_eq!(video, json!({ "duration": "5s", "resolution": "720p" }));
    film.parameters.insert("video".to_owned(), json!({ "duration": "10s" }));
    assert_eq!(sent(Luma, &film, None).unwrap_err().parameter, "parameters.video.duration");
    let mut film = call(Tool::VideoGen, "ray-2");
    film.parameters.insert("callback_url".to_owned(), json!("https://evil.example"));
    assert_eq!(sent(DreamMachine, &film, None).unwrap_err().parameter, "parameters.callback_url");
}

#[test]
fn what_is_debugged_shows_no_link() {
    let source = Source::Url("https://a.example/in.png?X-Amz-Signature=hidden".to_owned());
    assert_eq!(format!("{source:?}"), "https://a.example/in.png");
}
