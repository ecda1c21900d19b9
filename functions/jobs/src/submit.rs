//! The submission of a job.

use std::time::Duration;

use generations::call;
use model::export::Failure;
use model::job::{Ended, Submitted};
use model::making::{GenerationRecord, Ingredient};
use model::{Asset, AssetId, Error, Result, Timestamp};
use objects::{Disposition, Lifetime};
use outbound::{FetchError, Reach, Rules};
use providers::{Access, Call, Input, Inputs, Order, Provider, Source, Submission, Unfit};

use crate::cost::{failure, of_loss};
use crate::outputs::of;
use crate::settle::{Taken, Told};

/// The longest that a provider may take to answer a submission: some make all of it meanwhile.
const PATIENCE: Duration = Duration::from_mins(10);
/// The most bytes of an input that is sent as bytes, unless its model says less.
const MOST_INPUT: usize = 25 << 20;

/// Submits the job, and reports what was answered.
pub(crate) async fn submit(taken: &Taken<'_>, number: u32) -> Result<Option<GenerationRecord>> {
    let (submitted, told) = match prepared(taken).await? {
        Ok((access, call)) => send(taken, &access, &call).await?,
        Err(why) => (Submitted::Failed(Ended { why, cost: 0 }), Told::default()),
    };
    taken.report(told, |job, now| job.answered(number, submitted.clone(), now)).await
}

