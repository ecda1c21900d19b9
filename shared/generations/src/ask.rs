//! Asking for a generation.

use futures::future::try_join_all;
use model::job::Job;
use model::making::{Asked, GenerationRecord, Ingredient, Trace};
use model::{
    Actor, Asset, Checksum, Error, GenerationId, IdempotencyKey, Label, Result, Timestamp,
    WorkspaceId,
};
use providers::{Access, Call, Callbacks, Input, Order, Role, Source, Tool, Unfit};

use crate::call::{patience, recipe};
use crate::draft::drafts;
use crate::request::as_map;
use crate::{Estimate, Generations, NewGeneration, NewInput, UNPRICED, call};

/// The path that providers' callbacks are below.
pub(crate) const CALLBACKS: &str = "/api/v1/callbacks/";
/// The most generations of a recipe that are looked at, the newest.
const MOST_ALIKE: usize = 20;

/// The terms of a request, besides what it asks for.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The one that asks.
    pub actor: Actor,
    /// `Idempotency-Key`, and the digest of the request that came with it.
    pub idempotency: Option<(IdempotencyKey, Checksum)>,
    /// The span that the generation is.
    pub trace: Trace,
    /// The URL below which providers may tell that a job is over, where they can reach us.
    pub public_url: Option<String>,
    /// True if an approved asset that was made by the same recipe will do.
    pub reuse_approved: bool,
    /// True if only the estimate is wanted.
    pub dry_run: bool,
}

/// The answer to a request.
#[derive(Debug)]
pub enum Answer {
    /// The generation, new or as it was asked for before, with its assets.
    Asked(Box<GenerationRecord>, Vec<Asset>),
    /// A generation that was made before, of which an asset is approved.
    Reused(Box<GenerationRecord>, Vec<Asset>),
    /// What it would cost.
    Estimate(Estimate),
}

