//! A store whose providers are the stand-in.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use credentials::{Credential, Credentials};
use model::budget::{Budget, Period};
use providers::Provider::{Deepgram, DreamMachine, ElevenLabs, OpenAi};
use providers::{Provider, Tool};
use serde_json::{Value, json};
use tests::{Client, World};

use crate::cases::{AT_ONCE, Case, GOOGLE_IMAGES, LATER};
use crate::fake::Fake;

/// The workspace's key for every provider.
pub(crate) const KEY: &str = "k3y-that-nobody-sees";
/// The most that is let pass, in turns of a queue.
const MOST_TURNS: usize = 2_000;

/// The one stand-in of all tests, which may run side by side: each knows its own jobs by their [`mark`].
pub(crate) fn fake() -> &'static Fake {
    static FAKE: OnceLock<Fake> = OnceLock::new();
    FAKE.get_or_init(Fake::start)
}

pub(crate) fn all() -> impl Iterator<Item = Case> {
    AT_ONCE.into_iter().chain(GOOGLE_IMAGES).chain(LATER)
}

/// One case for each provider, and for each way in which it answers.
pub(crate) fn each() -> impl Iterator<Item = Case> {
    let at_once = [AT_ONCE[0], AT_ONCE[2], AT_ONCE[6], AT_ONCE[8], GOOGLE_IMAGES[0]];
    at_once.into_iter().chain(each_later())
}

/// One case for each provider that answers with a job.
pub(crate) fn each_later() -> impl Iterator<Item = Case> {
    [LATER[1], LATER[7], LATER[13], LATER[17], LATER[21], LATER[23]].into_iter()
}

