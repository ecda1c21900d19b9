//! The alarm clock of jobs: messages that SQS delivers later.
//!
//! When a job is due is said by its row alone. An alarm only saves waiting for the schedule: one that is lost, late,
//! early or doubled does no harm.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::BehaviorVersion;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use domain::{Error, Result};
use platform::Environment;

/// The queue's name, as [`platform::Queue`] and [`platform::Resource`] have it.
pub const QUEUE: &str = "jobs";
/// The variable that has the queue's address.
pub const QUEUE_URL: &str = "JOBS_QUEUE_URL";
/// The longest that SQS keeps a message back.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
pub const LONGEST: Duration = Duration::from_mins(15);

/// The queue of jobs, as those who send to it have it. Its clones share one client, which is made when the first
/// message is sent: much of that is the work of a function's start.
#[derive(Clone)]
pub struct Alarms {
    queue_url: String,
    environment: Environment,
    client: Arc<OnceLock<Client>>,
}

impl Alarms {
    /// The queue that the environment names: `JOBS_QUEUE_URL`, and `AWS_ENDPOINT_URL_SQS` for another endpoint than
    /// that of AWS.
    pub fn of(environment: &Environment) -> Result<Self> {
        let queue_url = environment.variable(QUEUE_URL)?;
        Ok(Self { queue_url, environment: environment.clone(), client: Arc::default() })
    }

    /// Sends `body`, to be delivered after `delay`: in whole seconds, rounded up, and after [`LONGEST`] where it is
    /// longer. An attempt that came through without an answer may be delivered twice.
    pub async fn send(&self, body: &str, delay: Duration) -> Result<()> {
        let message = self.client()?.send_message().queue_url(&self.queue_url).message_body(body);
        message.delay_seconds(seconds(delay)).send().await.map_err(failure)?;
        Ok(())
    }

    fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let endpoint = self.environment.optional("AWS_ENDPOINT_URL_SQS");
        let mut config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.environment.region()?)
            .credentials_provider(self.environment.credentials()?)
            .http_client(self.environment.http(endpoint.as_deref())?);
        config.set_endpoint_url(endpoint);
        Ok(self.client.get_or_init(|| Client::from_conf(config.build())))
    }
}

/// Without the environment, which has secrets.
impl fmt::Debug for Alarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarms").field("queue_url", &self.queue_url).finish_non_exhaustive()
    }
}

fn seconds(delay: Duration) -> i32 {
    let delay = delay.min(LONGEST);
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// The SDK's failure as ours: a fault, or one that a later try may mend.
fn failure<E, R>(error: SdkError<E, R>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    const FAULTS: [&str; 11] = [
        "AWS.SimpleQueueService.NonExistentQueue",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "AccessDenied",
        "AccessDeniedException",
        "InvalidMessageContents",
        "InvalidParameterValue",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "MissingParameter",
        "QueueDoesNotExist",
        "UnrecognizedClientException",
    ];
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    let fault = matches!(error, SdkError::ConstructionFailure(_))
        || code.is_some_and(|code| FAULTS.contains(&code));
    if fault { Error::internal(error) } else { Error::unavailable(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_in_whole_seconds_and_at_most_what_sqs_takes() {
        let ms = Duration::from_millis;
        for (delay, expected) in [
            (Duration::ZERO, 0),
            (ms(1), 1),
            (ms(1000), 1),
            (ms(1001), 2),
            (ms(899_001), 900),
            (LONGEST, 900),
            (LONGEST + ms(1), 900),
            (Duration::MAX, 900),
        ] {
            assert_eq!(seconds(delay), expected, "{delay:?}");
        }
    }

    #[test]
    fn what_is_logged_of_it_has_no_secret() {
        let variables = [(QUEUE_URL, "https://sqs/1/jobs"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let environment = Environment::new(variables, None, domain::Clock::system());
        let shown = format!("{:?}", Alarms::of(&environment).unwrap());
        assert!(shown.contains("https://sqs/1/jobs") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_queue_that_is_not_named_is_told_at_the_start() {
        let environment = Environment::new([].into(), None, domain::Clock::system());
        let Error::Internal(why) = Alarms::of(&environment).unwrap_err() else { panic!() };
        assert!(why.to_string().contains(QUEUE_URL), "{why}");
    }
}
