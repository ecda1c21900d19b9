//! Jobs that make nothing, each for its reason.

use providers::Provider::{Deepgram, DreamMachine, Google, Luma};
use serde_json::{Value, json};

use crate::bench::{Asked, Bench, each, each_later, has_ended, providers};
use crate::cases::{AT_ONCE, LATER};

/// Checks that a generation which made nothing has left nothing behind: no asset, and nothing of the budget.
async fn is_given_up(bench: &Bench, asked: &Asked, found: &Value) {
    assert_eq!(found["asset_ids"], json!([]), "{found}");
    assert_eq!(found["cost_micro_usd"], 0, "{found}");
    assert!(found.get("reserved_micro_usd").is_none(), "{found}");
    assert_eq!(bench.status_of(&asked.asset()).await, 404, "{found}");
}

#[tokio::test]
async fn a_job_that_fails_costs_nothing_and_leaves_nothing() {
    let bench = Bench::new().await;
    for asked in bench.ask_all(each_later(), "outcome:fail").await {
        let failed = bench.in_state(&asked, "failed").await;
        assert_eq!(failed["error"]["code"], "provider", "{failed}");
        is_given_up(&bench, &asked, &failed).await;
    }
    assert_eq!(bench.books().await, (0, 0));
}

#[tokio::test]
async fn a_job_that_moderation_turns_down_says_so() {
    let bench = Bench::new().await;
    // Deepgram has no word for it.
    let cases = each().filter(|case| case.0 != Deepgram);
    let mut asked = bench.ask_all(cases, "outcome:refused").await;
    asked.push(bench.ask(LATER[1], "outcome:nsfw").await);
    for asked in &asked {
        let refused = bench.in_state(asked, "refused").await;
        assert_eq!(refused["error"]["code"], "moderation", "{refused}");
        assert_eq!(refused["asset_ids"], json!([]), "{refused}");
        assert_eq!(asked.submissions(), 1);
    }
    // What was made, withheld, and charged.
    let filtered = bench.ask(AT_ONCE[8], "outcome:filtered").await;
    let refused = bench.in_state(&filtered, "refused").await;
    assert_eq!(
        (&refused["cost_micro_usd"], &refused["cost_source"]),
        (&json!(30_000), &json!("reported"))
    );
    assert_eq!(bench.status_of(&filtered.asset()).await, 404);
}

#[tokio::test]
async fn a_running_job_is_cancelled_where_the_provider_can() {
    let bench = Bench::new().await;
    let asked = bench.ask_all(each_later(), "outcome:never").await;
    for asked in &asked {
        bench.in_state(asked, "running").await;
        bench.acme.post(&format!("{}/cancel", asked.path()), json!({})).await.expect(200);
    }
    for asked in &asked {
        if asked.case.0 == Luma {
            for _ in 0..20 {
                bench.turn().await;
            }
            assert_eq!(bench.read(asked).await["status"], "running");
            continue;
        }
        let canceled = bench.in_state(asked, "canceled").await;
        assert_eq!((&canceled["error"]["code"], asked.submissions()), (&json!("canceled"), 1));
        match asked.case.0 {
            // It deletes what is cancelled, and does not say whether it is charged.
            DreamMachine => assert_eq!(canceled["asset_ids"], json!([])),
            _ => is_given_up(&bench, asked, &canceled).await,
        }
    }
}

#[tokio::test]
async fn a_job_that_is_done_before_the_wish_to_cancel_it_is_kept() {
    let bench = Bench::new().await;
    let asked = bench.ask(LATER[7], "outcome:slow=3").await;
    bench.in_state(&asked, "running").await;
    // Done at the provider, and nobody has looked since.
    for _ in 0..3 {
        bench.turn().await;
    }
    bench.acme.post(&format!("{}/cancel", asked.path()), json!({})).await.expect(200);
    let end = bench.until(&asked, has_ended).await;
    assert_eq!(asked.submissions(), 1);
    assert!(["canceled", "succeeded"].contains(&end["status"].as_str().unwrap()), "{end}");
}

#[tokio::test]
async fn money_keys_and_mistakes_are_told_apart_and_cost_nothing() {
    let bench = Bench::new().await;
    // The stand-in takes any interaction.
    let invalid = each().filter(|case| case.0 != Google || !case.1.is_video());
    let invalid = bench.ask_all(invalid, "outcome:invalid").await;
    // Google says the same of too many requests.
    let broke = each().filter(|case| case.0 != Google);
    let broke = bench.ask_all(broke, "outcome:nocredits").await;
    for (asked, code) in [(invalid, "request"), (broke, "credit")] {
        for asked in asked {
            let failed = bench.in_state(&asked, "failed").await;
            assert_eq!(failed["error"]["code"], code, "{failed}");
            assert_eq!(asked.submissions(), 1);
            is_given_up(&bench, &asked, &failed).await;
        }
    }
    for provider in providers() {
        bench.set_key(provider, "bad").await;
    }
    for asked in bench.ask_all(each(), "").await {
        let failed = bench.in_state(&asked, "failed").await;
        assert_eq!(failed["error"]["code"], "key", "{failed}");
        is_given_up(&bench, &asked, &failed).await;
    }
    assert_eq!(bench.books().await, (0, 0));
}
