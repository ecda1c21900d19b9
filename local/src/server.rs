//! The store on one machine, put together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use model::api_key::{ApiKey, KeyRecord};
use model::{Clock, Store, Timestamp, WorkspaceId};
use platform::Declaration;
use spans::Exporter;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::engines::{Engines, Ports, listen};
use crate::files::Shares;
use crate::functions::{self, Functions};
use crate::{Result, arrival, demo, gateway, private, queue, schedule, stream};

/// The workspace that comes with a new store.
const WORKSPACE: &str = "demo";

/// The place where the store keeps its data, and the ports that it takes.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Keeps everything; none keeps it in memory.
    pub directory: Option<PathBuf>,
    /// The API's port; 0 picks a free one.
    pub port: u16,
    /// The engines' ports.
    pub engines: Ports,
}

/// A signal that ends everything; it can be awaited any number of times.
pub type Stop = Shared<BoxFuture<'static, ()>>;

/// A signal, and what sends it when used or dropped.
pub fn stop_signal() -> (oneshot::Sender<()>, Stop) {
    let (sender, receiver) = oneshot::channel();
    (sender, receiver.map(|_| ()).boxed().shared())
}

/// A running store.
pub struct Server {
    /// The address of the API.
    pub url: String,
    /// A key of the demo workspace, with every scope.
    pub api_key: ApiKey,
    /// The engines.
    pub engines: Engines,
    stop: oneshot::Sender<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts the store.
    pub async fn start(config: &Config) -> Result<Self> {
        let (stop, stopped) = stop_signal();
        let directory = config.directory.as_deref();
        let (listener, url) = listen(config.port).await?;
        let engines = Engines::start(directory, config.engines, stopped.clone()).await?;
        let store = engines.store(engines.client());
        let api_key = demo_key(&store, directory).await?;
        let functions = functions::in_process(|function| {
            let environment = engines.environment(function, engines.client(), Clock::system());
            let said = said(|name| std::env::var(name).ok());
            said.into_iter().fold(environment, |all, (name, value)| all.with(&name, value))
        })?;
        let mut tasks = deliver(&engines, &functions, &stopped);
        for function in functions::ALL {
            if let Some(every) = function.schedule() {
                let started = Arc::clone(&functions[function.name]);
                tasks.push(tokio::spawn(schedule::run(function, started, every, stopped.clone())));
            }
        }
        let most = Shares::current()?.api;
        let api = gateway::router(functions);
        tasks.push(tokio::spawn(arrival::serve(listener, api, most, stopped)));
        Ok(Self { url, api_key, engines, stop, tasks })
    }

    /// Ends the store: requests and batches under way are finished first.
    pub async fn stop(self) {
        // The receiver is gone only where everything has ended already.
        let _ = self.stop.send(());
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task did not stop in order");
            }
        }
        self.engines.stopped().await;
    }
}

/// Delivers what happens in the engines to the functions that have it, until `stop` resolves.
#[expect(clippy::must_use_candidate, reason = "what is delivered need not be waited for")]
pub fn deliver(engines: &Engines, functions: &Functions, stop: &Stop) -> Vec<JoinHandle<()>> {
    let started = |declared: &Declaration| Arc::clone(&functions[declared.name]);
    let queues = functions::queues().map(|source| {
        let (events, clock) = (engines.s3.clone(), engines.clock_of(source.1));
        tokio::spawn(queue::deliver(events, source, started(source.0), clock, stop.clone()))
    });
    let streams = functions::streams().map(|source| {
        let stream = engines.stream.clone();
        tokio::spawn(stream::deliver(stream, source, started(source.0), stop.clone()))
    });
    queues.chain(streams).collect()
}

/// Makes a key with every scope.
pub async fn create_key(
    store: &Store,
    workspace: &WorkspaceId,
    scopes: &str,
    now: Timestamp,
) -> Result<ApiKey> {
    let key = ApiKey::random();
    let (name, scopes) = ("local".parse()?, scopes.parse()?);
    let record = KeyRecord::new(&key, workspace.clone(), name, scopes, now);
    store.create_key(workspace, &record).await?;
    Ok(key)
}

/// The variables that the functions take over from whoever starts the store, as `own` has them: how often a key may ask,
/// where providers are, more models than the demo's, and where spans are sent.
fn said(own: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let taken = [api::KEY_RATE_LIMIT, api::KEY_BURST_LIMIT, credentials::CATALOGUE];
    let taken = taken.into_iter().chain(Exporter::VARIABLES).map(str::to_owned);
    let taken = taken.chain(credentials::variables());
    let set = taken.filter_map(|name| Some((own(&name).filter(|value| !value.is_empty())?, name)));
    let said = set.map(|(value, name)| match name.as_str() {
        credentials::CATALOGUE => (name, format!("{}\n{value}", demo::CATALOGUE)),
        _ => (name, value),
    });
    said.collect()
}

/// The demo workspace's key: the one that the directory keeps, while it works, else a new one.
async fn demo_key(store: &Store, directory: Option<&Path>) -> Result<ApiKey> {
    let file = directory.map(|directory| directory.join("api-key"));
    let now = Clock::system().now();
    let kept = file.as_deref().and_then(|file| std::fs::read_to_string(file).ok());
    if let Some(Ok(key)) = kept.map(|text| text.trim().parse::<ApiKey>())
        && let Some(record) = store.find_key(&key.prefix()).await?
        && record.admits(&key, now)
    {
        return Ok(key);
    }
    let key = create_key(store, &WORKSPACE.parse()?, "*", now).await?;
    if let Some(file) = file {
        private::write(&file, key.reveal())?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use platform::Environment;
    use providers::{Provider, Tool};

    use super::*;

    #[test]
    fn providers_are_where_whoever_starts_the_store_says() {
        let row = "[fal.image_gen.\"acme/own\"]";
        let said = said(|name| match name {
            "PROVIDER_FAL_URL" => Some("http://127.0.0.1:9000/fal".to_owned()),
            "PROVIDER_LUMA_URL" => Some(String::new()),
            credentials::CATALOGUE => Some(row.to_owned()),
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://127.0.0.1:4318".to_owned()),
            _ => None,
        });
        let names: Vec<_> = said.iter().map(|(name, _)| name.as_str()).collect();
        let spans = "OTEL_EXPORTER_OTLP_ENDPOINT";
        assert_eq!(names, [credentials::CATALOGUE, spans, "PROVIDER_FAL_URL"]);
        let clock = Clock::system();
        let environment = Environment::new(said.into_iter().collect(), None, clock);
        let catalogue = credentials::catalogue(&environment).unwrap();
        let known = |provider, name| catalogue.model(provider, Tool::ImageGen, name).is_ok();
        assert!(known(Provider::Fal, "acme/own") && known(Provider::Demo, "demo-image"));
    }
}
