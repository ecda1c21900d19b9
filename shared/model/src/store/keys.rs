//! Every key of the table and of its indexes is built and parsed here and nowhere else.
//!
//! Every item of the table, by what builds its key here:
//!
//! | item | partition key | sort key | attributes | how long it is there | written by | read by |
//! |---|---|---|---|---|---|---|
//! | [`asset`] | `w#{workspace}#a#{id}` | `asset` | an `Asset`'s fields, metadata as text; what keeps it consistent (`record.rs`); a key for each index that lists it, and `told` | until deleted; `by_due` says when to look | create, mcp, ingest, review, delete, cleanup | all but tally, which reads the stream |
//! | [`version`] | `w#{workspace}#a#{id}` | `v#{number}` | a `Version`'s fields; `etag`, `sequencer`, `link_at`, `revision`; `by_due` | as the asset; one whose file never came, a day | create, mcp, ingest, review, cleanup | list, sign, export, create, mcp, ingest, review, delete, cleanup |
//! | [`last_version`] | `w#{workspace}#a#{id}` | `versions` | `last`, `ttl` | `ttl`: 30 days after the last new version | create, mcp | create, mcp, as they count it up |
//! | [`event`] | `w#{workspace}#a#{id}` | `h#{revision}` | `event`, as text | as the asset | create, mcp, ingest, review, cleanup | list, export |
//! | [`deletion`] | `w#{workspace}#a#{id}` | `h#deleted` | `deleted_at`, `deleted_because` | for good, unless its object comes after all | delete, mcp, ingest, cleanup | ingest, cleanup |
//! | [`tally`] | `w#{workspace}#a#{id}` | `tally` | `revision`, `ttl` | `ttl`: 7 days after the last change that was counted | tally | tally |
//! | [`object`] | `w#{workspace}#o#{digest}` | `object` | `asset` | as the asset | ingest, cleanup | ingest, cleanup |
//! | [`claim`] | `w#{workspace}#c#{bytes}` | `{provenance}` | `asset` | as the asset | create, mcp; whoever changes what was stored before words were folded | create, mcp |
//! | [`idempotency`] | `w#{workspace}#i#{name}` | `idempotency` | `asset`, `version`, `request`, `ttl` | `ttl`: a day | create, mcp, export | create, mcp, export |
//! | [`posting`] | `w#{workspace}#t#{name}={value}` | `{id}` | `told` | as the asset's tag | whoever writes the asset | list, team, mcp, export |
//! | [`total`] | `w#{workspace}#n{facet}` | `{value}` | `n`, `b`, `c`, `d`, `shown`, `m…` by month | for good | tally | list, team |
//! | [`day`] | `w#{workspace}#d{value}` | `{date}` | `n`, `b`, `c`, `q…` by quarter of an hour | for good | tally | list, team |
//! | [`minute`] | `w#{workspace}#m` | `{minute}` | `n`, `b`, `c`, `s…` and `v…` by parts of it | for good | tally | list, team |
//! | [`settings`] | `w#{workspace}` | `settings` | `retention_days` | until set again | admin | whoever writes assets, admin |
//! | [`api_key`] | `k#{prefix}` | `key` | a `KeyRecord`'s fields | for good, also where revoked | admin | every function with a caller |
//! | [`workspace_api_key`] | `w#{workspace}#k` | `{prefix}` | none | as the key | admin | admin |
//! | [`export`] | `w#{workspace}#e#{id}` | `export` | an `ExportRecord`'s fields; `by_due` | 7 days after its end | export, mcp, cleanup | export, mcp, cleanup |
//! | [`listed_export`] | `w#{workspace}#e` | `{id}` | `ttl` | `ttl`: a day after the export, at the latest | export, mcp | export |
//! | [`generation`] | `w#{workspace}#g#{id}` | `generation` | a `GenerationRecord`'s fields, what was asked as text; `revision`; `by_due` until its end | for good | generate, mcp, jobs | generate, mcp, jobs |
//! | [`listed_generation`] | `w#{workspace}#g{list}` | `{id}` | none | as the generation | generate, mcp | generate, mcp |
//! | [`at_risk`] | `w#{workspace}#gr` | `{gone_at}#{id}` | none | until its outputs are stored, or lost | jobs | generate |
//! | [`made`] | `w#{workspace}#r#{recipe}` | `{id}` | none | as the generation | generate, mcp | generate, mcp |
//! | [`job`] | `w#{workspace}#j#{digest}` | `job` | `generation` | for good | generate, jobs | generate, jobs |
//! | [`books`] | `w#{workspace}#b` | `{period}` | `taken`, `spent` | for good | generate, mcp, jobs | generate, mcp, list, admin |
//! | [`budget`] | `w#{workspace}` | `budget` | a `Budget`'s fields | until set again | admin | generate, mcp, admin |
//! | [`tool`] | `w#{workspace}` | `tool#{tool}` | `defaults`, as text | until set again | admin | generate, mcp, admin |
//! | [`parked`] | `parked#{digit}` | `{digest}` | `body`, `reason`, `parked_at`, `ttl` | `ttl`: 14 days | ingest, tally, export | admin |
//! | [`checkpoint`] | `cleanup` | `{job}` | `state`, as text | until written again | cleanup | cleanup, admin |
//! | [`confirmation`] | `cleanup` | `confirmed#{at}` | a `Confirmation`'s fields | for good | admin | cleanup, admin |
//! | [`nothing`] | `w#` | `nothing` | none | never written | nobody | every function, as it starts |
//!
//! Each is of a version, and says so in `v` from version 2 on ([`super::migrate`]). What is only ever counted up without
//! being read (the counters and the last version's number) is to take another key when it is to mean something else.
//!
//! Workspace and reference characters exclude `#`, so a composed key reads back in one way only.

