//! Random operations by several actors, some at once and some meeting other transactions: what is
//! answered, the records, the lists and the histories are always those of the operations taken one by
//! one, in an order that explains every answer.

mod oracle;

use proptest::prelude::*;
use proptest::test_runner::Config;

use self::oracle::{Answer, Guard, Op, Recorded, STEPS, State, explain};
use super::*;

/// The most assets of a run.
const ASSETS_AT_MOST: usize = 4;
const ACTORS: usize = 3;

/// What an actor asks for, of one asset or of several.
#[derive(Debug, Clone)]
struct Request {
    actor: usize,
    /// More than one makes it a bulk request, which only steps have.
    assets: Vec<usize>,
    op: Op,
}

#[derive(Debug, Clone)]
enum Round {
    /// A text, or a failed step without a file.
    Create { has_file: bool },
    /// All at once, while some transactions meet others.
    Requests { requests: Vec<Request>, conflicts: Vec<bool> },
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let create = any::<bool>().prop_map(|has_file| Round::Create { has_file });
    let conflicts = prop::collection::vec(any::<bool>(), 0..5);
    let requests = (prop::collection::vec(request(), 1..4), conflicts)
        .prop_map(|(requests, conflicts)| Round::Requests { requests, conflicts });
    prop::collection::vec(prop_oneof![1 => create, 8 => requests], 1..20)
}

fn request() -> impl Strategy<Value = Request> {
    let one = prop::collection::vec(0..ASSETS_AT_MOST, 1);
    let several = prop::collection::vec(0..ASSETS_AT_MOST, 2..4);
    let asked = prop_oneof![
        6 => (one.clone(), step_of_review()),
        4 => (one.clone(), edit()),
        1 => (one, delete()),
        2 => (several, step_of_review()),
    ];
    (0..ACTORS, asked).prop_map(|(actor, (assets, op))| Request { actor, assets, op })
}

fn step_of_review() -> impl Strategy<Value = Op> {
    let comment = prop::option::of("[a-z]{1,8}");
    // The first steps more often, so that the later ones are come to.
    let step = prop::sample::select([&STEPS[..2], &STEPS[..2], &STEPS[..]].concat());
    (step, comment, guard()).prop_map(|(step, comment, guard)| Op::Step { step, comment, guard })
}

fn delete() -> impl Strategy<Value = Op> {
    (any::<bool>(), guard()).prop_map(|(force, guard)| Op::Delete { force, guard })
}

/// What is expected of the asset, more often what will be found.
fn guard() -> impl Strategy<Value = Guard> {
    prop_oneof![
        4 => Just(Guard::None),
        2 => Just(Guard::Current),
        1 => Just(Guard::Old),
        2 => Just(Guard::Version(1)),
        1 => Just(Guard::Version(2)),
    ]
}

fn edit() -> impl Strategy<Value = Op> {
    let title = prop::option::of("[a-c]?");
    let brands = prop::option::of(prop::sample::subsequence(vec!["acme", "bolt"], 0..=2));
    // No request of edits says a version.
    let guard = guard().prop_filter("a version", |guard| !matches!(guard, Guard::Version(_)));
    (title, brands, guard).prop_map(|(title, brands, guard)| Op::Edit { title, brands, guard })
}

/// An asset: as it was created, and as it must be.
struct Slot {
    created: Value,
    state: State,
}

struct Machine {
    world: World,
    actors: Vec<Client>,
    slots: Vec<Slot>,
}

impl Machine {
    async fn new() -> Self {
        let world = World::quiet().await;
        let actors = join_all((0..ACTORS).map(|_| world.workspace("acme"))).await;
        Self { world, actors, slots: Vec::new() }
    }

    async fn round(&mut self, round: Round) {
        match round {
            Round::Create { has_file } if self.slots.len() < ASSETS_AT_MOST => {
                self.create(has_file).await;
            }
            Round::Create { .. } => {}
            Round::Requests { requests, conflicts } => self.requests(requests, conflicts).await,
        }
        self.check_lists().await;
    }

