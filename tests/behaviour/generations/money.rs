//! Budgets: nothing is spent without one, and never more than it allows.

use futures::future::join_all;
use model::budget::{Budget, Period};
use serde_json::json;
use tests::{Client, World};

use super::{ask, costly, picture, settle};

const DOLLAR: u64 = 1_000_000;

async fn allow(world: &World, acme: &Client, dollars: u64) {
    let budget = Budget { day: Some(dollars * DOLLAR), month: None };
    world.store().set_budget(&acme.workspace, &budget).await.unwrap();
}

/// What is taken and what is spent today, in dollars.
async fn books(world: &World, acme: &Client) -> (u64, u64) {
    let books = world.store().books(&acme.workspace, world.now()).await.unwrap()[&Period::Day];
    (books.taken / DOLLAR, books.spent / DOLLAR)
}

#[tokio::test]
async fn without_a_budget_nothing_is_spent() {
    let world = costly().await;
    let acme = world.workspace("acme").await;
    let answer = acme.post("/api/v1/generations", picture("a lighthouse")).await;
    assert_eq!((answer.status, answer.code()), (402, "budget_exceeded"));
    let estimate = acme.post("/api/v1/generations?dry_run=true", picture("a lighthouse")).await;
    let estimate = estimate.expect(200)["data"].clone();
    assert_eq!(estimate["estimated_micro_usd"], DOLLAR);
    assert_eq!(acme.get("/api/v1/generations").await.expect(200)["items"], json!([]));
    assert!(world.take_messages("jobs").is_empty());
}

#[tokio::test]
async fn a_reserve_becomes_the_cost_or_is_given_back() {
    let world = costly().await;
    let acme = world.workspace("acme").await;
    allow(&world, &acme, 2).await;
    let one = ask(&acme, picture("one")).await;
    assert_eq!((&one["reserved_micro_usd"], books(&world, &acme).await), (&json!(DOLLAR), (1, 0)));
    let one = settle(&world, &acme, &one).await;
    assert_eq!((&one["cost_micro_usd"], &one["cost_source"]), (&json!(DOLLAR), &json!("reported")));
    assert_eq!(one["assets"][0]["generation"]["cost_usd"], 1.0);
    assert_eq!(books(&world, &acme).await, (1, 1));
    let two = ask(&acme, picture("two")).await;
    let over = acme.post("/api/v1/generations", picture("three")).await;
    let problem = over.expect(402);
    assert_eq!(problem["error"]["details"]["left_micro_usd"], 0);
    let cancel = format!("/api/v1/generations/{}/cancel", two["id"].as_str().unwrap());
    acme.post(&cancel, json!({})).await.expect(200);
    assert_eq!(books(&world, &acme).await, (1, 1));
    ask(&acme, picture("three")).await;
    drop(world.take_messages("jobs"));
    world.deliver().await;
    let day = &world.now().to_string()[..10];
    let spend = acme.get("/api/v1/usage").await.expect(200)["data"]["spend"].clone();
    let books = json!([{ "day": day, "spent_micro_usd": DOLLAR, "reserved_micro_usd": DOLLAR }]);
    assert_eq!(spend["books"], books);
}

#[tokio::test]
async fn of_a_hundred_at_once_as_many_are_taken_as_the_budget_allows() {
    let world = costly().await;
    let acme = world.workspace("acme").await;
    allow(&world, &acme, 50).await;
    let asked = (0..100).map(|n| {
        let acme = &acme;
        async move { acme.post("/api/v1/generations", picture(&format!("view {n}"))).await.status }
    });
    let statuses = join_all(asked).await;
    let count = |status| statuses.iter().filter(|known| **known == status).count();
    assert_eq!((count(202), count(402)), (50, 50), "{statuses:?}");
    assert_eq!(books(&world, &acme).await, (50, 0));
    drop(world.take_messages("jobs"));
}
