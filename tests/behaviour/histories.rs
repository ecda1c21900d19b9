//! Random histories: whatever happens, in whatever order, with a crash at any request, one cleanup
//! sets right.
//!
//! The oracle knows only what its own steps did and what S3 acknowledged. Where a step crashed, it
//! allows both outcomes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use local::engines::BUCKET;
use model::AssetId;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;
use tests::{Client, When, World};

/// How many uploads can be registered, and how many keys a producer has.
const SLOTS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    /// Registers an upload in the slot, if it is free.
    Register(usize),
    /// Uploads to what the slot has registered.
    Upload(usize),
    /// A producer writes this many bytes under its own key.
    Produce(usize, usize),
    /// Someone removes an object behind our back: a slot's, or a producer's.
    RemoveObject(usize, bool),
    /// Delivers the event at this place of the queue; and again, if `keep`.
    Deliver { at: usize, keep: bool },
    /// Loses the event at this place.
    Drop(usize),
    /// Deletes what the slot, or the producer's key, has become.
    Delete(usize, bool),
    /// Lets hours pass.
    Pass(u64),
    /// Runs cleanup.
    CleanUp,
}

/// A step, and the request at which it crashes, if any.
type Event = (Step, Option<(usize, When)>);

fn steps() -> impl Strategy<Value = Vec<Event>> {
    let slot = 0..SLOTS;
    let step = prop_oneof![
        3 => slot.clone().prop_map(Step::Register),
        3 => slot.clone().prop_map(Step::Upload),
        4 => (slot.clone(), 1..4_usize).prop_map(|(key, size)| Step::Produce(key, size)),
        1 => (slot.clone(), any::<bool>()).prop_map(|(n, own)| Step::RemoveObject(n, own)),
        7 => (0..8_usize, any::<bool>()).prop_map(|(at, keep)| Step::Deliver { at, keep }),
        1 => (0..8_usize).prop_map(Step::Drop),
        2 => (slot, any::<bool>()).prop_map(|(n, own)| Step::Delete(n, own)),
        1 => prop_oneof![Just(1_u64), Just(25), Just(24 * 9)].prop_map(Step::Pass),
        2 => Just(Step::CleanUp),
    ];
    let when = prop_oneof![Just(When::Before), Just(When::After)];
    let crash = prop::option::weighted(0.3, (0..6_usize, when));
    prop::collection::vec((step, crash), 1..25)
}

/// What must be true in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    There,
    Gone,
    Either,
}

/// A registered upload.
#[derive(Debug)]
struct Slot {
    id: AssetId,
    uploaded: bool,
    removed: bool,
    /// It came after it was given up: there is no asset until its event or a cleanup has been.
    late: bool,
    fate: Fate,
    age_hours: u64,
}

/// A producer's key.
#[derive(Debug, Clone)]
struct Produced {
    size: usize,
    fate: Fate,
    /// Sizes, and so bytes, that a crashed delete may still be after, whatever was written between.
    doomed: BTreeSet<usize>,
}

struct History {
    world: World,
    acme: Client,
    s3: aws_sdk_s3::Client,
    slots: [Option<Slot>; SLOTS],
    produced: [Option<Produced>; SLOTS],
    queue: Vec<String>,
    deleted: Vec<AssetId>,
}

fn slot_key(id: AssetId) -> String {
    format!("workspaces/acme/assets/{id}/1/a.bin")
}

fn producers_key(key: usize) -> String {
    format!("workspaces/acme/executions/run/{key}.bin")
}

impl History {
    async fn new() -> Self {
        let world = World::quiet().await;
        let acme = world.workspace("acme").await;
        // Its object stays: the bucket never is an empty one.
        world.workspace("neighbour").await.write("# Kept", json!({})).await;
        drop(world.take_events());
        // So that a crash meets the step's own requests.
        acme.list("").await;
        let s3 = world.s3();
        Self {
            world,
            acme,
            s3,
            slots: Default::default(),
            produced: Default::default(),
            queue: Vec::new(),
            deleted: Vec::new(),
        }
    }

    async fn run<T>(
        &self,
        crash: Option<(usize, When)>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        match crash {
            Some((nth, when)) => self.world.wire.crash_at(nth, when, work).await,
            None => Some(work.await),
        }
    }

