//! How often a key may ask.

use std::num::NonZeroU32;
use std::time::Duration;

use http::Method;
use local::functions;
use model::api_key::{ApiKey, KeyRecord};
use model::{Clock, Rate};
use tests::{Client, World};

fn rate(per_second: u32, burst: u32) -> Rate {
    let [per_second, burst] = [per_second, burst].map(|n| NonZeroU32::new(n).unwrap());
    Rate { per_second, burst }
}

/// A request of each function of the API, to a route of its own.
fn one_of_each() -> Vec<(Method, String)> {
    let mut routes = functions::routes();
    // These take no key.
    let keyless = ["/api/v1/openapi.json", "/api/v1/callbacks/{provider}/{token}"];
    routes.retain(|route| !keyless.contains(&route.path.as_str()));
    routes.sort_by_key(|route| route.function);
    routes.dedup_by_key(|route| route.function);
    let request = |route: &functions::Route| {
        let path = route.path.replace("{id}", "37XnnMWMjfmNEiv3gpMlqCGHrXO");
        (route.method.parse().unwrap(), path)
    };
    routes.iter().map(request).collect()
}

async fn status(client: &Client, (method, path): &(Method, String)) -> u16 {
    client.send(client.request(method.clone(), path)).await.status
}

#[tokio::test]
async fn every_function_answers_429_and_when_to_try_again() {
    let world = World::limited(rate(1, 2)).await;
    let acme = world.workspace("acme").await;
    let requests = one_of_each();
    // All but `jobs`.
    assert_eq!(requests.len() + 1, functions::descriptions().count());
    for request in &requests {
        for _ in 0..2 {
            assert_ne!(status(&acme, request).await, 429, "{request:?}");
        }
        let refused = acme.send(acme.request(request.0.clone(), &request.1)).await;
        assert_eq!((refused.status, refused.code()), (429, "rate_limited"), "{request:?}");
        assert_eq!(refused.header("retry-after"), "1", "{request:?}");
        assert_eq!(refused.header("content-type"), "application/problem+json");
        let detail = refused.json["detail"].as_str().unwrap();
        assert!(detail.contains("1 a second") && detail.contains("2 at once"), "{detail}");
        world.pass(Duration::from_secs(1));
        assert_ne!(status(&acme, request).await, 429, "{request:?}");
        assert_eq!(status(&acme, request).await, 429, "{request:?}");
    }
}

#[tokio::test]
async fn a_key_spends_nobody_elses_requests() {
    let world = World::limited(rate(1, 1)).await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    for expected in [200, 429, 429] {
        assert_eq!(acme.get("/api/v1/assets").await.status, expected);
    }
    assert_eq!(other.get("/api/v1/assets").await.status, 200);
    let second = world.workspace("acme").await;
    assert_eq!(second.get("/api/v1/assets").await.status, 200, "another key of the same workspace");
    let nobody = acme.with_key("");
    assert_eq!(nobody.get("/api/v1/assets").await.status, 401);
}

#[tokio::test]
async fn a_key_can_have_a_rate_of_its_own() {
    let world = World::limited(rate(1000, 1000)).await;
    let key = ApiKey::random();
    let acme = world.workspace("acme").await;
    let (name, scopes) = ("batch".parse().unwrap(), "*".parse().unwrap());
    let now = Clock::system().now();
    let mut record = KeyRecord::new(&key, acme.workspace.clone(), name, scopes, now);
    record.rate = Some(rate(1, 3));
    world.store().create_key(&acme.workspace, &record).await.unwrap();
    let batch = acme.with_key(key.reveal());
    for expected in [200, 200, 200, 429] {
        assert_eq!(batch.get("/api/v1/assets").await.status, expected);
    }
    for _ in 0..10 {
        assert_eq!(acme.get("/api/v1/assets").await.status, 200, "others have that of all");
    }
}
