//! The brake on `cleanup`: where a bucket is empty, is another than the one that the records are of, or
//! has lost far more than may be, nothing is changed until an operator has confirmed the loss. Pure: what
//! is seen comes in as counts, and the reading and writing is in `cleanup`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::invalid::Invalid;
use crate::text::ShortText;
use crate::time::{DAY, HOUR, Timestamp};

/// The checkpoint under which a [`Watch`] is kept.
pub const JOB: &str = "brake";
/// The time for which a confirmation lets `cleanup` go on, in milliseconds.
pub const CONFIRMED_FOR: i64 = DAY;
/// For how many days losses add up: as long as they take to be final.
const RECENT: i64 = 8;
/// For how many days it is remembered what was lost.
const REMEMBERED: i64 = 20;

/// The most that may be lost within eight days: `count` assets, or `percent` of all, whichever is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Assets.
    pub count: u64,
    /// Of a hundred assets.
    pub percent: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { count: 10, percent: 10 }
    }
}

impl Limits {
    /// The limits as these texts have them, where they are given.
    pub fn parse(count: Option<&str>, percent: Option<&str>) -> Result<Self, Invalid> {
        const COUNT: Invalid = Invalid::new("a number of assets, from 0");
        const PERCENT: Invalid = Invalid::new("a whole number from 0 to 100");
        let default = Self::default();
        let count = count.map_or(Ok(default.count), |text| text.parse().map_err(|_| COUNT))?;
        let percent = percent.map_or(Ok(default.percent), |text| text.parse().map_err(|_| PERCENT));
        let percent = percent.and_then(|n| if n <= 100 { Ok(n) } else { Err(PERCENT) })?;
        Ok(Self { count, percent })
    }

    fn most(self, of: u64) -> u64 {
        self.count.max(of.saturating_mul(self.percent) / 100)
    }
}

/// The reason that the brake is on for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Of the records that were looked at first, not one has its object: the bucket is empty, or another.
    NothingIsThere,
    /// More records lack their object than may be.
    TooManyAreMissing,
    /// More assets are to be forgotten, since their objects are gone, than may be, or there is no object
    /// left at all.
    TooManyAreToBeForgotten,
}

impl Why {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingIsThere => "not one of the records looked at first has its object",
            Self::TooManyAreMissing => "more records lack their object than may be",
            Self::TooManyAreToBeForgotten => {
                "more assets are to be forgotten than may be, since their objects are gone"
            }
        }
    }
}

/// That the brake is on, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: Why,
    /// The bucket that was looked at.
    pub bucket: String,
    /// The number of assets that have lost their object, as far as was seen.
    pub lost: u64,
    /// Of how many.
    pub of: u64,
    /// True if all were looked at: only then can it be confirmed.
    pub counted: bool,
}

/// An operator's word that a loss is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: ShortText,
    /// Until when it lets `cleanup` go on.
    pub until: Timestamp,
    /// The stop that was seen then, which is confirmed.
    pub stop: Stop,
}

impl Confirmation {
    /// The confirmation of what was seen; none where it was not all looked at yet.
    #[must_use]
    pub fn of(stop: &Stop, by: ShortText, now: Timestamp) -> Option<Self> {
        let until = now.plus(CONFIRMED_FOR);
        stop.counted.then(|| Self { at: now, by, until, stop: stop.clone() })
    }

    /// True if it lets `cleanup` go on at `now` with what `stop` says: the same bucket, and no more lost
    /// than was confirmed, but for what may be lost anyway.
    fn covers(&self, stop: &Stop, limits: Limits, now: Timestamp) -> bool {
        // Two clocks may differ a little.
        let holds = self.at <= now.plus(HOUR) && now < self.until;
        let most = self.stop.lost.saturating_add(limits.count);
        holds && self.stop.bucket == stop.bucket && stop.lost <= most
    }
}

/// The losses and the records that one day saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    /// The most records that a round had.
    records: u64,
    /// Records that were marked as missing.
    marked: u64,
    /// Others, because an operator had confirmed it.
    confirmed: u64,
    /// Assets that were forgotten.
    forgotten: u64,
}

/// A round of the walk over all records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    looked_at: u64,
    /// Of these, without their object.
    lost: u64,
    /// Of these, marked as missing and counted under a day.
    marked: u64,
    /// True if some were not marked, because the brake was on.
    withheld: bool,
}

/// The state that is kept between the runs of `cleanup`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The stop that is in force, while the brake is on.
    pub stop: Option<Stop>,
    round: Round,
    days: BTreeMap<String, Day>,
}

/// A watch during one run.
#[derive(Debug)]
pub struct Brake {
    /// The state that is kept.
    pub watch: Watch,
    limits: Limits,
    confirmation: Option<Confirmation>,
    bucket: String,
    now: Timestamp,
    /// True if it goes on by the confirmation.
    by_confirmation: bool,
}

impl Brake {
    /// At the beginning of a run.
    #[must_use]
    pub fn new(
        watch: Watch,
        limits: Limits,
        confirmation: Option<Confirmation>,
        bucket: &str,
        now: Timestamp,
    ) -> Self {
        let mut watch = watch;
        let oldest = date(now.plus(-REMEMBERED * DAY));
        watch.days.retain(|day, _| *day >= oldest);
        let covered =
            |stop: &Stop| confirmation.as_ref().is_some_and(|c| c.covers(stop, limits, now));
        let released = watch.stop.take_if(|stop| covered(stop));
        let by_confirmation = released.is_some();
        Self { watch, limits, confirmation, bucket: bucket.to_owned(), now, by_confirmation }
    }

