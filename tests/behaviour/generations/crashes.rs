//! Crashes of `jobs` at each of its requests to AWS: a generation is never sent twice, and what was made is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use local::demo;
use serde_json::json;
use tests::{When, World};
use tokio::net::TcpListener;

use super::{ask, picture, read};

/// The demo behind a door that counts.
async fn counted() -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::default());
    let counter = Arc::clone(&count);
    let counting = from_fn(move |request: Request, next: Next| {
        counter.fetch_add(1, Ordering::Relaxed);
        next.run(request)
    });
    let router: Router = demo::router().layer(counting);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    (url, count)
}

#[tokio::test]
async fn a_crash_at_any_request_never_sends_it_twice_and_loses_nothing_that_was_told() {
    for nth in 0..40 {
        for when in [When::Before, When::After] {
            let (url, sent) = counted().await;
            let world = World::quiet_with(&[("PROVIDER_DEMO_URL", &url)]).await.leaving_events();
            let acme = world.workspace("acme").await;
            let asked = ask(&acme, picture("a lighthouse")).await;
            let message = world.take_messages("jobs").remove(0).body;
            let jobs = jobs::Deps::new(&world.environment_of("jobs")).unwrap();
            let event = json!({ "Records": [{ "messageId": "1", "body": message }] });
            let until = Instant::now() + Duration::from_mins(1);
            let work = platform::Function::invoke(&jobs, event, until);
            let died = world.wire.crash_at(nth, when, work).await.is_none();
            // The schedule wakes it, again and again, past every lease and deadline.
            for _ in 0..40 {
                world.pass(Duration::from_mins(20));
                jobs_schedule(&jobs).await;
                world.deliver_messages("jobs").await;
            }
            world.deliver().await;
            let end = read(&acme, &asked).await;
            let times = sent.load(Ordering::Relaxed);
            assert!(times <= 1, "at {nth}, {when:?}: sent {times} times: {end}");
            let status = end["status"].as_str().unwrap();
            let is_kept = acme.list("").await.len() == 1;
            match status {
                "succeeded" => assert!(is_kept, "at {nth}, {when:?}: {end}"),
                // It was not known whether it was sent. What was stored by then is kept.
                "unresolved" => {}
                _ => panic!("at {nth}, {when:?}: {end}"),
            }
            if !died {
                assert_eq!(status, "succeeded");
                assert!(nth > 5, "it makes more requests than that");
                return;
            }
        }
    }
    panic!("it makes more requests than were tried");
}

pub(super) async fn jobs_schedule(jobs: &jobs::Deps) {
    let until = Instant::now() + Duration::from_mins(1);
    platform::Function::invoke(jobs, json!({}), until).await.unwrap();
}
