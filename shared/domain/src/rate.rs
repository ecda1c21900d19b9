//! The rate at which a key may ask: a token bucket, as arithmetic.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The number of requests that a key may send to one process of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// In the long run.
    pub per_second: NonZeroU32,
    /// At once, after a rest.
    pub burst: NonZeroU32,
}

impl Rate {
    /// The time that one request's place takes to come back, in microseconds.
    fn interval(self) -> i64 {
        (1_000_000 / i64::from(self.per_second.get())).max(1)
    }

    /// The time that all of a burst's take, in microseconds.
    fn span(self) -> i64 {
        self.interval() * i64::from(self.burst.get())
    }
}

/// The requests that one key has left: a bucket that holds a burst and fills by the rate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    /// When it is full again, in microseconds since the Unix epoch.
    full_at: i64,
}

impl Bucket {
    /// Takes a request out at `now`; where none is left, in how many milliseconds there is one.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Result<(), u64> {
        let now = now.millis() * 1000;
        // Never emptier than empty: also where a clock was set back.
        let full_at = self.full_at.clamp(now, now + rate.span());
        let wait = full_at - now - (rate.span() - rate.interval());
        if wait > 0 {
            self.full_at = full_at;
            return Err(u64::try_from(wait).unwrap_or_default().div_ceil(1000));
        }
        self.full_at = full_at + rate.interval();
        Ok(())
    }

    /// True if it is full at `now`, and so like a new one.
    #[must_use]
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.full_at <= now.millis() * 1000
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(per_second: u32, burst: u32) -> Rate {
        let [per_second, burst] = [per_second, burst].map(|n| NonZeroU32::new(n).unwrap());
        Rate { per_second, burst }
    }

    proptest! {
        /// The oracle: tokens counted one by one, in fractions of one.
        #[test]
        fn a_bucket_holds_a_burst_and_fills_by_the_rate(
            per_second in prop::sample::select(vec![1u32, 2, 4, 5, 10, 20, 50, 100, 1000]),
            burst in 1u32..20,
            pauses in prop::collection::vec(0i64..700, 1..200),
        ) {
            let rate = rate(per_second, burst);
            let (mut bucket, mut now) = (Bucket::default(), 1_700_000_000_000);
            let full = 1000 * i64::from(burst);
            let mut thousandths = full;
            for pause in pauses {
                now += pause;
                thousandths = (thousandths + pause * i64::from(per_second)).min(full);
                let taken = bucket.take(rate, Timestamp::from_millis(now));
                prop_assert_eq!(taken.is_ok(), thousandths >= 1000);
                match taken {
                    Ok(()) => thousandths -= 1000,
                    Err(wait) => {
                        let wait = i64::try_from(wait).unwrap();
                        let later = |ms: i64| thousandths + ms * i64::from(per_second) >= 1000;
                        prop_assert!(later(wait) && !later(wait - 1), "the wait is as long as it must be");
                    }
                }
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_costs_no_more_than_a_burst() {
        let (mut bucket, rate) = (Bucket::default(), rate(1, 2));
        bucket.take(rate, Timestamp::from_millis(9_000_000_000_000)).unwrap();
        let now = Timestamp::from_millis(1_700_000_000_000);
        assert_eq!(bucket.take(rate, now), Err(1000));
        assert_eq!(bucket.take(rate, now.plus(1000)), Ok(()));
    }
}
