//! What is asked for is made, and kept as it was made.

use providers::Provider::{Fal, OpenAi, Replicate, Runway, Stability};
use providers::Tool;
use serde_json::{Value, json};

use crate::bench::{Asked, Bench, KEY, all, fake};
use crate::cases::{AT_ONCE, LATER};

/// The text of all of the stand-in's transcripts.
const WORDS: &[u8] = b"the quick brown fox";

#[tokio::test]
async fn every_tool_of_every_provider_makes_an_asset_of_what_it_is_asked_for() {
    let bench = Bench::new().await;
    let asked = bench.ask_all(all(), "outcome:slow=1").await;
    let (mut spent, mut made) = (0, Vec::new());
    for asked in &asked {
        let generation = bench.in_state(asked, "succeeded").await;
        assert_eq!(asked.submissions(), 1, "{:?}", asked.case);
        kept(&bench, asked, &generation).await;
        spent += generation["cost_micro_usd"].as_u64().unwrap();
        assert!(generation.get("reserved_micro_usd").is_none(), "{generation}");
        assert!(generation.get("at_risk_until").is_none(), "{generation}");
        made.push(generation);
    }
    assert_eq!(bench.books().await, (spent, spent));
    // The files' own events change nothing.
    bench.world.deliver().await;
    for (asked, made) in asked.iter().zip(made) {
        assert_eq!(bench.read(asked).await, made);
    }
    no_file_host_has_seen_a_key();
}

/// Checks the assets of a generation that has succeeded.
async fn kept(bench: &Bench, asked: &Asked, generation: &Value) {
    let (provider, tool, model, kind) = asked.case;
    let assets = generation["assets"].as_array().unwrap();
    assert_eq!(assets.len(), if kind == "words" { 2 } else { 1 }, "{generation}");
    assert_eq!(assets[0]["id"], asked.generation["asset_ids"][0]);
    for asset in assets {
        for (field, value) in [
            ("provider", provider.as_str().into()),
            ("model", model.into()),
            ("tool", tool.as_str().into()),
            ("status", json!("draft")),
            ("upload_status", json!("complete")),
            ("type", type_of(tool).into()),
        ] {
            assert_eq!(asset[field], value, "{field}: {asset}");
        }
        assert_eq!(asset["generation"]["id"], generation["id"]);
        assert_eq!(asset["generation"]["status"], "succeeded");
        match generation["inputs"].get(0).and_then(|input| input.get("asset_id")) {
            Some(parent) => assert_eq!(asset["parents"], json!([parent])),
            None => assert!(asset.get("parents").is_none_or(|parents| *parents == json!([]))),
        }
    }
    let bytes = bench.bytes_of(&assets[0]).await;
    let media_type = assets[0]["content_type"].as_str().unwrap();
    match kind {
        "words" | "text" => {
            assert_eq!(bytes, WORDS);
            assert!(media_type.starts_with("text/plain"), "{media_type}");
        }
        kind => {
            assert_eq!(bytes, fake().media(kind), "{generation}");
            assert_eq!(media_type, media_type_of(kind));
        }
    }
    if kind == "words" {
        let words: Value = serde_json::from_slice(&bench.bytes_of(&assets[1]).await).unwrap();
        assert_eq!((&words[1]["text"], &words[1]["start_ms"]), (&json!("quick"), &json!(100)));
    }
    match provider {
        // As it counts, at the price of the catalogue.
        Stability => {
            assert_eq!(generation["cost_source"], "reported");
            assert_eq!(generation["usage"], json!([{ "unit": "image", "quantity": 1 }]));
        }
        // It counts what the catalogue has no price for.
        Runway => {
            assert_eq!(generation["cost_source"], "estimated");
            assert_eq!(generation["usage"], json!([{ "unit": "credit", "quantity": 25 }]));
        }
        Fal | Replicate => assert_eq!(generation["progress"]["phase"], "working", "{generation}"),
        _ => {}
    }
}

fn type_of(tool: Tool) -> &'static str {
    match tool {
        Tool::Tts => "audio",
        Tool::Stt => "transcript",
        Tool::ImageGen | Tool::ImageEdit => "image",
        Tool::VideoGen | Tool::VideoFromImage => "video",
    }
}

fn media_type_of(kind: &str) -> &'static str {
    match kind {
        "png" => "image/png",
        "jpeg" => "image/jpeg",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        _ => "video/mp4",
    }
}

fn no_file_host_has_seen_a_key() {
    for entry in fake().requests("-files") {
        let is_file = entry["service"].as_str().unwrap().ends_with("-files");
        let headers = entry["headers"].to_string().to_lowercase();
        assert!(!is_file || !headers.contains(KEY), "{}", entry["path"]);
    }
}

#[tokio::test]
async fn several_outputs_are_several_assets_that_share_the_cost() {
    let bench = Bench::new().await;
    let asked = bench.ask_with(AT_ONCE[6], "", json!({ "count": 3 })).await;
    assert_eq!(
        (asked.case.0, asked.generation["asset_ids"].as_array().unwrap().len()),
        (OpenAi, 3)
    );
    let made = bench.in_state(&asked, "succeeded").await;
    assert_eq!((&made["asset_ids"], asked.submissions()), (&asked.generation["asset_ids"], 1));
    let cost = made["cost_micro_usd"].as_f64().unwrap();
    for asset in made["assets"].as_array().unwrap() {
        assert_eq!(bench.bytes_of(asset).await, fake().media("png"));
        let share = asset["generation"]["cost_usd"].as_f64().unwrap();
        assert!((share * 3_000_000.0 - cost).abs() < 3.0, "{share} of {cost}");
    }
}

#[tokio::test]
async fn where_less_is_made_than_was_asked_for_the_other_assets_are_given_up() {
    let bench = Bench::new().await;
    let asked = bench.ask_with(LATER[7], "", json!({ "count": 2 })).await;
    let made = bench.in_state(&asked, "succeeded").await;
    assert_eq!(made["asset_ids"].as_array().unwrap().len(), 1, "{made}");
    assert_eq!(bench.status_of(&asked.asset()).await, 200);
    let other = asked.generation["asset_ids"][1].as_str().unwrap();
    assert_eq!(bench.status_of(&format!("/api/v1/assets/{other}")).await, 404);
}
