//! The place of an asset by its number in a list, going by what is counted: the months lead to the
//! day, the day to the quarter of an hour, and the minutes of a quarter to a part of one of them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use futures::future::try_join;

use super::item::{self, Item, s};
use super::walk::Range;
use super::{Store, failure, keys};
use crate::error::Result;
use crate::filter::{Facet, Order};
use crate::id::{AssetId, WorkspaceId};
use crate::plan::Work;
use crate::tally::{MINUTE, Part, day_of, minute_of};
use crate::time::{DAY, Timestamp};
use crate::told;

/// The number of days that are read at first: as a rule they hold what is asked for.
const FIRST_DAYS: i32 = 16;
/// The number of further days that are read where the months do not tell: of counters from before
/// months were counted.
const MORE_DAYS: i32 = 100;
/// The most days of a month, and minutes of a quarter of an hour.
const MOST: i32 = 31;

/// The place that is asked for by its number.
pub(super) struct Sought<'a> {
    pub(super) workspace: &'a WorkspaceId,
    /// The value of one facet that all of the list have; none where it is of the whole workspace.
    pub(super) value: Option<(Facet, &'a str)>,
    pub(super) order: Order,
    /// All of the list.
    pub(super) all: Range,
    /// The number of assets that come before it.
    pub(super) skip: usize,
}

impl Sought<'_> {
    /// The most that may be left to pass one by one, after this much work: rows that only lead to
    /// records are small, and their records take a trip.
    fn near(&self, work: &Work) -> usize {
        match self.value {
            None => 16,
            Some(_) if work.trips < 2 => 200,
            Some(_) => 1500,
        }
    }

    /// The part of a minute at this place, and how many there are.
    fn part(&self, place: u8) -> Part {
        match self.value {
            None => Part::Moment(place),
            Some((facet, value)) => Part::OfValue(told::of_facet(facet, value), place),
        }
    }

    fn parts(&self) -> u8 {
        if self.value.is_none() { Part::MOMENTS } else { Part::OF_VALUE }
    }
}

/// The place to which the counters lead.
pub(super) struct Place {
    order: Order,
    /// The number of matches that are still to be passed.
    pub(super) left: usize,
    /// Where they are; none where there are no more.
    pub(super) range: Option<Range>,
    /// The number of matches in the list.
    pub(super) total: usize,
    /// The work that it took to find out.
    pub(super) work: Work,
}

/// Items of a partition, in the list's order.
struct Items {
    found: Vec<Item>,
    more: bool,
    rcu: f64,
}

impl Store {
    /// Leads as near to what is sought as counters can, in at most three trips.
    pub(super) async fn jump(&self, sought: &Sought<'_>) -> Result<Place> {
        let days = keys::days(sought.workspace, sought.value);
        let total = self.counter(keys::total(sought.workspace, sought.value));
        let newest = self.counters(sought, &days, None, FIRST_DAYS);
        let ((total, rcu), newest) = try_join(total, newest).await?;
        let mut place = Place::before_all(sought, number(&total, "n"));
        place.work.trips += 1;
        place.work.rcu += rcu + newest.rcu;
        let mut quarter = place.pass_days(&newest.found);
        if quarter.is_none() && newest.more {
            let (between, limit) = place.rest_of_days(sought, &total, &newest);
            if let Some(between) = between {
                let rest = self.counters(sought, &days, Some(between), limit).await?;
                place.work.trips += 1;
                place.work.rcu += rest.rcu;
                quarter = place.pass_days(&rest.found);
            }
        }
        if let Some((start, count)) = quarter
            && place.left > sought.near(&place.work)
        {
            let last = start.plus(Part::QUARTER - MINUTE);
            let between = [start, last].map(minute_of);
            let partition = keys::minutes(sought.workspace);
            let minutes = self.counters(sought, &partition, Some(between), MOST).await?;
            place.work.trips += 1;
            place.work.rcu += minutes.rcu;
            place.pass_minutes(sought, &minutes.found, count);
        }
        Ok(place)
    }

    async fn counter(&self, key: keys::Key) -> Result<(Item, f64)> {
        let (mut items, rcu) = self.get_items(std::iter::once(key), false).await?;
        Ok((items.pop().unwrap_or_default(), rcu))
    }

    async fn counters(
        &self,
        sought: &Sought<'_>,
        partition: &str,
        between: Option<[String; 2]>,
        limit: i32,
    ) -> Result<Items> {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(partition))
            .scan_index_forward(sought.order == Order::Asc)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if let Some([low, high]) = between {
            query = query
                .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
                .expression_attribute_values(":low", s(low))
                .expression_attribute_values(":high", s(high));
        }
        let answer = query.send().await.map_err(failure)?;
        let rcu = answer.consumed_capacity().and_then(ConsumedCapacity::capacity_units);
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        Ok(Items { found: items, more, rcu: rcu.unwrap_or_default() })
    }
}

