//! Lists, single assets, links, deletes, and retries that save nothing twice.

mod deletes;
mod links;
mod retries;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use http::Method;
use local::engines::BUCKET;
use model::due::Settings;
use model::{AssetId, Checksum, Status, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tests::{Client, Response, World, eventually, fixture, id};

const ASSETS: &str = "/api/v1/assets";
/// What the SDKs of dialect A call fields.
const ALIASES: [(&str, &str); 4] = [
    ("mime_type", "content_type"),
    ("storage_path", "storage_key"),
    ("media_type", "type"),
    ("size", "file_size"),
];

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn path(asset: &Value) -> String {
    format!("{ASSETS}/{}", text(&asset["id"]))
}

fn time(value: &Value) -> Timestamp {
    text(value).parse().unwrap()
}

/// The asset as dialect B lists it.
fn plain(asset: &Value) -> Value {
    let mut plain = asset.clone();
    for (alias, _) in ALIASES {
        plain.as_object_mut().unwrap().remove(alias);
    }
    plain
}

/// `GET /api/v1/assets`.
async fn list(caller: &Client, query: &str) -> Value {
    caller.get(&format!("{ASSETS}?{query}")).await.expect(200)
}

/// All pages of a list by cursor.
async fn by_cursor(caller: &Client, query: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(caller, &format!("{query}&limit={limit}{cursor}")).await;
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= limit, "{query}");
        items.extend(found.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

/// All pages of a list by number, each with the same totals.
async fn by_number(caller: &Client, query: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    for number in 1.. {
        let page = list(caller, &format!("{query}&limit={limit}&page={number}")).await;
        let (data, meta) = (page["data"].as_array().unwrap(), &page["meta"]);
        let total = usize::try_from(meta["total"].as_u64().unwrap()).unwrap();
        let pages = total.div_ceil(limit);
        let expected = json!({
            "total": total, "page": number, "limit": limit, "pages": pages, "total_pages": pages,
        });
        assert_eq!(meta, &expected, "{query}");
        items.extend(data.iter().cloned());
        if number >= pages {
            assert_eq!(items.len(), total, "{query}");
            break;
        }
    }
    items
}

/// Sets the review state, as a reviewer would.
async fn review(world: &World, caller: &Client, asset: &Value, status: Status, approved: bool) {
    let (store, workspace) = (world.store(), &caller.workspace);
    let read = store.get(workspace, id(&asset["id"])).await.unwrap();
    let mut next = read.clone();
    next.asset.status = status;
    next.asset.approved_version = approved.then_some(1);
    assert!(store.replace(workspace, &read, &next, &Settings::default()).await.unwrap());
}

/// Registers an upload with this checksum and these fields.
async fn register(caller: &Client, checksum: &Checksum, fields: Value) -> Response {
    let mut body = fields;
    body["upload"] = json!({
        "file_name": "a.png", "content_type": "image/png", "checksum_sha256": checksum,
    });
    caller.create(body).await
}

/// Registers and uploads `bytes` with their checksum; the complete asset.
async fn save(caller: &Client, bytes: &[u8], fields: Value) -> Value {
    let created = register(caller, &Checksum::of(bytes), fields).await.expect(201);
    assert_eq!(caller.put(&created["upload"], bytes.to_vec()).await.status, 200);
    caller.complete(text(&created["data"]["id"])).await
}

/// A link to the asset, and when it says that it expires.
async fn sign(caller: &Client, asset: &Value, query: &str) -> (String, Timestamp) {
    let answer = caller.get(&format!("{}/signed-url?{query}", path(asset))).await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let link = answer.expect(200)["data"].clone();
    (text(&link["url"]).to_owned(), time(&link["expires_at"]))
}

/// A parameter of a URL, as it is written there.
fn param<'a>(url: &'a str, name: &str) -> &'a str {
    let mut pairs = url.split_once('?').unwrap().1.split('&').filter_map(|p| p.split_once('='));
    pairs.find(|(known, _)| *known == name).unwrap().1
}

/// A new asset without a file; its id.
async fn step(caller: &Client) -> AssetId {
    let generation = json!({ "status": "failed" });
    let body = json!({ "type": "copy", "model": "m", "title": "Title", "generation": generation });
    id(&caller.create(body).await.expect(201)["data"]["id"])
}

/// An id that no asset has.
fn unused_id() -> Value {
    json!(AssetId::generate(Timestamp::from_millis(1_767_225_600_000)))
}

/// Rolls that look random and are the same in every run (Knuth's linear congruential generator).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

