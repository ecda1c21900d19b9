//! Attempts at a change that others may win.

use std::time::Duration;

use crate::error::{Error, Result};

/// The most tries: in some four seconds, in which 64 that change one asset all come through.
const MOST: u32 = 32;

/// Attempts at a change that others at the same time may win: bounded, and with pauses, so that
/// rivals part.
#[derive(Debug, Default)]
pub struct Attempts(u32);

impl Attempts {
    /// Waits for the next attempt; at once for the first. [`Error::Contended`] where there were enough.
    pub async fn next(&mut self) -> Result<()> {
        if self.0 >= MOST {
            return Err(Error::Contended);
        }
        if self.0 > 0 {
            pause(self.0 - 1).await;
        }
        self.0 += 1;
        Ok(())
    }
}

/// Waits after the attempt with this number, from 0: up to 5 ms, doubling up to 320, at random.
pub(super) async fn pause(attempt: u32) {
    let most = 5_u64 << attempt.min(6);
    tokio::time::sleep(Duration::from_millis(rand::random_range(1..=most))).await;
}