impl Generations<'_> {
    /// Asks for a generation. Under an idempotency key it is asked for once.
    ///
    /// [`Error::Field`] where the call does not fit the model, [`Error::Conflict`] `no_credentials` where the workspace
    /// has no key for the provider, [`Error::Budget`], and the errors of [`model::Store::create_generation`].
    pub async fn ask(
        &self,
        workspace: &WorkspaceId,
        request: NewGeneration,
        terms: Terms,
    ) -> Result<Answer> {
        let now = self.assets.clock.now();
        let tool = request.tool;
        let Read { provider, asked, call, count, recipe } = self.read(workspace, request).await?;
        let access = self.access(workspace, provider).await?;
        let estimate = self.estimate(provider, &call, &access)?;
        if terms.reuse_approved
            && let Some((record, assets)) = self.approved(workspace, &recipe).await?
        {
            return Ok(Answer::Reused(record.into(), assets));
        }
        if terms.dry_run {
            return Ok(Answer::Estimate(Estimate::new(&asked, recipe, estimate)));
        }
        let job = Job::new(estimate.unwrap_or(UNPRICED), now.plus(patience(tool)), now);
        let record = record(workspace, &terms, asked, recipe, job, now);
        let record = GenerationRecord { estimate, count, ..record };
        // Who tells the account, and not the job, cannot tell which address it is to tell.
        let is_told = matches!(provider.callbacks(), Callbacks::Signed | Callbacks::Unsigned);
        let public_url = terms.public_url.filter(|_| is_told);
        let record =
            GenerationRecord { callback: public_url.map(|url| callback(&url, &record)), ..record };
        let (record, assets) = self.keep(workspace, record, terms.idempotency.as_ref()).await?;
        Ok(Answer::Asked(record.into(), assets))
    }

    /// Keeps a new generation, and has its job woken.
    pub(crate) async fn keep(
        &self,
        workspace: &WorkspaceId,
        record: GenerationRecord,
        idempotency: Option<&(IdempotencyKey, Checksum)>,
    ) -> Result<(GenerationRecord, Vec<Asset>)> {
        let idempotency = idempotency.map(|(name, digest)| (name, digest));
        let now = record.updated_at;
        let drafts = drafts(&record)?;
        let store = self.assets.store;
        let record = store.create_generation(workspace, record, &drafts, idempotency).await?;
        // Also for an attempt that stopped before it.
        if let Some(due) = record.job.due_at
            && record.job.submissions == 0
            && let Err(error) = self.media.wake(workspace, record.id, due, now).await
        {
            let error = model::error::loggable(&error);
            tracing::warn!(error, "a job could not be woken, and waits for the schedule");
        }
        let assets = self.assets_of(workspace, &record).await?;
        Ok((record, assets))
    }

    /// What a request asks for, with what the operator has set and what its inputs are.
    async fn read(&self, workspace: &WorkspaceId, request: NewGeneration) -> Result<Read> {
        request.check()?;
        let tool: Label = request.tool.as_str().parse().map_err(Error::internal)?;
        let defaults = self.assets.store.tool_defaults(workspace, &tool).await?;
        let request = request.with(defaults)?;
        let provider = request.provider.ok_or_else(|| {
            let names = self.providers_of(request.tool);
            Error::field("provider", format!("say one; for this tool there are {names}"))
        })?;
        let (inputs, files) = self.inputs(workspace, &request).await?;
        let asked = asked(&request, tool, provider.as_str(), inputs)?;
        let call = call(&asked, files.iter().map(|file| file.input.clone()).collect())?;
        let checksums: Vec<_> = files.into_iter().map(|file| file.checksum).collect();
        let recipe = recipe(&asked, &checksums).digest();
        let count = usize::try_from(request.count.unwrap_or(1)).unwrap_or(1);
        Ok(Read { provider, asked, call, count, recipe })
    }

    /// The generations that were made by the recipe of a request, newest first, at most [`MOST_ALIKE`], and the recipe.
    /// Those of a model that can no longer be called are among them.
    pub async fn lookup(
        &self,
        workspace: &WorkspaceId,
        request: NewGeneration,
    ) -> Result<(Checksum, Vec<(GenerationRecord, Vec<Asset>)>)> {
        let recipe = self.read(workspace, request).await?.recipe;
        let made = self.assets.store.made_by(workspace, &recipe, MOST_ALIKE).await?;
        let made = made.into_iter().map(|record| async move {
            let assets = self.assets_of(workspace, &record).await?;
            Ok::<_, Error>((record, assets))
        });
        let made = try_join_all(made).await?;
        Ok((recipe, made))
    }

    /// The workspace's access to a provider; [`Error::Conflict`] `no_credentials` where it has no key for it.
    pub(crate) async fn access(
        &self,
        workspace: &WorkspaceId,
        provider: providers::Provider,
    ) -> Result<Access> {
        let access = self.media.credentials.access(workspace, provider).await?;
        access.ok_or_else(|| no_credentials(provider.as_str()))
    }

    /// The assets of a generation that are on record.
    pub async fn assets_of(
        &self,
        workspace: &WorkspaceId,
        record: &GenerationRecord,
    ) -> Result<Vec<Asset>> {
        let ids = record.assets().into_iter();
        let found = ids.map(|id| self.assets.store.find(workspace, id));
        let found = try_join_all(found).await?.into_iter().flatten();
        let found = found.filter(|record| record.deletion.is_none());
        Ok(found.map(|record| record.asset).collect())
    }

    /// Removes the assets that wait for outputs which an ended generation has not made.
    pub async fn give_up(&self, workspace: &WorkspaceId, record: &GenerationRecord) -> Result<()> {
        let made = record.assets();
        let waiting = record.awaited().filter(|id| !made.contains(id));
        try_join_all(waiting.map(|id| self.assets.give_up_output(workspace, id))).await?;
        Ok(())
    }

    /// The newest generation by this recipe of which an asset is approved.
    async fn approved(
        &self,
        workspace: &WorkspaceId,
        recipe: &Checksum,
    ) -> Result<Option<(GenerationRecord, Vec<Asset>)>> {
        for record in self.assets.store.made_by(workspace, recipe, MOST_ALIKE).await? {
            let assets = self.assets_of(workspace, &record).await?;
            if assets.iter().any(|asset| asset.approved_version.is_some()) {
                return Ok(Some((record, assets)));
            }
        }
        Ok(None)
    }

    /// The expected cost of a call that fits its model; none where the catalogue has no price.
    fn estimate(
        &self,
        provider: providers::Provider,
        call: &Call,
        access: &Access,
    ) -> Result<Option<u64>> {
        let order = Order::new(&self.media.catalogue, provider, call, access, None);
        let order =
            order.map_err(|Unfit { parameter, problem }| Error::field(parameter, problem))?;
        Ok(order.model.cost(&call.expected()))
    }

    /// The inputs as they go on record, and the files that they are.
    async fn inputs(
        &self,
        workspace: &WorkspaceId,
        request: &NewGeneration,
    ) -> Result<(Vec<Ingredient>, Vec<File>)> {
        let inputs = request.inputs.iter().enumerate();
        let found = inputs.map(|(at, input)| self.input(workspace, request.tool, at, input));
        Ok(try_join_all(found).await?.into_iter().unzip())
    }

    async fn input(
        &self,
        workspace: &WorkspaceId,
        tool: Tool,
        at: usize,
        input: &NewInput,
    ) -> Result<(Ingredient, File)> {
        let fault =
            |field: &str, problem: &str| Error::field(format!("inputs[{at}].{field}"), problem);
        let role = input.role.unwrap_or(if tool == Tool::Stt { Role::Audio } else { Role::Image });
        let label: Label = role.as_str().parse().map_err(Error::internal)?;
        let named = |asset_id, version, url| Ingredient { role: label, asset_id, version, url };
        match (input.asset_id, &input.url) {
            (Some(id), None) => {
                let found = self.assets.store.find(workspace, id).await?;
                let found = found.filter(|record| record.deletion.is_none());
                let asset = found.ok_or_else(|| fault("asset_id", "there is no such asset"))?.asset;
                asset.file_key()?;
                let media_type = asset.content_type.as_ref().map(ToString::to_string);
                let source = Source::Url(format!("https://asset.invalid/{id}"));
                let input = Input { role, media_type: media_type.unwrap_or_default(), source };
                let file = File { input, checksum: asset.checksum_sha256 };
                Ok((named(Some(id), Some(asset.version), None), file))
            }
            (None, Some(url)) if url.as_str().starts_with("https://") => {
                let source = Source::Url(url.as_str().to_owned());
                let input = Input { role, media_type: String::new(), source };
                Ok((named(None, None, Some(url.clone())), File { input, checksum: None }))
            }
            (None, Some(_)) => Err(fault("url", "expected a URL that begins with https://")),
            _ => Err(fault("asset_id", "send either asset_id or url")),
        }
    }

    fn providers_of(&self, tool: Tool) -> String {
        let entries = self.media.catalogue.entries().filter(|(_, of, ..)| *of == tool);
        let mut names: Vec<_> = entries.map(|(provider, ..)| provider.as_str()).collect();
        names.dedup();
        names.join(", ")
    }
}