/// Facets, and values that assets have; the last of each no asset has.
const FACETS: [(&str, &[&str]); 9] = [
    ("type", &["image", "audio", "copy", "video"]),
    ("provider", &["fal", "elevenlabs", "Ünï & co+%", "none"]),
    ("model", &["flux", "v3 turbo", "none"]),
    ("tool", &["tts", "image_gen", "none"]),
    ("execution_id", &["e:1", "e:2", "e:3", "none"]),
    ("agent_id", &["a.1", "a.2", "none"]),
    ("conversation_id", &["c-1", "c-2", "none"]),
    ("run_id", &["r_1", "r_2", "r_3", "none"]),
    ("campaign_id", &["k1", "k2", "none"]),
];
const TITLES: [&str; 4] = ["Hero Banner", "HERO clip", "Straße & Été", "100% +1"];
const SEARCHES: [&str; 8] = ["hero", "HERO", "éTÉ", "ß", "%", "+", ".TXT", "nowhere"];

/// Some sixty assets with random facets, oldest first, each as it is read by itself.
async fn stock(world: &World, caller: &Client, dice: &mut Dice) -> Vec<Value> {
    let mut assets = Vec::new();
    for _ in 0..60 {
        let content_type = dice.pick(&["text/plain", "text/markdown"]);
        let mut body = json!({ "content": "text", "content_type": content_type });
        for (name, values) in FACETS {
            if dice.roll(3) > 0 {
                body[name] = json!(values[dice.roll(values.len() - 1)]);
            }
        }
        for name in ["title", "prompt"] {
            if dice.roll(2) == 0 {
                body[name] = json!(dice.pick(&TITLES));
            }
        }
        let asset = caller.create(body).await.expect(201)["data"].clone();
        let status = *dice.pick(&Status::ALL);
        review(world, caller, &asset, status, dice.roll(2) == 0).await;
        assets.push(caller.get(&path(&asset)).await.expect(200)["data"].clone());
    }
    assets.sort_by_key(|asset| id(&asset["id"]));
    assets
}

/// What a list is asked for.
#[derive(Default)]
struct Asked {
    facets: BTreeMap<&'static str, Vec<&'static str>>,
    approved: bool,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    search: Option<&'static str>,
    ascending: bool,
}

impl Asked {
    fn random(dice: &mut Dice, assets: &[Value]) -> Self {
        let mut asked = Self { ascending: dice.roll(2) == 0, ..Self::default() };
        for _ in 0..dice.roll(4) {
            let (name, values) = *dice.pick(&FACETS);
            asked.facets.insert(name, (0..=dice.roll(3)).map(|_| *dice.pick(values)).collect());
        }
        if dice.roll(4) == 0 {
            let values = (0..=dice.roll(2)).map(|_| dice.pick(&Status::ALL).as_str());
            asked.facets.insert("status", values.collect());
        }
        let near = |dice: &mut Dice| {
            let created_at = time(&dice.pick(assets)["created_at"]);
            created_at.plus(*dice.pick(&[-1, 0, 1]))
        };
        asked.from = (dice.roll(4) == 0).then(|| near(dice));
        asked.to = (dice.roll(4) == 0).then(|| near(dice));
        if asked.from.is_some() && asked.to.is_some() && asked.from > asked.to {
            std::mem::swap(&mut asked.from, &mut asked.to);
        }
        asked.search = (dice.roll(4) == 0).then(|| *dice.pick(&SEARCHES));
        asked.approved = dice.roll(5) == 0;
        asked
    }

    /// As a query: names by their aliases or not, values repeated or comma-separated.
    fn query(&self, dice: &mut Dice) -> String {
        let mut pairs = Vec::new();
        for (name, values) in &self.facets {
            let encoded = values.iter().map(|v| utf8_percent_encode(v, NON_ALPHANUMERIC));
            let encoded: Vec<_> = encoded.map(|value| value.to_string()).collect();
            let name = if *name == "type" { dice.pick(&["type", "media_type"]) } else { name };
            if dice.roll(2) == 0 {
                pairs.push(format!("{name}={}", encoded.join(",")));
            } else {
                pairs.extend(encoded.iter().map(|value| format!("{name}={value}")));
            }
        }
        pairs.extend(self.from.map(|at| format!("{}={at}", dice.pick(&["from", "created_from"]))));
        pairs.extend(self.to.map(|at| format!("{}={at}", dice.pick(&["to", "created_to"]))));
        let search = self.search.map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
        pairs.extend(search.map(|text| format!("q={text}")));
        pairs.extend(self.approved.then(|| "approved=true".to_owned()));
        if self.ascending {
            pairs.push("order=asc".to_owned());
        } else if dice.roll(2) == 0 {
            pairs.push("order=desc".to_owned());
        }
        pairs.join("&")
    }

