use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use platform::Invocation;

use super::*;
use crate::engines::{Engines, Ports, TABLE};
use crate::functions::streams;
use crate::server::stop_signal;

/// A function that notes what it is given, and answers what it is told to.
struct Noting {
    events: Mutex<Vec<Value>>,
    answer: Option<Value>,
}

impl Noting {
    fn answers(answer: Option<Value>) -> Self {
        Self { events: Mutex::default(), answer }
    }

    /// The partition keys of what it was given.
    fn keys(&self) -> Vec<String> {
        keys(&self.events.lock().unwrap())
    }
}

impl Function for Noting {
    fn invoke(&self, event: Value, _: Instant) -> Invocation<'_> {
        self.events.lock().unwrap().push(event);
        Box::pin(async { self.answer.clone().ok_or_else(|| "it fails".into()) })
    }
}

fn changes() -> (&'static Declaration, &'static platform::Stream) {
    streams().next().unwrap()
}

fn keys(events: &[Value]) -> Vec<String> {
    let records = events.iter().flat_map(|event| event["Records"].as_array().unwrap());
    records.map(|r| r["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().to_owned()).collect()
}

async fn put(engines: &Engines, pk: &str, sk: &str) {
    let client = engines.dynamodb(platform::aws::http_client(Some(&engines.dynamodb_url)).unwrap());
    let put = client.put_item().table_name(TABLE).item("pk", AttributeValue::S(pk.to_owned()));
    put.item("sk", AttributeValue::S(sk.to_owned())).send().await.unwrap();
}

#[tokio::test]
async fn assets_are_delivered_in_order_and_everything_is_trimmed() {
    let (_stop, stopped) = stop_signal();
    let engines = Engines::start(None, Ports::default(), stopped).await.unwrap();
    for n in 0..3 {
        put(&engines, &format!("a{n}"), "asset").await;
        put(&engines, &format!("a{n}"), "total").await;
    }
    let noting = Noting::answers(Some(json!({ "batchItemFailures": [] })));
    assert_eq!(deliver_batch(&engines.stream, changes(), &noting).await.unwrap(), 6);
    assert_eq!(noting.keys(), ["a0", "a1", "a2"]);
    let event = noting.events.lock().unwrap().remove(0);
    let record = &event["Records"][0];
    assert_eq!(
        (&record["eventName"], &record["eventSource"]),
        (&json!("INSERT"), &json!("aws:dynamodb"))
    );
    assert_eq!(
        record["dynamodb"]["NewImage"],
        json!({ "pk": { "S": "a0" }, "sk": { "S": "asset" } })
    );
    assert!(record["eventSourceARN"].as_str().unwrap().contains(TABLE));
    put(&engines, "a3", "total").await;
    assert_eq!(deliver_batch(&engines.stream, changes(), &noting).await.unwrap(), 1);
    assert_eq!(deliver_batch(&engines.stream, changes(), &noting).await.unwrap(), 0);
    assert!(noting.keys().is_empty(), "no event without records");
}

#[tokio::test]
async fn delivery_goes_on_from_the_first_record_that_was_not_handled() {
    let (_stop, stopped) = stop_signal();
    let engines = Engines::start(None, Ports::default(), stopped).await.unwrap();
    for key in ["a", "b", "c", "d"] {
        put(&engines, key, "asset").await;
    }
    let stream = &engines.stream;
    assert!(deliver_batch(stream, changes(), &Noting::answers(None)).await.is_err());
    let unknown = json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] });
    assert!(deliver_batch(stream, changes(), &Noting::answers(Some(unknown))).await.is_err());
    let waiting = stream.oldest(10).await.unwrap();
    let failure = |n: usize| json!({ "itemIdentifier": sequence_number(&waiting[n]) });
    let partial = json!({ "batchItemFailures": [failure(3), failure(2)] });
    let noting = Noting::answers(Some(partial));
    assert_eq!(deliver_batch(stream, changes(), &noting).await.unwrap(), 2);
    assert_eq!(noting.keys(), ["a", "b", "c", "d"]);
    let rest = stream.take_batch(changes().1).await.unwrap().unwrap();
    assert_eq!(keys(&[rest]), ["c", "d"]);
    assert_eq!(stream.take_batch(changes().1).await.unwrap(), None);
}

#[tokio::test]
async fn what_waits_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let start = async || {
        let (stop, stopped) = stop_signal();
        let engines = Engines::start(Some(directory.path()), Ports::default(), stopped);
        (stop, engines.await.unwrap())
    };
    let (stop, engines) = start().await;
    put(&engines, "a", "asset").await;
    assert!(engines.stream.take_batch(changes().1).await.unwrap().is_some());
    put(&engines, "b", "asset").await;
    let _ = stop.send(());
    engines.stopped().await;
    let (_stop, engines) = start().await;
    put(&engines, "c", "asset").await;
    let waiting = engines.stream.take_batch(changes().1).await.unwrap().unwrap();
    assert_eq!(keys(&[waiting]), ["b", "c"]);
}

/// The engine's own look for the highest number at each write, and ours for the oldest records.
#[tokio::test]
async fn no_statement_walks_the_whole_stream() {
    let (_stop, stopped) = stop_signal();
    let engines = Engines::start(None, Ports::default(), stopped).await.unwrap();
    let connection = engines.stream.0.connection();
    for statement in [
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records
            WHERE table_name = ?1",
        "SELECT new_image FROM _stream_records
            WHERE table_name = ?1 AND shard_id = ?2 AND CAST(sequence_number AS INTEGER) > ?3
            ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT ?4",
        TRIM,
    ] {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let steps = vec!["0"; plan.parameter_count()];
        let steps = plan.query_map(rusqlite::params_from_iter(steps), |row| row.get("detail"));
        let steps: Vec<String> = steps.unwrap().collect::<rusqlite::Result<_>>().unwrap();
        let [step] = &steps[..] else { panic!("{statement}: {steps:?}") };
        assert!(step.contains("_stream_records_in_order"), "{statement}: {step}");
    }
}