    async fn step(&mut self, (step, crash): Event) {
        match step {
            Step::Register(n) if self.slots[n].is_none() => self.register(n, crash).await,
            Step::Upload(n) => self.upload(n).await,
            Step::Produce(key, size) => self.produce(key, size).await,
            Step::RemoveObject(n, own) => self.remove_object(n, own).await,
            Step::Deliver { at, keep } if !self.queue.is_empty() => {
                let at = at % self.queue.len();
                let event = self.queue[at].clone();
                let ingest = self.world.ingest();
                let handled =
                    Box::pin(self.run(crash, ingest::notification(&ingest, &event))).await;
                // What was handled is acknowledged; what failed or crashed comes again.
                if matches!(handled, Some(Ok(()))) && !keep {
                    self.queue.remove(at);
                }
            }
            Step::Drop(at) if !self.queue.is_empty() => {
                self.queue.remove(at % self.queue.len());
            }
            Step::Delete(n, false) => self.delete_slot(n, crash).await,
            Step::Delete(n, true) => self.delete_produced(n, crash).await,
            Step::Pass(hours) => {
                self.world.pass(Duration::from_hours(hours));
                self.slots.iter_mut().flatten().for_each(|slot| slot.age_hours += hours);
            }
            Step::CleanUp => self.clean_up(crash).await,
            Step::Register(_) | Step::Deliver { .. } | Step::Drop(_) => {}
        }
        self.queue.extend(self.world.take_events());
    }

    async fn register(&mut self, n: usize, crash: Option<(usize, When)>) {
        let upload = json!({ "file_name": "a.bin", "content_type": "application/octet-stream" });
        let created = self.run(crash, self.acme.create(json!({ "upload": upload }))).await;
        // After a crash nobody knows the id: the record is one of those that are abandoned.
        let Some(created) = created else { return };
        let created = created.expect(201);
        self.slots[n] = Some(Slot {
            id: tests::id(&created["data"]["id"]),
            uploaded: false,
            removed: false,
            late: false,
            fate: Fate::There,
            age_hours: 0,
        });
    }

    async fn upload(&mut self, n: usize) {
        let Some(slot) = &mut self.slots[n] else { return };
        if slot.removed {
            return;
        }
        // Not by the signed link: S3's clock does not pass with the world's.
        let put = self.s3.put_object().bucket(BUCKET).key(slot_key(slot.id)).if_none_match("*");
        let put = put.body(ByteStream::from(vec![7; n + 1])).send().await;
        assert!(put.is_ok() || slot.uploaded, "the first upload is taken");
        // What was only given up is an asset after all.
        if !slot.uploaded && !self.deleted.contains(&slot.id) && slot.fate == Fate::Gone {
            slot.fate = Fate::There;
            slot.late = true;
        }
        slot.uploaded = true;
    }

    async fn produce(&mut self, key: usize, size: usize) {
        let put = self.s3.put_object().bucket(BUCKET).key(producers_key(key));
        put.body(ByteStream::from(vec![9; size])).send().await.unwrap();
        let doomed = self.produced[key].take().map(|was| was.doomed).unwrap_or_default();
        // The same bytes as those that a crashed delete is after go with them.
        let fate = if doomed.contains(&size) { Fate::Either } else { Fate::There };
        self.produced[key] = Some(Produced { size, fate, doomed });
    }

    async fn remove_object(&mut self, n: usize, own: bool) {
        let key = if own {
            if let Some(produced) = &mut self.produced[n] {
                produced.fate = Fate::Gone;
            }
            producers_key(n)
        } else {
            let Some(slot) = self.slots[n].as_mut().filter(|slot| slot.uploaded) else { return };
            slot.removed = true;
            slot.fate = Fate::Gone;
            slot_key(slot.id)
        };
        let delete = self.s3.delete_object().bucket(BUCKET).key(key);
        delete.send().await.unwrap();
    }

    async fn delete_slot(&mut self, n: usize, crash: Option<(usize, When)>) {
        let Some(slot) = &self.slots[n] else { return };
        let (id, path) = (slot.id, format!("/api/v1/assets/{}", slot.id));
        let answer = self.run(crash, self.acme.delete(&path)).await;
        let slot = self.slots[n].as_mut().unwrap();
        slot.fate = match answer.map(|answer| answer.status) {
            Some(204) => {
                self.deleted.push(id);
                Fate::Gone
            }
            Some(404) => {
                let must_be_there = slot.fate == Fate::There && !slot.late;
                assert!(!must_be_there, "an asset that must be there was not found");
                slot.fate
            }
            Some(status) => panic!("a delete answered {status}"),
            None if slot.fate == Fate::There => Fate::Either,
            None => slot.fate,
        };
    }

