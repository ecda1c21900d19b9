//! The open files that the process may have, and what they are spent on.

use crate::{Result, demo};

/// The files that `SQLite`, the listeners, the demo, and the process itself need, with something to spare.
const OWN: usize = 56 + demo::CONNECTIONS;
/// The parts that [`Shares`] are made of.
const PARTS: usize = 15;
/// The least files of a part: an export reads one object while it writes another.
const LEAST: usize = 4;
/// The most files of a part: more connections than that no laptop serves.
const MOST: usize = 256;

/// The most connections and calls at a time, so that files suffice for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Connections to the API.
    pub api: usize,
    /// Connections to DynamoDB.
    pub dynamodb: usize,
    /// Connections to S3, each of which may have two files open besides.
    pub s3: usize,
    /// Calls of functions in this process to the engines, each with up to two files.
    pub inside: usize,
}

impl Shares {
    /// Of a process that may have `limit` open files.
    pub fn of(limit: u64) -> Result<Self> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let part = limit.saturating_sub(OWN) / PARTS;
        if part < LEAST {
            let least = OWN + LEAST * PARTS;
            return Err(format!(
                "this process may have {limit} open files, and needs {least}: see `ulimit -n`"
            )
            .into());
        }
        let part = part.min(MOST);
        Ok(Self { api: 3 * part, dynamodb: part, s3: 3 * part, inside: part })
    }

    /// Of this process, as its limit is now.
    pub fn current() -> Result<Self> {
        Self::of(limit()?)
    }

    /// All files that they may come to.
    #[cfg(test)]
    fn files(self) -> usize {
        OWN + self.api + self.dynamodb + 3 * self.s3 + 2 * self.inside
    }
}

/// Lets the process have as many open files as it may, by its hard limit.
pub fn raise_limit() -> Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)
        .map_err(|error| format!("the limit of open files could not be raised: {error}"))?;
    Ok(())
}

#[cfg(unix)]
fn limit() -> Result<u64> {
    Ok(rlimit::getrlimit(rlimit::Resource::NOFILE)?.0)
}

/// As many as the system's C library opens at the most, unless told otherwise.
#[cfg(not(unix))]
fn limit() -> Result<u64> {
    Ok(512)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stay_within_the_limit() {
        for limit in [120, 128, 256, 1024, 4096, 1 << 20, u64::MAX] {
            let shares = Shares::of(limit).unwrap();
            assert!(shares.files() as u64 <= limit, "{limit}: {shares:?}");
            assert!(shares.dynamodb >= LEAST && shares.inside >= LEAST, "{limit}: {shares:?}");
        }
    }

    #[test]
    fn too_few_files_are_told_at_once() {
        let why = Shares::of(64).unwrap_err().to_string();
        assert!(why.contains("64") && why.contains("120"), "{why}");
    }
}