    async fn create(&mut self, has_file: bool) {
        let failed = json!({ "type": "image", "generation": { "status": "failed" } });
        let body = if has_file { json!({ "content": "text" }) } else { failed };
        let created = self.actors[0].create(body).await.expect(201)["data"].clone();
        let state = self.observe(&created).await;
        let key = &self.actors[0].key[4..12];
        assert_eq!(state, State::created(has_file, state.revision(), key));
        self.slots.push(Slot { created, state });
    }

    async fn requests(&mut self, requests: Vec<Request>, conflicts: Vec<bool>) {
        let slots = self.slots.len();
        let fit = requests.into_iter().map(|mut request| {
            request.assets.retain(|asset| *asset < slots);
            request
        });
        let requests: Vec<_> = fit.filter(|request| !request.assets.is_empty()).collect();
        self.world.wire.conflict(conflicts);
        let answers = join_all(requests.iter().map(|request| self.send(request))).await;
        self.world.wire.conflict([]);
        // Each asset is changed for itself, so each has an order of its own.
        for n in 0..slots {
            let mut taken = Vec::new();
            for (request, answers) in requests.iter().zip(&answers) {
                let own = request.assets.iter().zip(answers).filter(|(asset, _)| **asset == n);
                let op = self.resolved(n, &request.op);
                let key = &self.actors[request.actor].key[4..12];
                taken.extend(own.map(|(_, answer)| (op.clone(), key, answer.clone())));
            }
            let Slot { created, state } = &self.slots[n];
            let observed = self.observe(created).await;
            let explained = explain(state, &taken, &observed);
            assert!(explained, "no order of {taken:?} leads from {state:?} to {observed:?}");
            self.slots[n].state = observed;
        }
    }

    /// The operation, expecting a revision where it is guarded.
    fn resolved(&self, n: usize, op: &Op) -> Op {
        let mut op = op.clone();
        let (Op::Edit { guard, .. } | Op::Step { guard, .. } | Op::Delete { guard, .. }) = &mut op;
        let current = self.slots[n].state.revision();
        *guard = match guard {
            Guard::Current => Guard::Revision(current),
            Guard::Old => Guard::Revision(current.saturating_sub(1)),
            Guard::None | Guard::Revision(_) | Guard::Version(_) => *guard,
        };
        op
    }

    /// An answer for each asset of the request.
    async fn send(&self, request: &Request) -> Vec<Answer> {
        let caller = &self.actors[request.actor];
        if let Some((route, body)) = self.bulk(request) {
            let outcomes = caller.post(&format!("{ASSETS}/{route}"), body).await.expect(200);
            let outcomes = outcomes["data"].as_array().unwrap().iter();
            return outcomes.map(Answer::of_many).collect();
        }
        let n = request.assets[0];
        let path = path(&self.slots[n].created);
        let guarded = |request: reqwest::RequestBuilder, guard: Guard| match guard {
            Guard::Revision(revision) => request.header("If-Match", format!("\"{revision}\"")),
            _ => request,
        };
        let response = match self.resolved(n, &request.op) {
            Op::Step { step, comment, guard } => {
                let request = caller.request(Method::POST, &format!("{path}/{step}"));
                let request = request.json(&json!({ "comment": comment }));
                caller.send(guarded(request, guard)).await
            }
            Op::Edit { title, brands, guard } => {
                let mut body = json!({});
                if let Some(title) = title {
                    body["title"] = json!(Some(title).filter(|title| !title.is_empty()));
                }
                if let Some(brands) = brands {
                    body["tags"] = json!({ "brand": brands });
                }
                let request = caller.request(Method::PATCH, &path).json(&body);
                caller.send(guarded(request, guard)).await
            }
            Op::Delete { force, guard } => {
                let path = format!("{path}?force={force}");
                caller.send(guarded(caller.request(Method::DELETE, &path), guard)).await
            }
        };
        vec![Answer::of_one(&response)]
    }

