//! The harness: a whole store, a workspace of it, and its client, in one line.
//!
//! ```no_run
//! # async fn example() {
//! let world = tests::World::start().await;
//! let acme = world.workspace("acme").await;
//! let asset = acme.upload("sample.png", tests::fixture("sample.png")).await;
//! assert_eq!(acme.get(&format!("/api/v1/assets/{}", asset["id"])).await.status, 200);
//! # }
//! ```
//!
//! Each world is a store of its own, in memory. By default its functions run in this process, over
//! clients that count round trips, can be made to crash ([`Wire`]), and refuse what a function's role
//! does not allow ([`Role`]). With `ASSETS_BOOTSTRAPS` set
//! to a directory of function binaries, [`World::start`] runs those instead, behind a loopback
//! Lambda Runtime API; a test that needs the clock or the wire asks for [`World::in_process`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a harness fails by panicking"
)]

mod client;
mod messages;
mod role;
mod wire;
mod world;

pub use client::{Client, Response, eventually, id};
pub use messages::Message;
pub use role::Role;
pub use wire::{Usage, When, Wire};
pub use world::World;

/// The bytes of a file of `tests/fixtures/media`.
#[must_use]
pub fn fixture(name: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/media");
    std::fs::read(format!("{directory}/{name}")).unwrap_or_else(|error| panic!("{name}: {error}"))
}
