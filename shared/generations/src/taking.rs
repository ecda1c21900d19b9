//! What somebody else has made: a job that is at a provider already, and a file at a URL.

use model::job::{Job, Output};
use model::making::{Asked, Context, GenerationRecord, IMPORT, Ingredient, MOST_OUTPUTS};
use model::{
    Asset, AssetType, Error, FileName, Label, Metadata, Prompt, Reference, Result, ShortText, Tags,
    Title, Wording, WorkspaceId,
};
use providers::{Access, Provider, Shared, Tool, Unfit};
use serde::Deserialize;
use serde_json::Map;

use crate::ask::record;
use crate::call::{patience, recipe};
use crate::request::as_map;
use crate::{Generations, Source, Terms, call};

/// A job that somebody else has submitted, with the workspace's own key, and where its assets belong.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdoptGeneration)]
pub struct Adoption {
    /// `image_gen`, `image_edit`, `tts`, `stt`, `video_gen` or `video_from_image`.
    #[schema(value_type = String)]
    tool: Tool,
    #[schema(value_type = String)]
    provider: Provider,
    #[schema(value_type = String)]
    model: Label,
    /// The provider's name of the job.
    #[schema(value_type = String)]
    job: ShortText,
    /// The text that was said, or shown.
    #[schema(value_type = Option<String>)]
    prompt: Option<Wording>,
    /// The number of outputs, where it is known.
    count: Option<u64>,
    /// The length of a video, where it is known.
    duration_seconds: Option<u64>,
    #[schema(value_type = Option<String>)]
    execution_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    agent_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    conversation_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    run_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    campaign_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    title: Option<Title>,
    #[serde(default)]
    #[schema(value_type = Object)]
    tags: Tags,
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Metadata,
}

/// A file at a URL, and the asset that it is to be.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportAsset)]
pub struct Import {
    /// Where the file is, over https. What follows a `?` is shown to nobody.
    #[schema(value_type = String)]
    url: Prompt,
    /// The name that it is saved under; by default the one in the URL.
    #[schema(value_type = Option<String>)]
    file_name: Option<FileName>,
    /// The asset's type.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    asset_type: AssetType,
    /// Who made it.
    #[schema(value_type = Option<String>)]
    provider: Option<Label>,
    /// The model that made it.
    #[schema(value_type = Option<String>)]
    model: Option<Label>,
    #[schema(value_type = Option<String>)]
    prompt: Option<Wording>,
    #[schema(value_type = Option<String>)]
    execution_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    agent_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    conversation_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    run_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    campaign_id: Option<Reference>,
    #[schema(value_type = Option<String>)]
    title: Option<Title>,
    #[serde(default)]
    #[schema(value_type = Object)]
    tags: Tags,
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Metadata,
}

impl Generations<'_> {
    /// Takes over a job that somebody else has submitted. It was paid for with that, so nothing is reserved and no
    /// budget is asked; what it cost is on the books once it is known. The same job is one generation, whoever adopts
    /// it, and however often.
    ///
    /// [`Error::Field`] where the provider's jobs cannot be told by their names or the model is not known,
    /// [`Error::Conflict`] `no_credentials`, and the errors of [`model::Store::create_generation`].
    pub async fn adopt(
        &self,
        workspace: &WorkspaceId,
        request: Adoption,
        terms: &Terms,
    ) -> Result<(GenerationRecord, Vec<Asset>)> {
        let now = self.assets.clock.now();
        let (tool, provider) = (request.tool, request.provider);
        let most = u64::try_from(MOST_OUTPUTS).unwrap_or(u64::MAX);
        if request.count.is_some_and(|count| count == 0 || count > most) {
            return Err(Error::field("count", format!("expected a number from 1 to {most}")));
        }
        let access = self.access(workspace, provider).await?;
        let handle = provider
            .handle(&access, request.model.as_str(), request.job.as_str())
            .ok_or_else(|| Error::field("provider", not_adopted(&access)))?;
        let handle = serde_json::to_string(&handle).map_err(Error::internal)?;
        let count = usize::try_from(request.count.unwrap_or(1)).unwrap_or(1);
        let asked = request.asked()?;
        let model = self.media.catalogue.model(provider, tool, asked.model.as_str());
        let model =
            model.map_err(|Unfit { parameter, problem }| Error::field(parameter, problem))?;
        let estimate = model.cost(&call(&asked, Vec::new())?.expected());
        let recipe = recipe(&asked, &[]).digest();
        let job = Job::adopted(handle, 0, now.plus(patience(tool)), now);
        let record = record(workspace, terms, asked, recipe, job, now);
        let record = GenerationRecord { estimate, count, ..record };
        self.keep(workspace, record, terms.idempotency.as_ref()).await
    }

    /// Has a file at a URL made an asset: it is fetched until it is there, or its time is over. With `allows_http`
    /// also one that is not at https.
    ///
    /// [`Error::Field`] where the URL is none that is fetched, and the errors of [`model::Store::create_generation`].
    pub async fn import(
        &self,
        workspace: &WorkspaceId,
        request: Import,
        terms: &Terms,
        allows_http: bool,
    ) -> Result<Asset> {
        let now = self.assets.clock.now();
        let shown = shown(request.url.as_str(), allows_http)?;
        let source = Source::at(request.url.as_str().to_owned());
        let source = serde_json::to_string(&source).map_err(Error::internal)?;
        let asked = request.asked(shown)?;
        let recipe = recipe(&asked, &[None]).digest();
        let job = Job::made_elsewhere(Output::pending(source, None, now), now);
        let record = record(workspace, terms, asked, recipe, job, now);
        let (_, assets) = self.keep(workspace, record, terms.idempotency.as_ref()).await?;
        assets.into_iter().next().ok_or(Error::NotFound)
    }
}

