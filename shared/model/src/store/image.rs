//! Assets as the table's stream tells of them.

use std::collections::BTreeMap;

use domain::generation::micro_usd;
use domain::index::{Index, WORKSPACE};
use domain::tally::{Counted, Image, Value};
use domain::{AssetId, Error, Facet, Record, Result, WorkspaceId};
use serde::Deserialize;
use serde_dynamo::{AttributeValue, Item};

use super::{keys, migrate};

/// The asset as it is counted by an image of its item, as the table's stream has it.
///
/// It reads few attributes, by their names: each version of a record is to have these.
pub fn image(item: Item) -> Result<Image> {
    #[derive(Deserialize)]
    struct Fields {
        workspace_id: WorkspaceId,
        id: AssetId,
        revision: u64,
        #[serde(default)]
        file_size: u64,
    }
    let text = |name: &str| match item.get(name) {
        Some(AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    };
    let version = item.get(migrate::V).map(|value| match value {
        AttributeValue::N(number) => number.as_str(),
        _ => "",
    });
    migrate::version::<Record>(version)?;
    // What has the key of the workspace's index is in every list.
    let listed = text(WORKSPACE.name).is_some();
    let facets = Facet::ALL.into_iter();
    let shown: Vec<_> = facets.filter_map(|f| Some((f, text(f.as_str())?))).collect();
    let partitions: BTreeMap<_, _> = shown
        .iter()
        .filter_map(|(facet, _)| Some((*facet, text(Index::of(*facet)?.name)?)))
        .collect();
    let cost = match item.get("generation") {
        Some(AttributeValue::M(generation)) => match generation.get("cost_usd") {
            Some(AttributeValue::N(dollars)) => dollars.parse().map_or(0, micro_usd),
            _ => 0,
        },
        _ => 0,
    };
    let is_deleted = item.contains_key("deleted_at");
    let fields: Fields = serde_dynamo::from_item(item).map_err(Error::internal)?;
    let Fields { workspace_id: workspace, id, revision, file_size: bytes } = fields;
    let facets = shown.into_iter().map(|(facet, shown)| {
        // A record that was stored before words were folded is counted by each as it was, until
        // it is written again; its place in the index tells.
        let partition = partitions.get(&facet);
        let key = partition.and_then(|name| keys::parse_index_partition(&workspace, name));
        let key = key.map_or_else(|| facet.key(&shown).into_owned(), str::to_owned);
        (facet, Value { key, shown })
    });
    let facets = facets.collect();
    let counted = listed.then_some(Counted { bytes, cost, facets });
    Ok(Image { workspace, id, revision, counted, is_deleted })
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::tally::{Change, Counter, Span};

    use super::*;

    #[test]
    fn a_word_is_counted_folded_and_shown_as_first_written() {
        let workspace: WorkspaceId = "acme".parse().unwrap();
        let id = AssetId::first_at(Timestamp::from_millis(1_767_225_600_000));
        let item = |provider: &str, partition: &str| {
            let text = |text: &str| AttributeValue::S(text.to_owned());
            let fields = [
                ("workspace_id", text("acme")),
                ("id", AttributeValue::S(id.to_string())),
                ("revision", AttributeValue::N("1".to_owned())),
                ("by_workspace", text("w#acme")),
                ("provider", text(provider)),
                ("by_provider", text(partition)),
            ];
            let fields = fields.map(|(name, value)| (name.to_owned(), value));
            Item::from(std::collections::HashMap::from(fields))
        };
        let key = |item| image(item).unwrap().counted.unwrap().facets[&Facet::Provider].key.clone();
        assert_eq!(key(item("OpenAI", "w#acme#openai")), "openai");
        assert_eq!(key(item("OpenAI", "w#acme#OpenAI")), "OpenAI", "as it was counted");
        let image = image(item("OpenAI", "w#acme#openai")).unwrap();
        let deltas = Change::between(None, Some(image)).unwrap().deltas();
        let value = Some((Facet::Provider, "openai".to_owned()));
        let shown = &deltas[&Counter { workspace, value, span: Span::Ever }].shown;
        assert_eq!(shown.as_deref(), Some("OpenAI"));
    }
}
