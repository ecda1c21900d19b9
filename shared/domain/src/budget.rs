//! Budgets: the money that a workspace may spend in a day and in a month. Pure: the books are items of the
//! table, and a reservation is one condition of a transaction on each. Amounts are millionths of a US
//! dollar.
//!
//! A job is on the books of the day and the month in which it was asked for, whenever it ends.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::invalid::Invalid;
use crate::time::Timestamp;

crate::words! {
    /// The time that a budget is for, in UTC.
    Period {
        /// A day.
        Day = "day",
        /// A month.
        Month = "month",
    }
}

impl Period {
    /// The name of the period that `at` is in: `2026-01-31`, `2026-01`.
    #[must_use]
    pub fn name(self, at: Timestamp) -> String {
        let mut name = at.to_string();
        name.truncate(match self {
            Self::Day => 10,
            Self::Month => 7,
        });
        name
    }
}

/// The most that a workspace may spend. Without any limit, it may spend nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// In a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<u64>,
    /// In a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<u64>,
}

/// An amount that is to be taken of a period, on a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// The period.
    pub period: Period,
    /// The amount.
    pub amount: u64,
    /// Its limit.
    pub limit: Option<u64>,
}

/// The books of one period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Spent or reserved.
    pub taken: u64,
    /// Spent.
    pub spent: u64,
}

/// A change of the books of a job's day and month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entry {
    /// To be added to what is spent or reserved.
    pub taken: i64,
    /// To be added to what is spent.
    pub spent: i64,
}

/// That a budget does not allow something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// There is none.
    #[error("this workspace has no budget for media, and without one nothing is spent")]
    Unset,
    /// There is too little left of it.
    #[error(
        "the budget of {} US dollars a {} has {} left, and this takes {}",
        Dollars(*limit), period.as_str(), Dollars(*left), Dollars(*asked)
    )]
    Over {
        /// Its period.
        period: Period,
        /// The budget.
        limit: u64,
        /// What is left of it.
        left: u64,
        /// What would be taken.
        asked: u64,
    },
}

impl Budget {
    /// The limit of a period, if it has one.
    #[must_use]
    pub fn of(&self, period: Period) -> Option<u64> {
        match period {
            Period::Day => self.day,
            Period::Month => self.month,
        }
    }

    /// The reservations that `amount` takes, each to be made or none: on the books of the day and of the
    /// month, of which each may have a limit.
    pub fn reserve(&self, amount: u64) -> Result<[Reservation; 2], Exceeded> {
        if amount > 0 && self.day.or(self.month).is_none() {
            return Err(Exceeded::Unset);
        }
        let of = |period, limit| Reservation { period, amount, limit };
        Ok([of(Period::Day, self.day), of(Period::Month, self.month)])
    }
}

impl Reservation {
    /// The most that may be taken before it; none where there is no limit. It is impossible where the amount
    /// alone is over the limit.
    pub fn most_before(&self) -> Result<Option<u64>, Exceeded> {
        let most = |limit: u64| {
            limit.checked_sub(self.amount).ok_or_else(|| self.over(limit, Books::default()))
        };
        self.limit.map(most).transpose()
    }

    /// The books after it.
    pub fn on(&self, books: Books) -> Result<Books, Exceeded> {
        let taken = books.taken.saturating_add(self.amount);
        match self.limit {
            Some(limit) if taken > limit => Err(self.over(limit, books)),
            _ => Ok(Books { taken, ..books }),
        }
    }

    fn over(&self, limit: u64, books: Books) -> Exceeded {
        let left = limit.saturating_sub(books.taken);
        Exceeded::Over { period: self.period, limit, left, asked: self.amount }
    }
}

impl Entry {
    /// The change from what was reserved, and spent if that was known, to what is.
    #[must_use]
    pub fn between(before: (u64, Option<u64>), after: (u64, Option<u64>)) -> Self {
        let change = |from: u64, to: u64| to.checked_signed_diff(from).unwrap_or_default();
        let spent = change(before.1.unwrap_or_default(), after.1.unwrap_or_default());
        Self { taken: change(before.0, after.0).saturating_add(spent), spent }
    }

    /// True if it changes nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl Books {
    /// The part that is reserved.
    #[must_use]
    pub fn reserved(self) -> u64 {
        self.taken.saturating_sub(self.spent)
    }

    /// The books after a change.
    #[must_use]
    pub fn with(self, entry: Entry) -> Self {
        let taken = self.taken.saturating_add_signed(entry.taken);
        Self { taken, spent: self.spent.saturating_add_signed(entry.spent) }
    }
}

/// An amount of US dollars, in millionths: read and written without zeros at its end, such as `0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dollars(pub u64);

impl FromStr for Dollars {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const EXPECTED: Invalid =
            Invalid::new("US dollars with at most six decimals, such as 20 or 0.5");
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 {
            return Err(EXPECTED);
        }
        let micro = format!("{whole}{part:0<6}").parse().map_err(|_| EXPECTED)?;
        Ok(Self(micro))
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOLLAR: u64 = 1_000_000;

    #[test]
    fn what_is_left_can_be_taken_and_no_more() {
        let budget = Budget { day: Some(50 * DOLLAR), month: None };
        let [day, month] = budget.reserve(DOLLAR).unwrap();
        let (mut books, mut taken) = (Books::default(), 0);
        while let Ok(after) = day.on(books) {
            books = after;
            taken += 1;
        }
        assert_eq!((taken, books.reserved(), books.spent), (50, 50 * DOLLAR, 0));
        assert!(month.on(books).is_ok(), "a period without a limit takes all");
        let refused = day.on(books.with(Entry { taken: -200_000, spent: 0 })).unwrap_err();
        let said = "the budget of 50 US dollars a day has 0.2 left, and this takes 1";
        assert_eq!(refused.to_string(), said);
        let huge = Budget { day: Some(DOLLAR), month: Some(DOLLAR / 2) }.reserve(DOLLAR).unwrap();
        assert_eq!(huge.map(|one| one.most_before().is_ok()), [true, false]);
    }

    #[test]
    fn without_a_budget_nothing_is_spent() {
        assert_eq!(Budget::default().reserve(1), Err(Exceeded::Unset));
        assert!(Budget::default().reserve(0).is_ok());
    }

    #[test]
    fn what_is_settled_replaces_what_was_reserved() {
        let books = Books { taken: 10, spent: 3 };
        let settled = books.with(Entry::between((7, None), (0, Some(9))));
        assert_eq!((settled.taken, settled.spent, settled.reserved()), (12, 12, 0));
        assert_eq!(
            books.with(Entry::between((7, None), (0, Some(0)))),
            Books { taken: 3, spent: 3 }
        );
        assert!(Entry::between((7, None), (7, None)).is_empty());
    }

    #[test]
    fn dollars_are_read_as_they_are_written() {
        for (text, micro) in [("20", 20 * DOLLAR), ("0.5", 500_000), ("0.000001", 1), ("0", 0)] {
            assert_eq!(text.parse(), Ok(Dollars(micro)));
            assert_eq!(Dollars(micro).to_string(), text);
        }
        for bad in ["", ".5", "1.", "1.0000001", "-1", "1e3", "1,5", "99999999999999999999"] {
            assert!(bad.parse::<Dollars>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_period_is_named_by_its_date() {
        let at: Timestamp = "2026-01-31T23:59:59.999Z".parse().unwrap();
        assert_eq!(Period::ALL.map(|period| period.name(at)), ["2026-01-31", "2026-01"]);
    }
}
