//! Items as DynamoDB holds them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1 as serde_item;

use super::keys::Key;
use crate::error::{Error, Result, loggable};

/// An item, by attribute name.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(super) fn n(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// A primary key as an item.
pub(super) fn key_item(key: Key) -> Item {
    HashMap::from([("pk".to_owned(), s(key.pk)), ("sk".to_owned(), s(key.sk))])
}

/// `value` under `key`, without a version (see [`super::migrate::encode`]).
pub(super) fn under<T: Serialize>(key: Key, value: &T) -> Result<Item> {
    let mut item: Item = serde_item::to_item(value).map_err(Error::internal)?;
    item.extend(key_item(key));
    Ok(item)
}

/// The value of an item, of whatever version (see [`super::migrate::read`]); its other attributes are
/// passed over.
pub(super) fn decode<T: DeserializeOwned>(item: Item) -> Result<T> {
    serde_item::from_item(item).map_err(Error::internal)
}

/// The value that `decode` makes of an item; none where it cannot be read, which the log says of it by
/// its key: one item that cannot be read keeps no other from being shown. What it holds is in no log.
pub(super) fn readable<T>(item: Item, decode: impl FnOnce(Item) -> Result<T>) -> Option<T> {
    let [pk, sk] = ["pk", "sk"].map(|name| text(&item, name).unwrap_or_default().to_owned());
    match decode(item) {
        Ok(decoded) => Some(decoded),
        Err(error) => {
            let error = loggable(&error);
            tracing::error!(pk, sk, error, "an item cannot be read, and is left out");
            None
        }
    }
}

/// The string attribute `name`.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}
