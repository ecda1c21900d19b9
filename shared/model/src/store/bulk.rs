//! Many items at once, for imports.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::counters::counter_item;
use super::record;
use crate::asset::Record;
use crate::due::Settings;
use crate::error::Result;
use crate::tally;

/// The items of a record: its own, with its index keys, and its tag postings.
pub fn items(record: &Record, settings: &Settings) -> Result<Vec<HashMap<String, AttributeValue>>> {
    let mut items = vec![record::encode(record, settings)?];
    items.extend(record::postings(record).into_values());
    Ok(items)
}

/// The counters of exactly these records.
pub fn counters<'a>(
    records: impl IntoIterator<Item = &'a Record>,
) -> Vec<HashMap<String, AttributeValue>> {
    tally::recount(records).iter().map(|(counter, delta)| counter_item(counter, delta)).collect()
}