    /// What the list must show of `assets`, which come oldest first.
    fn answer(&self, assets: &[Value]) -> Vec<Value> {
        let mut found: Vec<_> = assets.iter().filter(|asset| self.fits(asset)).cloned().collect();
        if !self.ascending {
            found.reverse();
        }
        found
    }

    fn fits(&self, asset: &Value) -> bool {
        let has = |name: &str, text: &str| {
            asset[name].as_str().is_some_and(|field| field.to_lowercase().contains(text))
        };
        let created = time(&asset["created_at"]);
        self.facets.iter().all(|(name, values)| values.iter().any(|value| asset[name] == *value))
            && (!self.approved || asset["approved_version"].is_number())
            && self.from.is_none_or(|from| from <= created)
            && self.to.is_none_or(|to| created < to)
            && self.search.map(str::to_lowercase).is_none_or(|text| {
                ["title", "prompt", "file_name"].iter().any(|name| has(name, &text))
            })
    }
}

#[tokio::test]
async fn lists_show_what_a_look_at_every_asset_finds() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let mut dice = Dice(1);
    let assets = stock(&world, &acme, &mut dice).await;
    other.write("not acme's", json!({ "type": "image", "provider": "fal" })).await;
    let mut found = 0;
    for _ in 0..250 {
        let asked = Asked::random(&mut dice, &assets);
        let (query, expected) = (asked.query(&mut dice), asked.answer(&assets));
        let limit = expected.len().div_ceil(4).max(1) + dice.roll(10);
        assert_eq!(by_number(&acme, &query, limit).await, expected, "{query}");
        let expected: Vec<_> = expected.iter().map(plain).collect();
        assert_eq!(by_cursor(&acme, &query, limit).await, expected, "{query}");
        found += usize::from(!expected.is_empty());
    }
    assert!(found > 100, "{found} of the queries find something");
}

#[tokio::test]
async fn a_list_neither_skips_nor_repeats_what_stays_while_others_come_and_go() {
    let world = World::start().await;
    let mut dice = Dice(2);
    for (n, filter) in ["", "type=copy,image", "model=m&q=title"].iter().enumerate() {
        for order in ["asc", "desc"] {
            let acme = world.workspace(&format!("acme-{n}-{order}")).await;
            let mut stays = BTreeSet::new();
            for _ in 0..24 {
                stays.insert(step(&acme).await);
            }
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let query = format!("{filter}&order={order}&limit=3{cursor}");
                let page = list(&acme, &query).await;
                seen.extend(page["items"].as_array().unwrap().iter().map(|item| id(&item["id"])));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
                // One anywhere, and the one that the cursor stands on.
                let anywhere = stays.iter().nth(dice.roll(stays.len())).copied();
                for gone in anywhere.into_iter().chain(seen.last().copied()) {
                    if stays.remove(&gone) {
                        let deleted = acme.delete(&format!("{ASSETS}/{gone}")).await;
                        assert_eq!(deleted.status, 204);
                    }
                }
                step(&acme).await;
            }
            assert!(seen.is_sorted_by(|a, b| if order == "asc" { a < b } else { a > b }));
            assert!(stays.iter().all(|id| seen.contains(id)), "{filter} {order}");
        }
    }
}

#[tokio::test]
async fn a_list_by_cursor_has_items_and_always_a_cursor() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    assert_eq!(list(&acme, "").await, json!({ "items": [], "next_cursor": null }));
    let old = acme.upload("a.png", fixture("sample.png")).await;
    let new = acme.upload("b.png", fixture("sample.png")).await;
    let first = list(&acme, "limit=1").await;
    assert_eq!(first["items"], json!([plain(&new)]));
    let cursor = text(&first["next_cursor"]);
    let second = list(&acme, &format!("limit=1&cursor={cursor}")).await;
    assert_eq!(second, json!({ "items": [plain(&old)], "next_cursor": null }));
}

