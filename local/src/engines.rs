//! The embedded DynamoDB and S3, each on a loopback port, and for this process by a call; and the demo provider. SQS, as
//! far as functions send to it, has the port of DynamoDB.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use archive::SigningKey;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::Region;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::Database;
use model::store::schema;
use model::{Clock, Store};
use objects::Objects;
use platform::{Declaration, Environment, Queue, aws};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::expiry::{self, Expiry};
use crate::files::Shares;
use crate::sqs::{self, Queues};
use crate::stream::Stream;
use crate::{Result, arrival, demo, direct, functions, json, private, s3};

/// The table's name.
pub const TABLE: &str = "agent-assets";
/// The bucket's name.
pub const BUCKET: &str = "agent-assets";
/// The region that signatures name.
pub const REGION: &str = "us-east-1";
/// For how many days the bucket keeps what others overwrite or delete, as the template has it.
pub const RECOVERY_DAYS: u64 = 7;
/// The time between two looks for what is kept longer.
const FORGET: Duration = Duration::from_hours(1);

/// The file that holds the public key which checks the signatures of exports: PEM.
pub const EXPORT_PUBLIC_KEY: &str = "export-public-key.pem";

/// The file that holds the keys of all workspaces for the providers of media.
const PROVIDER_CREDENTIALS: &str = "provider-credentials.json";

/// The ports that the engines take; 0 picks a free one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// DynamoDB's.
    pub dynamodb: u16,
    /// S3's.
    pub s3: u16,
}

/// The running engines.
pub struct Engines {
    /// The address of DynamoDB, and of SQS.
    pub dynamodb_url: String,
    /// The address of S3.
    pub s3_url: String,
    /// The address of the provider `demo`.
    pub demo_url: String,
    /// The file that holds the keys of all workspaces for the providers of media.
    pub provider_credentials: PathBuf,
    /// The objects, the events that they raise, and the messages that functions send.
    pub s3: s3::Store,
    /// The table's changes.
    pub stream: Stream,
    /// The secret that Secrets Manager would hold: the one that the key which signs exports is made from.
    signing_secret: String,
    /// The time by which the messages of functions come due.
    clock: Clock,
    credentials: Credentials,
    client: SharedHttpClient,
    servers: Vec<JoinHandle<()>>,
    /// The place of files, where nothing is kept.
    _passing: Option<TempDir>,
}

impl Engines {
    /// Starts them, over `directory` or, without one, in memory; until `stop` resolves.
    pub async fn start<S>(directory: Option<&Path>, ports: Ports, stop: S) -> Result<Self>
    where
        S: Future<Output = ()> + Send + Clone + 'static,
    {
        Self::start_by(Clock::system(), directory, ports, stop).await
    }

