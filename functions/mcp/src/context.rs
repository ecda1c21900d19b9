//! The store that a request works on, and the caller that it works for.

use api::{Any, Caller};
use assets::Assets;
use objects::Objects;

/// The store, as one caller meets it.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) deps: api::Deps<Objects>,
    pub(crate) caller: Caller<Any>,
}

impl Context {
    /// Records and objects together.
    pub(crate) fn assets(&self) -> Assets<'_> {
        let api::Deps { store, objects, clock, .. } = &self.deps;
        Assets { store, objects, clock }
    }
}
