//! Random histories of a bucket that is there, empty, another, or short of objects, under a clock that
//! jumps: once all objects are back, nothing approved is lost, and nothing that was deleted is back.

use std::collections::BTreeSet;

use model::AssetId;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

/// How many assets there are: enough of them for the brake.
const ASSETS: usize = 13;

/// What stands in for the bucket while `cleanup` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Right,
    Empty,
    /// With objects of somebody else, under keys such as ours.
    Another,
}

#[derive(Debug, Clone)]
enum Step {
    /// The bucket is another from here on.
    Swap(Bucket),
    /// The objects of so many assets, from this one on, are gone; whether events tell of it.
    Lose(usize, usize, bool),
    /// They are back, as they were; whether events tell of it.
    PutBack(usize, usize, bool),
    /// A caller deletes the asset.
    Delete(usize),
    /// The clock jumps ahead, or back.
    Jump(i64),
    /// Cleanup runs, and dies at this request, if any.
    CleanUp(Option<(usize, When)>),
    /// An operator confirms whatever was seen.
    Confirm,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let asset = 0..ASSETS;
    let range = || (0..ASSETS, prop_oneof![3 => 1..4_usize, 1 => Just(ASSETS)], any::<bool>());
    let bucket = prop_oneof![
        2 => Just(Bucket::Right),
        1 => Just(Bucket::Empty),
        1 => Just(Bucket::Another)
    ];
    let hours = prop_oneof![Just(1), Just(25), Just(24 * 9), Just(24 * 40), Just(24 * 400)];
    let crash = (0..60_usize, prop_oneof![Just(When::Before), Just(When::After)]);
    let step = prop_oneof![
        2 => bucket.prop_map(Step::Swap),
        3 => range().prop_map(|(first, count, told)| Step::Lose(first, count, told)),
        2 => range().prop_map(|(first, count, told)| Step::PutBack(first, count, told)),
        1 => asset.prop_map(Step::Delete),
        4 => hours.clone().prop_map(Step::Jump),
        1 => hours.prop_map(|hours| Step::Jump(-hours)),
        6 => prop::option::weighted(0.2, crash).prop_map(Step::CleanUp),
        1 => Just(Step::Confirm),
    ];
    prop::collection::vec(step, 1..20)
}

/// One of the assets: each third is a draft, each third approved, each third has a newer version that
/// waits for a review.
struct Kept {
    id: AssetId,
    /// The objects that there were, with what they hold.
    objects: Vec<(String, String)>,
    approved: bool,
    deleted: bool,
}

struct History {
    world: World,
    acme: Client,
    assets: Vec<Kept>,
    bucket: Bucket,
}

