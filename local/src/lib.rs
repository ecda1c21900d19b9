//! The whole store on one machine: every function behind one port, over embedded engines.
//!
//! Only the engines are particular to this crate. The functions are the deployed ones, called with
//! the events that Lambda would give them.

pub mod arrival;
pub mod demo;
mod direct;
mod dynamodb;
pub mod engines;
mod expiry;
pub mod files;
pub mod functions;
pub mod gateway;
mod json;
pub mod private;
pub mod queue;
pub mod runtime_api;
pub mod s3;
pub mod schedule;
pub mod server;
pub mod shell;
mod sigv4;
mod sqs;
pub mod stream;

/// The reason for which something local did not start or work.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