use crate::api_key::KeyPrefix;
use crate::export::ExportId;
use crate::filter::Facet;
use crate::id::{AssetId, GenerationId, Reference, WorkspaceId};
use crate::index::Index;
use crate::text::{Checksum, IdempotencyKey, Label, TagName};
use crate::time::Timestamp;

/// The partitions of all workspaces, as a pattern of IAM's: `*` stands for anything.
pub const WORKSPACES: &str = "w#*";
/// The partitions of API keys. No function writes there: keys are the operator's.
pub const API_KEYS: &str = "k#*";
/// The partitions of events that could not be understood.
pub const PARKED: &str = "parked#*";
/// The partition of `cleanup`'s checkpoints.
pub const CHECKPOINTS: &str = "cleanup";

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

/// The whole record of an asset.
#[must_use]
pub fn asset(workspace: &WorkspaceId, id: AssetId) -> Key {
    key(format!("w#{workspace}#a#{id}"), "asset")
}

/// The event that stays when an asset is gone.
#[must_use]
pub fn deletion(workspace: &WorkspaceId, id: AssetId) -> Key {
    key(asset(workspace, id).pk, "h#deleted")
}

/// From an object whose key does not name its asset to that asset. `digest` is [`object_digest`].
#[must_use]
pub fn object(workspace: &WorkspaceId, digest: &Checksum) -> Key {
    key(format!("w#{workspace}#o#{digest}"), "object")
}

/// The digest that an object is known by: keys have up to 1024 bytes, half of what a partition key may
/// have.
#[must_use]
pub fn object_digest(bucket: &str, object_key: &str) -> Checksum {
    Checksum::of(format!("{bucket}/{object_key}").as_bytes())
}

/// A change of an asset on record, by the revision that it made: in their order, whatever clocks say.
#[must_use]
pub fn event(workspace: &WorkspaceId, id: AssetId, revision: u64) -> Key {
    key(asset(workspace, id).pk, format!("h#{revision:010}"))
}

/// The revision in the sort key of a change.
#[must_use]
pub fn parse_event(sk: &str) -> Option<u64> {
    sk.strip_prefix("h#")?.parse().ok()
}

/// A version of an asset.
#[must_use]
pub fn version(workspace: &WorkspaceId, id: AssetId, number: u32) -> Key {
    key(asset(workspace, id).pk, format!("v#{number:04}"))
}

/// The highest number that a version of the asset was given.
#[must_use]
pub fn last_version(workspace: &WorkspaceId, id: AssetId) -> Key {
    key(asset(workspace, id).pk, "versions")
}

/// The key of the answer to a request with this `Idempotency-Key`.
#[must_use]
pub fn idempotency(workspace: &WorkspaceId, name: &IdempotencyKey) -> Key {
    key(format!("w#{workspace}#i#{name}"), "idempotency")
}

/// From bytes of a known provenance to the asset that has them. The provenance is in the key, so
/// that of two registrations at once one finds the other.
#[must_use]
pub fn claim(workspace: &WorkspaceId, bytes: &Checksum, provenance: &Checksum) -> Key {
    key(format!("w#{workspace}#c#{bytes}"), provenance.as_str())
}

