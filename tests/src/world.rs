//! A whole store.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use local::engines::{Engines, Ports};
use local::functions::{self, Functions, declared};
use local::s3::QueuedEvent;
use local::server::{self, create_key, stop_signal};
use local::{gateway, queue, runtime_api, stream};
use model::brake::{self, Confirmation, Watch};
use model::{Clock, Rate, Store, Timestamp};
use objects::Objects;
use platform::{Declaration, Environment, Queue};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::sync::oneshot;

use crate::client::Client;
use crate::role::Role;
use crate::wire::Wire;

/// A whole store of its own, in memory.
///
/// A test that leaves events of S3 unfinished fails at its end, unless it says so by
/// [`Self::leaving_events`]. Unfinished is what was given up. In a quiet world it is also what failed and waits
/// to be delivered again, and every other that waits where the test has delivered some. A world that
/// delivers by itself tries again by itself: what is on its way there is no fault, nor is a change that waits
/// for `tally`. A message that a function sent waits for its time, and is unfinished only where it was given up.
pub struct World {
    /// The address of the API.
    pub url: String,
    /// The engines.
    pub engines: Engines,
    /// The functions.
    pub functions: Functions,
    /// Their wire.
    pub wire: Wire,
    store: Store,
    objects: Objects,
    pub(crate) clock: Clock,
    skew: Arc<AtomicI64>,
    http: reqwest::Client,
    processes: Vec<(&'static str, Child)>,
    variables: Vec<(String, String)>,
    quiet: bool,
    delivers: AtomicBool,
    leaves_events: bool,
    _stop: oneshot::Sender<()>,
}

impl World {
    /// A store whose functions run where `ASSETS_BOOTSTRAPS` says, and whose events and changes are
    /// delivered as they come.
    pub async fn start() -> Self {
        let binaries = std::env::var_os("ASSETS_BOOTSTRAPS").map(PathBuf::from);
        Self::build(binaries, true, None, &[]).await
    }

    /// A store whose functions run in this process, and whose events and changes are delivered as
    /// they come.
    pub async fn in_process() -> Self {
        Self::build(None, true, None, &[]).await
    }

    /// A store in this process in which nothing happens by itself: events wait for
    /// [`Self::deliver`], changes for [`Self::tally`], and messages of functions for
    /// [`Self::deliver_messages`].
    pub async fn quiet() -> Self {
        Self::build(None, false, None, &[]).await
    }

    /// A quiet store whose functions have other values of these variables.
    pub async fn quiet_with(variables: &[(&str, &str)]) -> Self {
        Self::build(None, false, None, variables).await
    }

    /// A store in this process whose keys may ask each function as often as `rate` says. Its time stands
    /// still but for [`Self::pass`].
    pub async fn limited(rate: Rate) -> Self {
        Self::build(None, true, Some(rate), &[]).await
    }

