//! Every provider's tools against the stand-in in `tests/fakes`, over real sockets. Needs Python: see
//! `.ci/providers.sh`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../tests/fakes/cases.rs"]
mod cases;
#[path = "../../../../tests/fakes/fake.rs"]
mod fake;
#[path = "../../../../tests/fakes/listener.rs"]
mod listener;
mod wire;

use cases::{AT_ONCE, Case, GOOGLE_IMAGES, LATER};
use domain::{Clock, Timestamp};
use fake::Fake;
use listener::{Listener, Webhook};
use providers::Provider::{
    Deepgram, DreamMachine, ElevenLabs, Google, Luma, OpenAi, Replicate, Runway, Stability,
};
use providers::{
    Access, BadWebhook, Call, Catalogue, Cause, Content, Done, Handle, Input, Inputs, Look, Notice,
    Order, Output, Provider, Role, Secret, Shared, Source, Step, Submission, Tool,
};
use serde_json::Map;
use wire::Heard;

/// The text of all of the stand-in's transcripts.
const WORDS: &[u8] = b"the quick brown fox";

fn now() -> Timestamp {
    Clock::system().now()
}

/// A call of a tool, whose trouble is scripted by `words`.
fn call((provider, tool, model, _): Case, words: &str) -> Call {
    let role = match tool {
        Tool::Stt => Some((Role::Audio, "audio/wav")),
        Tool::ImageEdit | Tool::VideoFromImage => Some((Role::Image, "image/png")),
        _ => None,
    };
    let words = &format!("{} {words}", tool.as_str());
    let source = match provider.inputs() {
        Inputs::Bytes => Source::Bytes(b"input".to_vec()),
        _ => Source::Url(format!("https://a.example/input?{}", words.replace(' ', "&"))),
    };
    let input =
        role.map(|(role, media_type)| Input { role, media_type: media_type.to_owned(), source });
    let is_heard = tool == Tool::Stt && provider != OpenAi;
    let mut shared = Shared::default();
    match (tool, provider) {
        (Tool::Tts, Deepgram | OpenAi | ElevenLabs) => shared.voice = Some("thalia-en".to_owned()),
        (Tool::VideoGen | Tool::VideoFromImage, _) => shared.duration_seconds = Some(5),
        _ => {}
    }
    let prompt = if is_heard { String::new() } else { format!("a lighthouse by {model} {words}") };
    Call {
        tool,
        model: model.to_owned(),
        prompt,
        inputs: input.into_iter().collect(),
        shared,
        parameters: Map::new(),
    }
}

/// A job on its way.
struct Job<'a> {
    fake: &'a Fake,
    provider: Provider,
    access: Access,
    call: Call,
    webhook: Option<String>,
}

impl<'a> Job<'a> {
    fn new(fake: &'a Fake, case: Case, words: &str) -> Self {
        let access = fake.access(case.0, "key");
        Self { fake, provider: case.0, access, call: call(case, words), webhook: None }
    }

    /// Submits, and says what that means.
    fn submit(&self, catalogue: &Catalogue) -> Submission {
        let webhook = self.webhook.as_deref();
        let order =
            Order::new(catalogue, self.provider, &self.call, &self.access, webhook).unwrap();
        let heard = self.fake.send(order.request().unwrap());
        order.answered(&heard.answer(), now())
    }

    fn look(&self, handle: &Handle, step: Step) -> Look {
        let heard = self.fake.send(self.provider.look(&self.access, handle, step));
        self.provider.seen(&self.access, step, &heard.answer(), now())
    }

    /// Looks until the job is over.
    fn watch(&self, handle: &Handle) -> (Look, Vec<Look>) {
        let (mut step, mut seen) = (Step::Status, Vec::new());
        for _ in 0..20 {
            match self.look(handle, step) {
                Look::Next(next) => step = next,
                look @ (Look::Queued { .. } | Look::Running { .. } | Look::Again { .. }) => {
                    seen.push(look);
                }
                end => return (end, seen),
            }
        }
        panic!("{}: never over: {seen:?}", self.provider.as_str());
    }

