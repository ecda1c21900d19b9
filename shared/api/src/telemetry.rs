//! Logs: one JSON line each, as CloudWatch reads them.
//!
//! Neither a link nor a record's content is in a log, at no level. Our own code logs none; what other crates
//! tell below a warning is what they pass on (requests, messages, whole bodies), and stays out whatever
//! `RUST_LOG` asks for.

use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Filter, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

/// The crates beside the functions whose logs `RUST_LOG` alone bounds.
pub const OURS: [&str; 16] = [
    "admin",
    "alarms",
    "api",
    "archive",
    "assets",
    "credentials",
    "domain",
    "generations",
    "local",
    "model",
    "objects",
    "outbound",
    "platform",
    "providers",
    "spans",
    "tests",
];

/// The most that is heard of other crates.
const OTHERS: LevelFilter = LevelFilter::WARN;

/// Of these, more or less than of others.
const APART: [(&str, LevelFilter); 4] = [
    // That the engine refused something is an answer, and no event.
    ("dynoxide", LevelFilter::ERROR),
    // Its spans name the invocation.
    ("lambda_runtime", LevelFilter::INFO),
    // It quotes messages in whatever it says.
    ("rmcp", LevelFilter::OFF),
    ("s3s", LevelFilter::OFF),
];

/// Starts logging for the function `name`; `RUST_LOG` says what, default `info`.
pub fn init(name: &'static str) {
    subscriber(wanted("info"), &[name], std::io::stdout).init();
}

/// The level that `RUST_LOG` asks for; `default` where it asks for nothing that can be read.
#[must_use]
pub fn wanted(default: &str) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default))
}

/// Writes what is wanted, within bounds, as JSON, where these functions are.
pub fn subscriber<W>(
    wanted: EnvFilter,
    functions: &[&'static str],
    writer: W,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .with_writer(writer)
        .with_target(false)
        // CloudWatch has its own time.
        .without_time();
    Registry::default().with(lines.with_filter(bounded(wanted, functions)))
}

/// The events that are wanted, without what could hold a link or a record's content, where these functions are.
pub fn bounded<S: Subscriber + for<'s> LookupSpan<'s>>(
    wanted: EnvFilter,
    functions: &[&'static str],
) -> impl Filter<S> + Send + Sync + use<S> {
    let ours: Vec<_> = OURS.iter().chain(functions).copied().collect();
    wanted.and(filter_fn(move |metadata| within_bounds(metadata, &ours)))
}

fn within_bounds(metadata: &Metadata<'_>, ours: &[&str]) -> bool {
    let name = metadata.target().split("::").next().unwrap_or_default();
    if ours.contains(&name) {
        return true;
    }
    let apart = APART.into_iter().find(|(apart, _)| *apart == name);
    *metadata.level() <= apart.map_or(OTHERS, |(_, most)| most)
}
