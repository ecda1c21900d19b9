//! What is asked for.

use std::collections::BTreeMap;
use std::fmt::Write;

use model::{Status, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::assets::{FIELDS, Looks, TAGS, TITLES, tag_values};

/// A day in milliseconds.
pub(super) const DAY: i64 = 86_400_000;
/// The start of the week in which everything is made: 2026-01-01.
pub(super) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Whose language is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Cursor,
    Page,
    Team,
}

#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) dialect: Dialect,
    pub(super) desc: bool,
    pub(super) limit: usize,
    fields: BTreeMap<&'static str, Vec<&'static str>>,
    tags: BTreeMap<&'static str, Vec<&'static str>>,
    statuses: Vec<Status>,
    approved: bool,
    /// Days from the start, first included, last not, unless it is the same.
    days: (Option<i64>, Option<i64>),
    text: Option<&'static str>,
}

pub(super) fn query() -> impl Strategy<Value = Query> {
    let dialect = prop_oneof![
        3 => Just(Dialect::Cursor),
        1 => Just(Dialect::Page),
        1 => Just(Dialect::Team),
    ];
    let field = |(name, values): (&'static str, &'static [&'static str])| {
        let some = prop::option::weighted(0.15, tag_values(values));
        some.prop_map(move |values| (name, values.unwrap_or_default()))
    };
    let fields: Vec<_> = FIELDS.into_iter().map(|named| field(named).boxed()).collect();
    let tags: Vec<_> = TAGS.into_iter().map(|named| field(named).boxed()).collect();
    let statuses = prop::option::weighted(0.2, prop::sample::subsequence(&Status::ALL[..], 1..3));
    let day = || prop::option::weighted(0.1, 0..8_i64);
    let text = prop::option::weighted(0.1, prop::sample::select(&TITLES[..]));
    let limit = prop_oneof![1..6_usize, 6..30_usize];
    let shape = (dialect, any::<bool>(), limit);
    (shape, fields, tags, statuses, prop::bool::weighted(0.1), (day(), day()), text).prop_map(
        |((dialect, desc, limit), fields, tags, statuses, approved, days, text)| {
            let named = |fields: Vec<(&'static str, Vec<&'static str>)>| {
                fields.into_iter().filter(|(_, values)| !values.is_empty()).collect()
            };
            // The wrong way round they are refused.
            let days = match days {
                (Some(from), Some(to)) => (Some(from.min(to)), Some(from.max(to))),
                days => days,
            };
            let mut query = Query {
                dialect,
                desc,
                limit,
                fields: named(fields),
                tags: named(tags),
                statuses: statuses.unwrap_or_default(),
                approved,
                days,
                text,
            };
            if dialect == Dialect::Team {
                let takes = ["conversation_id", "run_id", "type"];
                query.fields.retain(|name, _| takes.contains(name));
                query.tags.clear();
                query.statuses.clear();
                (query.desc, query.approved, query.text) = (true, false, None);
            }
            query
        },
    )
}

impl Query {
    /// Whether an asset is asked for.
    pub(super) fn matches(&self, looks: &Looks) -> bool {
        let of_field = |(name, values): (&&str, &Vec<&str>)| {
            looks.fields.get(*name).is_some_and(|value| values.contains(value))
        };
        let of_tag = |(name, values): (&&str, &Vec<&str>)| {
            looks.tags[*name].iter().any(|value| values.contains(value))
        };
        let (from, to) = self.days;
        let to = to.map(|day| if from == Some(day) { day + 1 } else { day });
        self.fields.iter().all(of_field)
            && self.tags.iter().all(of_tag)
            && (self.statuses.is_empty() || self.statuses.contains(&looks.status))
            && (!self.approved || looks.approved)
            && from.is_none_or(|day| looks.made >= day * DAY)
            && to.is_none_or(|day| looks.made < day * DAY)
            && self.text.is_none_or(|text| looks.fields["title"] == text)
    }

    /// The path of a page after a cursor.
    pub(super) fn by_cursor(&self, cursor: Option<&str>) -> String {
        let mut path = format!("/api/v1/assets?limit={}{}", self.limit, self.filters());
        if let Some(cursor) = cursor {
            write!(path, "&cursor={cursor}").unwrap();
        }
        path
    }

    /// The path of a page by number, from 0.
    pub(super) fn by_number(&self, page: usize) -> String {
        let (limit, filters) = (self.limit, self.filters());
        match self.dialect {
            Dialect::Team => format!("/api/assets?limit={limit}&offset={}{filters}", page * limit),
            _ => format!("/api/v1/assets?limit={limit}&page={}{filters}", page + 1),
        }
    }

    fn filters(&self) -> String {
        let team = self.dialect == Dialect::Team;
        let mut text = String::new();
        let mut add = |name: &str, value: &str| {
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            write!(text, "&{name}={value}").unwrap();
        };
        for (name, values) in &self.fields {
            let name = match *name {
                "conversation_id" if team => "conversationId",
                "run_id" if team => "runId",
                name => name,
            };
            let asked = values.join(",");
            // Words are found in any spelling, ids in their own.
            let is_word = ["provider", "model", "tool"].contains(&name);
            add(name, &if is_word { respelled(&asked) } else { asked });
        }
        for (name, values) in &self.tags {
            for value in values {
                add(&format!("tag.{name}"), &respelled(value));
            }
        }
        for status in &self.statuses {
            add("status", status.as_str());
        }
        if self.approved {
            add("approved", "true");
        }
        if !self.desc {
            add("order", "asc");
        }
        for (name, day) in [("from", self.days.0), ("to", self.days.1)] {
            if let Some(day) = day {
                add(name, &format!("2026-01-{:02}", day + 1));
            }
        }
        if let Some(text) = self.text {
            add("q", &text.to_uppercase());
        }
        text
    }
}

/// The same words in capitals and decomposed, with blanks around them.
fn respelled(words: &str) -> String {
    format!(" {} ", words.to_uppercase().replace('É', "E\u{301}"))
}
