//! The model of the asset store: what an asset is and the rules that it obeys, from [`domain`], and where it is
//! kept.

pub mod store;

pub use domain::*;
pub use store::Store;
