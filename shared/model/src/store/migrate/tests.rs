use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::shared::IntoShared as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::api_keys::Entry;
use super::super::books::Defaults;
use super::super::counters::{Marker, Tallied};
use super::super::create::{Answered, LeadsTo};
use super::super::exports::Listing;
use super::super::generations::{Belongs, Lead};
use super::super::record::Posting;
use super::super::schedule::Checkpoint;
use super::super::{ParkedEvent, Store, exports, generations, keys, record, review, versions};
use super::*;
use crate::brake::Confirmation;
use crate::budget::{Books, Budget};
use crate::due::Settings;
use crate::export::ExportRecord;
use crate::{Deletion, KeyRecord};

/// A shelf, as it was first written: with one book.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct OneBook {
    book: String,
}

impl First for OneBook {
    const KIND: &'static str = "shelf";
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Shelf {
    books: Vec<String>,
}

impl Stored for Shelf {
    const KIND: &'static str = "shelf";
    type Previous = OneBook;

    fn migrate(OneBook { book }: OneBook) -> Self {
        Self { books: vec![book] }
    }

    fn decode(item: Item) -> Result<Self> {
        item::decode(item)
    }
}

/// A table with no more to it than items that are put and got.
#[derive(Debug, Clone, Default)]
struct Table(Arc<Mutex<BTreeMap<String, Value>>>);

impl Table {
    fn store(&self) -> Store {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .http_client(self.clone());
        Store::new(Client::from_conf(config.build()), "table")
    }

    fn answer(&self, request: &Value) -> Value {
        let mut items = self.0.lock().unwrap();
        if let Some(key) = request.get("Key") {
            return match items.get(&key.to_string()) {
                Some(item) => json!({ "Item": item }),
                None => json!({}),
            };
        }
        for write in request["TransactItems"].as_array().unwrap() {
            let item = &write["Put"]["Item"];
            let key = json!({ "pk": item["pk"], "sk": item["sk"] });
            items.insert(key.to_string(), item.clone());
        }
        json!({})
    }
}

impl HttpClient for Table {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.clone().into_shared()
    }
}

impl HttpConnector for Table {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let body = self.answer(&request).to_string();
        let status = 200.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body.into())))
    }
}

fn shelf() -> Key {
    Key { pk: "w#acme#shelf".to_owned(), sk: "shelf".to_owned() }
}

async fn put(store: &Store, item: Item) {
    let put = store.put_anyway(item).unwrap();
    store.transact(&[put]).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_item_becomes_the_next_version_when_it_is_read_and_is_of_it_when_it_is_written() {
    let store = Table::default().store();
    let get = async || store.get_item(shelf(), true).await.unwrap().unwrap();
    put(&store, encode(shelf(), &OneBook { book: "Emma".to_owned() }).unwrap()).await;
    assert!(!get().await.contains_key(V), "the first version says nothing");
    let mut read: Shelf = read(get().await).unwrap();
    assert_eq!(read.books, ["Emma"]);
    read.books.push("Persuasion".to_owned());
    put(&store, encode(shelf(), &read).unwrap()).await;
    assert_eq!(get().await[V], item::n(2));
    assert_eq!(super::read::<Shelf>(get().await).unwrap(), read);
    let older = super::read::<OneBook>(get().await).unwrap_err();
    assert!(matches!(older, Error::Internal(_)));
    let why = crate::error::loggable(&older);
    assert!(why.ends_with("shelf: an item of version 2; the newest known is 1"), "{why}");
}

#[test]
fn a_version_that_there_never_was_is_an_error() {
    for number in [item::n(0), item::n(3), item::n(-1), item::s("2"), item::s("x")] {
        let mut item = encode(shelf(), &Shelf { books: Vec::new() }).unwrap();
        item.insert(V.to_owned(), number.clone());
        assert!(read::<Shelf>(item).is_err(), "{number:?}");
    }
}

/// Reads an item and writes it anew, or gives it back where it is never written as a whole.
type Rewrite = fn(Key, Item) -> Result<Item>;

fn rewrite<T: Stored + Serialize>(key: Key, item: Item) -> Result<Item> {
    encode(key, &read::<T>(item)?)
}

fn unchanged<T: Stored>(_: Key, item: Item) -> Result<Item> {
    read::<T>(item.clone())?;
    Ok(item)
}

/// Every kind that is read, by what builds its key.
const KINDS: [(&str, Rewrite); 28] = [
    ("api_key", rewrite::<KeyRecord>),
    ("at_risk", rewrite::<Lead>),
    ("asset", |_, item| record::encode(&read(item)?, &Settings::default())),
    ("books", rewrite::<Books>),
    ("budget", rewrite::<Budget>),
    ("checkpoint", rewrite::<Checkpoint>),
    ("claim", rewrite::<LeadsTo>),
    ("confirmation", rewrite::<Confirmation>),
    ("day", unchanged::<Tallied>),
    ("deletion", rewrite::<Deletion>),
    ("event", |key, item| {
        let (workspace, id) = keys::parse_asset(&key.pk).unwrap();
        review::encode(&workspace, id, &read(item)?)
    }),
    ("export", |_, item| {
        let record: ExportRecord = read(item)?;
        exports::encode(&record.export.workspace_id, &record)
    }),
    ("generation", |_, item| {
        let record = generations::read(item)?;
        generations::encode(&record.workspace_id, &record)
    }),
    ("idempotency", rewrite::<Answered>),
    ("job", rewrite::<Belongs>),
    ("listed_export", rewrite::<Listing>),
    ("listed_generation", rewrite::<Lead>),
    ("made", rewrite::<Lead>),
    ("minute", unchanged::<Tallied>),
    ("object", rewrite::<LeadsTo>),
    ("parked", rewrite::<ParkedEvent>),
    ("posting", unchanged::<Posting>),
    ("settings", rewrite::<Settings>),
    ("tally", rewrite::<Marker>),
    ("tool", rewrite::<Defaults>),
    ("total", unchanged::<Tallied>),
    ("version", |key, item| {
        let (workspace, id) = keys::parse_asset(&key.pk).unwrap();
        versions::encode(&workspace, id, &read(item)?)
    }),
    ("workspace_api_key", rewrite::<Entry>),
];

/// Items as they were stored before there were versions.
fn stored_before(kind: &str) -> Vec<Item> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/items");
    let text = std::fs::read_to_string(format!("{folder}/{kind}.json")).unwrap();
    let items: Vec<serde_dynamo::Item> = serde_json::from_str(&text).unwrap();
    items.into_iter().map(Into::into).collect()
}

fn key_of(item: &Item) -> Key {
    let [pk, sk] = ["pk", "sk"].map(|part| item::text(item, part).unwrap().to_owned());
    Key { pk, sk }
}

#[test]
fn what_was_stored_before_there_were_versions_is_read_and_written_as_it_was() {
    for (kind, rewrite) in KINDS {
        for item in stored_before(kind) {
            let mut written = rewrite(key_of(&item), item.clone()).unwrap();
            if let Some(ttl) = item.get("ttl") {
                written.entry("ttl".to_owned()).or_insert(ttl.clone());
            }
            assert_eq!(written, item, "{kind}");
        }
    }
}

#[test]
fn what_a_newer_store_wrote_is_told_from_what_cannot_be_read() {
    for (kind, read) in KINDS {
        let mut item = stored_before(kind).swap_remove(0);
        item.insert(V.to_owned(), item::n(2));
        let why = crate::error::loggable(&read(key_of(&item), item).unwrap_err());
        assert!(why.contains(kind) && why.contains("version 2; the newest known is 1"), "{why}");
    }
}