    async fn delete_produced(&mut self, n: usize, crash: Option<(usize, When)>) {
        let digest = model::store::keys::object_digest(BUCKET, &producers_key(n));
        let store = self.world.store();
        let Some(id) = store.pointer(&self.acme.workspace, &digest).await.unwrap() else { return };
        let Some(record) = store.find(&self.acme.workspace, id).await.unwrap() else { return };
        let answer = self.run(crash, self.acme.delete(&format!("/api/v1/assets/{id}"))).await;
        let Some(produced) = &mut self.produced[n] else { return };
        // An object that came since the record was made is not what is deleted.
        let same = record.asset.file_size == Some(produced.size as u64);
        match answer.map(|answer| answer.status) {
            Some(204) => {
                self.deleted.push(id);
                if same {
                    produced.fate = Fate::Gone;
                }
            }
            Some(404) => {}
            Some(status) => panic!("a delete answered {status}"),
            None => {
                let size = record.asset.file_size.and_then(|size| usize::try_from(size).ok());
                produced.doomed.extend(size);
                if same && produced.fate == Fate::There {
                    produced.fate = Fate::Either;
                }
            }
        }
    }

    async fn clean_up(&mut self, crash: Option<(usize, When)>) {
        let done = self.run(crash, self.world.clean_up()).await;
        for slot in self.slots.iter_mut().flatten().filter(|s| !s.uploaded && s.age_hours >= 24) {
            slot.fate = match (done.is_some(), slot.fate) {
                (true, _) => Fate::Gone,
                (false, Fate::There) => Fate::Either,
                (false, fate) => fate,
            };
        }
    }

    /// One cleanup, past every grace period; then every event that was still to come.
    async fn settle(&mut self) {
        self.world.pass(Duration::from_hours(24 * 10));
        self.slots.iter_mut().flatten().for_each(|slot| slot.age_hours += 240);
        self.clean_up(None).await;
        self.queue.extend(self.world.take_events());
    }

    async fn check(&self, when: &str) {
        let listed = self.acme.list("").await;
        let mut by_key = BTreeMap::new();
        for id in listed {
            let asset =
                self.acme.get(&format!("/api/v1/assets/{id}")).await.expect(200)["data"].clone();
            assert_eq!(asset["upload_status"], "complete");
            assert!(!self.deleted.contains(&id), "{when}: {id} was deleted and came back");
            let key = asset["storage_key"].as_str().unwrap().to_owned();
            let doubled = by_key.insert(key.clone(), asset);
            assert!(doubled.is_none(), "{when}: {key} has two assets");
        }
        let mut objects = self.world.object_keys().await;
        objects.retain(|key| key.starts_with("workspaces/acme/"));
        let recorded: Vec<_> = by_key.keys().cloned().collect();
        assert_eq!(recorded, objects, "{when}: records and objects agree");
        for slot in self.slots.iter().flatten() {
            let key = slot_key(slot.id);
            let fate = if slot.uploaded { slot.fate } else { Fate::Gone };
            check_fate(fate, by_key.contains_key(&key), &key, when);
        }
        for (n, produced) in self.produced.iter().enumerate() {
            let Some(produced) = produced else { continue };
            let key = producers_key(n);
            check_fate(produced.fate, by_key.contains_key(&key), &key, when);
            if let Some(asset) = by_key.get(&key) {
                assert_eq!(asset["file_size"], produced.size, "{when}: {key} has its newest bytes");
            }
        }
    }
}

fn check_fate(fate: Fate, there: bool, key: &str, when: &str) {
    match fate {
        Fate::There => assert!(there, "{when}: {key} is lost"),
        Fate::Gone => assert!(!there, "{when}: {key} is there"),
        Fate::Either => {}
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, max_shrink_iters: 400, ..Config::with_cases(cases()) })]

    #[test]
    fn after_one_cleanup_records_and_objects_agree_and_nothing_came_back(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async {
            let mut history = History::new().await;
            for step in steps {
                Box::pin(history.step(step)).await;
            }
            history.settle().await;
            history.check("after cleanup").await;
            let ingest = history.world.ingest();
            for event in history.queue.clone() {
                ingest::notification(&ingest, &event).await.unwrap();
            }
            history.check("after late events").await;
        });
    }
}

/// How many histories are tried: 64, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}
