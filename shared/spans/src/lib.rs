//! Media calls as spans of a trace: told to those who ask for a run's, and to what collects traces.
//!
//! All of it is pure: it sends nothing, and time and randomness come in as values.
//!
//! A [`MediaSpan`] is one call of a tool. [`MediaSpan::told`] is what an API answers; [`otlp`] writes
//! it by the OpenTelemetry Protocol, and an [`Exporter`] makes a request of that and a [`Receipt`] of
//! the answer. Its place in a trace comes by a [`Traceparent`].

mod attributes;
mod exporter;
pub mod otlp;
mod pairs;
mod receipt;
mod span;
mod told;

pub use exporter::{Encoding, Exporter, Misconfigured};
pub use otlp::Resource;
pub use receipt::Receipt;
pub use span::{Input, MediaSpan, Origin, Output};
pub use told::{Told, ToldOutput};