    /// Submits, and looks until it is over.
    fn run(&self, catalogue: &Catalogue) -> Look {
        match self.submit(catalogue) {
            Submission::Made(handle) => {
                // As it is stored and read again.
                let text = serde_json::to_string(&handle).unwrap();
                assert_eq!(serde_json::from_str::<Handle>(&text).unwrap(), handle);
                self.watch(&handle).0
            }
            Submission::Done(done) => Look::Succeeded(done),
            Submission::Failed(loss) => Look::Failed(loss),
            Submission::Refused(loss) => Look::Refused(loss),
            other => panic!("{}: {other:?}", self.provider.as_str()),
        }
    }

    fn fetch(&self, output: &Output) -> Heard {
        match &output.content {
            Content::Bytes(bytes) => {
                Heard { status: 200, headers: Vec::new(), body: bytes.clone() }
            }
            Content::Url(_) => self.fake.send(self.provider.fetch(&self.access, output).unwrap()),
        }
    }
}

fn catalogue() -> Catalogue {
    Catalogue::parse(Catalogue::TEXT).unwrap()
}

fn all() -> impl Iterator<Item = Case> {
    AT_ONCE.into_iter().chain(GOOGLE_IMAGES).chain(LATER)
}

#[test]
fn every_tool_makes_what_it_is_asked_for() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for case in all() {
        let job = Job::new(&fake, case, "outcome:slow=1");
        let Look::Succeeded(done) = job.run(&catalogue) else { panic!("{case:?}") };
        let first = job.fetch(&done.outputs[0]);
        assert_eq!(first.status, 200, "{case:?}");
        match case.3 {
            "words" => {
                assert_eq!(first.body, WORDS, "{case:?}");
                let words = job.fetch(&done.outputs[1]).body;
                let words: serde_json::Value = serde_json::from_slice(&words).unwrap();
                assert_eq!(words[1]["text"], "quick", "{case:?}");
                assert_eq!(words[1]["start_ms"], 100, "{case:?}");
            }
            "text" => assert_eq!(first.body, WORDS, "{case:?}"),
            kind => assert_eq!(first.body, fake.media(kind), "{case:?}"),
        }
        assert!(
            done.outputs[0].media_type.is_some()
                || matches!(case.0, Replicate | Runway | Luma | DreamMachine)
        );
    }
    // No file host has seen a key.
    for entry in fake.control("/journal").as_array().unwrap() {
        let headers = entry["headers"].to_string().to_lowercase();
        let is_file = entry["service"].as_str().unwrap().ends_with("-files");
        assert!(!(is_file && headers.contains("authorization")), "{}", entry["path"]);
    }
}

#[test]
fn failures_and_refusals_are_told_apart() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for case in LATER {
        let failed = Job::new(&fake, case, "outcome:fail").run(&catalogue);
        assert!(
            matches!(&failed, Look::Failed(loss) if loss.reason.cause == Cause::Provider),
            "{case:?} {failed:?}"
        );
    }
    // Who answers at once has no word for a refusal of what it hears.
    for case in
        all().filter(|case| case.1 != Tool::Stt && (case.0, case.1) != (Deepgram, Tool::Tts))
    {
        let refused = Job::new(&fake, case, "outcome:refused").run(&catalogue);
        assert!(matches!(refused, Look::Refused(_)), "{case:?} {refused:?}");
    }
    let flagged = Job::new(&fake, LATER[1], "outcome:nsfw").run(&catalogue);
    assert!(matches!(flagged, Look::Refused(_)), "{flagged:?}");
    let filtered = Job::new(&fake, AT_ONCE[8], "outcome:filtered").run(&catalogue);
    assert!(matches!(filtered, Look::Refused(_)), "{filtered:?}");
}

