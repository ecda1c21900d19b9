//! Words that are the same however they are spelled: providers, models, tools, tags, and what is
//! searched for.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, L, M, N, S};
use model::Checksum;
use serde_json::{Value, json};
use tests::{Client, When, World, fixture, id};

#[tokio::test]
async fn a_tag_spelled_in_many_ways_is_one_value_shown_as_first_written() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let tags = json!({ "brand": ["Acme", "acme", " acme", "ACME "] });
    let asset = acme.write("text", json!({ "tags": tags })).await;
    assert_eq!(asset["tags"], json!({ "brand": ["Acme"] }));
    for brand in ["acme", "ACME", "%20Acme%20"] {
        assert_eq!(acme.list(&format!("tag.brand={brand}")).await, [id(&asset["id"])], "{brand}");
    }
}

#[tokio::test]
async fn words_are_found_in_any_case_and_normal_form_and_ids_in_their_own() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let fields = json!({
        "provider": "OpenAI ", "model": "Caf\u{e9} Gr\u{f6}\u{df}e", "tool": "\u{39f}\u{394}\u{39f}\u{3a3}",
        "agent_id": "Painter", "title": "\u{130}stanbul Stra\u{df}e", "prompt": "\u{ff21}\u{ff23}\u{ff2d}\u{ff25}",
    });
    let asset = acme.write("text", fields).await;
    assert_eq!(asset["provider"], "OpenAI");
    for found in [
        "provider=openai",
        "provider=OPENAI%20",
        "model=CAFE%CC%81+GR%C3%96SSE",
        "tool=%CE%BF%CE%B4%CE%BF%CF%82",
        "agent_id=Painter",
        "provider=openAI&tool=%CE%BF%CE%B4%CE%BF%CF%83&status=draft",
        "q=istanbul",
        "q=%C4%B0STANBUL+STRASSE",
        "q=+stra%C3%9Fe+",
        "q=acme",
    ] {
        assert_eq!(acme.list(found).await, [id(&asset["id"])], "{found}");
    }
    for other in ["agent_id=painter", "provider=open", "q=stras%20se", "model=cafe+gr%C3%B6sse"] {
        assert!(acme.list(other).await.is_empty(), "{other}");
    }
}

#[tokio::test]
async fn usage_and_totals_tell_a_word_once_as_it_was_first_written() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for provider in ["OpenAI", "openai", " OPENAI"] {
        acme.write("text", json!({ "provider": provider })).await;
        world.tally().await;
    }
    let usage = acme.get("/api/v1/usage").await.expect(200);
    assert_eq!(
        usage["data"]["by_provider"],
        json!([{ "value": "OpenAI", "count": 3, "bytes": 12, "cost_micro_usd": 0 }])
    );
    let page = acme.get("/api/v1/assets?page=1&limit=1&provider=openAI").await.expect(200);
    assert_eq!(
        (&page["meta"]["total"], &page["data"][0]["provider"]),
        (&json!(3), &json!("OPENAI"))
    );
}

#[tokio::test]
async fn the_same_bytes_of_the_same_provider_are_one_asset_however_it_is_spelled() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let first = register(&acme, "OpenAI").await;
    assert_eq!(acme.put(&first["upload"], fixture("sample.png")).await.status, 200);
    let first = acme.complete(first["data"]["id"].as_str().unwrap()).await;
    assert_eq!(register(&acme, " openai").await["data"]["id"], first["id"]);
    assert_ne!(register(&acme, "fal").await["data"]["id"], first["id"]);
}

/// Registers the sample image.
async fn register(acme: &Client, provider: &str) -> Value {
    let sum = Checksum::of(&fixture("sample.png"));
    let upload =
        json!({ "file_name": "a.png", "content_type": "image/png", "checksum_sha256": sum });
    let tags = json!({ "brand": ["Acme"] });
    acme.create(json!({ "provider": provider, "type": "image", "tags": tags, "upload": upload }))
        .await
        .json
}

type Item = HashMap<String, AttributeValue>;

/// An asset whose items are as they were stored when each spelling was a value of its own.
struct Old {
    world: World,
    acme: Client,
    asset: Value,
    client: aws_sdk_dynamodb::Client,
}

impl Old {
    async fn new() -> Self {
        let world = World::quiet().await.leaving_events();
        let acme = world.workspace("acme").await;
        let created = register(&acme, "OpenAI").await;
        assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
        world.deliver().await;
        let client = world.engines.dynamodb(platform::aws::http_client(None).unwrap());
        let old = Self { world, acme, asset: created["data"].clone(), client };
        old.make_old().await;
        old.world.tally().await;
        old
    }

    fn id(&self) -> &str {
        self.asset["id"].as_str().unwrap()
    }

    fn claim(provider: &str) -> [String; 2] {
        let digest = Checksum::of(format!("\0\0\0\0\0image\0{provider}\0\0").as_bytes());
        [format!("w#acme#c#{}", Checksum::of(&fixture("sample.png"))), digest.to_string()]
    }

    fn posting(&self, brand: &str) -> [String; 2] {
        [format!("w#acme#t#brand={brand}"), self.id().to_owned()]
    }

