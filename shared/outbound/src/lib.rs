//! HTTP to others than AWS: to the APIs of providers, and to where somebody says that a file is.
//!
//! [`Outbound::call`] goes where the configuration says, and tells exactly whether a request went out: whoever
//! pays for it depends on that. [`Outbound::open`] goes where others say, and by its [`Rules`] alone: to
//! public addresses, that are looked up once, checked, and then connected to.
//!
//! Each request has a connection of its own. There is no pool, so that none is sent on a connection that the
//! other side has closed meanwhile, and none is sent twice. A session of TLS is resumed, which makes the next
//! one cheap. It is hyper and rustls, as AWS's clients have them, and so adds little to a function that has those.
//! No proxy is asked, no cookie is kept, and no redirect is followed but by [`Outbound::open`].

mod call;
mod check;
mod download;
mod error;
mod exchange;
mod fetch;
mod network;
mod public;
mod target;
mod tls;

pub use call::Received;
pub use download::Download;
pub use error::FetchError;
pub use exchange::Outbound;
pub use fetch::{Reach, Rules};
pub use network::{Network, System};
pub use public::is_public;