/// A text that no other call has.
pub(crate) fn mark() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    format!("lighthouse-{}.", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A generation that was asked for, and the mark that its submissions have.
pub(crate) struct Asked {
    pub(crate) case: Case,
    pub(crate) mark: String,
    pub(crate) generation: Value,
}

impl Asked {
    pub(crate) fn path(&self) -> String {
        format!("/api/v1/generations/{}", self.generation["id"].as_str().unwrap())
    }

    /// The asset that waits for the first output.
    pub(crate) fn asset(&self) -> String {
        format!("/api/v1/assets/{}", self.generation["asset_ids"][0].as_str().unwrap())
    }

    /// The number of its submissions.
    pub(crate) fn submissions(&self) -> usize {
        fake().submissions(&self.mark)
    }
}

/// A quiet store with a key for every provider, a budget, and a file of each kind to make others from.
pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) acme: Client,
    pub(crate) image: Value,
    pub(crate) sound: Value,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// One whose functions have other values of these variables.
    pub(crate) async fn with(more: &[(&str, &str)]) -> Self {
        let mut variables: Vec<_> =
            more.iter().map(|(name, value)| (name.to_string(), *value)).collect();
        for provider in providers() {
            let (url, signing) = fake().urls(provider);
            let name = provider.as_str().to_uppercase();
            variables.push((format!("PROVIDER_{name}_URL"), url));
            variables.extend(signing.map(|url| (format!("PROVIDER_{name}_SIGNING_URL"), url)));
        }
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let world = World::quiet_with(&variables).await.leaving_events();
        let acme = world.workspace("acme").await;
        let budget = Budget { day: Some(1_000_000_000), month: None };
        world.store().set_budget(&acme.workspace, &budget).await.unwrap();
        let image = file(&world, &acme, "input.png", fake().media("png")).await;
        let sound = file(&world, &acme, "input.wav", fake().media("wav")).await;
        let bench = Self { world, acme, image, sound };
        for provider in providers() {
            bench.set_key(provider, KEY).await;
        }
        bench
    }

    pub(crate) async fn set_key(&self, provider: Provider, key: &str) {
        let credentials = Credentials::in_file(self.world.engines.provider_credentials.clone());
        let credential = Credential { key: key.into(), webhook_secret: None };
        credentials.set(&self.acme.workspace, provider, credential).await.unwrap();
    }

    /// Asks for what the case makes, with the stand-in's `words` in what it reads.
    pub(crate) async fn ask(&self, case: Case, words: &str) -> Asked {
        self.ask_with(case, words, json!({})).await
    }

    /// [`Self::ask`], with these fields as well.
    pub(crate) async fn ask_with(&self, case: Case, words: &str, fields: Value) -> Asked {
        let mark = mark();
        let mut body = self.call(case, &format!("{mark} {words}"));
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let answer = self.acme.post("/api/v1/generations", body).await;
        let generation = answer.expect(202)["data"].clone();
        Asked { case, mark, generation }
    }

    /// Asks for what each of the cases makes.
    pub(crate) async fn ask_all(
        &self,
        cases: impl Iterator<Item = Case>,
        words: &str,
    ) -> Vec<Asked> {
        let mut asked = Vec::new();
        for case in cases {
            asked.push(self.ask(case, words).await);
        }
        asked
    }

    /// A call with a text where the stand-in looks for words.
    fn call(&self, (provider, tool, model, _): Case, text: &str) -> Value {
        let mut body =
            json!({ "tool": tool.as_str(), "provider": provider.as_str(), "model": model });
        match (tool, provider) {
            (Tool::Stt, Deepgram) => body["parameters"] = json!({ "tag": text }),
            (Tool::Stt, ElevenLabs) => body["parameters"] = json!({ "keyterms": text }),
            _ => body["prompt"] = text.into(),
        }
        match (tool, provider) {
            (Tool::Tts, Deepgram | OpenAi | ElevenLabs) => body["voice"] = "thalia-en".into(),
            (Tool::VideoGen | Tool::VideoFromImage, _) => body["duration_seconds"] = 5.into(),
            _ => {}
        }
        body["inputs"] = match tool {
            Tool::Stt => json!([{ "asset_id": self.sound["id"] }]),
            // Nobody can reach a laptop's files, and this one takes no bytes.
            Tool::ImageEdit | Tool::VideoFromImage if provider == DreamMachine => {
                json!([{ "url": "https://files.example/input.png" }])
            }
            Tool::ImageEdit | Tool::VideoFromImage => json!([{ "asset_id": self.image["id"] }]),
            _ => json!([]),
        };
        body
    }

    pub(crate) async fn read(&self, asked: &Asked) -> Value {
        self.acme.get(&asked.path()).await.expect(200)["data"].clone()
    }

    /// Works until nothing is due, then lets time pass until the next thing is.
    pub(crate) async fn turn(&self) {
        self.world.deliver_messages("jobs").await;
        let now = self.world.now();
        let due = self.world.messages("jobs").first().map(|next| next.due.millis() - now.millis());
        // What is due later than a message can wait is found by the schedule.
        let wait = due.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        self.world.pass(wait.unwrap_or(Duration::from_mins(10)));
        if due.is_none() {
            self.schedule().await;
        }
    }

    pub(crate) async fn schedule(&self) {
        let until = Instant::now() + Duration::from_mins(1);
        let jobs = &self.world.functions["jobs"];
        jobs.invoke(json!({}), until).await.unwrap();
    }

    /// Works, and lets time pass, until the generation is `so`.
    pub(crate) async fn until(&self, asked: &Asked, so: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..MOST_TURNS {
            let found = self.read(asked).await;
            if so(&found) {
                return found;
            }
            self.turn().await;
        }
        panic!("{:?} does not come so far: {}", asked.case, self.read(asked).await);
    }

    /// The generation in this state.
    pub(crate) async fn in_state(&self, asked: &Asked, status: &str) -> Value {
        let found = self.until(asked, |found| found["status"] == status || has_ended(found)).await;
        assert_eq!(found["status"], status, "{:?}: {found}", asked.case);
        found
    }

    /// The bytes of an asset. Links are for the engines' own time, and this world's may be far ahead of it.
    pub(crate) async fn bytes_of(&self, asset: &Value) -> Vec<u8> {
        let key = asset["storage_key"].as_str().unwrap();
        let found = self.world.objects().read(key, 1 << 20).await.unwrap();
        found.unwrap_or_else(|| panic!("it has no file: {asset}"))
    }

    /// What the workspace has reserved and spent today, and what of it is spent.
    pub(crate) async fn books(&self) -> (u64, u64) {
        let now = self.world.now();
        let books = self.world.store().books(&self.acme.workspace, now).await.unwrap();
        (books[&Period::Day].taken, books[&Period::Day].spent)
    }

    /// The status of the answer to a request for an asset.
    pub(crate) async fn status_of(&self, path: &str) -> u16 {
        self.acme.get(path).await.status
    }
}

pub(crate) fn has_ended(generation: &Value) -> bool {
    generation.get("ended_at").is_some()
}

/// All but the demo, which is not at the stand-in.
pub(crate) fn providers() -> impl Iterator<Item = Provider> {
    Provider::ALL.into_iter().filter(|provider| *provider != Provider::Demo)
}

/// An asset with this file.
async fn file(world: &World, acme: &Client, name: &str, bytes: &[u8]) -> Value {
    let upload = json!({
        "file_name": name, "content_type": "application/octet-stream", "file_size": bytes.len(),
    });
    let created = acme.create(json!({ "upload": upload })).await.expect(201);
    assert_eq!(acme.put(&created["upload"], bytes.to_vec()).await.status, 200);
    world.deliver().await;
    acme.complete(created["data"]["id"].as_str().unwrap()).await
}
