//! The conformance suite: the real SDK over loopback, against every kind of store.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod buckets;
mod conditions;
mod copies_and_deletes;
mod durability;
mod events;
mod listing;
mod multipart;
mod multipart_checksums;
mod objects;
mod server;
mod signed;
mod uploads_refused;
mod versions;

/// Runs each test against a store in memory and one on disk.
macro_rules! on_every_store {
    ($($name:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::s3::tests::server::Server::in_memory().await).await;
            })*
        }
        mod on_disk {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::s3::tests::server::Server::on_disk().await).await;
            })*
        }
    };
}

use on_every_store;
