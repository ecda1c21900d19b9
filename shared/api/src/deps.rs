//! The table, the bucket, the time and the callers of a function of the API.

use axum::extract::FromRef;
use model::{Clock, Store};
use platform::Environment;

use crate::access::{self, Access};

/// The table, the clock, who may come in, and the bucket where the function needs it: `O` is
/// `objects::Objects`, or nothing, so that what does not touch objects stays without S3.
#[derive(Debug, Clone)]
pub struct Deps<O = ()> {
    /// The table.
    pub store: Store,
    /// The bucket.
    pub objects: O,
    /// The time.
    pub clock: Clock,
    access: Access,
}

impl<O> Deps<O> {
    /// The dependencies that the environment names, with this bucket.
    pub fn new(environment: &Environment, objects: O) -> model::Result<Self> {
        let (store, clock) = (Store::of(environment)?, environment.clock());
        let access = Access::new(store.clone(), clock.clone(), access::rate(environment)?);
        Ok(Self { store, objects, clock, access })
    }
}

impl<O> FromRef<Deps<O>> for Access {
    fn from_ref(deps: &Deps<O>) -> Self {
        deps.access.clone()
    }
}