impl History {
    async fn new() -> Self {
        let (world, acme) = quiet().await;
        let days = [(Status::PendingReview, 30)].into();
        let settings = Settings { retention_days: days };
        world.store().set_settings(&acme.workspace, &settings).await.unwrap();
        let assets = join_all((0..ASSETS).map(|n| asset(&acme, n))).await;
        for bucket in ["empty", "another"] {
            world.engines.s3.create_bucket(bucket).unwrap();
        }
        let foreign = "workspaces/acme/executions/foreign/a.txt";
        let put = world.s3().put_object().bucket("another").key(foreign);
        put.body(ByteStream::from_static(b"foreign")).send().await.unwrap();
        lose_events(&world);
        Self { world, acme, assets, bucket: Bucket::Right }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Swap(bucket) => self.bucket = bucket,
            Step::Lose(first, count, told) => {
                for kept in self.assets.iter().skip(first).take(count) {
                    for (key, _) in &kept.objects {
                        let delete = self.world.s3().delete_object().bucket(BUCKET).key(key);
                        delete.send().await.unwrap();
                    }
                }
                self.tell(told).await;
            }
            Step::PutBack(first, count, told) => {
                for kept in self.assets.iter().skip(first).take(count) {
                    put_back(&self.world, kept).await;
                }
                self.tell(told).await;
            }
            Step::Delete(n) => {
                let path = format!("/api/v1/assets/{}?force=true", self.assets[n].id);
                // What was forgotten is not there to be deleted.
                self.assets[n].deleted |= self.acme.delete(&path).await.status == 204;
            }
            Step::Jump(hours) if hours < 0 => {
                self.world.set_back(Duration::from_hours(hours.unsigned_abs()));
            }
            Step::Jump(hours) => self.world.pass(Duration::from_hours(hours.unsigned_abs())),
            Step::CleanUp(crash) => {
                let work = async {
                    match self.bucket {
                        Bucket::Right => self.world.clean_up().await,
                        Bucket::Empty => self.world.clean_up_with("empty").await,
                        Bucket::Another => self.world.clean_up_with("another").await,
                    }
                };
                match crash {
                    Some((nth, when)) => drop(self.world.wire.crash_at(nth, when, work).await),
                    None => drop(work.await),
                }
            }
            Step::Confirm => {
                self.world.confirm().await;
            }
        }
    }

    async fn tell(&self, told: bool) {
        if told {
            self.world.deliver().await;
        } else {
            lose_events(&self.world);
        }
    }

    /// The right bucket is back, with all that it ever held, but for what was deleted.
    async fn settle(&self) {
        for kept in self.assets.iter().filter(|kept| !kept.deleted) {
            put_back(&self.world, kept).await;
        }
        lose_events(&self.world);
        for _ in 0..3 {
            self.world.clean_up().await;
            self.world.pass(Duration::from_hours(1));
        }
    }

    async fn check(&self) {
        let listed: BTreeSet<_> = self.acme.list("").await.into_iter().collect();
        for kept in &self.assets {
            let path = format!("/api/v1/assets/{}", kept.id);
            let answer = self.acme.get(&path).await;
            if kept.deleted {
                assert_eq!(answer.status, 404, "{} was deleted and is back", kept.id);
                continue;
            }
            assert!(listed.contains(&kept.id), "{} is lost", kept.id);
            let asset = answer.expect(200)["data"].clone();
            assert_eq!(asset["upload_status"], "complete");
            if kept.approved {
                assert_eq!(asset["approved_version"], 1, "its approval is lost");
                let (key, text) = &kept.objects[0];
                assert_eq!(content(&self.world, key).await, text.as_bytes());
                let history = self.acme.get(&format!("{path}/history")).await.expect(200);
                let mut events = history["items"].as_array().unwrap().iter();
                assert!(events.any(|event| event["action"] == "approve"));
            }
        }
    }
}

async fn put_back(world: &World, kept: &Kept) {
    for (key, text) in &kept.objects {
        put(world, key, text.as_str()).await;
    }
}

async fn asset(acme: &Client, n: usize) -> Kept {
    let text = format!("# {n}");
    let asset = acme.write(&text, json!({})).await;
    let mut objects = vec![(asset["storage_key"].as_str().unwrap().to_owned(), text)];
    let step = async |step: &str| {
        acme.post(&format!("{}/{step}", path(&asset)), json!({})).await.expect(200);
    };
    let approved = !n.is_multiple_of(3);
    if approved {
        step("submit").await;
        step("approve").await;
    }
    if n % 3 == 2 {
        let text = format!("# {n}, newer");
        let body = json!({ "content": text });
        let added = acme.post(&format!("{}/versions", path(&asset)), body).await.expect(201);
        objects.push((added["data"]["storage_key"].as_str().unwrap().to_owned(), text));
        step("submit").await;
    }
    Kept { id: id(&asset["id"]), objects, approved, deleted: false }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, max_shrink_iters: 200, ..Config::with_cases(cases()) })]

    #[test]
    fn nothing_approved_is_lost_and_nothing_deleted_is_back(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async {
            let mut history = History::new().await;
            for step in steps {
                history.step(step).await;
            }
            history.settle().await;
            history.check().await;
        });
    }
}

/// How many histories are tried: 48, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48)
}
