//! Whether a key may come in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::api_key::KeyPrefix;
use model::{ApiKey, Clock, KeyRecord, Store, Timestamp};

/// How long a looked-up key, found or not, is believed, in milliseconds. A revocation takes as long.
const BELIEVED: i64 = 60_000;
/// How many looked-up keys are kept.
const KEPT: usize = 1024;

/// Looks keys up, and remembers them for a minute.
#[derive(Debug, Clone)]
pub struct Access {
    store: Store,
    clock: Clock,
    seen: Arc<Mutex<HashMap<KeyPrefix, Seen>>>,
}

#[derive(Debug, Clone)]
struct Seen {
    record: Option<KeyRecord>,
    until: Timestamp,
}

impl Access {
    /// Access by the keys in `store`.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, seen: Arc::default() }
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
