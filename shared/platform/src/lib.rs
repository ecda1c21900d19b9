//! The base of functions: the environment, AWS's clients, and the form in which each function declares what it is.

pub mod aws;
mod declaration;
mod environment;
pub mod private;

pub use declaration::{
    Declaration, Failure, Function, Grant, Invocation, Notices, Queue, Resource, Stream, Trigger,
    fits,
};
pub use environment::Environment;
