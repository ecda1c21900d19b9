//! What the store does, through the doors that its users take.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod costs;
mod create;
