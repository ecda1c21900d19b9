//! The admission of keys: whether one may come in, and how often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::api_key::KeyPrefix;
use model::rate::Bucket;
use model::{ApiKey, Clock, Error, KeyRecord, Rate, Store, Timestamp};
use platform::Environment;

/// The time, in milliseconds, that a looked-up key is believed, found or not. A revocation takes as long.
const BELIEVED: i64 = 60_000;
/// The variable that says how many requests a second a key has that says nothing itself; without it, no bound.
pub const KEY_RATE_LIMIT: &str = "KEY_RATE_LIMIT";
/// The variable that says how many it has at once; without it, those of a second.
pub const KEY_BURST_LIMIT: &str = "KEY_BURST_LIMIT";
/// The most looked-up keys that are kept.
const KEPT: usize = 1024;

/// Looks keys up, and remembers them for a minute; and counts their requests in this process, which no
/// other process is told of.
#[derive(Debug, Clone)]
pub struct Access {
    store: Store,
    clock: Clock,
    rate: Option<Rate>,
    seen: Arc<Mutex<HashMap<KeyPrefix, Seen>>>,
    buckets: Arc<Mutex<HashMap<KeyPrefix, Bucket>>>,
}

#[derive(Debug, Clone)]
struct Seen {
    record: Option<KeyRecord>,
    until: Timestamp,
}

impl Access {
    /// Access by the keys in `store`, as often as `rate` says for keys that say nothing themselves;
    /// none bounds nothing.
    #[must_use]
    pub fn new(store: Store, clock: Clock, rate: Option<Rate>) -> Self {
        Self { store, clock, rate, seen: Arc::default(), buckets: Arc::default() }
    }

    /// The record of `key`, if it works now. At most one consistent read.
    pub async fn admit(&self, key: &ApiKey) -> model::Result<Option<KeyRecord>> {
        let now = self.clock.now();
        let prefix = key.prefix();
        let known = self.seen().get(&prefix).filter(|seen| seen.until > now).cloned();
        let record = if let Some(seen) = known {
            seen.record
        } else {
            let record = self.store.find_key(&prefix).await?;
            self.remember(prefix, record.clone(), now);
            record
        };
        Ok(record.filter(|record| record.admits(key, now)))
    }

    /// Counts a request of the key; where it has none left, its rate, and in how many milliseconds it
    /// has one.
    pub fn count(&self, key: &KeyRecord) -> Result<(), (Rate, u64)> {
        let Some(rate) = key.rate.or(self.rate) else { return Ok(()) };
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT {
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = buckets.entry(key.prefix.clone()).or_default();
        bucket.take(rate, now).map_err(|wait| (rate, wait))
    }

    fn remember(&self, prefix: KeyPrefix, record: Option<KeyRecord>, now: Timestamp) {
        let mut seen = self.seen();
        if seen.len() >= KEPT {
            seen.retain(|_, seen| seen.until > now);
        }
        if seen.len() >= KEPT {
            seen.clear();
        }
        seen.insert(prefix, Seen { record, until: now.plus(BELIEVED) });
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<KeyPrefix, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rate that the environment gives to keys that have none of their own; none where it gives none.
pub(crate) fn rate(environment: &Environment) -> model::Result<Option<Rate>> {
    let number = |name: &str| {
        let parse = |text: String| {
            text.parse().map_err(|_| {
                Error::internal(format!(
                    "the environment variable {name} takes a whole number from 1"
                ))
            })
        };
        environment.optional(name).map(parse).transpose()
    };
    let (per_second, burst) = (number(KEY_RATE_LIMIT)?, number(KEY_BURST_LIMIT)?);
    Ok(per_second.map(|per_second| Rate { per_second, burst: burst.unwrap_or(per_second) }))
}
