//! The Lambda Runtime API on a loopback port, for real function binaries: each polls
//! `<url>/<function>` for its next event and posts its answer there.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::path::Path as FilePath;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use model::{AssetId, Clock};
use platform::{Declaration, Function, Invocation};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

use crate::Result;
use crate::engines::listen;
use crate::functions::{ALL, Functions};

type Answer = std::result::Result<Bytes, Bytes>;

struct Waiting {
    id: String,
    event: Value,
    deadline: Instant,
    answer: oneshot::Sender<Answer>,
}

/// One function's side: events wait in a queue until its process asks for them.
struct Queue {
    sender: mpsc::UnboundedSender<Waiting>,
    receiver: tokio::sync::Mutex<mpsc::UnboundedReceiver<Waiting>>,
    under_way: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
}

#[derive(Clone)]
struct Queues(Arc<HashMap<&'static str, Arc<Queue>>>);

/// Function binaries, each in a process of its own, behind a Runtime API.
pub struct Bootstraps {
    /// The functions.
    pub functions: Functions,
    /// Their processes, with the function's name, killed when dropped.
    pub processes: Vec<(&'static str, Child)>,
}

/// Starts the binaries of `directory`, `per_function` processes each, with the variables that each is given, and the
/// Runtime API that they talk to, until `stop` resolves.
pub async fn start(
    directory: &FilePath,
    per_function: usize,
    variables: impl Fn(&Declaration) -> BTreeMap<String, String>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Bootstraps> {
    let queues: HashMap<_, _> =
        ALL.iter().map(|function| (function.name, Arc::new(Queue::new()))).collect();
    let queues = Queues(Arc::new(queues));
    let (listener, url) = listen(0).await?;
    let server = axum::serve(listener, router(queues.clone())).with_graceful_shutdown(stop);
    tokio::spawn(server.into_future());
    let mut processes = Vec::new();
    for function in ALL {
        let name = function.name;
        for _ in 0..per_function {
            let process = Command::new(directory.join(name))
                .envs(variables(function))
                .env("AWS_LAMBDA_RUNTIME_API", format!("{url}/{name}"))
                .env("AWS_LAMBDA_FUNCTION_NAME", name)
                .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string())
                .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .kill_on_drop(true)
                .spawn()?;
            processes.push((name, process));
        }
    }
    let functions = queues
        .0
        .iter()
        .map(|(name, queue)| (*name, Arc::new(Remote(Arc::clone(queue))) as Arc<dyn Function>));
    Ok(Bootstraps { functions: functions.collect(), processes })
}

struct Remote(Arc<Queue>);

impl Function for Remote {
    fn invoke(&self, event: Value, deadline: Instant) -> Invocation<'_> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let id = AssetId::generate(Clock::system().now()).to_string();
            self.0.sender.send(Waiting { id, event, deadline, answer })?;
            match tokio::time::timeout_at(deadline.into(), answered).await?? {
                Ok(answer) => Ok(serde_json::from_slice(&answer)?),
                Err(error) => Err(String::from_utf8_lossy(&error).into()),
            }
        })
    }
}

impl Queue {
    fn new() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let receiver = tokio::sync::Mutex::new(receiver);
        Self { sender, receiver, under_way: Mutex::default() }
    }

    fn take(&self, id: &str) -> Option<oneshot::Sender<Answer>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}

fn router(queues: Queues) -> Router {
    Router::new()
        .route("/{function}/2018-06-01/runtime/invocation/next", get(next))
        .route("/{function}/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/{function}/2018-06-01/runtime/invocation/{id}/error", post(error))
        .layer(axum::extract::DefaultBodyLimit::max(8 * 1024 * 1024))
        .with_state(queues)
}

async fn next(State(queues): State<Queues>, Path(function): Path<String>) -> Response {
    let Some(queue) = queues.0.get(function.as_str()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(Waiting { id, event, deadline, answer }) = queue.receiver.lock().await.recv().await
    else {
        return StatusCode::GONE.into_response();
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let left = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
    let deadline = Clock::system().now().plus(left);
    queue.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), answer);
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{function}");
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.millis().to_string()),
        ("lambda-runtime-invoked-function-arn", arn),
    ];
    (headers, axum::Json(event)).into_response()
}

async fn response(queues: State<Queues>, path: Path<(String, String)>, body: Bytes) -> StatusCode {
    finish(&queues, &path, Ok(body))
}

async fn error(queues: State<Queues>, path: Path<(String, String)>, body: Bytes) -> StatusCode {
    finish(&queues, &path, Err(body))
}

fn finish(queues: &Queues, (function, id): &(String, String), answer: Answer) -> StatusCode {
    let waiting = queues.0.get(function.as_str()).and_then(|queue| queue.take(id));
    match waiting {
        Some(waiting) => {
            // Nobody may wait any more: the invocation timed out.
            let _ = waiting.send(answer);
            StatusCode::ACCEPTED
        }
        None => StatusCode::NOT_FOUND,
    }
}