#[test]
fn a_cancelled_job_says_so() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for case in LATER {
        let job = Job::new(&fake, case, "outcome:never");
        let Submission::Made(handle) = job.submit(&catalogue) else { panic!("{case:?}") };
        assert!(matches!(
            job.look(&handle, Step::Status),
            Look::Queued { .. } | Look::Running { .. }
        ));
        let Some(cancel) = job.provider.cancel(&job.access, &handle) else {
            assert_eq!(case.0, Luma);
            continue;
        };
        assert!((200..300).contains(&fake.send(cancel).status), "{case:?}");
        let end = job.watch(&handle).0;
        match case.0 {
            DreamMachine => assert_eq!(end, Look::Gone),
            _ => assert!(matches!(end, Look::Canceled(_)), "{case:?} {end:?}"),
        }
    }
}

#[test]
fn busy_is_not_made_and_is_tried_again() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for case in all() {
        let job = Job::new(&fake, case, "outcome:busy=1 outcome:instant");
        match job.submit(&catalogue) {
            Submission::NotMade { after, reason } => {
                let expected = match case.0 {
                    OpenAi => 900,
                    // Without Retry-After.
                    Stability => 60_000,
                    _ => 1_000,
                };
                assert_eq!((after, reason.cause), (expected, Cause::Provider), "{case:?}");
            }
            other => panic!("{case:?} {other:?}"),
        }
        assert!(matches!(job.run(&catalogue), Look::Succeeded(_)), "{case:?}");
    }
}

#[test]
fn a_server_error_is_unresolved_and_never_sent_again() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for (index, case) in all().enumerate() {
        let job = Job::new(&fake, case, &format!("outcome:flaky=1 number-{index}."));
        let submission = job.submit(&catalogue);
        assert!(matches!(submission, Submission::Unresolved(_)), "{case:?} {submission:?}");
        if case.1 != Tool::Stt {
            assert_eq!(fake.submissions(&format!("number-{index}.")), 1, "{case:?}");
        }
    }
}

#[test]
fn a_lost_answer_is_looked_up() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for case in [LATER[7], LATER[11], LATER[21], LATER[22]] {
        let job = Job::new(&fake, case, "outcome:lost=1");
        let order = Order::new(&catalogue, job.provider, &job.call, &job.access, None).unwrap();
        let (sent, at) = (order.request().unwrap(), now());
        let heard = fake.send(sent.clone());
        assert!(matches!(order.answered(&heard.answer(), now()), Submission::Unresolved(_)));
        let list = fake.send(job.provider.list(&job.access).unwrap());
        let found = job.provider.found(&order, &sent, at, &list.answer()).unwrap();
        assert_eq!(found.len(), 1, "{case:?}");
        assert!(matches!(job.watch(&found[0]).0, Look::Succeeded(_)), "{case:?}");
        let later = at.plus(10 * 60_000);
        assert!(job.provider.found(&order, &sent, later, &list.answer()).unwrap().is_empty());
        let other = Job::new(&fake, case, "another prompt");
        let order = Order::new(&catalogue, job.provider, &other.call, &job.access, None).unwrap();
        let sent = order.request().unwrap();
        assert!(job.provider.found(&order, &sent, at, &list.answer()).unwrap().is_empty());
    }
}

#[test]
fn a_look_that_fails_tells_nothing() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for case in LATER {
        let job = Job::new(&fake, case, "outcome:pollbusy=1 outcome:pollflaky=1");
        let Submission::Made(handle) = job.submit(&catalogue) else { panic!("{case:?}") };
        let (end, seen) = job.watch(&handle);
        assert!(matches!(end, Look::Succeeded(_)), "{case:?} {end:?}");
        assert!(matches!(seen[0], Look::Again { after: 1_000, .. }), "{case:?} {seen:?}");
        let again = seen.iter().filter(|look| matches!(look, Look::Again { .. })).count();
        assert_eq!(again, 2, "{case:?} {seen:?}");
    }
}

