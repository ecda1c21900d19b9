//! Submissions of which nobody knows whether they made a job: never sent again, and found where that is possible.

use providers::Provider::{DreamMachine, Replicate};
use serde_json::{Value, json};

use crate::bench::{Asked, Bench, each, fake, has_ended};
use crate::cases::LATER;

/// Checks that a generation is still unresolved after a while, keeps its reserve, and was sent once.
async fn rests(bench: &Bench, asked: &[Asked]) {
    for _ in 0..60 {
        bench.turn().await;
    }
    for asked in asked {
        let found = bench.read(asked).await;
        assert_eq!((&found["status"], has_ended(&found)), (&json!("unresolved"), false), "{found}");
        let reserved = found["reserved_micro_usd"].as_u64();
        assert_eq!(reserved, asked.generation["reserved_micro_usd"].as_u64(), "{found}");
        assert!(reserved.unwrap() > 0, "{found}");
        assert_eq!(found["asset_ids"], asked.generation["asset_ids"]);
        assert_eq!(asked.submissions(), 1, "{:?}", asked.case);
    }
}

#[tokio::test]
async fn a_server_error_is_never_sent_again() {
    let bench = Bench::new().await;
    let asked = bench.ask_all(each(), "outcome:flaky=1").await;
    for asked in &asked {
        let unresolved = bench.in_state(asked, "unresolved").await;
        assert_eq!(unresolved["error"]["code"], "provider", "{unresolved}");
    }
    rests(&bench, &asked).await;
}

#[tokio::test]
async fn a_job_behind_a_lost_answer_is_found_by_the_provider_s_list() {
    let bench = Bench::new().await;
    let is_listed = |asked: &Asked| matches!(asked.case.0, Replicate | DreamMachine);
    let asked = bench.ask_all(each().chain(LATER), "outcome:lost=1").await;
    let (listed, others): (Vec<_>, Vec<_>) = asked.into_iter().partition(is_listed);
    assert_eq!(listed.len(), 11);
    for asked in &listed {
        let made = bench.until(asked, has_ended).await;
        assert_eq!(made["status"], "succeeded", "{made}");
        assert!(made.get("error").is_none(), "{made}");
        let bytes = bench.bytes_of(&made["assets"][0]).await;
        assert_eq!((bytes.as_slice(), asked.submissions()), (fake().media(asked.case.3), 1));
    }
    rests(&bench, &others).await;
}

#[tokio::test]
async fn of_jobs_that_are_alike_each_is_found_once() {
    for case in [LATER[7], LATER[21]] {
        let bench = Bench::new().await;
        let first = bench.ask(case, "outcome:lost=2").await;
        let prompt = json!({ "prompt": first.generation["prompt"] });
        let second = bench.ask_with(case, "", prompt).await;
        let ids: Vec<_> = [&first, &second].map(|asked| asked.generation["id"].clone()).into();
        assert_ne!(ids[0], ids[1]);
        for asked in [&first, &second] {
            bench.until(asked, has_ended).await;
        }
        assert_eq!(first.submissions(), 2);
        let looks = fake().control("/jobs");
        let own = |job: &&Value| job["prompt"] == first.generation["prompt"];
        let looks: Vec<_> = looks.as_array().unwrap().iter().filter(own).collect();
        assert_eq!(looks.len(), 2);
        assert!(looks.iter().all(|job| job["looks"].as_u64() > Some(0)), "{looks:?}");
    }
}

#[tokio::test]
async fn a_job_that_does_not_end_is_unresolved_after_its_deadline_and_found_when_it_ends() {
    let bench = Bench::new().await;
    let cases = [LATER[1], LATER[7], LATER[13], LATER[17], LATER[21]];
    let asked = bench.ask_all(cases.into_iter(), "outcome:never").await;
    for asked in &asked {
        let found = bench.in_state(asked, "unresolved").await;
        assert_eq!(found["error"]["code"], "too_long", "{found}");
        assert_eq!(found["progress"]["phase"], "working", "{found}");
    }
    rests(&bench, &asked).await;
}