    /// [`Self::start`], where the messages that functions send come due by `clock`.
    pub async fn start_by<S>(
        clock: Clock,
        directory: Option<&Path>,
        ports: Ports,
        stop: S,
    ) -> Result<Self>
    where
        S: Future<Output = ()> + Send + Clone + 'static,
    {
        let queues = functions::queues().map(|(_, queue)| queue).collect();
        let (path, s3) = match directory {
            Some(directory) => {
                private::create_directory(directory)?;
                let file = directory.join("dynamodb.sqlite");
                private::restrict(&file)?;
                let s3 = directory.join("s3");
                private::take_directory(&s3)?;
                (file.to_string_lossy().into_owned(), s3::Store::open(&s3, queues)?)
            }
            None => (memory_file(), s3::Store::memory(queues)?),
        };
        let credentials = private::credentials(directory)?;
        let database = Database::new(&path)?;
        s3.create_bucket(BUCKET)?;
        s3.keep_versions(BUCKET)?;
        let (dynamodb_listener, dynamodb_url) = listen(ports.dynamodb).await?;
        let (s3_listener, s3_url) = listen(ports.s3).await?;
        let ports = [dynamodb_listener.local_addr()?.port(), s3_listener.local_addr()?.port()];
        let sent = Queues { events: s3.clone(), clock: clock.clone() };
        let table = json::router(database.clone(), sent, credentials.clone());
        let objects = s3::router(s3.clone(), &credentials);
        let shares = Shares::current()?;
        let engines = [(ports[0], table.clone()), (ports[1], objects.clone())];
        let client = direct::client(engines, shares.inside);
        let admin = dynamodb_client(&dynamodb_url, &credentials, client.clone());
        schema::create(&admin, TABLE).await?;
        if !schema::is_current(&admin, TABLE).await? {
            let why = "the table there was made by another version of this program, whose indexes \
                       differ; move the directory away, or name another";
            return Err(format!("{path}: {why}").into());
        }
        let expiry = Expiry::open(database.clone(), &path, TABLE)?;
        let stream = Stream::open(database, &path, TABLE)?;
        let signing_secret = signing_secret(directory)?;
        let passing = if directory.is_none() { Some(tempfile::tempdir()?) } else { None };
        let kept = directory.or(passing.as_ref().map(TempDir::path));
        let provider_credentials = kept.unwrap_or(Path::new("")).join(PROVIDER_CREDENTIALS);
        let (demo_listener, demo_url) = listen(0).await?;
        let demo = arrival::serve(demo_listener, demo::router(), demo::CONNECTIONS, stop.clone());
        let servers = vec![
            tokio::spawn(demo),
            tokio::spawn(arrival::serve(dynamodb_listener, table, shares.dynamodb, stop.clone())),
            tokio::spawn(arrival::serve(s3_listener, objects, shares.s3, stop.clone())),
            tokio::spawn(expiry::run(expiry, stop.clone())),
            tokio::spawn(forget(s3.clone(), stop)),
        ];
        Ok(Self {
            dynamodb_url,
            s3_url,
            demo_url,
            provider_credentials,
            s3,
            stream,
            signing_secret,
            clock,
            credentials,
            client,
            servers,
            _passing: passing,
        })
    }

    /// Waits for the end that `stop` began.
    pub async fn stopped(self) {
        for server in self.servers {
            if let Err(error) = server.await {
                tracing::error!(%error, "an engine did not stop in order");
            }
        }
    }

    /// The time by which the messages of a queue come due: those of S3 by the system's.
    #[must_use]
    pub fn clock_of(&self, queue: &Queue) -> Clock {
        if queue.is_sent_to() { self.clock.clone() } else { Clock::system() }
    }

    /// The HTTP client by which the functions of this process reach both engines.
    #[must_use]
    pub fn client(&self) -> SharedHttpClient {
        self.client.clone()
    }

    /// A DynamoDB client that sends through `http`.
    #[must_use]
    pub fn dynamodb(&self, http: SharedHttpClient) -> aws_sdk_dynamodb::Client {
        dynamodb_client(&self.dynamodb_url, &self.credentials, http)
    }

    /// The table, reached through `http`.
    #[must_use]
    pub fn store(&self, http: SharedHttpClient) -> Store {
        Store::new(self.dynamodb(http), TABLE)
    }

    /// The bucket, reached through `http`.
    #[must_use]
    pub fn objects(&self, http: SharedHttpClient) -> Objects {
        let url = Some(self.s3_url.clone());
        let region = Region::from_static(REGION);
        Objects::new(BUCKET, url.clone(), url, true, region, &self.credentials, http)
    }