    /// The route and body of a bulk request, where it must be one: only that says a version.
    fn bulk(&self, request: &Request) -> Option<(&'static str, Value)> {
        let items = request.assets.iter().map(|n| {
            let mut item = json!({ "id": self.slots[*n].created["id"] });
            match self.resolved(*n, &request.op) {
                Op::Step { guard, .. } | Op::Delete { guard, .. } | Op::Edit { guard, .. } => {
                    match guard {
                        Guard::Revision(revision) => {
                            item["etag"] = json!(format!("\"{revision}\""));
                        }
                        Guard::Version(version) => item["version"] = json!(version),
                        Guard::None | Guard::Current | Guard::Old => {}
                    }
                }
            }
            item
        });
        let items: Vec<_> = items.collect();
        let many = items.len() > 1;
        match &request.op {
            Op::Step { step, comment, guard } if many || matches!(guard, Guard::Version(_)) => {
                Some(("review", json!({ "items": items, "action": step, "comment": comment })))
            }
            Op::Delete { force, guard: Guard::Version(_) } => {
                Some(("delete", json!({ "items": items, "force": force })))
            }
            Op::Step { .. } | Op::Delete { .. } | Op::Edit { .. } => None,
        }
    }

    /// The asset as it is read, with its history.
    async fn observe(&self, created: &Value) -> State {
        let caller = &self.actors[0];
        let answer = caller.get(&path(created)).await;
        if answer.status == 404 {
            let history = caller.get(&format!("{}/history", path(created))).await;
            assert_eq!(history.status, 404);
            return State::Gone;
        }
        let mut recorded: Vec<_> = events(caller, created).await.iter().map(Recorded::of).collect();
        recorded.reverse();
        State::of(&answer, recorded)
    }

    /// Each list shows the assets that it is of, newest first.
    async fn check_lists(&self) {
        let shown = |wanted: &dyn Fn(&State) -> bool| {
            let wanted = self.slots.iter().filter(|slot| wanted(&slot.state));
            let mut ids: Vec<_> = wanted.map(|slot| id(&slot.created["id"])).collect();
            ids.sort_by(|a, b| b.cmp(a));
            ids
        };
        let caller = &self.actors[0];
        for status in STATES {
            let expected = shown(&|state| state.status() == Some(status));
            assert_eq!(caller.list(&format!("status={status}")).await, expected, "{status}");
        }
        let approved = shown(&State::is_approved);
        assert_eq!(caller.list("approved=true").await, approved, "approved");
    }

    /// The history, applied to the asset as it was created, makes it what it is.
    async fn check_replay(&self) {
        let caller = &self.actors[0];
        for slot in self.slots.iter().filter(|slot| slot.state != State::Gone) {
            let mut replayed = slot.created.clone();
            for event in events(caller, &slot.created).await.iter().rev() {
                for (name, was) in event["from"].as_object().into_iter().flatten() {
                    assert_eq!(replayed[name], *was, "{name} before {event}");
                }
                for (name, value) in event["to"].as_object().into_iter().flatten() {
                    replayed[name] = value.clone();
                }
            }
            let (now, _) = read(caller, &slot.created).await;
            replayed["updated_at"] = now["updated_at"].clone();
            replayed.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            assert_eq!(replayed, now);
        }
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, max_shrink_iters: 300, ..Config::with_cases(cases()) })]

    #[test]
    fn operations_at_once_are_as_if_one_by_one_and_all_on_record(rounds in rounds()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async {
            let mut machine = Machine::new().await;
            machine.create(true).await;
            for round in rounds {
                machine.round(round).await;
            }
            machine.check_replay().await;
        });
    }
}

/// How many runs are tried: 32, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(32)
}