/// A request as it is read.
struct Read {
    provider: providers::Provider,
    asked: Asked,
    call: Call,
    /// The number of outputs.
    count: usize,
    recipe: Checksum,
}

/// A new generation of one output, of which nothing is known to cost anything.
pub(crate) fn record(
    workspace: &WorkspaceId,
    terms: &Terms,
    asked: Asked,
    recipe: Checksum,
    job: Job,
    now: Timestamp,
) -> GenerationRecord {
    GenerationRecord {
        id: GenerationId::generate(now),
        workspace_id: workspace.clone(),
        created_by: terms.actor.clone(),
        updated_at: now,
        ended_at: None,
        recipe,
        count: 1,
        asked,
        estimate: None,
        cost_source: None,
        usage: Vec::new(),
        trace: terms.trace,
        callback: None,
        job,
    }
}

/// A file that a generation is made from, as far as the request tells it.
struct File {
    input: Input,
    checksum: Option<Checksum>,
}

fn asked(
    request: &NewGeneration,
    tool: Label,
    provider: &str,
    inputs: Vec<Ingredient>,
) -> Result<Asked> {
    let model = request.model.as_deref().unwrap_or_default();
    Ok(Asked {
        tool,
        provider: provider.parse().map_err(Error::internal)?,
        model: model.parse().map_err(|why| Error::field("model", why))?,
        prompt: request.prompt.clone(),
        inputs,
        job: None,
        shared: as_map(&request.shared())?,
        parameters: request.parameters.clone(),
        context: request.context(),
    })
}

fn no_credentials(provider: &str) -> Error {
    Error::Conflict {
        code: "no_credentials",
        detail: format!(
            "this workspace has no key for {provider}; whoever runs this store gives it one \
             (admin credentials set)"
        ),
    }
}

/// The address at which the provider may tell that the job is over.
fn callback(public_url: &str, record: &GenerationRecord) -> String {
    let provider = &record.asked.provider;
    let (workspace, id) = (&record.workspace_id, record.id);
    let secret = hex::encode(rand::random::<[u8; 16]>());
    let url = public_url.trim_end_matches('/');
    format!("{url}{CALLBACKS}{provider}/{workspace}.{id}.{secret}")
}
