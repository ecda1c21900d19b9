//! Limits and prices.

use std::collections::BTreeSet;

use providers::Provider::{Deepgram, DreamMachine, Fal, OpenAi, Runway, Stability};
use providers::{
    Call, Catalogue, Order, Parameter, Provider, Role, Shared, Source, Tool, Unit, Usage,
};

use crate::{access, built_in, call, fitting, sent, with_bytes};

/// The error of a call.
fn unfit(provider: Provider, call: &Call) -> String {
    sent(provider, call, None).unwrap_err().to_string()
}

#[test]
fn errors_name_the_limit() {
    let mut image = call(Tool::ImageGen, "gpt-image-1-mini");
    image.shared.count = Some(11);
    let expected = "count: 11 is too much, and gpt-image-1-mini takes 10 at the most";
    assert_eq!(unfit(OpenAi, &image), expected);
    image.shared = Shared { size: Some("9x9".to_owned()), ..Shared::default() };
    let expected = "size: gpt-image-1-mini takes one of auto, 1024x1024, 1024x1536, 1536x1024";
    assert_eq!(unfit(OpenAi, &image), expected);
    image.shared = Shared { seed: Some(1), ..Shared::default() };
    let expected = "seed: gpt-image-1-mini does not take it; of these it takes: size, aspect_ratio, format, count";
    assert_eq!(unfit(OpenAi, &image), expected);
    image.shared = Shared::default();
    image.prompt = "a".repeat(32_001);
    assert_eq!(unfit(OpenAi, &image), "prompt: 32001 characters, and gpt-image-1-mini takes 32000");
    image.prompt = " ".to_owned();
    assert_eq!(unfit(OpenAi, &image), "prompt: gpt-image-1-mini needs one for image_gen");

    let film = call(Tool::VideoFromImage, "gen4_turbo");
    assert_eq!(unfit(Runway, &film), "inputs: video_from_image needs an image");
    let film = with_bytes(with_bytes(film, Role::Image), Role::Image);
    assert_eq!(unfit(Runway, &film), "inputs: 2 of image, and gen4_turbo takes 1");
    let mut film = with_bytes(call(Tool::VideoFromImage, "gen4_turbo"), Role::Image);
    film.inputs[0].source = Source::Bytes(vec![0; 3_300_001]);
    let expected = "inputs: image of 3300001 bytes, and gen4_turbo takes 3300000";
    assert_eq!(unfit(Runway, &film), expected);
    let film = call(Tool::VideoGen, "gen4.5");
    assert_eq!(unfit(Runway, &film), "duration_seconds: gen4.5 needs one");

    assert_eq!(unfit(Deepgram, &call(Tool::ImageGen, "x")), "provider: deepgram has no image_gen");
    let expected = "model: dream_machine has these for video_gen: ray-2, ray-flash-2";
    assert_eq!(unfit(DreamMachine, &call(Tool::VideoGen, "ray-9")), expected);
    for bad in ["", "*", "../../v1/x", "fal-ai//x", "fal-ai/x?y", "fal-ai/./x", "a b"] {
        assert!(unfit(Fal, &call(Tool::ImageGen, bad)).starts_with("model: "), "{bad}");
    }
    let mut image = call(Tool::ImageGen, "fal-ai/flux/dev");
    image.shared.size = Some("large".to_owned());
    let expected = "size: expected a width and a height, such as 1024x1024";
    assert_eq!(unfit(Fal, &image), expected);
}

