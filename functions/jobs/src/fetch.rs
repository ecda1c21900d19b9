//! The fetch of an output.

use std::time::Duration;

use generations::Source;
use model::export::Failure;
use model::job::{Fetched, OutputState};
use model::making::GenerationRecord;
use model::{Error, Result};
use objects::Unstored;
use outbound::{FetchError, Rules};
use providers::Look;

use crate::look::{handle, see};
use crate::outputs::{Making, of};
use crate::settle::{Taken, Told};

/// The most bytes of an output: what a single object of a multipart upload is kept to here.
pub(crate) const MOST_OUTPUT: u64 = 5 << 30;
/// The longest that a fetch may take: less than a function may run.
const PATIENCE: Duration = Duration::from_mins(13);

/// Fetches an output into the store, and reports whether it is there.
pub(crate) async fn fetch(taken: &Taken<'_>, index: usize) -> Result<Option<GenerationRecord>> {
    let fetched = fetched(taken, index).await?;
    let report = |job: &model::job::Job, now| job.fetched(&taken.holder, index, &fetched, now);
    taken.report(Told::default(), report).await
}

async fn fetched(taken: &Taken<'_>, index: usize) -> Result<Fetched> {
    let record = &taken.record;
    let output = record.job.outputs.get(index).ok_or_else(|| Error::internal("no such output"))?;
    let OutputState::Pending { source, .. } = &output.state else {
        return Err(Error::internal("an output that is not to be fetched"));
    };
    let mut source: Source = serde_json::from_str(source).map_err(Error::internal)?;
    if source.is_renewed && output.tries > 1 {
        source = renewed(taken, index).await?.unwrap_or(source);
    }
    let made = Making {
        index,
        count: record.job.outputs.len(),
        cost: record.job.cost.unwrap_or_default(),
    };
    let stored = download(taken, &source, &made).await;
    Ok(match stored {
        Ok((asset, size)) => Fetched::Stored { asset, size },
        Err(Unstored::Source(error)) => Fetched::Failed(told(&error)),
        // The table's or the bucket's: the next try is as good.
        Err(Unstored::Bucket(error)) => {
            let error = model::error::loggable(&error);
            tracing::error!(error, "an output could not be stored");
            Fetched::Failed(Failure::new("unstored", "it could not be stored"))
        }
    })
}

async fn download(
    taken: &Taken<'_>,
    source: &Source,
    made: &Making,
) -> std::result::Result<(model::AssetId, u64), Unstored<FetchError>> {
    let mut headers = Vec::new();
    if source.needs_key {
        let (provider, _) = of(&taken.record)?;
        let access = taken.access(provider).await?;
        let request = access.and_then(|access| provider.fetch(&access, &source.output()));
        headers.extend(request.map(|request| request.headers).unwrap_or_default());
    }
    let rules =
        Rules { within: taken.within(PATIENCE), ..Rules::new(taken.deps.reach, MOST_OUTPUT) };
    let opened = taken.deps.outbound.open(&source.url, &headers, &rules).await;
    let download = opened.map_err(Unstored::Source)?;
    if let (Some(said), Some(length)) = (source.size, download.length())
        && said != length
    {
        return Err(Unstored::Source(FetchError::Length { announced: said }));
    }
    let media_type = download.content_type().map(str::to_owned);
    let media_type = media_type.or_else(|| source.media_type.clone());
    taken.store(made, media_type.as_deref(), download.into_stream()).await
}

/// The output's place as a new look at the job tells it.
async fn renewed(taken: &Taken<'_>, index: usize) -> Result<Option<Source>> {
    let (provider, _) = of(&taken.record)?;
    let access = taken.access(provider).await?;
    let (Some(access), Some(handle)) = (access, handle(&taken.record)) else { return Ok(None) };
    let look = see(taken, provider, &access, &handle).await;
    let Look::Succeeded(done) = look else { return Ok(None) };
    Ok(done.outputs.get(index).and_then(Source::of))
}

fn told(error: &FetchError) -> Failure {
    let code = if error.is_gone() { "gone" } else { "fetch_failed" };
    Failure::new(code, error.to_string())
}