/// An API key.
#[must_use]
pub fn api_key(prefix: &KeyPrefix) -> Key {
    key(format!("k#{prefix}"), "key")
}

/// That a workspace has this API key.
#[must_use]
pub fn workspace_api_key(workspace: &WorkspaceId, prefix: &KeyPrefix) -> Key {
    key(workspace_api_keys(workspace), prefix.as_str())
}

/// The partition of a workspace's API keys.
#[must_use]
pub fn workspace_api_keys(workspace: &WorkspaceId) -> String {
    format!("w#{workspace}#k")
}

/// A workspace's settings.
#[must_use]
pub fn settings(workspace: &WorkspaceId) -> Key {
    key(format!("w#{workspace}"), "settings")
}

/// A key that nothing is under: asked for where only the way to the table matters. No workspace has
/// this name, and every role may read it.
#[must_use]
pub fn nothing() -> Key {
    key("w#".to_owned(), "nothing")
}

/// The key of the place where a job of `cleanup` stopped.
#[must_use]
pub fn checkpoint(job: &str) -> Key {
    key(CHECKPOINTS.to_owned(), job)
}

/// That an operator let `cleanup` go on.
#[must_use]
pub fn confirmation(at: Timestamp) -> Key {
    key("cleanup".to_owned(), format!("confirmed#{at}"))
}

/// The keys that the confirmations stand between, in the order of their times.
#[must_use]
pub fn confirmations() -> [Key; 2] {
    ["confirmed#", "confirmed#~"].map(|sk| key("cleanup".to_owned(), sk))
}

/// An event that could not be understood, by the digest of its text.
#[must_use]
pub fn parked(digest: &Checksum) -> Key {
    key(format!("parked#{}", &digest.as_str()[..1]), digest.as_str())
}

/// The sixteen partitions of parked events.
pub fn parked_partitions() -> impl Iterator<Item = String> {
    (0..16).map(|digit| format!("parked#{digit:x}"))
}

/// The workspace and id of an asset's partition key.
#[must_use]
pub fn parse_asset(pk: &str) -> Option<(WorkspaceId, AssetId)> {
    let (workspace, id) = pk.strip_prefix("w#")?.split_once("#a#")?;
    Some((workspace.parse().ok()?, id.parse().ok()?))
}

/// From a tag's value to an asset that has it.
#[must_use]
pub fn posting(workspace: &WorkspaceId, name: &TagName, value: &str, id: AssetId) -> Key {
    key(postings(workspace, name, value), id.to_string())
}

/// The partition of a tag value's postings, in the order of their ids.
#[must_use]
pub fn postings(workspace: &WorkspaceId, name: &TagName, value: &str) -> String {
    format!("w#{workspace}#t#{name}={value}")
}

/// That an asset is counted, and as of which revision.
#[must_use]
pub fn tally(workspace: &WorkspaceId, id: AssetId) -> Key {
    key(asset(workspace, id).pk, "tally")
}

/// The counter of all assets with a value of a facet; of the whole workspace without one.
#[must_use]
pub fn total(workspace: &WorkspaceId, value: Option<(Facet, &str)>) -> Key {
    match value {
        None => key(format!("w#{workspace}#n"), "all"),
        Some((facet, value)) if value.len() > MOST_SORT_KEY => {
            key(totals(workspace, facet), Checksum::of(value.as_bytes()))
        }
        Some((facet, value)) => key(totals(workspace, facet), value),
    }
}

/// The most bytes that a sort key may have: a word of 128 characters, folded, can have more.
const MOST_SORT_KEY: usize = 1024;

/// The partition of the counters of a facet's values.
#[must_use]
pub fn totals(workspace: &WorkspaceId, facet: Facet) -> String {
    format!("w#{workspace}#n#{}", facet.as_str())
}

/// The counter of one day's assets with a value of a facet; of the whole workspace without one.
#[must_use]
pub fn day(workspace: &WorkspaceId, value: Option<(Facet, &str)>, date: &str) -> Key {
    key(days(workspace, value), date)
}

/// The partition of a workspace's counters of single minutes, in their order.
#[must_use]
pub fn minutes(workspace: &WorkspaceId) -> String {
    format!("w#{workspace}#m")
}

/// The counter of one minute's assets.
#[must_use]
pub fn minute(workspace: &WorkspaceId, minute: &str) -> Key {
    key(minutes(workspace), minute)
}