    /// The reason that it is on for, where it is on.
    #[must_use]
    pub fn is_on(&self) -> Option<Why> {
        self.watch.stop.as_ref().map(|stop| stop.why)
    }

    /// The confirmation by which the run goes on.
    #[must_use]
    pub fn confirmed_by(&self) -> Option<&Confirmation> {
        self.confirmation.as_ref().filter(|_| self.by_confirmation)
    }

    /// The first look of a run, at the objects of some records: whether it may go on.
    pub fn probed(&mut self, looked_at: u64, lost: u64) -> bool {
        if looked_at == 0 || lost < looked_at {
            self.watch.stop.take_if(|stop| stop.why == Why::NothingIsThere);
            return true;
        }
        self.judge(Why::NothingIsThere, lost, looked_at.max(self.records()), false)
    }

    /// A round of the walk over all records begins.
    pub fn begin_round(&mut self) {
        self.watch.round = Round::default();
    }

    /// The walk's next records: whether those that are lost may be marked as missing.
    pub fn walked(&mut self, looked_at: u64, lost: u64) -> bool {
        self.watch.round.looked_at += looked_at;
        self.watch.round.lost += lost;
        let Round { lost: all, marked, .. } = self.watch.round;
        let seen = self.lost();
        let fits = all <= marked || seen <= self.limits.most(self.records());
        let goes = self.is_on().is_none()
            && (fits || self.judge(Why::TooManyAreMissing, seen, self.records(), false));
        self.watch.round.withheld |= !goes;
        goes
    }

    /// So many of the lost were marked as missing.
    pub fn marked(&mut self, count: u64) {
        if self.by_confirmation {
            self.today().confirmed += count;
        } else {
            self.watch.round.marked += count;
            self.today().marked += count;
        }
    }

    /// The round is over. Where the brake was on, what was seen of it all is what can be confirmed; and
    /// where that is no longer too much, the brake is off.
    pub fn end_round(&mut self) {
        let round = self.watch.round;
        let (lost, of) = (self.lost(), self.records());
        let most = self.limits.most(of);
        let today = self.today();
        today.records = today.records.max(round.looked_at);
        let Some(stop) = &mut self.watch.stop else { return };
        if stop.why == Why::TooManyAreToBeForgotten {
            return;
        }
        if stop.why == Why::TooManyAreMissing && lost <= most && round.marked == 0 {
            self.watch.stop = None;
        } else {
            (stop.lost, stop.of, stop.counted) = (lost, of, true);
        }
    }

    /// So many assets are to be forgotten, all that are due: whether they may be. `is_empty`: there is no
    /// object at all.
    pub fn may_forget(&mut self, count: u64, is_empty: bool) -> bool {
        self.watch.stop.take_if(|stop| stop.why == Why::TooManyAreToBeForgotten && count == 0);
        if count == 0 {
            return true;
        }
        // What the walk has marked has passed the brake before.
        let passed = self.sum(REMEMBERED, |day| day.marked + day.confirmed);
        let all = count + self.sum(RECENT, |day| day.forgotten);
        let of = self.records().max(all);
        let most = if is_empty { 0 } else { self.limits.most(of) };
        if all.saturating_sub(passed) > most {
            return self.judge(Why::TooManyAreToBeForgotten, count, of, true);
        }
        self.watch.stop.take_if(|stop| stop.why == Why::TooManyAreToBeForgotten);
        true
    }

    /// So many were forgotten.
    pub fn forgotten(&mut self, count: u64) {
        self.today().forgotten += count;
    }

    /// Puts the brake on, unless what was seen is confirmed; whether the run goes on.
    fn judge(&mut self, why: Why, lost: u64, of: u64, counted: bool) -> bool {
        let before = self.watch.stop.take();
        let since = before.as_ref().map_or(self.now, |stop| stop.since);
        // What was counted before still is what can be confirmed.
        let before = before.filter(|stop| stop.why == why && stop.counted && stop.lost >= lost);
        let stop = before.unwrap_or_else(|| Stop {
            since,
            why,
            bucket: self.bucket.clone(),
            lost,
            of,
            counted,
        });
        let confirmed = self.confirmation.as_ref();
        self.by_confirmation = confirmed.is_some_and(|c| c.covers(&stop, self.limits, self.now));
        self.watch.stop = (!self.by_confirmation).then_some(stop);
        self.by_confirmation
    }

    /// The number of assets that were lost lately, those included that this round has found.
    fn lost(&self) -> u64 {
        let Round { lost, marked, .. } = self.watch.round;
        self.sum(RECENT, |day| day.marked).saturating_sub(marked) + lost
    }

    /// The number of records that there are, or lately were.
    fn records(&self) -> u64 {
        let days = self.watch.days.values().map(|day| day.records);
        days.max().unwrap_or_default().max(self.watch.round.looked_at)
    }

    fn today(&mut self) -> &mut Day {
        self.watch.days.entry(date(self.now)).or_default()
    }

    /// The sum of what the last so many days saw. Days to come count, too: a clock was wrong.
    fn sum(&self, days: i64, of: impl Fn(&Day) -> u64) -> u64 {
        let oldest = date(self.now.plus(-days * DAY));
        self.watch.days.range(oldest..).map(|(_, day)| of(day)).sum()
    }
}

/// The day of a time, such as `2026-11-27`.
fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
