//! An asset's revision on the wire: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, 13.1).

use http::HeaderMap;
use http::header::{AsHeaderName, IF_MATCH, IF_NONE_MATCH};

/// The `ETag` of an asset at `revision`.
#[must_use]
pub fn etag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// Whether `If-None-Match` names `etag`, by weak comparison.
#[must_use]
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    tags(headers, IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The revisions that `If-Match` names, by strong comparison, so that a weak tag names none; nothing
/// where it takes any.
#[must_use]
pub fn expected(headers: &HeaderMap) -> Option<Vec<u64>> {
    if !headers.contains_key(IF_MATCH) || tags(headers, IF_MATCH).any(|tag| tag == "*") {
        return None;
    }
    Some(tags(headers, IF_MATCH).filter_map(revision).collect())
}

fn tags(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// The revision whose `ETag` is `tag`, written as we write it.
fn revision(tag: &str) -> Option<u64> {
    let text = tag.strip_prefix('"')?.strip_suffix('"')?;
    text.parse().ok().filter(|revision| etag(*revision) == tag)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn if_match(value: &'static str) -> Option<Vec<u64>> {
        expected(&HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(value))]))
    }

    #[test]
    fn only_strong_tags_of_ours_name_a_revision() {
        assert_eq!(expected(&HeaderMap::new()), None);
        assert_eq!(if_match("*"), None);
        assert_eq!(if_match("\"7\", \"8\""), Some(vec![7, 8]));
        for none in ["", "7", "\"", "W/\"7\"", "\"07\"", "\"+7\"", "\"abc\"", "\"7"] {
            assert_eq!(if_match(none), Some(vec![]), "{none}");
        }
    }
}
