//! Outputs: those that came with an answer are stored at once, the others are to be fetched.

use std::convert::Infallible;

use bytes::Bytes;
use futures::stream;
use generations::{Source, draft, file_key, order_of, word};
use model::asset::Record;
use model::export::Failure;
use model::job::{Made, Output as Kept};
use model::making::GenerationRecord;
use model::{AssetId, ContentType, Error, JobStatus, Result, Timestamp};
use objects::{Stored, Unstored};
use providers::{Content, Done, Output, Provider, Tool};

use crate::cost::of_usage;
use crate::settle::{Taken, Told};

/// The times that the storing of what cannot be asked for again is tried.
const TRIES: usize = 3;
/// The media type of what nobody has said the type of.
const UNKNOWN: &str = "application/octet-stream";

/// The provider and the tool of a generation.
pub(crate) fn of(record: &GenerationRecord) -> Result<(Provider, Tool)> {
    Ok((order_of(record)?, word(record.asked.tool.as_str())?))
}

impl Taken<'_> {
    /// What a success is worth, with what came along stored.
    pub(crate) async fn keep(&self, done: Done) -> Result<(Made, Told)> {
        let (deps, record) = (self.deps, &self.record);
        let (cost, told) = of_usage(&deps.media.catalogue, of(record)?, record, &done.usage);
        let count = done.outputs.len();
        let mut outputs = Vec::with_capacity(count);
        for (index, output) in done.outputs.into_iter().enumerate() {
            let now = deps.clock.now();
            let made = Making { index, count, cost };
            let kept = match Source::of(&output) {
                Some(source) => {
                    let text = serde_json::to_string(&source).map_err(Error::internal)?;
                    Kept::pending(text, output.gone_at, now).of_type(output.media_type)
                }
                None => self.keep_inline(&made, output).await,
            };
            outputs.push(kept);
        }
        Ok((Made { outputs, cost }, told))
    }

    /// Stores what came with the answer: nobody can ask for it again.
    async fn keep_inline(&self, made: &Making, output: Output) -> Kept {
        let Content::Bytes(bytes) = output.content else {
            return Kept::lost(Failure::new("unread", "the output has no content"));
        };
        let bytes = Bytes::from(bytes);
        for _ in 0..TRIES {
            let bytes = stream::iter([Ok::<_, Infallible>(bytes.clone())]);
            match self.store(made, output.media_type.as_deref(), bytes).await {
                Ok((asset, size)) => return Kept::stored(asset, size).of_type(output.media_type),
                Err(error) => {
                    let error = model::error::loggable(&error);
                    tracing::error!(
                        error,
                        "an output that came with the answer could not be stored"
                    );
                }
            }
        }
        Kept::lost(Failure::new("unstored", "it came with the answer, and could not be stored"))
    }

    /// Stores an output's bytes, and completes its asset.
    pub(crate) async fn store<E>(
        &self,
        made: &Making,
        media_type: Option<&str>,
        bytes: impl futures::Stream<Item = std::result::Result<Bytes, E>>,
    ) -> std::result::Result<(AssetId, u64), Unstored<E>> {
        let (deps, record) = (self.deps, &self.record);
        let id = record.id.output(made.index);
        let key = file_key(record, id)?.to_string();
        // What a provider calls a file may be no type at all.
        let media_type = media_type.filter(|text| text.parse::<ContentType>().is_ok());
        let media_type = media_type.unwrap_or(UNKNOWN);
        let Stored { size, sha256, .. } = deps.objects.store(&key, media_type, bytes).await?;
        let draft = made.draft(record, id, deps.clock.now())?;
        let workspace = &record.workspace_id;
        // One that was deleted meanwhile does not come back, and the file goes with it.
        if !deps.assets().complete_output(workspace, &draft, Some(&sha256)).await? {
            deps.objects.delete_all([key]).await?;
        }
        Ok((id, size))
    }
}

/// An output among those of its job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Making {
    pub(crate) index: usize,
    pub(crate) count: usize,
    /// Of the whole job, in millionths of a US dollar.
    pub(crate) cost: u64,
}

impl Making {
    /// The asset of the output, as its file completes it.
    fn draft(&self, record: &GenerationRecord, id: AssetId, now: Timestamp) -> Result<Record> {
        let share = self.cost / u64::try_from(self.count.max(1)).unwrap_or(1);
        let mut record = record.clone();
        record.job.status = JobStatus::Succeeded;
        record.job.error = None;
        record.job.cost = Some(share);
        record.ended_at = Some(now);
        draft(&record, id)
    }
}