/// The problem with a provider whose jobs cannot be told by their names.
fn not_adopted(access: &Access) -> String {
    let others = Provider::ALL.into_iter();
    let others = others.filter(|other| other.handle(access, "model", "job").is_some());
    let names: Vec<_> = others.map(Provider::as_str).collect();
    format!("its jobs cannot be adopted; those of {} can", names.join(", "))
}

/// A URL that may be fetched without what may not be shown of it: its query may be a signature.
fn shown(url: &str, allows_http: bool) -> Result<Prompt> {
    let fault = |problem| Error::field("url", problem);
    let schemes: &[&str] = if allows_http { &["https://", "http://"] } else { &["https://"] };
    let rest = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
    let rest = rest.ok_or_else(|| fault("expected a URL that begins with https://"))?;
    let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains('@') || url.contains(char::is_whitespace) {
        return Err(fault("expected a URL with a host, and without a user or blanks"));
    }
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    shown.parse().map_err(|why| Error::field("url", why))
}

/// The name of the file at a URL, if it has one with an extension.
fn named(shown: &Prompt) -> Option<FileName> {
    let (_, rest) = shown.as_str().split_once("://")?;
    let (_, name) = rest.rsplit_once('/')?;
    let is_file =
        name.rsplit_once('.').is_some_and(|(stem, kind)| !stem.is_empty() && !kind.is_empty());
    is_file.then(|| name.parse().ok()).flatten()
}

impl Adoption {
    fn asked(self) -> Result<Asked> {
        let shared = Shared {
            count: self.count,
            duration_seconds: self.duration_seconds,
            ..Shared::default()
        };
        Ok(Asked {
            tool: self.tool.as_str().parse().map_err(Error::internal)?,
            provider: self.provider.as_str().parse().map_err(Error::internal)?,
            model: self.model,
            prompt: self.prompt,
            inputs: Vec::new(),
            job: Some(self.job),
            shared: as_map(&shared)?,
            parameters: Map::new(),
            context: Context {
                execution_id: self.execution_id,
                agent_id: self.agent_id,
                conversation_id: self.conversation_id,
                run_id: self.run_id,
                campaign_id: self.campaign_id,
                asset_type: None,
                file_name: None,
                title: self.title,
                tags: self.tags,
                metadata: self.metadata,
            },
        })
    }
}

impl Import {
    /// The import as it goes on record, with the URL as it may be shown.
    fn asked(self, shown: Prompt) -> Result<Asked> {
        let import: Label = IMPORT.parse().map_err(Error::internal)?;
        let file_name = self.file_name.or_else(|| named(&shown));
        let role = "file".parse().map_err(Error::internal)?;
        Ok(Asked {
            tool: import.clone(),
            provider: self.provider.unwrap_or_else(|| import.clone()),
            model: self.model.unwrap_or(import),
            prompt: self.prompt,
            inputs: vec![Ingredient { role, asset_id: None, version: None, url: Some(shown) }],
            job: None,
            shared: Map::new(),
            parameters: Map::new(),
            context: Context {
                execution_id: self.execution_id,
                agent_id: self.agent_id,
                conversation_id: self.conversation_id,
                run_id: self.run_id,
                campaign_id: self.campaign_id,
                asset_type: Some(self.asset_type),
                file_name,
                title: self.title,
                tags: self.tags,
                metadata: self.metadata,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_opens_it() {
        let shown = |url| shown(url, false).map(String::from).ok();
        let known = Some("https://media.example/a/b.png".to_owned());
        assert_eq!(shown("https://media.example/a/b.png?signature=x#y"), known);
        assert_eq!(shown("https://media.example/a/b.png#y?signature=x"), known);
        for bad in [
            "http://media.example/a",
            "https://",
            "https://?x",
            "https://me:word@media.example/a",
            "https://media.example/a b",
            "file:///etc/hostname",
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_file_has_the_name_that_its_url_ends_with() {
        let named = |url: &str| named(&url.parse().unwrap()).map(String::from);
        assert_eq!(named("https://media.example/a/b.png").as_deref(), Some("b.png"));
        for nameless in ["https://media.example", "https://media.example/a", "https://m.example/.x"]
        {
            assert_eq!(named(nameless), None, "{nameless}");
        }
    }
}
