//! The arguments of tools. What a tool does not take is refused, never ignored.

use std::collections::BTreeMap;

use assets::Wanted;
use model::json::{Problem, Whole, whole};
use model::text::Invalid;
use model::time::Bound;
use model::{AssetId, Comment, Cursor, ExportId, Facet, Filter, Order, Status, TagName, TagValue};
use objects::{Disposition, Lifetime};
use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::meaning;
use crate::refusal::Refusal;

/// The tags of a filter or a change, each a name with values.
pub(crate) type TagValues = BTreeMap<TagName, Vec<TagValue>>;
type TagTexts = BTreeMap<String, Vec<String>>;

/// The most things that one page of a list has.
pub const MOST: u64 = 50;
/// The number of things that it has where nobody asks for another.
const DEFAULT: usize = 20;

/// Reads a tool's arguments; an error names the argument, and says what it takes.
pub(crate) fn parse<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Refusal> {
    model::json::from_value(Value::Object(arguments)).map_err(|problem| match problem {
        Problem::Value { path, problem } if !path.is_empty() => Refusal::argument(&path, problem),
        problem => Refusal::argument("arguments", problem),
    })
}

/// The number of things that a page is to have.
type Limit = Whole<1, MOST>;

fn limit(limit: Option<Limit>) -> usize {
    limit.and_then(|limit| usize::try_from(limit.get()).ok()).unwrap_or(DEFAULT)
}

/// `list_assets`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListArguments {
    #[schemars(description = format!(
        "Kind of asset: image, audio, video, copy, slide, script, or the makers' own. Like in every text\n\
         filter but q, commas mean any of several values, at most {}: \"image,video\".",
        Filter::MAX_VALUES
    ))]
    #[serde(rename = "type")]
    asset_type: Option<String>,
    #[schemars(description = meaning::PROVIDER)]
    provider: Option<String>,
    #[schemars(description = meaning::MODEL)]
    model: Option<String>,
    #[schemars(description = meaning::TOOL)]
    tool: Option<String>,
    #[schemars(description = meaning::AGENT)]
    agent_id: Option<String>,
    #[schemars(description = meaning::EXECUTION)]
    execution_id: Option<String>,
    #[schemars(description = meaning::CONVERSATION)]
    conversation_id: Option<String>,
    #[schemars(description = meaning::RUN)]
    run_id: Option<String>,
    #[schemars(description = meaning::CAMPAIGN)]
    campaign_id: Option<String>,
    #[schemars(description = format!("State of review: {}.", states()))]
    status: Option<String>,
    /// Only true is taken: assets that have an approved version, whatever their current one is.
    #[schemars(extend("enum" = [true]))]
    approved: Option<bool>,
    /// Tags that it has, each with one of the values given: `{"brand": ["acme"]}`.
    #[serde(default)]
    #[schemars(with = "TagTexts")]
    tags: TagValues,
    /// The same in one text, as the HTTP API has it: "brand:acme", or "brand:acme,channel:web".
    tag: Option<String>,
    /// Made at or after: an RFC 3339 time, or a date.
    created_from: Option<String>,
    /// Made before: an RFC 3339 time, or a date; the same date as `created_from` is that day.
    created_to: Option<String>,
    /// Part of the title, the prompt or the file name, in any case.
    #[schemars(length(min = 1, max = Filter::MAX_TEXT))]
    q: Option<String>,
    /// By creation: desc (default) is newest first, asc oldest first.
    #[schemars(extend("enum" = Order::ALL.map(Order::as_str)))]
    order: Option<String>,
    #[schemars(description = format!("How many at most, default {DEFAULT}."))]
    #[schemars(with = "Option<u32>", range(min = 1, max = MOST))]
    limit: Option<Limit>,
    /// `next_cursor` of the page before, with the same filters and order.
    cursor: Option<String>,
}

fn states() -> String {
    let quoted =
        |word: &str| if word.contains('_') { format!("`{word}`") } else { word.to_owned() };
    Status::ALL.map(|status| quoted(status.as_str())).join(", ")
}

