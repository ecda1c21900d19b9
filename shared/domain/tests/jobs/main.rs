//! The histories of jobs: workers, webhooks, cancels and the schedule against a table, a queue and a provider
//! that all do what they must not, by a seed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod provider;
mod random;
mod worker;
mod world;

use std::collections::BTreeMap;

use world::history;

/// A number from the environment.
fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().unwrap())
}

#[test]
fn every_history_pays_once_stores_once_and_ends() {
    let (first, count) = (number("JOBS_SEED", 1), number("JOBS_HISTORIES", 400));
    let mut ends = BTreeMap::new();
    for seed in first..first + count {
        let (_, statuses) = history(seed);
        for status in statuses {
            *ends.entry(status.as_str()).or_insert(0) += 1;
        }
    }
    println!("{count} histories from seed {first}: {ends:?}");
    assert!(count < 400 || ends.len() == 6, "not every end was reached: {ends:?}");
}

#[test]
fn a_seed_makes_the_same_history_byte_by_byte() {
    for seed in 0..50 {
        assert_eq!(history(seed), history(seed));
    }
    assert_ne!(history(0).0, history(1).0);
}
