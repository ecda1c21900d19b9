//! Trouble on the way that a job gets over; and files that nobody can get.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, KEY, each, each_later, fake};
use crate::cases::LATER;

#[tokio::test]
async fn a_busy_provider_is_asked_again_when_it_says_and_makes_one_job() {
    let bench = Bench::new().await;
    for asked in bench.ask_all(each(), "outcome:busy=2").await {
        bench.in_state(&asked, "succeeded").await;
        assert_eq!(asked.submissions(), 3, "{:?}", asked.case);
        assert_eq!(jobs(&asked.mark), 1, "{:?}", asked.case);
    }
}

#[tokio::test]
async fn what_is_busy_for_ever_fails_and_costs_nothing() {
    let bench = Bench::new().await;
    let asked = bench.ask(LATER[7], "outcome:busy=100").await;
    let failed = bench.in_state(&asked, "failed").await;
    assert_eq!(
        (&failed["error"]["code"], &failed["cost_micro_usd"]),
        (&json!("provider"), &json!(0))
    );
    assert_eq!((asked.submissions(), jobs(&asked.mark)), (10, 0));
    assert_eq!(bench.books().await, (0, 0));
}

/// The jobs at the stand-in with this text.
fn jobs(mark: &str) -> usize {
    let jobs = fake().control("/jobs");
    let own = |job: &&Value| job["prompt"].as_str().is_some_and(|prompt| prompt.contains(mark));
    jobs.as_array().unwrap().iter().filter(own).count()
}

#[tokio::test]
async fn a_look_that_fails_is_made_again() {
    let bench = Bench::new().await;
    let words = "outcome:pollbusy=2 outcome:pollflaky=2";
    for asked in bench.ask_all(each_later(), words).await {
        let made = bench.in_state(&asked, "succeeded").await;
        let bytes = bench.bytes_of(&made["assets"][0]).await;
        assert_eq!(bytes, fake().media(asked.case.3));
        assert_eq!(asked.submissions(), 1, "{:?}", asked.case);
    }
}

#[tokio::test]
async fn a_job_outlives_a_key_that_is_changed() {
    let bench = Bench::new().await;
    let asked = bench.ask_all(each_later(), "outcome:slow=2").await;
    for asked in &asked {
        bench.in_state(asked, "running").await;
        bench.set_key(asked.case.0, "bad").await;
    }
    for _ in 0..20 {
        bench.turn().await;
    }
    for asked in &asked {
        assert_eq!(bench.read(asked).await["status"], "running", "{:?}", asked.case);
        bench.set_key(asked.case.0, KEY).await;
    }
    for asked in &asked {
        bench.in_state(asked, "succeeded").await;
    }
}

#[tokio::test]
async fn an_output_that_nobody_can_get_is_at_risk_and_then_lost() {
    let bench = Bench::new().await;
    let cases = [LATER[7], LATER[13], LATER[17]];
    let asked = bench.ask_all(cases.into_iter(), "outcome:expired").await;
    for asked in &asked {
        let fetching = bench.in_state(asked, "fetching").await;
        assert!(fetching["at_risk_until"].is_string(), "{fetching}");
        assert_eq!(fetching["asset_ids"], asked.generation["asset_ids"]);
    }
    let at_risk = bench.acme.get("/api/v1/generations?at_risk=true").await.expect(200);
    let at_risk = at_risk["items"].as_array().unwrap();
    let times: Vec<_> =
        at_risk.iter().map(|item| item["at_risk_until"].as_str().unwrap()).collect();
    assert_eq!(times.len(), 3);
    assert!(times.is_sorted(), "{times:?}");
    for asked in &asked {
        let lost = bench.in_state(asked, "lost").await;
        assert_eq!(lost["error"]["code"], "gone", "{lost}");
        assert_eq!((&lost["asset_ids"], asked.submissions()), (&json!([]), 1));
        assert!(lost["cost_micro_usd"].as_u64().unwrap() > 0, "it is paid for: {lost}");
        assert!(lost.get("reserved_micro_usd").is_none());
        assert_eq!(bench.status_of(&asked.asset()).await, 404);
    }
    let at_risk = bench.acme.get("/api/v1/generations?at_risk=true").await.expect(200);
    assert_eq!(at_risk["items"], json!([]));
    let (taken, spent) = bench.books().await;
    // The day has gone by meanwhile.
    assert_eq!((taken, spent), (0, 0));
}

#[tokio::test]
async fn a_lost_message_is_found_by_the_schedule() {
    let bench = Bench::new().await;
    let asked = bench.ask(LATER[1], "").await;
    for _ in 0..20 {
        drop(bench.world.take_messages("jobs"));
        bench.world.pass(Duration::from_mins(1));
        bench.schedule().await;
        bench.world.deliver_messages("jobs").await;
    }
    assert_eq!(bench.read(&asked).await["status"], "succeeded");
    assert_eq!(asked.submissions(), 1);
}