impl Place {
    fn before_all(sought: &Sought<'_>, total: usize) -> Self {
        let (order, left, range) = (sought.order, sought.skip, Some(sought.all));
        Self { order, left, range, total, work: Work::default() }
    }

    /// The place of the days that are to be read after the newest, and their number: those of the month
    /// that the place is in, or the next ones where months are not counted from the beginning.
    fn rest_of_days(
        &mut self,
        sought: &Sought<'_>,
        total: &Item,
        newest: &Items,
    ) -> (Option<[String; 2]>, i32) {
        let months: BTreeMap<u32, usize> = total
            .keys()
            .filter_map(|name| Some((name.strip_prefix('m')?.parse().ok()?, number(total, name))))
            .collect();
        if months.values().sum::<usize>() == self.total {
            let work = self.work;
            *self = Self { work, ..Self::before_all(sought, self.total) };
            return (self.pass_months(&months), MOST);
        }
        let last = newest.found.last().and_then(|item| item::text(item, "sk"));
        let (first, end) = ("0".to_owned(), ":".to_owned());
        let between = last.map(|last| match self.order {
            // Between this day and the next no key can be.
            Order::Asc => [format!("{last} "), end],
            Order::Desc => [first, day_before(last)],
        });
        (between, MORE_DAYS)
    }

    /// Passes whole months; the first and the last day of the one that the place is in.
    fn pass_months(&mut self, months: &BTreeMap<u32, usize>) -> Option<[String; 2]> {
        let mut in_order: Vec<_> = months.iter().collect();
        if self.order == Order::Desc {
            in_order.reverse();
        }
        for (month, count) in in_order {
            let (start, end) = (Part::month_start(*month)?, Part::month_start(month + 1)?);
            let length = end.millis() - start.millis();
            if !self.pass(*count, start, length) {
                return Some([day_of(start), day_of(end.plus(-1))]);
            }
        }
        None
    }

    /// Passes days, and as much of the one that the place is in as lies before it; the quarter of an
    /// hour that it is in, and how many were made in it.
    fn pass_days(&mut self, days: &[Item]) -> Option<(Timestamp, usize)> {
        for day in days {
            let Some(start) = start_of(day, "") else { continue };
            if self.pass(number(day, "n"), start, DAY) {
                continue;
            }
            for quarter in self.in_order(Part::QUARTERS) {
                let from = start.plus(i64::from(quarter) * Part::QUARTER);
                let count = number(day, &Part::Quarter(quarter).to_string());
                if !self.pass(count, from, Part::QUARTER) {
                    return Some((from, count));
                }
            }
        }
        None
    }

    /// Passes what of a quarter of an hour lies before the place, if its `count` assets are all counted
    /// by the minute: those of before minutes were counted are not.
    fn pass_minutes(&mut self, sought: &Sought<'_>, minutes: &[Item], count: usize) {
        let parts = self.in_order(sought.parts());
        let length = MINUTE / i64::from(sought.parts());
        let of = |minute: &Item, place: u8| number(minute, &sought.part(place).to_string());
        let known: usize =
            minutes.iter().flat_map(|minute| parts.iter().map(|place| of(minute, *place))).sum();
        if known < count {
            return;
        }
        for minute in minutes {
            let Some(start) = start_of(minute, ":00Z") else { continue };
            for place in &parts {
                if !self.pass(of(minute, *place), start.plus(i64::from(*place) * length), length) {
                    return;
                }
            }
        }
    }

    fn in_order(&self, parts: u8) -> Vec<u8> {
        if self.order == Order::Asc { (0..parts).collect() } else { (0..parts).rev().collect() }
    }

    /// Passes `count` assets made within `length` milliseconds from `start`, if they all lie before the
    /// place.
    fn pass(&mut self, count: usize, start: Timestamp, length: i64) -> bool {
        if count > self.left {
            return false;
        }
        self.left -= count;
        let end = AssetId::first_at(start.plus(length));
        let last = match self.order {
            Order::Asc => end.previous(),
            Order::Desc => Some(AssetId::first_at(start)),
        };
        self.range = match (self.range, last) {
            (Some(range), Some(last)) => self.order.after(range, last),
            _ => None,
        };
        true
    }
}

/// The day before this one, as days are written.
fn day_before(day: &str) -> String {
    Timestamp::parse_query(day).map_or_else(|_| String::new(), |start| day_of(start.plus(-DAY)))
}

/// The number that a counter has under `name`; 0 where it has none, or less.
fn number(counter: &Item, name: &str) -> usize {
    let number = counter.get(name).and_then(|value| value.as_n().ok());
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The beginning of the time that a counter is of, whose sort key lacks `rest` to be one.
fn start_of(counter: &Item, rest: &str) -> Option<Timestamp> {
    let text = item::text(counter, "sk")?;
    Timestamp::parse_query(&format!("{text}{rest}")).ok()
}
