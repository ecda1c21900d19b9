//! Every provider's tools through the store's own functions, against the stand-in in `tests/fakes`: from the request for
//! a generation to the asset, and through all trouble that the stand-in can make. Needs Python: see `.ci/providers.sh`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fakes/cases.rs"]
mod cases;
#[path = "../fakes/fake.rs"]
mod fake;
#[path = "../fakes/listener.rs"]
mod listener;

mod bench;
mod ends;
mod making;
mod secrets;
mod trouble;
mod unresolved;
mod webhooks;
