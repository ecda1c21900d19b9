//! Processes that die, and events that come again.

use model::export::{ABANDONED, LEASE, MOST_ATTEMPTS};
use tests::When;

use super::*;

/// Takes the event of the export that was asked for off the queue, as Lambda would be given it.
pub(super) fn take_event(world: &World) -> Value {
    let later = i64::MAX / 2;
    let events = world.engines.s3.receive("exports", 10, later, later + 1).unwrap();
    assert_eq!(events.len(), 1);
    world.engines.s3.acknowledge(&[events[0].id]).unwrap();
    batch_event(&events)
}

/// Gives the event to the function; whether it wants it again.
pub(super) async fn deliver(function: &dyn Function, event: &Value) -> bool {
    let answer = function.invoke(event.clone(), declared("export").deadline()).await.unwrap();
    !answer["batchItemFailures"].as_array().unwrap().is_empty()
}

/// The multipart uploads that are unfinished.
async fn unfinished(world: &World) -> Vec<String> {
    let list = world.s3().list_multipart_uploads().bucket(world.objects().bucket());
    let uploads = list.send().await.unwrap().uploads.unwrap_or_default();
    uploads.into_iter().filter_map(|upload| upload.upload_id).collect()
}

/// Lets the process die before and after each of its requests while it makes exports of what is approved,
/// each of which another makes then; how many requests there are.
async fn die_everywhere(world: &World, acme: &Client, files: usize) -> usize {
    let function = &*world.functions["export"];
    for nth in 0.. {
        let mut died = false;
        for when in [When::Before, When::After] {
            let export = ask(acme, json!({ "filter": {} })).await;
            let event = take_event(world);
            let made = world.wire.crash_at(nth, when, deliver(function, &event)).await;
            died |= made.is_none();
            let id = export.rsplit('/').next().unwrap().parse().unwrap();
            let left = world.store().find_export(&acme.workspace, id).await.unwrap().unwrap();
            // Until then, whoever died is trusted to be at it.
            world.pass(ms(LEASE));
            assert!(!deliver(function, &event).await, "{nth} {when:?}");
            // Not by its link: time has passed for the functions alone.
            let made = read(acme, &export).await;
            let key = format!("exports/acme/{}/export.zip", made["id"].as_str().unwrap());
            let bytes = world.objects().read(&key, 1 << 30).await.unwrap().unwrap();
            assert_eq!(unpack(&made, &bytes).0.files.len(), files, "{nth} {when:?}");
            if let Some(upload) = left.upload_id {
                assert!(!unfinished(world).await.contains(&upload), "{nth} {when:?}");
            }
        }
        if !died {
            return nth;
        }
    }
    unreachable!("some request is the last")
}

#[tokio::test]
async fn an_export_is_made_wherever_the_process_dies() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for text in ["one", "two"] {
        approved(&acme, text, json!({})).await;
    }
    let requests = die_everywhere(&world, &acme, 2).await;
    assert!(requests > 10, "it made {requests} requests");
    assert!(unfinished(&world).await.is_empty(), "it is one PUT");
}

#[tokio::test]
async fn an_export_in_parts_is_made_wherever_the_process_dies() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    large(&world, &acme, "film.bin", 9 << 20).await;
    let requests = die_everywhere(&world, &acme, 1).await;
    assert!(requests > 10, "it made {requests} requests");
    // Those whose id nobody had written down yet are left to the bucket's lifecycle.
    assert!(!unfinished(&world).await.is_empty());
}

#[tokio::test]
async fn an_export_that_was_killed_more_often_than_its_event_comes_is_made_for_who_asks_after_it() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    let (mut event, function) = (take_event(&world), &*world.functions["export"]);
    for receives in ["1", "2", "3"] {
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = receives.into();
        let killed = world.wire.crash_at(5, When::After, deliver(function, &event)).await;
        assert_eq!(killed, None, "delivery {receives}");
        world.pass(ms(LEASE));
    }
    assert_eq!(read(&acme, &export).await["status"], "running");
    world.deliver().await;
    assert_eq!(read(&acme, &export).await["status"], "running", "it may still be under way");
    world.pass(ms(ABANDONED - LEASE));
    assert_eq!(read(&acme, &export).await["status"], "running", "it is begun anew");
    read(&acme, &export).await;
    assert_eq!(world.engines.s3.pending_events("exports").unwrap(), 1, "once");
    world.deliver().await;
    assert_eq!(read(&acme, &export).await["status"], "succeeded");
}

#[tokio::test]
async fn an_export_that_kills_every_process_has_failed() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    let (event, function) = (take_event(&world), &*world.functions["export"]);
    for _ in 0..MOST_ATTEMPTS {
        world.wire.crash_at(5, When::After, deliver(function, &event)).await;
        world.pass(ms(LEASE));
    }
    assert!(!deliver(function, &event).await);
    assert_eq!(read(&acme, &export).await["error"]["code"], "stalled");
}

#[tokio::test]
async fn an_export_under_way_is_left_to_who_makes_it() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    let (event, function) = (take_event(&world), &*world.functions["export"]);
    assert_eq!(world.wire.crash_at(4, When::After, deliver(function, &event)).await, None);
    assert_eq!(read(&acme, &export).await["status"], "running");
    assert!(deliver(function, &event).await, "it is to be delivered again");
    let mut last = event.clone();
    last["Records"][0]["attributes"]["ApproximateReceiveCount"] = "3".into();
    assert!(!deliver(function, &last).await, "it is not worth an alarm");
    world.pass(ms(LEASE));
    assert!(!deliver(function, &event).await);
    let made = read(&acme, &export).await;
    assert_eq!(made["status"], "succeeded");
    assert!(!deliver(function, &event).await, "what has ended is left alone");
    assert_eq!(read(&acme, &export).await["updated_at"], made["updated_at"]);
}

#[tokio::test]
async fn the_last_delivery_says_that_it_failed() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    let (mut event, function) = (take_event(&world), &*world.functions["export"]);
    let job = format!("exports/acme/{}/job.json", export.rsplit('/').next().unwrap());
    world.objects().delete_all([job]).await.unwrap();
    for (receives, again, status) in
        [("1", true, "running"), ("2", true, "running"), ("3", false, "failed")]
    {
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = receives.into();
        assert_eq!(deliver(function, &event).await, again, "delivery {receives}");
        assert_eq!(read(&acme, &export).await["status"], status, "delivery {receives}");
    }
    assert_eq!(read(&acme, &export).await["error"]["code"], "unavailable");
}

#[tokio::test]
async fn other_events_make_nothing() {
    let world = World::quiet().await;
    let function = &*world.functions["export"];
    for body in ["", "{}", r#"{"Event":"s3:TestEvent"}"#, r#"{"Records":[{"eventVersion":"9.0"}]}"#]
    {
        let event = json!({ "Records": [{ "messageId": "1", "body": body }] });
        assert!(!deliver(function, &event).await, "{body}");
    }
    assert_eq!(world.store().parked().await.unwrap().len(), 3);
}
