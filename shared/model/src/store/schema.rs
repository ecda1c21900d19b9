//! The table, declared once: created from here on a laptop and in tests, and compared with
//! `template.yaml` by a test.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TableDescription,
    TimeToLiveSpecification,
};

use super::{failure, keys, record};
use crate::error::{Error, Result};
use crate::index::Index;

/// Partition key and sort key of the table; both strings.
pub const TABLE_KEY: [&str; 2] = ["pk", "sk"];
/// The attribute that DynamoDB's time-to-live reads: seconds since the Unix epoch.
pub const TTL: &str = "ttl";

/// One global secondary index; its keys are strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Also the name of its partition key.
    pub name: &'static str,
    /// Its sort key.
    pub range: &'static str,
    /// The attributes that it holds besides its keys; none for whole items.
    pub attributes: Option<Vec<&'static str>>,
}

/// Every index of the table (see [`crate::index`]).
pub fn indexes() -> impl Iterator<Item = Definition> {
    let listed = Index::all().map(|index| Definition {
        name: index.name,
        range: keys::range(index),
        attributes: (!index.whole).then(|| vec![record::TOLD]),
    });
    listed.chain([Definition { name: "by_due", range: "due_at", attributes: Some(Vec::new()) }])
}

/// Creates the table unless it exists.
pub async fn create(client: &Client, table: &str) -> Result<()> {
    let mut create = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(TABLE_KEY[0], TABLE_KEY[1])?))
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::NewAndOldImages)
                .build()
                .map_err(Error::internal)?,
        );
    let ranges = ["id", "due_at"];
    for name in TABLE_KEY.into_iter().chain(ranges).chain(indexes().map(|index| index.name)) {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        let attribute = attribute.attribute_type(ScalarAttributeType::S).build();
        create = create.attribute_definitions(attribute.map_err(Error::internal)?);
    }
    for index in indexes() {
        create = create.global_secondary_indexes(secondary_index(index)?);
    }
    match create.send().await {
        Ok(_) => {}
        Err(SdkError::ServiceError(e)) if e.err().is_resource_in_use_exception() => return Ok(()),
        Err(e) => return Err(failure(e)),
    }
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build();
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(ttl.map_err(Error::internal)?)
        .send()
        .await
        .map_err(failure)?;
    Ok(())
}

fn secondary_index(index: Definition) -> Result<GlobalSecondaryIndex> {
    let kind = match &index.attributes {
        None => ProjectionType::All,
        Some(attributes) if attributes.is_empty() => ProjectionType::KeysOnly,
        Some(_) => ProjectionType::Include,
    };
    let attributes = index.attributes.filter(|attributes| !attributes.is_empty());
    let attributes = attributes.map(|names| names.into_iter().map(str::to_owned).collect());
    let projection =
        Projection::builder().projection_type(kind).set_non_key_attributes(attributes).build();
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(key_schema(index.name, index.range)?))
        .projection(projection)
        .build()
        .map_err(Error::internal)
}

/// True if the table has exactly the indexes that are declared here.
pub async fn is_current(client: &Client, table: &str) -> Result<bool> {
    let described = client.describe_table().table_name(table).send().await.map_err(failure)?;
    let described = described.table().map(TableDescription::global_secondary_indexes);
    let found: BTreeSet<_> = described
        .unwrap_or_default()
        .iter()
        .map(|index| {
            let range = index.key_schema().iter().find(|key| key.key_type == KeyType::Range);
            (index.index_name(), range.map(KeySchemaElement::attribute_name))
        })
        .collect();
    let declared = indexes().map(|index| (Some(index.name), Some(index.range)));
    Ok(found == declared.collect())
}

fn key_schema(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .collect::<std::result::Result<_, _>>()
        .map_err(Error::internal)
}