    /// Two spellings of one brand, and blanks around the provider.
    async fn make_old(&self) {
        let key = [format!("w#acme#a#{}", self.id()), "asset".to_owned()];
        let mut item = self.read(&key).await.unwrap();
        let texts = ["Acme", "ACME "].map(|brand| S(brand.to_owned()));
        let told =
            ["type=image", "status=draft", "provider=OpenAI ", "tag.brand=Acme", "tag.brand=ACME "];
        let told: Vec<_> = told
            .iter()
            .flat_map(|word| Checksum::of(word.as_bytes()).bytes()[..4].to_vec())
            .collect();
        let told = B(Blob::new(told));
        let revision: u64 = item["revision"].as_n().unwrap().parse().unwrap();
        assert!(item.remove("folded").is_some());
        for (name, value) in [
            ("provider", S("OpenAI ".to_owned())),
            ("by_provider", S("w#acme#OpenAI ".to_owned())),
            ("tags", M(HashMap::from([("brand".to_owned(), L(texts.to_vec()))]))),
            ("told", told.clone()),
            ("revision", N((revision + 1).to_string())),
        ] {
            item.insert(name.to_owned(), value);
        }
        self.write(item).await;
        self.rename(self.posting("acme"), self.posting("Acme"), Some(told.clone())).await;
        self.rename(self.posting("Acme"), self.posting("ACME "), Some(told.clone())).await;
        let first = self.posting("Acme").map(S);
        let [pk, sk] = first;
        let first = [("pk", pk), ("sk", sk), ("told", told)];
        self.write(first.map(|(name, value)| (name.to_owned(), value)).into()).await;
        self.rename(Self::claim("openai"), Self::claim("OpenAI "), None).await;
    }

    async fn read(&self, [pk, sk]: &[String; 2]) -> Option<Item> {
        let get = self.client.get_item().table_name(local::engines::TABLE);
        get.key("pk", S(pk.clone())).key("sk", S(sk.clone())).send().await.unwrap().item
    }

    async fn write(&self, item: Item) {
        let put = self.client.put_item().table_name(local::engines::TABLE);
        put.set_item(Some(item)).send().await.unwrap();
    }

    async fn rename(&self, from: [String; 2], to: [String; 2], told: Option<AttributeValue>) {
        let mut item = self.read(&from).await.unwrap();
        let [pk, sk] = from;
        let delete = self.client.delete_item().table_name(local::engines::TABLE);
        delete.key("pk", S(pk)).key("sk", S(sk)).send().await.unwrap();
        let [pk, sk] = to;
        item.extend([("pk".to_owned(), S(pk)), ("sk".to_owned(), S(sk))]);
        item.extend(told.map(|told| ("told".to_owned(), told)));
        self.write(item).await;
    }

    /// Nothing is left of how it was.
    async fn assert_nothing_old(&self) {
        for key in [self.posting("Acme"), self.posting("ACME "), Self::claim("OpenAI ")] {
            assert!(self.read(&key).await.is_none(), "{key:?}");
        }
    }

    async fn assert_brought_along(&self) {
        self.assert_nothing_old().await;
        self.world.tally().await;
        for filter in
            ["provider=openai", "tag.brand=acme", "tag.brand=ACME&provider=OPENAI&type=image"]
        {
            assert_eq!(self.acme.list(filter).await, [id(&self.asset["id"])], "{filter}");
        }
        let usage = self.acme.get("/api/v1/usage").await.expect(200);
        let providers = usage["data"]["by_provider"].as_array().unwrap();
        assert_eq!(
            (providers.len(), &providers[0]["value"], &providers[0]["count"]),
            (1, &json!("OpenAI"), &json!(1))
        );
        let shown =
            &self.acme.get(&format!("/api/v1/assets/{}", self.id())).await.expect(200)["data"];
        assert_eq!(
            (&shown["provider"], &shown["tags"]),
            (&json!("OpenAI"), &json!({ "brand": ["Acme"] }))
        );
        assert_eq!(register(&self.acme, "openai").await["data"]["id"], self.asset["id"]);
    }
}

#[tokio::test]
async fn what_was_stored_before_is_brought_along_wherever_that_crashes() {
    for nth in 0..7 {
        let old = Old::new().await;
        assert_eq!(old.acme.list("type=image").await, [id(&old.asset["id"])]);
        let when = if nth % 2 == 0 { When::After } else { When::Before };
        let _ = old.world.wire.crash_at(nth, when, old.world.store().refold(None, 100)).await;
        old.world.store().refold(None, 100).await.unwrap();
        old.assert_brought_along().await;
        assert_eq!(
            old.world.store().refold(None, 100).await.unwrap().0,
            0,
            "again, nothing is left"
        );
    }
}

#[tokio::test]
async fn cleanup_brings_along_what_was_stored_before() {
    let old = Old::new().await;
    assert_eq!(old.world.clean_up().await.records.rescheduled, 1);
    old.assert_brought_along().await;
}

#[tokio::test]
async fn whoever_changes_an_old_asset_brings_it_along_and_who_deletes_it_leaves_nothing() {
    let old = Old::new().await;
    let path = format!("/api/v1/assets/{}", old.id());
    old.acme.post(&format!("{path}/submit"), json!({})).await.expect(200);
    old.assert_brought_along().await;
    let old = Old::new().await;
    assert_eq!(old.acme.delete(&format!("/api/v1/assets/{}", old.id())).await.status, 204);
    old.assert_nothing_old().await;
    old.world.tally().await;
    let usage = old.acme.get("/api/v1/usage").await.expect(200);
    assert_eq!(
        (&usage["data"]["by_provider"], &usage["data"]["total"]["count"]),
        (&json!([]), &json!(0))
    );
}