/// The page that is asked for, and the list that it is of.
pub(crate) struct ListQuery {
    pub(crate) filter: Filter,
    pub(crate) order: Order,
    pub(crate) after: Option<Cursor>,
    pub(crate) limit: usize,
}

impl ListArguments {
    /// The query that is asked for.
    pub(crate) fn query(self) -> Result<ListQuery, Refusal> {
        let limit = limit(self.limit);
        let order = self.order.as_deref().map(str::parse).transpose();
        let order = order.map_err(|expected: Invalid| Refusal::argument("order", expected))?;
        let order: Order = order.unwrap_or_default();
        let cursor = self.cursor.clone();
        let filter = self.filter()?;
        let after = cursor.map(|text| Cursor::decode(&text, &filter, order)).transpose();
        let after = after.map_err(|expected| Refusal::argument("cursor", expected))?;
        Ok(ListQuery { filter, order, after, limit })
    }

    /// The values asked for in `facet`, comma-separated.
    const fn values(&self, facet: Facet) -> Option<&String> {
        match facet {
            Facet::Execution => self.execution_id.as_ref(),
            Facet::Run => self.run_id.as_ref(),
            Facet::Conversation => self.conversation_id.as_ref(),
            Facet::Campaign => self.campaign_id.as_ref(),
            Facet::Agent => self.agent_id.as_ref(),
            Facet::Provider => self.provider.as_ref(),
            Facet::Type => self.asset_type.as_ref(),
            Facet::Status => self.status.as_ref(),
            Facet::Model => self.model.as_ref(),
            Facet::Tool => self.tool.as_ref(),
        }
    }

    fn filter(self) -> Result<Filter, Refusal> {
        let mut filter = Filter::default();
        for facet in Facet::ALL {
            let refuse = |expected| Refusal::argument(facet.as_str(), expected);
            for value in self.values(facet).iter().flat_map(|values| values.split(',')) {
                if !filter.allow(facet, &facet.parse(value.trim()).map_err(refuse)?) {
                    return Err(refuse(Filter::TOO_MANY));
                }
            }
        }
        for text in self.tag.iter().flat_map(|texts| texts.split(',')) {
            let allowed = filter.allow_tag_text(text.trim());
            allowed.map_err(|expected| Refusal::argument("tag", expected))?;
        }
        for (name, values) in self.tags {
            let refuse = |expected| Refusal::argument(&format!("tags.{name}"), expected);
            if values.is_empty() {
                return Err(refuse(Invalid::new("at least one value")));
            }
            for value in values {
                if !filter.allow_tag(name.clone(), &value) {
                    return Err(refuse(Filter::TOO_MANY));
                }
            }
        }
        filter.approved = match self.approved {
            Some(false) => return Err(Refusal::argument("approved", "expected true")),
            approved => approved.is_some(),
        };
        let from = bound("created_from", self.created_from)?;
        let made = filter.made_between(from, bound("created_to", self.created_to)?);
        made.map_err(|expected| Refusal::argument("created_to", expected))?;
        let search = self.q.map(|text| filter.search(&text)).transpose();
        search.map_err(|expected| Refusal::argument("q", expected))?;
        Ok(filter)
    }
}

fn bound(name: &str, text: Option<String>) -> Result<Option<Bound>, Refusal> {
    let bound = text.map(|text| Bound::parse_query(&text)).transpose();
    bound.map_err(|expected| Refusal::argument(name, expected))
}

/// `get_asset`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetArguments {
    #[schemars(description = meaning::ID)]
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
}

/// `get_asset_url`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkArguments {
    #[schemars(description = meaning::ID)]
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
    #[schemars(description = format!(
        "Seconds that the link lives, default {}. It may live shorter: see `expires_at`.",
        Lifetime::DEFAULT
    ))]
    #[schemars(with = "Option<u64>", range(min = 1, max = Lifetime::MAX))]
    expires_in: Option<Whole<1, { Lifetime::MAX }>>,
    /// inline (default) has a browser show the file where that is safe, attachment has it saved.
    #[schemars(extend("enum" = Disposition::ALL.map(Disposition::as_str)))]
    disposition: Option<String>,
    /// A version's number, or approved; default is the current version.
    #[serde(default)]
    #[schemars(schema_with = "version_schema")]
    version: Option<Value>,
}