    async fn build(
        binaries: Option<PathBuf>,
        delivers: bool,
        rate: Option<Rate>,
        variables: &[(&str, &str)],
    ) -> Self {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let (stop, stopped) = stop_signal();
        let skew = Arc::new(AtomicI64::new(0));
        let read = Arc::clone(&skew);
        let still = rate.map(|_| Clock::system().now());
        let clock = Clock::new(move || {
            let now = still.unwrap_or_else(|| Clock::system().now());
            now.plus(read.load(Ordering::Relaxed))
        });
        let engines = Engines::start_by(clock.clone(), None, Ports::default(), stopped.clone());
        let engines = engines.await.unwrap();
        let wire = Wire::new(engines.client());
        let (functions, processes) = if let Some(directory) = binaries {
            let variables = |function: &Declaration| engines.variables(function);
            let started = runtime_api::start(&directory, 2, variables, stopped.clone());
            let started = started.await.unwrap();
            (started.functions, started.processes)
        } else {
            let environment = |function| {
                let environment = in_role(&engines, &wire, &clock, function);
                let environment = with(environment, &variables);
                let Some(Rate { per_second, burst }) = rate else { return environment };
                let environment = environment.with(api::KEY_RATE_LIMIT, per_second.to_string());
                environment.with(api::KEY_BURST_LIMIT, burst.to_string())
            };
            (functions::in_process(environment).unwrap(), Vec::new())
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let api = gateway::router(functions.clone());
        let server = axum::serve(listener, api).with_graceful_shutdown(stopped.clone());
        tokio::spawn(server.into_future());
        if delivers {
            server::deliver(&engines, &functions, &stopped);
        }
        Self {
            url,
            store: engines.store(wire.client()),
            objects: engines.objects(wire.client()),
            engines,
            functions,
            wire,
            clock,
            skew,
            http: reqwest::Client::new(),
            processes,
            variables,
            quiet: !delivers,
            delivers: AtomicBool::new(false),
            leaves_events: false,
            _stop: stop,
        }
    }

    /// The same world, whose events may be unfinished at the test's end.
    #[must_use]
    pub fn leaving_events(mut self) -> Self {
        self.leaves_events = true;
        self
    }

    /// A caller of `workspace` with every scope.
    pub async fn workspace(&self, workspace: &str) -> Client {
        self.caller(workspace, "*").await
    }

    /// A caller of `workspace` with these scopes, comma-separated.
    pub async fn caller(&self, workspace: &str, scopes: &str) -> Client {
        let workspace = workspace.parse().unwrap();
        let now = Clock::system().now();
        let key = create_key(&self.store, &workspace, scopes, now).await.unwrap();
        let key = key.reveal().to_owned();
        self.wire.take_usage();
        Client { url: self.url.clone(), key, workspace, http: self.http.clone() }
    }

    /// The most memory that a process of the function has held, in bytes; none where it runs in this
    /// process, among the engines.
    #[must_use]
    pub fn peak_memory(&self, function: &str) -> Option<u64> {
        let processes = self.processes.iter().filter(|(name, _)| *name == function);
        let peaks = processes.map(|(_, process)| {
            let status = format!("/proc/{}/status", process.id().unwrap());
            let status = std::fs::read_to_string(status).unwrap();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
            peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
        });
        peaks.max()
    }

    /// The table.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The bucket.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// An S3 client, as a producer with access to the bucket has one.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        use aws_sdk_s3::config::{BehaviorVersion, Region};
        use local::engines::REGION;
        let http = platform::aws::http_client(Some(&self.engines.s3_url)).unwrap();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(self.engines.credentials().clone())
            .endpoint_url(&self.engines.s3_url)
            .force_path_style(true)
            .http_client(http);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// The time that the functions in this process take for now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass for the functions in this process.
    pub fn pass(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap();
        self.skew.fetch_add(ms, Ordering::Relaxed);
    }

    /// The environment of the function `name`, in its role.
    #[must_use]
    pub fn environment_of(&self, name: &str) -> Environment {
        self.environment_as(declared(name))
    }

    /// The environment of a function that is declared so, in its role.
    #[must_use]
    pub fn environment_as(&self, function: &'static Declaration) -> Environment {
        let environment = in_role(&self.engines, &self.wire, &self.clock, function);
        with(environment, &self.variables)
    }

    /// Sets the clock of the functions in this process back.
    pub fn set_back(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap();
        self.skew.fetch_sub(ms, Ordering::Relaxed);
    }

    /// The dependencies of `ingest` in this process.
    #[must_use]
    pub fn ingest(&self) -> ingest::Deps {
        ingest::Deps::new(&self.environment_of("ingest")).unwrap()
    }

    /// Delivers every event of S3 that waits, until none is left. The messages of functions wait for
    /// [`Self::deliver_messages`].
    pub async fn deliver(&self) {
        for source in functions::queues().filter(|(_, queue)| !queue.is_sent_to()) {
            self.deliver_from(source).await;
        }
    }

    /// Delivers every event of S3 that waits for the function `name`, until none is left.
    pub async fn deliver_to(&self, name: &str) {
        for queue in declared(name).queues().filter(|queue| !queue.is_sent_to()) {
            self.deliver_from((declared(name), queue)).await;
        }
    }

    async fn deliver_from(&self, source: (&Declaration, &Queue)) {
        self.delivers.store(true, Ordering::Relaxed);
        let events = &self.engines.s3;
        while events.pending_events(source.1.name).unwrap() > 0 {
            let function = &*self.functions[source.0.name];
            queue::deliver_batch(events, source, function).await.unwrap();
        }
    }

    /// Takes every event of uploads that waits off the queue: the notifications, in order.
    #[must_use]
    pub fn take_events(&self) -> Vec<String> {
        let (all, later) = (10_000, i64::MAX / 2);
        let events = self.engines.s3.receive("uploads", all, later, later + 1).unwrap();
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        self.engines.s3.acknowledge(&ids).unwrap();
        events.into_iter().map(|event| event.body).collect()
    }

    /// Delivers every change of the table that waits, until none is left.
    pub async fn tally(&self) {
        for source in functions::streams() {
            let (stream, function) = (&self.engines.stream, &*self.functions[source.0.name]);
            while stream::deliver_batch(stream, source, function).await.unwrap() > 0 {}
        }
    }

    /// Takes every change of an asset that waits off the table's stream: the events for `tally`, in
    /// order.
    pub async fn take_changes(&self) -> Vec<Value> {
        let mut events = Vec::new();
        let source = functions::streams().next().unwrap().1;
        while let Some(event) = self.engines.stream.take_batch(source).await.unwrap() {
            events.push(event);
        }
        events.retain(|event| event["Records"] != json!([]));
        events
    }

    /// Runs `cleanup` to its end; its report.
    pub async fn clean_up(&self) -> cleanup::Report {
        clean_up_in(&self.environment_of("cleanup")).await
    }

    /// Runs `cleanup` to its end with another bucket in the place of the right one; its report.
    pub async fn clean_up_with(&self, bucket: &str) -> cleanup::Report {
        self.engines.s3.create_bucket(bucket).unwrap();
        clean_up_in(&self.environment_of("cleanup").with("STORAGE_BUCKET", bucket)).await
    }

    /// Confirms what `cleanup` has seen, as an operator does; false where there is nothing to confirm.
    pub async fn confirm(&self) -> bool {
        let watch = self.store().checkpoint::<Watch>(brake::JOB).await.unwrap().unwrap_or_default();
        let by = "ann".parse().unwrap();
        let confirmation = watch.stop.and_then(|stop| Confirmation::of(&stop, by, self.now()));
        let Some(confirmation) = confirmation else { return false };
        self.store().confirm(&confirmation).await.unwrap();
        true
    }

    /// The keys of all objects below `workspaces/`.
    pub async fn object_keys(&self) -> Vec<String> {
        let (listed, more) = self.objects().list(None).await.unwrap();
        assert!(!more, "a test's bucket has less than a page");
        listed.into_iter().map(|object| object.key).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.leaves_events || std::thread::panicking() {
            return;
        }
        let mut unfinished = self.engines.s3.dead_letters().unwrap();
        let all = self.delivers.load(Ordering::Relaxed);
        let of_s3 = functions::queues().filter(|(_, queue)| !queue.is_sent_to());
        for (_, queue) in of_s3.filter(|_| self.quiet) {
            let waiting = self.engines.s3.receive(queue.name, 10_000, i64::MAX, i64::MAX).unwrap();
            let failed = |event: &QueuedEvent| event.receive_count > 1;
            unfinished.extend(waiting.into_iter().filter(|event| all || failed(event)));
        }
        let bodies: Vec<_> = unfinished.into_iter().map(|event| event.body).collect();
        assert!(
            bodies.is_empty(),
            "the test leaves events: deliver or take them, or say so: {bodies:#?}"
        );
    }
}

/// The environment of a function whose every request its role must allow.
fn in_role(
    engines: &Engines,
    wire: &Wire,
    clock: &Clock,
    function: &'static Declaration,
) -> Environment {
    engines.environment(function, wire.of(Role(function)).client(), clock.clone())
}

/// The environment with other values of these variables.
fn with(environment: Environment, variables: &[(String, String)]) -> Environment {
    let set =
        |environment: Environment, (name, value): &(String, String)| environment.with(name, value);
    variables.iter().fold(environment, set)
}

async fn clean_up_in(environment: &Environment) -> cleanup::Report {
    let deps = cleanup::Deps::new(environment).unwrap();
    // Boxed: unoptimized, it is too large for a test's stack beside what calls it.
    Box::pin(cleanup::run(&deps, Instant::now() + Duration::from_mins(1))).await.unwrap()
}