    /// The keys that both engines take.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The variables that make a function use these engines, in the names that the template has: those that it declares,
    /// and what leads there.
    #[must_use]
    pub fn variables(&self, function: &Declaration) -> BTreeMap<String, String> {
        let (id, secret) = (self.credentials.access_key_id(), self.credentials.secret_access_key());
        let provider_credentials = self.provider_credentials.to_string_lossy();
        let jobs = sqs::url(&self.dynamodb_url, alarms::QUEUE);
        let declared = [
            (alarms::QUEUE_URL, jobs.as_str()),
            ("TABLE_NAME", TABLE),
            ("STORAGE_BUCKET", BUCKET),
            ("ALLOWED_ORIGINS", mcp::Origins::OF_THIS_MACHINE),
        ];
        let declared = declared.into_iter().filter(|(name, _)| function.variables.contains(name));
        let others = [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb_url.as_str()),
            ("AWS_ENDPOINT_URL_SQS", &self.dynamodb_url),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("EXPORT_SIGNING_KEY", &self.signing_secret),
            // No provider can reach this machine, and some may be on it.
            ("MEDIA_REACH", "laptop"),
            ("PROVIDER_DEMO_URL", &self.demo_url),
            (credentials::CATALOGUE, demo::CATALOGUE),
            (credentials::FILE, &provider_credentials),
            ("STORAGE_ENDPOINT", &self.s3_url),
            ("STORAGE_REGION", REGION),
            ("STORAGE_ACCESS_KEY_ID", id),
            ("STORAGE_SECRET_KEY", secret),
            ("STORAGE_FORCE_PATH_STYLE", "true"),
        ];
        declared.chain(others).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The environment in which a function of this process uses these engines, which it reaches through `http`.
    #[must_use]
    pub fn environment(
        &self,
        function: &Declaration,
        http: SharedHttpClient,
        clock: Clock,
    ) -> Environment {
        Environment::new(self.variables(function), Some(http), clock)
    }
}

fn dynamodb_client(
    url: &str,
    credentials: &Credentials,
    http: SharedHttpClient,
) -> aws_sdk_dynamodb::Client {
    let endpoint = Some(url.to_owned());
    aws::dynamodb(endpoint, Region::from_static(REGION), credentials.clone(), http)
}

/// The name of a file in this process's memory, of which several connections can have the same: a
/// database that is `:memory:` has one alone, and in a shared cache one fails where the other writes.
fn memory_file() -> String {
    format!("file:/{TABLE}-{:032x}?vfs=memdb", rand::random::<u128>())
}

/// The secret that `directory` keeps, or a new one; with it the public key that checks what is signed.
fn signing_secret(directory: Option<&Path>) -> Result<String> {
    let secret = || hex::encode(rand::random::<[u8; 32]>());
    let Some(directory) = directory else { return Ok(secret()) };
    let file = directory.join("export-signing-key");
    let kept =
        std::fs::read_to_string(&file).ok().filter(|kept| kept.parse::<SigningKey>().is_ok());
    let secret = kept.map_or_else(
        || {
            let secret = secret();
            private::write(&file, &secret).map(|()| secret)
        },
        Ok,
    )?;
    let public = secret.parse::<SigningKey>()?.public().to_pem();
    std::fs::write(directory.join(EXPORT_PUBLIC_KEY), public)?;
    Ok(secret)
}

/// A loopback listener, and its address as a URL.
pub(crate) async fn listen(port: u16) -> Result<(TcpListener, String)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener =
        TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Removes what the bucket has kept long enough, as its lifecycle does.
async fn forget(s3: s3::Store, stop: impl Future<Output = ()>) {
    let kept = Duration::from_hours(24 * RECOVERY_DAYS);
    let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
    let mut stop = std::pin::pin!(stop);
    loop {
        if let Err(error) = s3.expire_versions(Clock::system().now().millis() - kept) {
            tracing::warn!(%error, "what the bucket kept could not be removed");
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(FORGET) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_table_of_another_version_is_not_taken() {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::new(&directory.path().join("dynamodb.sqlite").to_string_lossy());
        let table = serde_json::json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                { "AttributeName": "pk", "KeyType": "HASH" },
                { "AttributeName": "sk", "KeyType": "RANGE" },
            ],
            "AttributeDefinitions": [
                { "AttributeName": "pk", "AttributeType": "S" },
                { "AttributeName": "sk", "AttributeType": "S" },
            ],
        });
        database.unwrap().create_table(serde_json::from_value(table).unwrap()).unwrap();
        let stop = std::future::pending::<()>();
        let stop = futures::FutureExt::shared(stop);
        let started = Engines::start(Some(directory.path()), Ports::default(), stop).await;
        let why = started.err().unwrap().to_string();
        assert!(why.contains("another version"), "{why}");
    }
}