fn version_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "string", "enum": ["approved"] },
    ] })
}

impl LinkArguments {
    /// The version, the disposition and the lifetime that are asked for.
    pub(crate) fn terms(&self) -> Result<(Wanted, Disposition, Lifetime), Refusal> {
        let wanted = match &self.version {
            None | Some(Value::Null) => Ok(Wanted::Current),
            Some(Value::String(text)) => text.parse(),
            Some(Value::Number(number)) => match whole(number) {
                Some(number) => number.to_string().parse(),
                None => number.to_string().parse(),
            },
            Some(other) => other.to_string().parse(),
        };
        let lifetime = self.expires_in.map(|seconds| Lifetime::try_from(seconds.get())).transpose();
        let disposition = self.disposition.as_deref().map(str::parse).transpose();
        Ok((
            wanted.map_err(|expected| Refusal::argument("version", expected))?,
            disposition
                .map_err(|expected: Invalid| Refusal::argument("disposition", expected))?
                .unwrap_or_default(),
            lifetime
                .map_err(|expected| Refusal::argument("expires_in", expected))?
                .unwrap_or_default(),
        ))
    }
}

/// `list_versions`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionsArguments {
    #[schemars(description = meaning::ID)]
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
    #[schemars(description = format!("How many at most, default {DEFAULT}."))]
    #[schemars(with = "Option<u32>", range(min = 1, max = MOST))]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl VersionsArguments {
    /// The version before which the page begins, if any, and how many it has at most.
    pub(crate) fn page(&self) -> Result<(Option<u32>, usize), Refusal> {
        let before = self.cursor.as_deref().map(str::parse).transpose();
        let before =
            before.map_err(|_| Refusal::argument("cursor", "expected next_cursor, unchanged"))?;
        Ok((before, limit(self.limit)))
    }
}

/// `submit_asset`, `approve_asset`, `request_changes`, `archive_asset`, `restore_asset`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewArguments {
    #[schemars(description = meaning::ID)]
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
    #[schemars(description = meaning::VERSION)]
    #[schemars(range(min = 1))]
    pub(crate) version: Option<u32>,
    #[schemars(description = meaning::ETAG)]
    pub(crate) etag: Option<String>,
    /// What you have to say about it; kept in the asset's history.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(min = 1, max = Comment::MAX))]
    pub(crate) comment: Option<Comment>,
}

/// `tag_asset`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagArguments {
    #[schemars(description = meaning::ID)]
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
    #[schemars(description = meaning::ETAG)]
    pub(crate) etag: Option<String>,
    /// Values that come to what is there: `{"brand": ["acme"]}`.
    #[serde(default)]
    #[schemars(with = "TagTexts")]
    pub(crate) add: TagValues,
    /// Values that go; an empty list stands for all values of the tag.
    #[serde(default)]
    #[schemars(with = "TagTexts")]
    pub(crate) remove: TagValues,
    /// Values that take the place of all that the tag has; an empty list removes the tag.
    #[serde(default)]
    #[schemars(with = "TagTexts")]
    pub(crate) set: TagValues,
}

/// `get_export`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetExportArguments {
    /// The export's id, 27 characters, as `export_assets` gave it.
    #[schemars(with = "String")]
    pub(crate) id: ExportId,
}

/// `delete_asset`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteArguments {
    #[schemars(description = meaning::ID)]
    #[schemars(with = "String")]
    pub(crate) id: AssetId,
    #[schemars(description = meaning::VERSION)]
    #[schemars(range(min = 1))]
    pub(crate) version: Option<u32>,
    #[schemars(description = meaning::ETAG)]
    pub(crate) etag: Option<String>,
    /// Whether an asset that has an approved version is deleted too, default false.
    #[serde(default)]
    pub(crate) force: bool,
}
