//! An asset's revision on the wire: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, 13.1), and what
//! stands for them where a request is about many assets.

use http::HeaderMap;
use http::header::{AsHeaderName, IF_MATCH, IF_NONE_MATCH};
use model::Seen;

/// The `ETag` of an asset at `revision`.
#[must_use]
pub fn etag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// The end of an answer's `ETag` where its bytes are compressed.
const GZIP: &str = "-gzip";

/// `etag`, for the same in compressed bytes; none where it is no tag of ours.
pub(crate) fn gzipped(etag: &str) -> Option<String> {
    Some(format!("{}{GZIP}\"", etag.strip_suffix('"')?))
}

/// True if `If-None-Match` names `etag`, compressed or not, by weak comparison.
#[must_use]
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let compressed = gzipped(etag);
    let is_it = |tag: &str| tag == etag || Some(tag) == compressed.as_deref();
    values(headers, IF_NONE_MATCH)
        .any(|value| value == "*" || tags(value).any(|tag| is_it(strong(tag))))
}

/// Reads `If-Match`, by which a caller says what was seen of an asset: an `ETag`, several, of which it must
/// have one, or `*` for anything that is there. Tags compare strongly, so that a weak one is never the
/// asset's, nor is what is no tag.
pub(crate) fn if_match(headers: &HeaderMap) -> Seen {
    let mut named = None;
    for value in values(headers, IF_MATCH) {
        if value == "*" {
            return Seen::default();
        }
        named.get_or_insert_with(Vec::new).extend(tags(value).filter_map(revision));
    }
    Seen { revisions: named, version: None }
}

/// Reads what was seen of an asset from a body or a tool's arguments: its current version, its `ETag`
/// as `If-Match` takes it, or without its quotes; both must be right where both are given.
#[must_use]
pub fn seen(version: Option<u32>, etag: Option<&str>) -> Seen {
    let revisions = etag.map(str::trim).filter(|etag| *etag != "*").map(|etag| {
        let bare = revision(&format!("\"{etag}\""));
        bare.into_iter().chain(tags(etag).filter_map(revision)).collect()
    });
    Seen { revisions, version }
}

/// The values of a header; one that is no text is empty.
fn values(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or_default().trim())
}

/// The tags of a list: what stands between commas that are in no quotes.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let tags = list.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    tags.map(str::trim)
}

/// A tag without what makes it a weak one.
fn strong(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// The revision whose `ETag` is `tag`, written as we write it.
fn revision(tag: &str) -> Option<u64> {
    let text = tag.strip_prefix('"')?.strip_suffix('"')?;
    let text = text.strip_suffix(GZIP).unwrap_or(text);
    text.parse().ok().filter(|revision: &u64| revision.to_string() == text)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn named(values: &[&str]) -> Option<Vec<u64>> {
        let mut sent = HeaderMap::new();
        for value in values {
            sent.append(IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        if_match(&sent).revisions
    }

    #[test]
    fn only_strong_tags_of_ours_name_a_revision() {
        assert_eq!(named(&[]), None);
        assert_eq!(named(&["*"]), None);
        assert_eq!(named(&["\"7\", \"8-gzip\""]), Some(vec![7, 8]));
        assert_eq!(named(&["\"7\"", "W/\"9\",\"8\""]), Some(vec![7, 8]));
        assert_eq!(named(&["\"x,*,\" , \"7\""]), Some(vec![7]));
        for none in [
            "",
            "7",
            "\"",
            "W/\"7\"",
            "\"07\"",
            "\"+7\"",
            "\"abc\"",
            "\"7-br\"",
            "\"-gzip\"",
            "\"7",
            "\"1,*,2\"",
            "\"1,7\"",
        ] {
            assert_eq!(named(&[none]), Some(vec![]), "{none}");
        }
    }

    #[test]
    fn a_body_says_it_with_quotes_or_without() {
        for etag in ["7", "\"7\"", " \"7\" ", "\"6\",\"7\""] {
            assert!(seen(None, Some(etag)).revisions.unwrap().contains(&7), "{etag}");
        }
        for none in ["", "W/\"7\"", "07", "seven"] {
            assert_eq!(seen(None, Some(none)).revisions, Some(vec![]), "{none}");
        }
        assert!(seen(None, None).is_anything() && seen(None, Some("*")).is_anything());
    }

    #[test]
    fn what_is_known_is_known_by_weak_tags_too() {
        let known = |value: &str| {
            let value = HeaderValue::from_str(value).unwrap();
            is_known(&HeaderMap::from_iter([(IF_NONE_MATCH, value)]), "\"7\"")
        };
        assert!(["\"7\"", "W/\"7\"", "\"6\", W/\"7\"", "*"].into_iter().all(known));
        assert!(!["\"6\"", "7", "", "\"1,*,2\""].into_iter().any(known));
    }

    proptest! {
        #[test]
        fn every_list_of_tags_is_read_back(revisions in prop::collection::vec(any::<u64>(), 1..9)) {
            let list = revisions.iter().map(|revision| etag(*revision)).collect::<Vec<_>>().join(" ,");
            prop_assert_eq!(named(&[&list]), Some(revisions));
        }
    }
}