/// The partition of counters of single days, in their order.
#[must_use]
pub fn days(workspace: &WorkspaceId, value: Option<(Facet, &str)>) -> String {
    match value {
        None => format!("w#{workspace}#d"),
        Some((facet, value)) => format!("w#{workspace}#d#{}={value}", facet.as_str()),
    }
}

/// The number in the sort key of a version.
#[must_use]
pub fn parse_version(sk: &str) -> Option<u32> {
    sk.strip_prefix("v#")?.parse().ok()
}

/// The sort key of an index: a row that is no whole record would only repeat the id that the table's
/// own key holds.
#[must_use]
pub const fn range(index: &Index) -> &'static str {
    if index.whole { "id" } else { "pk" }
}

/// The partition of an index that these values name.
#[must_use]
pub fn index_partition(workspace: &WorkspaceId, values: &[impl AsRef<str>]) -> String {
    let mut partition = format!("w#{workspace}");
    for value in values {
        partition.push('#');
        partition.push_str(value.as_ref());
    }
    partition
}

/// The value that names a partition of an index of one facet.
#[must_use]
pub fn parse_index_partition<'a>(workspace: &WorkspaceId, partition: &'a str) -> Option<&'a str> {
    partition.strip_prefix("w#")?.strip_prefix(&*workspace.to_string())?.strip_prefix('#')
}

/// The number of partitions of `by_due`: writes of any moment spread over them.
pub const DUE_SHARDS: u8 = 8;

/// A partition of `by_due`.
#[must_use]
pub fn due_shard(shard: u8) -> String {
    format!("due#{shard}")
}

/// The partition of `by_due` that what has this id is in.
#[must_use]
pub fn due_shard_of(id: &[u8; 20]) -> String {
    due_shard(id[19] % DUE_SHARDS)
}

/// An export.
#[must_use]
pub fn export(workspace: &WorkspaceId, id: ExportId) -> Key {
    key(format!("w#{workspace}#e#{id}"), "export")
}

/// That a workspace has this export: in one partition, in the order of their ids.
#[must_use]
pub fn listed_export(workspace: &WorkspaceId, id: ExportId) -> Key {
    key(format!("w#{workspace}#e"), id.to_string())
}

/// The workspace and id of an export's partition key.
#[must_use]
pub fn parse_export(pk: &str) -> Option<(WorkspaceId, ExportId)> {
    let (workspace, id) = pk.strip_prefix("w#")?.split_once("#e#")?;
    Some((workspace.parse().ok()?, id.parse().ok()?))
}

/// The number of partitions of `by_due` that generations are in, apart from all else: they are looked at each
/// minute.
pub const JOB_SHARDS: u8 = 4;

/// A partition of `by_due` for generations.
#[must_use]
pub fn job_shard(shard: u8) -> String {
    format!("job#{shard}")
}

/// The partition of `by_due` that the generation is in.
#[must_use]
pub fn job_shard_of(id: GenerationId) -> String {
    job_shard(id.bytes()[19] % JOB_SHARDS)
}

/// A generation.
#[must_use]
pub fn generation(workspace: &WorkspaceId, id: GenerationId) -> Key {
    key(format!("w#{workspace}#g#{id}"), "generation")
}

/// The workspace and id of a generation's partition key.
#[must_use]
pub fn parse_generation(pk: &str) -> Option<(WorkspaceId, GenerationId)> {
    let (workspace, id) = pk.strip_prefix("w#")?.split_once("#g#")?;
    Some((workspace.parse().ok()?, id.parse().ok()?))
}

