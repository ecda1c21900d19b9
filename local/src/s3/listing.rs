//! Listing a bucket: pages of keys in byte order, each read from the index where the last one ended.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rusqlite::{Connection, params};
use s3s::s3_error;

use super::error::Error;
use super::objects::{self, Object};

/// No byte of UTF-8 is this large: above every key.
pub(super) const ABOVE_ALL: u8 = 0xff;

/// A position in the order of keys: everything from here on is still to be listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Position(Vec<u8>);

/// The keys that are wanted.
pub(super) struct Query<'a> {
    pub(super) bucket: &'a str,
    pub(super) prefix: &'a str,
    /// The delimiter: where given, keys that share all up to it, behind the prefix, are one entry.
    pub(super) delimiter: Option<&'a str>,
    pub(super) from: Position,
    pub(super) limit: usize,
}

/// A page of a list.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    pub(super) prefixes: Vec<String>,
    /// The beginning of the next page, when there is one.
    pub(super) next: Option<Position>,
    /// The last entry on this page, a key or a common prefix.
    pub(super) last: Option<String>,
}

/// Reads one page.
pub(super) fn page(sql: &Connection, query: &Query<'_>) -> Result<Page, Error> {
    objects::require_bucket(sql, query.bucket)?;
    let mut page = Page::default();
    if query.limit == 0 {
        return Ok(page);
    }
    let mut select = sql.prepare_cached(&format!(
        "SELECT {} FROM objects WHERE bucket = ?1 AND key >= ?2 AND key < ?3 ORDER BY key",
        objects::COLUMNS
    ))?;
    let end = if query.prefix.is_empty() { vec![ABOVE_ALL] } else { past(query.prefix).0 };
    let mut from = query.from.clone().max_with(query.prefix);
    'seek: loop {
        let mut rows = select.query(params![query.bucket, from.0, end])?;
        while let Some(row) = rows.next()? {
            let object = objects::object(row)?;
            if page.objects.len() + page.prefixes.len() == query.limit {
                page.next = Some(from);
                return Ok(page);
            }
            if let Some(group) = common_prefix(&object.key, query.prefix, query.delimiter) {
                let group = group.to_owned();
                from = past(&group);
                page.last = Some(group.clone());
                page.prefixes.push(group);
                continue 'seek;
            }
            from = behind(&object.key);
            page.last = Some(object.key.clone());
            page.objects.push(object);
        }
        return Ok(page);
    }
}

impl Position {
    /// The position after an entry that a client names: a key, or anything else in the order. Where the entry falls
    /// into a common prefix, that has been listed.
    pub(super) fn after(entry: &str, prefix: &str, delimiter: Option<&str>) -> Self {
        common_prefix(entry, prefix, delimiter).map_or_else(|| behind(entry), past)
    }

    /// The position as a continuation token.
    pub(super) fn token(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// Reads a continuation token.
    pub(super) fn from_token(token: &str) -> Result<Self, Error> {
        let position = BASE64_URL_SAFE_NO_PAD.decode(token).map(Self);
        Ok(position.map_err(|_| {
            s3_error!(InvalidArgument, "The continuation token provided is incorrect")
        })?)
    }

    fn max_with(self, prefix: &str) -> Self {
        Self(self.0.max(prefix.as_bytes().to_vec()))
    }
}

/// The key's part up to the first delimiter behind the prefix, delimiter included.
pub(super) fn common_prefix<'k>(
    key: &'k str,
    prefix: &str,
    delimiter: Option<&str>,
) -> Option<&'k str> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let at = key.strip_prefix(prefix)?.find(delimiter)?;
    key.get(..prefix.len() + at + delimiter.len())
}

/// The first of what comes behind every key with this prefix.
pub(super) fn past_bytes(prefix: &str) -> Vec<u8> {
    past(prefix).0
}

/// The position behind one key: no string lies between a key and itself with a zero byte.
fn behind(key: &str) -> Position {
    Position([key.as_bytes(), &[0]].concat())
}

/// The position behind every key with this prefix. UTF-8 never ends in the largest byte, so it can be counted up.
fn past(prefix: &str) -> Position {
    let mut bytes = prefix.as_bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last += 1;
    }
    Position(bytes)
}
