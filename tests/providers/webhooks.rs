//! Webhooks: whatever their order and their number, they wake a job and change nothing else.

use http::Method;
use providers::Provider::{DreamMachine, Fal};
use tests::{Response, When};

use crate::bench::{Asked, Bench, fake, has_ended};
use crate::cases::{AT_ONCE, Case, LATER};
use crate::listener::{Listener, Webhook};

/// Signed, signed, unsigned.
const TOLD: [Case; 3] = [LATER[1], LATER[7], LATER[21]];

/// A store whose webhooks are kept until the test hands them on.
async fn bench() -> (Bench, Listener) {
    let listener = Listener::start();
    (Bench::with(&[("PUBLIC_URL", &listener.url)]).await, listener)
}

impl Bench {
    /// Hands a webhook on to the store.
    async fn tell(&self, webhook: &Webhook) -> Response {
        let stranger = self.acme.with_key("");
        let mut request = stranger.request(Method::POST, &webhook.path);
        for (name, value) in &webhook.headers {
            if !["host", "content-length", "connection"].contains(&name.to_lowercase().as_str()) {
                request = request.header(name, value);
            }
        }
        self.acme.send(request.body(webhook.body.clone())).await
    }

    /// Submits what is asked for, and dies before the answer is written.
    async fn submit_and_die(&self) {
        let jobs = async { self.world.deliver_messages("jobs").await };
        // The generation is read and claimed; then comes what the answer changes.
        assert_eq!(self.world.wire.crash_at(2, When::Before, jobs).await, None);
    }

    async fn is_made_once(&self, asked: &Asked) {
        let made = self.until(asked, has_ended).await;
        assert_eq!(made["status"], "succeeded", "{made}");
        let bytes = self.bytes_of(&made["assets"][0]).await;
        assert_eq!((bytes.as_slice(), asked.submissions()), (fake().media(asked.case.3), 1));
    }
}

#[tokio::test]
async fn a_webhook_wakes_a_job_however_often_it_comes() {
    for case in TOLD {
        let (bench, listener) = bench().await;
        let asked = bench.ask(case, "outcome:twice outcome:slow=100").await;
        bench.world.deliver_messages("jobs").await;
        assert_eq!(bench.read(&asked).await["status"], "running");
        let webhooks = [listener.next(), listener.next()];
        for webhook in &webhooks {
            assert_eq!(bench.tell(webhook).await.status, 204, "{case:?}");
        }
        // At once: no time passes.
        bench.world.deliver_messages("jobs").await;
        let made = bench.read(&asked).await;
        assert_eq!(made["status"], "succeeded", "{case:?}: {made}");
        for webhook in &webhooks {
            assert_eq!(bench.tell(webhook).await.status, 204, "{case:?}");
        }
        assert_eq!(bench.read(&asked).await, made);
        bench.is_made_once(&asked).await;
    }
}

#[tokio::test]
async fn a_webhook_stands_for_an_answer_that_nobody_has_heard() {
    for case in TOLD {
        let (bench, listener) = bench().await;
        let asked = bench.ask(case, "outcome:lost=1").await;
        bench.world.deliver_messages("jobs").await;
        let found = bench.read(&asked).await;
        // Where there is a list, it is found by that already.
        let is_open = ["unresolved", "submitting"].contains(&found["status"].as_str().unwrap());
        assert_eq!(is_open, case.0 == Fal, "{found}");
        assert_eq!(bench.tell(&listener.next()).await.status, 204);
        bench.is_made_once(&asked).await;
    }
}

#[tokio::test]
async fn a_webhook_before_the_answer_is_written_is_as_good() {
    for case in TOLD {
        let (bench, listener) = bench().await;
        let asked = bench.ask(case, "").await;
        bench.submit_and_die().await;
        assert_eq!(bench.read(&asked).await["status"], "submitting");
        assert_eq!(bench.tell(&listener.next()).await.status, 204);
        let found = bench.read(&asked).await;
        assert_eq!(found["status"], "running", "{case:?}: {found}");
        bench.is_made_once(&asked).await;
    }
}

