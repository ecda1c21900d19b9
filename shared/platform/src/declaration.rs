//! The declaration of a function, made once and beside its code: as constants, of which nothing is looked at when it
//! runs.
//!
//! The local runner and the tests go by it, and a test compares it with `template.yaml`.

use std::pin::Pin;
use std::time::{Duration, Instant};

use domain::Result;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::Environment;

/// The reason that an invocation failed for.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
/// An invocation that goes on.
pub type Invocation<'a> =
    Pin<Box<dyn Future<Output = std::result::Result<Value, Failure>> + Send + 'a>>;

/// A function that is started: an event goes in, an answer comes out.
pub trait Function: Send + Sync {
    /// Handles the event, and ends before `deadline`.
    fn invoke(&self, event: Value, deadline: Instant) -> Invocation<'_>;
}

/// A function as it is deployed.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The name of its directory, its package and its binary.
    pub name: &'static str,
    /// The triggers that it is invoked by.
    pub triggers: &'static [Trigger],
    /// The longest that an invocation may take.
    pub timeout: Duration,
    /// The memory that it is given, in MiB.
    pub memory: u32,
    /// The environment variables that it must be given.
    pub variables: &'static [&'static str],
    /// The rights that its role grants.
    pub grants: &'static [Grant],
    /// Starts it.
    pub start: fn(&Environment) -> Result<Box<dyn Function>>,
}

impl Declaration {
    /// The description of its routes, where it has some.
    #[must_use]
    pub fn routes(&self) -> Option<OpenApi> {
        self.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Http(describe) => Some(describe()),
            Trigger::Queue(_) | Trigger::Stream(_) | Trigger::Schedule(_) => None,
        })
    }

    /// The queues whose messages it gets.
    pub fn queues(&self) -> impl Iterator<Item = &'static Queue> {
        self.triggers.iter().filter_map(|trigger| match trigger {
            Trigger::Queue(queue) => Some(queue),
            Trigger::Http(_) | Trigger::Stream(_) | Trigger::Schedule(_) => None,
        })
    }

    /// The stream whose records it gets, if there is one.
    #[must_use]
    pub fn stream(&self) -> Option<&'static Stream> {
        self.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Stream(stream) => Some(stream),
            Trigger::Http(_) | Trigger::Queue(_) | Trigger::Schedule(_) => None,
        })
    }

    /// The interval at which it is invoked without any event, if it is.
    #[must_use]
    pub fn schedule(&self) -> Option<Duration> {
        self.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Schedule(every) => Some(*every),
            Trigger::Http(_) | Trigger::Queue(_) | Trigger::Stream(_) => None,
        })
    }

    /// The time by which an invocation that begins now must have ended.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }
}

/// Something that invokes a function.
#[derive(Debug, Clone, Copy)]
pub enum Trigger {
    /// Requests to the routes that this describes.
    Http(fn() -> OpenApi),
    /// Messages of a queue.
    Queue(Queue),
    /// Changes of the table.
    Stream(Stream),
    /// Time: once in so long.
    Schedule(Duration),
}

/// A queue, and how its messages are delivered: one that the bucket tells of objects, or one that functions send to.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    /// Its name: `uploads` is `UploadsQueue` in the template.
    pub name: &'static str,
    /// The objects that it is told of; none where functions send to it.
    pub notices: &'static [Notices],
    /// The most messages of a batch.
    pub batch: usize,
    /// The deliveries of a message before it goes to the dead-letter queue.
    pub max_receives: u32,
    /// The number of batches under way at a time, unless the deployment says otherwise.
    pub concurrency: usize,
}

impl Queue {
    /// True if its messages are those that functions send, and not S3's.
    #[must_use]
    pub fn is_sent_to(&self) -> bool {
        self.notices.is_empty()
    }

    /// The time for which a batch is given to nobody else, where an invocation may take up to `timeout`: six times
    /// that, since some of it may wait. A message that is a batch of its own does not, and after a crash is to come
    /// again soon.
    #[must_use]
    pub fn visibility(&self, timeout: Duration) -> Duration {
        if self.batch == 1 { timeout + Duration::from_mins(1) } else { 6 * timeout }
    }
}

/// The objects that a queue is told of.
#[derive(Debug, Clone, Copy)]
pub struct Notices {
    /// The events that happen to them, as in `s3:ObjectCreated:*`.
    pub events: &'static [&'static str],
    /// The pattern of their keys.
    pub keys: &'static str,
}

/// The records of the table's stream that are delivered, and how.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// The most records of a batch.
    pub batch: usize,
    /// The pattern of an event filter that picks the records, as JSON.
    pub filter: &'static str,
}

/// Actions that a function's role allows on something.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// In IAM's words, as in `dynamodb:GetItem`.
    pub actions: &'static [&'static str],
    /// The resource that they are allowed on.
    pub on: Resource,
}

/// A resource that actions are allowed on.
#[derive(Debug, Clone, Copy)]
pub enum Resource {
    /// The table's items in partitions of these patterns.
    Table(&'static [&'static str]),
    /// The table's indexes of this pattern.
    Index(&'static str),
    /// The bucket itself.
    Bucket,
    /// The bucket's objects with keys of these patterns.
    Objects(&'static [&'static str]),
    /// The secret that the template names so.
    Secret(&'static str),
    /// The secrets with names of this pattern, below the stack's own.
    Secrets(&'static str),
    /// The queue of this name.
    Queue(&'static str),
}

/// True if the text is one of a pattern's, in which one `*` stands for anything.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => text.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => text == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("cleanup", "cleanup", true),
            ("cleanup", "cleanup#", false),
            ("w#*", "w#acme", true),
            ("w#*", "k#acme", false),
            ("exports/*/job.json", "exports/acme/1/job.json", true),
            ("exports/*/job.json", "exports/acme/1/export.zip", false),
            ("exports/*/job.json", "exports/job.json", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
