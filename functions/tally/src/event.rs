//! Batches of a DynamoDB stream, as Lambda delivers them.
//!
//! Only what is needed is read, so that fields to come change nothing.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>

use model::error::chain;
use model::store;
use model::tally::Change;
use serde::Deserialize;
use serde_dynamo::Item;
use serde_json::Value;

/// A change that can never be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The record as it came.
    pub text: String,
    /// Why.
    pub reason: String,
}

/// A change of an asset, and its place in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number that its record is known by.
    pub sequence_number: String,
    /// The change.
    pub change: Change,
}

/// The entries of a batch, in order; each is read by itself, so that one that cannot be read does
/// not take the others with it. Records of items that are no assets are passed over: the deployed
/// function is given none.
pub(crate) fn read(event: &Value) -> Vec<Result<Entry, Unreadable>> {
    let unreadable = |value: &Value, reason| Unreadable { text: value.to_string(), reason };
    let Some(records) = event["Records"].as_array() else {
        return vec![Err(unreadable(event, "no Records".to_owned()))];
    };
    let is_of_asset = |record: &&Value| record["dynamodb"]["Keys"]["sk"]["S"] == "asset";
    let of_assets = records.iter().filter(is_of_asset);
    of_assets.map(|record| entry(record).map_err(|reason| unreadable(record, reason))).collect()
}

#[derive(Deserialize)]
struct Record {
    dynamodb: Images,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Images {
    sequence_number: String,
    old_image: Option<Item>,
    new_image: Option<Item>,
}

/// An asset's record as an entry; else why it is none.
fn entry(record: &Value) -> Result<Entry, String> {
    let record = Record::deserialize(record).map_err(|error| error.to_string())?;
    let Images { sequence_number, old_image, new_image } = record.dynamodb;
    let image = |item: Option<Item>| item.map(store::image).transpose();
    let before = image(old_image).map_err(|error| chain(&error))?;
    let after = image(new_image).map_err(|error| chain(&error))?;
    let change = Change::between(before, after).ok_or("neither image")?;
    Ok(Entry { sequence_number, change })
}

#[cfg(test)]
mod tests {
    use model::Facet;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ID: &str = "37XnnMWMjfmNEiv3gpMlqCGHrXO";

    fn image(revision: u64, listed: bool) -> Value {
        let mut image = json!({
            "pk": { "S": format!("w#acme#a#{ID}") }, "sk": { "S": "asset" },
            "workspace_id": { "S": "acme" }, "id": { "S": ID },
            "revision": { "N": revision.to_string() }, "file_size": { "N": "12" },
            "provider": { "S": "fal" }, "tags": { "M": { "brand": { "L": [{ "S": "x" }] } } },
            "flag": { "BOOL": true }, "nothing": { "NULL": true },
        });
        if listed {
            image["by_workspace"] = json!({ "S": "w#acme" });
        }
        image
    }

    fn record(number: u64, images: &Value) -> Value {
        let mut record = json!({
            "eventID": "c4ca4238a0b923820dcc509a6f75849b", "eventVersion": "1.1",
            "eventName": "MODIFY", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/l",
            "aFieldToCome": { "x": 1 },
            "dynamodb": {
                "ApproximateCreationDateTime": 1_767_225_600,
                "Keys": { "pk": { "S": format!("w#acme#a#{ID}") }, "sk": { "S": "asset" } },
                "SequenceNumber": number.to_string(), "SizeBytes": 1,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        });
        let parts = record["dynamodb"].as_object_mut().unwrap();
        parts.extend(images.as_object().unwrap().clone());
        record
    }

    fn read_all(records: &[Value]) -> Vec<Entry> {
        let read = read(&json!({ "Records": records }));
        read.into_iter().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn an_image_counts_where_lists_show_it() {
        let records = [
            record(1, &json!({ "NewImage": image(1, false) })),
            record(2, &json!({ "OldImage": image(1, false), "NewImage": image(2, true) })),
            record(3, &json!({ "OldImage": image(2, true) })),
        ];
        let entries = read_all(&records);
        let changes: Vec<_> = entries.iter().map(|entry| &entry.change).collect();
        assert_eq!(changes.iter().map(|change| change.revision).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((&changes[0].before, &changes[0].after), (&None, &None));
        let counted = changes[1].after.as_ref().unwrap();
        assert_eq!((counted.bytes, counted.facets[&Facet::Provider].key.as_str()), (12, "fal"));
        assert_eq!((&changes[2].before, &changes[2].after), (&changes[1].after, &None));
        let places = entries.iter().map(|entry| entry.sequence_number.as_str());
        assert_eq!(places.collect::<Vec<_>>(), ["1", "2", "3"]);
    }

    #[test]
    fn what_is_no_asset_is_passed_over() {
        let mut other = record(1, &json!({}));
        other["dynamodb"]["Keys"]["sk"]["S"] = json!("h#1");
        assert_eq!(read(&json!({ "Records": [other, {}, null] })), []);
    }

    #[test]
    fn one_unreadable_record_does_not_take_the_others_with_it() {
        let mut nameless = image(1, true);
        nameless.as_object_mut().unwrap().remove("id");
        let bad = [json!({}), json!({ "NewImage": nameless }), json!({ "NewImage": { "x": 1 } })];
        for images in bad {
            let bad = record(1, &images);
            let good = record(2, &json!({ "NewImage": image(1, true) }));
            let entries = read(&json!({ "Records": [bad, good] }));
            assert_eq!(entries[0].as_ref().unwrap_err().text, bad.to_string());
            assert!(entries[1].is_ok());
        }
        assert!(read(&json!({ "Rows": [] }))[0].is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        const NAMES: [&str; 9] =
            ["S", "N", "B", "M", "L", "SS", "id", "revision", "SequenceNumber"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z0-9#]{0,8}".prop_map(Value::from),
        ];
        let name = prop::sample::select(&NAMES[..]);
        leaf.prop_recursive(4, 24, 4, move |inner| {
            let fields = prop::collection::hash_map(name.clone(), inner.clone(), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                fields.prop_map(|fields| {
                    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn anything_is_read_or_unreadable(
            any in any_json(), old in any_json(), field in "id|revision|file_size|workspace_id",
        ) {
            let _ = read(&any);
            let _ = read(&json!({ "Records": any.clone() }));
            let mut new = image(1, true);
            new[&field] = any;
            let records = [record(1, &json!({ "OldImage": old, "NewImage": new }))];
            let entries = read(&json!({ "Records": records }));
            prop_assert_eq!(entries.len(), 1);
        }
    }
}