/// The call, and the way to its provider; or why it cannot be made any more.
async fn prepared(taken: &Taken<'_>) -> Result<std::result::Result<(Access, Call), Failure>> {
    let record = &taken.record;
    let (provider, _) = of(record)?;
    let Some(access) = taken.access(provider).await? else {
        let why = "the workspace has no key for this provider any more";
        return Ok(Err(Failure::new("no_credentials", why)));
    };
    let mut inputs = Vec::with_capacity(record.asked.inputs.len());
    for ingredient in &record.asked.inputs {
        match taken.input(provider, ingredient).await? {
            Ok(input) => inputs.push(input),
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(Ok((access, call(&record.asked, inputs)?)))
}

/// Sends the call, and says what the answer means.
async fn send(taken: &Taken<'_>, access: &Access, call: &Call) -> Result<(Submitted, Told)> {
    let (deps, record) = (taken.deps, &taken.record);
    let (provider, tool) = of(record)?;
    let catalogue = &deps.media.catalogue;
    let order = Order::new(catalogue, provider, call, access, record.callback.as_deref());
    let request = order.and_then(|order| Ok((order, order.request()?)));
    let (order, request) = match request {
        Ok(prepared) => prepared,
        Err(Unfit { parameter, problem }) => {
            let why = Failure::new("request", format!("{parameter}: {problem}"));
            return Ok((Submitted::Failed(Ended { why, cost: 0 }), Told::default()));
        }
    };
    let answered = deps.outbound.call(request, taken.within(PATIENCE)).await;
    let submission = match &answered {
        Ok(received) => order.answered(&received.as_answer(), deps.clock.now()),
        Err(broken) => Order::broken(*broken),
    };
    let ended = |loss| of_loss(catalogue, (provider, tool), record, loss);
    Ok(match submission {
        Submission::Made(handle) => {
            let handle = serde_json::to_string(&handle).map_err(Error::internal)?;
            (Submitted::Made { handle, after: provider.pace(0) }, Told::default())
        }
        Submission::Done(done) => {
            let (made, told) = taken.keep(done).await?;
            (Submitted::Done(made), told)
        }
        Submission::NotMade { after, reason } => {
            (Submitted::NotMade { after, why: failure(&reason) }, Told::default())
        }
        Submission::Failed(loss) => {
            let (end, told) = ended(&loss);
            (Submitted::Failed(end), told)
        }
        Submission::Refused(loss) => {
            let (end, told) = ended(&loss);
            (Submitted::Refused(end), told)
        }
        Submission::Unresolved(reason) => {
            (Submitted::Unresolved(failure(&reason)), Told::default())
        }
    })
}

impl Taken<'_> {
    /// The call as it was sent, and when; none where it cannot be made again.
    pub(crate) async fn sent(&self) -> Result<Option<(Call, Timestamp)>> {
        let call = prepared(self).await?.ok().map(|(_, call)| call);
        Ok(call.zip(self.record.job.submitted_at))
    }

    /// The way to the provider; none where the workspace has no key for it.
    pub(crate) async fn access(&self, provider: Provider) -> Result<Option<Access>> {
        self.deps.media.credentials.access(&self.record.workspace_id, provider).await
    }

    /// The file as the provider can have it; or why it cannot.
    async fn input(
        &self,
        provider: Provider,
        ingredient: &Ingredient,
    ) -> Result<std::result::Result<Input, Failure>> {
        let role = generations::word(ingredient.role.as_str())?;
        let takes_urls = provider.inputs() != Inputs::Bytes;
        let (media_type, source) = match (&ingredient.url, ingredient.asset_id) {
            (Some(url), _) if takes_urls => (String::new(), Source::Url(url.as_str().to_owned())),
            (Some(url), _) => match self.fetched(url.as_str()).await {
                Ok((media_type, bytes)) => (media_type, Source::Bytes(bytes)),
                Err(why) => return Ok(Err(Failure::new("input", why.to_string()))),
            },
            (None, id) => {
                let gone = || Failure::new("input", "an asset that it is made from is gone");
                let Some((asset, key)) = self.file(id, ingredient.version).await? else {
                    return Ok(Err(gone()));
                };
                let media_type = asset.content_type.as_ref().map(ToString::to_string);
                let source = if takes_urls && self.deps.reach == Reach::Public {
                    Source::Url(self.link(&asset, &key).await?)
                } else {
                    match self.deps.objects.read(&key, MOST_INPUT).await? {
                        Some(bytes) => Source::Bytes(bytes),
                        None => return Ok(Err(too_large())),
                    }
                };
                (media_type.unwrap_or_default(), source)
            }
        };
        Ok(Ok(Input { role, media_type, source }))
    }

    /// The asset with the type of this version's file, and the file's key; none where it is gone.
    async fn file(
        &self,
        id: Option<AssetId>,
        version: Option<u32>,
    ) -> Result<Option<(Asset, String)>> {
        let (store, workspace) = (&self.deps.store, &self.record.workspace_id);
        let Some(id) = id else { return Ok(None) };
        let found = store.find(workspace, id).await?.filter(|found| found.deletion.is_none());
        let Some(found) = found else { return Ok(None) };
        if let Some(number) = version.filter(|number| *number != found.asset.version) {
            let older = store.version(workspace, &found, number).await?;
            let Some(older) = older.map(|older| older.version) else { return Ok(None) };
            let Some(key) = older.storage_key.clone() else { return Ok(None) };
            return Ok(Some((older.of(&found.asset), key)));
        }
        let key = found.asset.file_key().ok().map(str::to_owned);
        Ok(key.map(|key| (found.asset, key)))
    }

    /// A link by which the provider can have the file for an hour.
    async fn link(&self, asset: &Asset, key: &str) -> Result<String> {
        let (objects, now) = (&self.deps.objects, self.deps.clock.now());
        let seconds = Lifetime::default().seconds();
        let signed =
            objects.sign_download(asset, key, Disposition::Attachment, seconds, now).await?;
        Ok(signed.url)
    }

    /// A file that the caller named by its URL, for a provider that takes no URLs.
    async fn fetched(&self, url: &str) -> std::result::Result<(String, Vec<u8>), FetchError> {
        let most = u64::try_from(MOST_INPUT).unwrap_or(u64::MAX);
        let mut download =
            self.deps.outbound.open(url, &[], &Rules::new(self.deps.reach, most)).await?;
        let media_type = download.content_type().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = download.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok((media_type, bytes))
    }
}

fn too_large() -> Failure {
    let why = format!("a file that it is made from is gone, or has more than {MOST_INPUT} bytes");
    Failure::new("input", why)
}