#[test]
fn money_keys_and_mistakes_are_told_apart() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for case in all() {
        let mut job = Job::new(&fake, case, "outcome:invalid");
        // The stand-in takes any interaction.
        let is_checked = case.0 != Google || !case.1.is_video();
        let invalid = job.run(&catalogue);
        assert!(
            !is_checked
                || matches!(&invalid, Look::Failed(loss) if loss.reason.cause == Cause::Request),
            "{case:?} {invalid:?}"
        );
        job.access = fake.access(case.0, "bad");
        let key = job.run(&catalogue);
        assert!(
            matches!(&key, Look::Failed(loss) if loss.reason.cause == Cause::Key),
            "{case:?} {key:?}"
        );
        // Google says the same of too many requests.
        if case.0 != Google {
            let broke = Job::new(&fake, case, "outcome:nocredits").run(&catalogue);
            assert!(
                matches!(&broke, Look::Failed(loss) if loss.reason.cause == Cause::Credit),
                "{case:?} {broke:?}"
            );
        }
    }
}

#[test]
fn outputs_end_and_runways_are_renewed() {
    let (fake, catalogue) = (Fake::start(), catalogue());
    for case in [LATER[1], LATER[7], LATER[15], LATER[19], LATER[22], LATER[23]] {
        let job = Job::new(&fake, case, "outcome:reads=1");
        let Submission::Made(handle) = job.submit(&catalogue) else { panic!("{case:?}") };
        let Look::Succeeded(Done { outputs, .. }) = job.watch(&handle).0 else {
            panic!("{case:?}")
        };
        assert_eq!(job.fetch(&outputs[0]).status, 200);
        assert!((400..500).contains(&job.fetch(&outputs[0]).status), "{case:?}");
        assert_eq!(outputs[0].is_renewed, case.0 == Runway);
        if outputs[0].is_renewed {
            let Look::Succeeded(Done { outputs, .. }) = job.watch(&handle).0 else {
                panic!("{case:?}")
            };
            assert_eq!(job.fetch(&outputs[0]).body, fake.media(case.3));
        }
    }
}

#[test]
fn webhooks_are_checked() {
    let (fake, catalogue, listener) = (Fake::start(), catalogue(), Listener::start());
    fake.tell("/elevenlabs-webhook", &listener.url);
    for case in [LATER[1], LATER[7], LATER[22], AT_ONCE[1]] {
        let mut job = Job::new(&fake, case, "outcome:twice");
        job.webhook = Some(format!("{}/t0ken", listener.url));
        let Submission::Made(handle) = job.submit(&catalogue) else { panic!("{case:?}") };
        let (provider, access) = (job.provider, &job.access);
        let key = match provider {
            ElevenLabs => Some(Secret::from(fake.secret("elevenlabs"))),
            _ => provider
                .signing_key(access)
                .map(|request| Secret::from(String::from_utf8(fake.send(request).body).unwrap())),
        };
        for _ in 0..2 {
            let Webhook { headers, body, .. } = listener.next();
            let notice = Notice { key: key.as_ref(), headers: &headers, body: &body, now: now() };
            assert_eq!(provider.webhook(&notice), Ok(Some(handle.id.clone())), "{case:?}");
            if provider != DreamMachine {
                let altered = [body.as_slice(), b" "].concat();
                let notice = Notice { body: &altered, ..notice };
                assert_eq!(provider.webhook(&notice), Err(BadWebhook::Forged), "{case:?}");
            }
        }
        assert!(matches!(job.watch(&handle).0, Look::Succeeded(_)), "{case:?}");
    }
    fake.tell("/openai-event", &listener.url);
    let Webhook { path, headers, body } = listener.next();
    assert_eq!(path, "/");
    let key = Secret::from(fake.secret("openai"));
    let notice = Notice { key: Some(&key), headers: &headers, body: &body, now: now() };
    assert_eq!(OpenAi.webhook(&notice), Ok(Some("resp_1".to_owned())));
}
