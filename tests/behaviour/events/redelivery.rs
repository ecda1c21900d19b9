//! The queue: what failed comes again, five times.

use std::time::Instant;

use platform::{Declaration, Function, Invocation, Queue};

use super::*;

/// Fails, and notes what was delivered to it how often.
#[derive(Default)]
struct Failing(Mutex<Vec<(i64, String)>>);

impl Function for Failing {
    fn invoke(&self, event: Value, _: Instant) -> Invocation<'_> {
        let record = &event["Records"][0];
        let message = record["messageId"].as_str().unwrap().parse().unwrap();
        let count = record["attributes"]["ApproximateReceiveCount"].as_str().unwrap().to_owned();
        self.0.lock().unwrap().push((message, count));
        Box::pin(async { Err("out of order".into()) })
    }
}

/// The queue of uploads, with the function that gets them.
fn uploads() -> (&'static Declaration, &'static Queue) {
    let ingest = declared("ingest");
    (ingest, ingest.queues().next().unwrap())
}

#[tokio::test]
async fn a_message_that_fails_five_times_is_a_dead_letter() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    put(&world, KEY, fixture("sample.png")).await;
    let (queue, failing) = (&world.engines.s3, Failing::default());
    for _ in 0..5 {
        assert_eq!(queue.dead_letters().unwrap().len(), 0);
        assert_eq!(deliver_batch(queue, uploads(), &failing).await.unwrap(), 1);
        assert_eq!(
            deliver_batch(queue, uploads(), &failing).await.unwrap(),
            0,
            "not again at once"
        );
        let message = failing.0.lock().unwrap()[0].0;
        queue.retry_at(&[message], 0).unwrap();
    }
    let counts: Vec<_> = failing.0.into_inner().unwrap().into_iter().map(|(_, n)| n).collect();
    assert_eq!(counts, ["1", "2", "3", "4", "5"]);
    assert_eq!(queue.pending_events("uploads").unwrap(), 0);
    let [dead] = queue.dead_letters().unwrap().try_into().unwrap();
    // Given back to the function, as an operator would do, it is not lost.
    deliver(&world, [dead.body]).await;
    assert_eq!(state(&acme).await.len(), 1);
}

#[tokio::test]
async fn a_message_that_failed_is_handled_when_it_comes_again() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    put(&world, KEY, fixture("sample.png")).await;
    let (queue, failing) = (&world.engines.s3, Failing::default());
    assert_eq!(deliver_batch(queue, uploads(), &failing).await.unwrap(), 1);
    queue.retry_at(&[failing.0.into_inner().unwrap()[0].0], 0).unwrap();
    world.deliver().await;
    assert_eq!(state(&acme).await.len(), 1);
    assert!(queue.dead_letters().unwrap().is_empty());
}