#[tokio::test]
async fn a_list_by_number_has_data_with_aliases_and_meta() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let meta = |total: u64, page: u64, limit: u64, pages: u64| {
        json!({
            "total": total, "page": page, "limit": limit, "pages": pages, "total_pages": pages,
        })
    };
    let empty = json!({ "data": [], "meta": meta(0, 1, 20, 0) });
    assert_eq!(list(&acme, "page=1").await, empty);
    let mut assets = Vec::new();
    for name in ["a.png", "b.png", "c.png"] {
        assets.insert(0, acme.upload(name, fixture("sample.png")).await);
    }
    for (alias, name) in ALIASES {
        assert!(!assets[0][name].is_null() && assets[0][alias] == assets[0][name], "{alias}");
    }
    let second = json!({ "data": [assets[2]], "meta": meta(3, 2, 2, 2) });
    assert_eq!(list(&acme, "page=2&limit=2").await, second);
    let beyond = json!({ "data": [], "meta": meta(3, 3, 2, 2) });
    assert_eq!(list(&acme, "page=3&limit=2").await, beyond);
}

#[tokio::test]
async fn lists_without_a_limit_have_50_items_or_pages_of_20() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for _ in 0..51 {
        step(&acme).await;
    }
    assert_eq!(list(&acme, "").await["items"].as_array().unwrap().len(), 50);
    assert_eq!(list(&acme, "limit=200").await["items"].as_array().unwrap().len(), 51);
    assert_eq!(list(&acme, "page=1").await["data"].as_array().unwrap().len(), 20);
    assert_eq!(list(&acme, "page=1&limit=100").await["data"].as_array().unwrap().len(), 51);
}

#[tokio::test]
async fn what_has_no_value_is_left_out_and_times_are_in_utc_with_milliseconds() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let expires_at = "2999-01-31T10:00:00.5+02:00";
    acme.write("text", json!({ "expires_at": expires_at, "title": null })).await;
    let failed = json!({ "type": "image", "generation": { "status": "failed" } });
    let failed = acme.create(failed).await.expect(201)["data"].clone();
    let one = acme.get(&path(&failed)).await.expect(200)["data"].clone();
    let mut assets = vec![failed, one];
    assets.extend(list(&acme, "").await["items"].as_array().unwrap().clone());
    assets.extend(list(&acme, "page=1").await["data"].as_array().unwrap().clone());
    for asset in &assets {
        assert!(asset.as_object().unwrap().values().all(|value| !value.is_null()), "{asset}");
        for name in ["created_at", "updated_at", "expires_at"] {
            let Some(at) = asset[name].as_str() else { continue };
            assert_eq!(at.parse::<Timestamp>().unwrap().to_string(), at);
            assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
        }
    }
    assert_eq!(assets[3]["expires_at"], "2999-01-31T08:00:00.500Z");
}

#[tokio::test]
async fn speech_is_audio() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let spoken = acme.write("text", json!({ "type": "speech" })).await;
    assert_eq!(spoken["type"], "audio");
    acme.write("text", json!({})).await;
    for query in ["type=speech", "media_type=speech", "type=audio", "type=video,speech"] {
        assert_eq!(acme.list(query).await, [id(&spoken["id"])], "{query}");
    }
}

#[tokio::test]
async fn dates_include_their_start_and_exclude_their_end_to_the_millisecond() {
    let world = World::in_process().await;
    let acme = world.workspace("acme").await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(acme.write("text", json!({})).await);
        world.pass(Duration::from_hours(24));
    }
    let [first, second, third] = [0, 1, 2].map(|n| id(&made[n]["id"]));
    let at = time(&made[1]["created_at"]);
    let day = at.to_string()[..10].to_owned();
    let elsewhere = at.to_string().replace('Z', "%2B00:00");
    for (query, expected) in [
        (format!("created_from={at}"), vec![third, second]),
        (format!("created_from={}", at.plus(1)), vec![third]),
        (format!("created_to={at}"), vec![first]),
        (format!("created_to={}", at.plus(1)), vec![second, first]),
        (format!("from={at}&to={}", at.plus(1)), vec![second]),
        (format!("from={elsewhere}&to={}", at.plus(1)), vec![second]),
        (format!("from={at}&to={at}"), vec![]),
        (format!("from={day}"), vec![third, second]),
        (format!("to={day}"), vec![first]),
        ("from=1970-01-01&to=9998-12-31".to_owned(), vec![third, second, first]),
        ("to=1970-01-01".to_owned(), vec![]),
        ("from=9998-12-31".to_owned(), vec![]),
    ] {
        assert_eq!(acme.list(&query).await, expected, "{query}");
        let page = list(&acme, &format!("{query}&page=1")).await;
        assert_eq!(page["meta"]["total"], expected.len(), "{query}");
    }
}
