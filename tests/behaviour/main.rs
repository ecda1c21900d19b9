//! What the store does, through the doors that its users take.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authorization;
mod bad_input;
mod cleanup;
mod costs;
mod counters;
mod create;
mod erasure;
mod events;
mod exports;
mod fetching;
mod generations;
mod histories;
mod json;
mod lists;
mod logs;
mod mcp;
mod permissions;
mod rates;
mod reading;
mod review;
mod storing;
mod team;
mod transfer;
mod types;
mod versions;
