//! Requests over a network of the test's own, whose hosts are servers of the test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod call;
mod download;
mod guard;
mod internet;
mod redirect;
