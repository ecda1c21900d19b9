//! The upload of the archive: in one request where it is small, else in parts, in any order.

use model::{Error, Result};
use objects::Multipart;

use crate::job::{Job, Stop};
use crate::parts::Parts;

/// An archive's content type.
const TYPE: &str = "application/zip";

/// An archive that is being uploaded while it is written. Nothing is at its key before [`Self::finish`].
pub(crate) struct Upload<'a> {
    job: &'a Job<'a>,
    parts: Parts,
    multipart: Option<Multipart>,
    /// The `ETag` of what an earlier attempt left at the archive's key.
    replaces: Option<String>,
}

impl<'a> Upload<'a> {
    /// Before the first byte.
    pub(crate) fn new(job: &'a Job<'a>, parts: Parts, replaces: Option<String>) -> Self {
        Self { job, parts, multipart: None, replaces }
    }

    /// Sends the parts that are full and will not change.
    pub(crate) async fn send(&mut self) -> std::result::Result<(), Stop> {
        while let Some((place, part)) = self.parts.take_full() {
            let multipart = match &mut self.multipart {
                Some(multipart) => multipart,
                none => {
                    let at = self.job.key.archive();
                    let begun = self.job.deps.objects.begin_multipart(&at, TYPE).await?;
                    let begun = none.insert(begun);
                    self.job.uploads(begun.id()).await?;
                    begun
                }
            };
            multipart.push(number(place)?, part).await?;
        }
        Ok(())
    }

    /// Forgets the file that the archive's writer has taken back.
    pub(crate) async fn take_back(&mut self) -> Result<()> {
        let place = self.parts.cut_off();
        match &mut self.multipart {
            Some(multipart) => multipart.forget_from(number(place)?).await,
            None => Ok(()),
        }
    }

    /// Sends what is left, and makes all of it the archive; how many bytes it has.
    pub(crate) async fn finish(&mut self) -> std::result::Result<u64, Stop> {
        self.parts.keep_nothing();
        self.send().await?;
        let last = self.parts.take_last();
        // Nobody else may have begun to make it meanwhile.
        self.job.save().await?;
        if let Some(multipart) = &mut self.multipart {
            if let Some((place, part)) = last {
                multipart.push(number(place)?, part).await?;
            }
            multipart.complete().await?;
        } else {
            let (at, bytes) = (self.job.key.archive(), last.unwrap_or_default().1);
            let objects = &self.job.deps.objects;
            if !objects.put_in_place_of(&at, self.replaces.as_deref(), bytes, TYPE).await? {
                // Of an attempt that was given up; whoever comes next replaces it.
                let why = "another archive came in between";
                return Err(Stop::Error(Error::unavailable(why)));
            }
        }
        Ok(self.parts.end())
    }

    /// Drops what was sent.
    pub(crate) async fn abort(self) {
        if let Some(multipart) = self.multipart
            && let Err(error) = multipart.abort().await
        {
            let error = model::error::loggable(&error);
            tracing::warn!(error, "an unfinished archive is left to the bucket's lifecycle");
        }
    }
}

/// The number by which S3 knows the part at a place.
fn number(place: u64) -> Result<i32> {
    i32::try_from(place + 1).map_err(Error::internal)
}
