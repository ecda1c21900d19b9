//! The APIs of those who make media.
//!
//! All of it is pure: it makes requests of calls and states of answers, and sends nothing. Time comes in as a value.
//!
//! An [`Order`] is a call of a tool that a model of the [`Catalogue`] can take. Its request is sent once; its answer is a
//! [`Submission`]. One that was made is looked at ([`Provider::look`]) until a [`Look`] says how it ended, and its outputs
//! are fetched ([`Provider::fetch`]).
//!
//! Modules depend one way: [`Provider`] is a name below all (`name`), a provider's module (`apis`) has the form that
//! `api` gives it, and what asks the modules (`provider`, `submit`) is above them.

mod access;
mod answer;
mod api;
mod apis;
mod call;
mod catalogue;
mod name;
mod order;
mod outcome;
mod provider;
mod request;
mod submit;
mod webhook;

pub use access::{Access, Secret};
pub use answer::{Answer, Broken, LONGEST_WAIT};
pub use api::{Callbacks, Inputs};
pub use call::{Call, Input, Parameter, Role, Shared, Source, Tool, Unfit};
pub use catalogue::{Catalogue, Form, Model, Price, Prompt, Rule, Slot};
pub use name::Provider;
pub use order::Order;
pub use outcome::{
    Cause, Content, Done, Handle, Kind, Look, Loss, Output, Reason, Step, Submission, Unit, Usage,
};
pub use request::{Body, Header, Method, Part, Request};
pub use webhook::{BadWebhook, Notice};