#[tokio::test]
async fn an_answer_after_its_webhook_changes_nothing() {
    for case in TOLD {
        let (bench, listener) = bench().await;
        let asked = bench.ask(case, "").await;
        let work = async { bench.world.deliver_messages("jobs").await };
        let meanwhile = async {
            assert_eq!(bench.tell(&listener.next()).await.status, 204);
            assert_eq!(bench.read(&asked).await["status"], "running", "{case:?}");
        };
        assert!(bench.world.wire.pause_at(2, work, meanwhile).await);
        bench.is_made_once(&asked).await;
    }
}

#[tokio::test]
async fn what_is_forged_or_sent_elsewhere_changes_nothing() {
    for case in TOLD {
        let (bench, listener) = bench().await;
        let asked = bench.ask(case, "outcome:slow=100").await;
        bench.world.deliver_messages("jobs").await;
        let before = bench.read(&asked).await;
        let right = listener.next();
        let with = |path: &str, body: &[u8]| Webhook {
            path: path.to_owned(),
            headers: right.headers.clone(),
            body: body.to_vec(),
        };
        let forged = [right.body.as_slice(), b" "].concat();
        let unreadable = bench.tell(&with(&right.path, b"{")).await;
        assert_eq!((unreadable.status, unreadable.code()), (400, "invalid_request"));
        if case.0 != DreamMachine {
            let answer = bench.tell(&with(&right.path, &forged)).await;
            assert_eq!((answer.status, answer.code()), (400, "invalid_request"), "{case:?}");
            let unsigned = Webhook { headers: Vec::new(), ..with(&right.path, &right.body) };
            assert_eq!(bench.tell(&unsigned).await.status, 400);
        }
        let (place, token) = right.path.rsplit_once('/').unwrap();
        let (named, secret) = token.rsplit_once('.').unwrap();
        let other = if case.0 == Fal { "replicate" } else { "fal" };
        for path in [
            format!("{place}/{named}.{}", secret.chars().rev().collect::<String>()),
            format!("{place}/{named}"),
            format!("{place}/{named}."),
            format!("{place}/nonsense"),
            format!("/api/v1/callbacks/{other}/{token}"),
            format!("/api/v1/callbacks/nobody/{token}"),
        ] {
            let answer = bench.tell(&with(&path, &right.body)).await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{path}");
        }
        assert_eq!(bench.read(&asked).await, before);
        assert_eq!(bench.tell(&right).await.status, 204);
        bench.is_made_once(&asked).await;
    }
}

#[tokio::test]
async fn a_webhook_about_another_job_of_the_account_wakes_what_it_was_sent_for_alone() {
    let (bench, listener) = bench().await;
    let [one, two] = [bench.ask(TOLD[1], "").await, bench.ask(TOLD[1], "").await];
    bench.submit_and_die().await;
    let first = listener.next();
    let [of, other] = if first.path.contains(one.generation["id"].as_str().unwrap()) {
        [&one, &two]
    } else {
        [&two, &one]
    };
    assert_eq!(bench.tell(&first).await.status, 204);
    assert_eq!(bench.read(of).await["status"], "running");
    assert_eq!(bench.read(other).await["status"], "queued");
    for asked in [of, other] {
        bench.is_made_once(asked).await;
    }
}

#[tokio::test]
async fn who_tells_the_account_and_not_the_job_is_not_asked_to() {
    let (bench, _listener) = bench().await;
    let asked = bench.ask(AT_ONCE[1], "").await;
    bench.world.deliver_messages("jobs").await;
    let made = bench.read(&asked).await;
    assert_eq!(made["status"], "succeeded", "{made}");
    let sent = fake().requests(&asked.mark).remove(0);
    assert!(!sent["parts"].to_string().contains("webhook"), "{sent}");
}