/// A list of a workspace's generations, in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationList<'a> {
    /// All.
    All,
    /// Those of an execution.
    Execution(&'a Reference),
    /// Those of an agent.
    Agent(&'a Reference),
}

/// That a generation is in a list.
#[must_use]
pub fn listed_generation(
    workspace: &WorkspaceId,
    list: GenerationList<'_>,
    id: GenerationId,
) -> Key {
    let partition = match list {
        GenerationList::All => format!("w#{workspace}#g"),
        GenerationList::Execution(execution) => format!("w#{workspace}#ge={execution}"),
        GenerationList::Agent(agent) => format!("w#{workspace}#ga={agent}"),
    };
    key(partition, id.to_string())
}

/// That outputs of a generation are at its provider alone, of which the first is gone at `gone_at`.
#[must_use]
pub fn at_risk(workspace: &WorkspaceId, gone_at: Timestamp, id: GenerationId) -> Key {
    key(format!("w#{workspace}#gr"), format!("{gone_at}#{id}"))
}

/// The generation in the sort key of one at risk.
#[must_use]
pub fn parse_at_risk(sk: &str) -> Option<GenerationId> {
    sk.split_once('#')?.1.parse().ok()
}

/// The keys that all of a workspace's generations at risk stand between.
#[must_use]
pub fn all_at_risk(workspace: &WorkspaceId) -> [Key; 2] {
    ["0", "~"].map(|sk| key(format!("w#{workspace}#gr"), sk))
}

/// From a recipe to a generation that was made by it.
#[must_use]
pub fn made(workspace: &WorkspaceId, recipe: &Checksum, id: GenerationId) -> Key {
    key(format!("w#{workspace}#r#{recipe}"), id.to_string())
}

/// From a provider's job to the generation that it belongs to.
#[must_use]
pub fn job(workspace: &WorkspaceId, provider: &Label, job: &str) -> Key {
    // A name may hold anything; a provider's does not hold a slash.
    let digest = Checksum::of(format!("{}/{job}", provider.folded()).as_bytes());
    key(format!("w#{workspace}#j#{digest}"), "job")
}

/// The books of a period, by its name (see [`crate::budget::Period::name`]).
#[must_use]
pub fn books(workspace: &WorkspaceId, period: &str) -> Key {
    key(all_books(workspace), period)
}

/// The partition of a workspace's books, in the order of their periods' names: days and months.
#[must_use]
pub fn all_books(workspace: &WorkspaceId) -> String {
    format!("w#{workspace}#b")
}

/// A workspace's budget.
#[must_use]
pub fn budget(workspace: &WorkspaceId) -> Key {
    key(settings(workspace).pk, "budget")
}

/// The defaults of a workspace for a media tool.
#[must_use]
pub fn tool(workspace: &WorkspaceId, tool: &Label) -> Key {
    key(settings(workspace).pk, format!("tool#{tool}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    const SOURCE: &str = include_str!("keys.rs");

    /// The rows of the table above: what builds the key, and the patterns of both its parts.
    fn documented() -> Vec<[&'static str; 3]> {
        let rows = SOURCE.lines().filter_map(|line| line.strip_prefix("//! | [`"));
        let rows = rows.map(|row| {
            let mut cells = row.split(" | ").map(|cell| cell.trim_matches(['`', ']']));
            [cells.next(), cells.next(), cells.next()].map(Option::unwrap)
        });
        rows.collect()
    }

    #[test]
    fn every_key_that_is_built_is_in_the_table() {
        let functions = SOURCE.split("\npub fn ").skip(1);
        let built = functions.filter_map(|function| {
            let (signature, _) = function.split_once('{')?;
            signature.trim_end().ends_with("-> Key").then(|| signature.split_once('('))?
        });
        let built: BTreeSet<_> = built.map(|(name, _)| name).collect();
        let documented = documented();
        assert_eq!(documented.iter().map(|[name, ..]| *name).collect::<BTreeSet<_>>(), built);
        assert_eq!(documented.len(), built.len(), "each once");
    }

    /// True if a key is as a pattern has it, where `{…}` stands for anything.
    fn is_like(key: &str, pattern: &str) -> bool {
        let Some((before, rest)) = pattern.split_once('{') else { return key == pattern };
        let after = rest.split_once('}').unwrap().1;
        let Some(key) = key.strip_prefix(before) else { return false };
        (0..=key.len()).any(|end| key.is_char_boundary(end) && is_like(&key[end..], after))
    }

    #[test]
    fn every_item_has_the_key_that_the_table_says() {
        let items = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/items");
        for [name, pk, sk] in documented().into_iter().filter(|[name, ..]| *name != "nothing") {
            let items = std::fs::read(Path::new(items).join(name).with_extension("json")).unwrap();
            for item in serde_json::from_slice::<Vec<Value>>(&items).unwrap() {
                for (part, pattern) in [("pk", pk), ("sk", sk)] {
                    let key = item[part]["S"].as_str().unwrap();
                    assert!(is_like(key, pattern), "{name}: {key} is not {pattern}");
                }
            }
        }
    }

    #[test]
    fn asset_keys_read_back() {
        let workspace: WorkspaceId = "acme:eu.1".parse().unwrap();
        let id = AssetId::generate(Timestamp::from_millis(1_767_225_600_000));
        assert_eq!(parse_asset(&asset(&workspace, id).pk), Some((workspace, id)));
        assert_eq!(parse_asset("w#acme#o#abc"), None);
    }
}
