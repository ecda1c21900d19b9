//! Items that change their form: each is of a version, and becomes the newest one when it is read.
//!
//! An item says its version in the attribute `v`, but for version 1, which says nothing: so what was stored before
//! there were versions is read as it is, code from then reads what is written now, and no item grows.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::{self, Item};
use super::keys::Key;
use crate::error::{Error, Result};

/// The attribute that says an item's version.
pub(super) const V: &str = "v";

/// A kind of item, in one version of its form.
pub(super) trait Stored: Sized {
    /// The kind: what builds its key (see [`super::keys`]).
    const KIND: &'static str;
    /// The version: one more than the one before.
    const VERSION: u32 = Self::Previous::VERSION + 1;
    /// The version before; [`Nothing`] before the first.
    type Previous: Stored;
    /// Makes an item of this version of one of the version before.
    fn migrate(previous: Self::Previous) -> Self;
    /// Reads an item of exactly this version.
    fn decode(item: Item) -> Result<Self>;
}

/// A kind of item that has one version so far, which is as serde reads it.
pub(super) trait First: DeserializeOwned {
    /// See [`Stored::KIND`].
    const KIND: &'static str;
}

impl<T: First> Stored for T {
    const KIND: &'static str = T::KIND;
    type Previous = Nothing;

    fn migrate(previous: Nothing) -> Self {
        match previous {}
    }

    fn decode(item: Item) -> Result<Self> {
        item::decode(item)
    }
}

/// The version before the first of anything: there is no such item.
pub(super) enum Nothing {}

impl Stored for Nothing {
    const KIND: &'static str = "nothing";
    const VERSION: u32 = 0;
    type Previous = Self;

    fn migrate(previous: Self) -> Self {
        previous
    }

    fn decode(_: Item) -> Result<Self> {
        Err(Error::internal("an item of version 0"))
    }
}

/// Reads an item of any version there is.
pub(super) fn read<T: Stored>(item: Item) -> Result<T> {
    match version_of::<T>(&item)? {
        version if version == T::VERSION => T::decode(item),
        _ => read(item).map(T::migrate),
    }
}

/// The version that an item is of; an error where that is none there is.
pub(super) fn version_of<T: Stored>(item: &Item) -> Result<u32> {
    version::<T>(item.get(V).map(|value| value.as_n().map_or("", String::as_str)))
}

/// The version that an item with this number in `v` is of. An error where it is newer than any that there is: what
/// it says may mean something else, and whoever wrote it is to change it.
pub(super) fn version<T: Stored>(number: Option<&str>) -> Result<u32> {
    let (kind, newest) = (T::KIND, T::VERSION);
    match number.map_or(Ok(1), str::parse) {
        Ok(version) if version <= newest => Ok(version),
        Ok(version) => {
            let problem =
                format!("{kind}: an item of version {version}; the newest known is {newest}");
            Err(Error::internal(problem))
        }
        Err(_) => Err(Error::internal(format!("{kind}: an item of a version that is no number"))),
    }
}

/// `value` under `key`, marked with its version.
pub(super) fn encode<T: Stored + Serialize>(key: Key, value: &T) -> Result<Item> {
    let mut item = item::under(key, value)?;
    mark::<T>(&mut item);
    Ok(item)
}

/// Marks what is about to be written with its version.
pub(super) fn mark<T: Stored>(item: &mut Item) {
    if T::VERSION > 1 {
        item.insert(V.to_owned(), item::n(T::VERSION));
    }
}

/// The condition that an item is of the version that is written now, for whoever changes one without reading it.
pub(super) const fn of_this_version<T: Stored>() -> &'static str {
    assert!(T::VERSION == 1, "later versions are told by `v`: compare it");
    "attribute_not_exists(v)"
}

#[cfg(test)]
mod tests;