#[test]
fn every_entry_can_be_ordered() {
    let catalogue = built_in();
    let mut providers = BTreeSet::new();
    for (provider, tool, name, model) in catalogue.entries() {
        providers.insert(provider);
        let fitting = fitting(provider, tool, name, model);
        assert!(sent(provider, &fitting, None).is_ok(), "{} {name}", provider.as_str());
        // Each parameter that is taken, alone: some say the same.
        for (parameter, rule) in &model.takes {
            let first = rule.one_of.iter().chain(rule.words.keys()).next().cloned();
            let number =
                first.as_ref().and_then(|text| text.parse().ok()).or(rule.least).or(Some(5));
            let text = first.or_else(|| Some("512x512".to_owned()));
            let mut call = fitting.clone();
            match parameter {
                Parameter::Size => call.shared.size = text,
                Parameter::AspectRatio => call.shared.aspect_ratio = text,
                Parameter::DurationSeconds => call.shared.duration_seconds = number,
                Parameter::Voice => call.shared.voice = text,
                Parameter::Format => call.shared.format = text,
                Parameter::Seed => call.shared.seed = number,
                Parameter::Count => call.shared.count = number,
            }
            let request = sent(provider, &call, None);
            assert!(request.is_ok(), "{} {name} {parameter:?}: {request:?}", provider.as_str());
        }
    }
    // The demo's models come with the demo.
    let all = Provider::ALL.into_iter().filter(|provider| *provider != Provider::Demo);
    assert!(providers.into_iter().eq(all));
}

#[test]
fn prices_are_integers_and_may_be_unknown() {
    let catalogue = built_in();
    let core = catalogue.model(Stability, Tool::ImageGen, "core").unwrap();
    assert_eq!(core.cost(&call(Tool::ImageGen, "core").expected()), Some(30_000));
    assert_eq!(core.cost(&[]), None);
    let mini = catalogue.model(OpenAi, Tool::ImageGen, "gpt-image-1-mini").unwrap();
    let usage = |unit, quantity| Usage { unit, quantity };
    // 13 × 2 and 272 × 8.
    let cost = mini.cost(&[usage(Unit::InputToken, 13), usage(Unit::OutputToken, 272)]);
    assert_eq!(cost, Some(2_202));
    assert_eq!(mini.cost(&[usage(Unit::InputToken, 13)]), None);
    assert_eq!(
        mini.cost(&[usage(Unit::InputToken, u64::MAX), usage(Unit::OutputToken, u64::MAX)]),
        None
    );
    let unpriced = catalogue.model(OpenAi, Tool::ImageGen, "gpt-image-2").unwrap();
    assert_eq!(unpriced.cost(&[usage(Unit::Image, 1)]), None);
}

#[test]
fn prices_have_a_day_and_a_source() {
    for (_, _, name, model) in built_in().entries() {
        for price in &model.prices {
            let day = format!("{}T00:00:00Z", price.on).parse::<domain::Timestamp>();
            assert!(day.is_ok() && !price.source.is_empty(), "{name}");
        }
    }
}

#[test]
fn an_operator_can_put_another_text_in_its_place() {
    let text = r#"
        [fal.image_gen."acme/flux"]
        prompt = { most = 5 }
        prices = [{ unit = "image", micro_usd = 1, per = 3, on = "2026-11-28", source = "contract" }]
    "#;
    let catalogue = Catalogue::parse(text).unwrap();
    let (access, call) = (access(Fal), call(Tool::ImageGen, "acme/flux"));
    assert!(Order::new(&catalogue, Fal, &call, &access, None).is_err());
    let model = catalogue.model(Fal, Tool::ImageGen, "acme/flux").unwrap();
    // Rounded up.
    assert_eq!(model.cost(&call.expected()), Some(1));
    let both = built_in().clone().with(catalogue);
    assert_eq!(both.entries().count(), built_in().entries().count() + 1);
    assert_eq!(both.model(Fal, Tool::ImageGen, "acme/flux").unwrap().prompt.most, Some(5));
    for bad in [
        "[fal.image_gen.\"x\"]\nprize = 1",
        "[fax.image_gen.\"x\"]",
        "[fal.image_gen.\"x\"]\nprices = [{ unit = \"image\", micro_usd = 0.5, on = \"\", source = \"\" }]",
        "[fal.image_gen.\"x\"]\nprices = [{ unit = \"image\", micro_usd = 1, per = 0, on = \"\", source = \"\" }]",
    ] {
        assert!(Catalogue::parse(bad).is_err(), "{bad}");
    }
}
