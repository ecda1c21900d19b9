//! The models that can be called, as callers see them.

use std::collections::BTreeMap;

use model::{Result, WorkspaceId};
use providers::{Catalogue, Model, Parameter, Price, Provider, Role, Rule, Tool};
use serde::Serialize;

use crate::Media;

/// A model of a provider for a tool. Fields without a value are left out.
#[derive(Debug, Clone, Serialize)]
pub struct Offer {
    provider: Provider,
    tool: Tool,
    /// Its name; `*` stands for any other that the provider knows.
    model: String,
    /// True if the workspace has a key for the provider.
    has_credentials: bool,
    /// The most characters of a prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_most: Option<usize>,
    /// The most files of each role.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    inputs: BTreeMap<Role, usize>,
    /// The parameters that it takes of those that providers have in common.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<Parameter, Limits>,
    /// Its prices, of which the sum is to be paid; unknown where there are none.
    prices: Vec<Price>,
}

/// The values of a parameter that a model takes; without bounds, any.
#[derive(Debug, Clone, Serialize)]
struct Limits {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    one_of: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<u64>,
    required: bool,
}

impl From<&Rule> for Limits {
    fn from(rule: &Rule) -> Self {
        let words = rule.one_of.iter().chain(rule.words.keys());
        Self {
            one_of: words.cloned().collect(),
            least: rule.least,
            most: rule.most,
            required: rule.required,
        }
    }
}

/// Every model, with whether the workspace has a key for it.
pub async fn offers(media: &Media, workspace: &WorkspaceId) -> Result<Vec<Offer>> {
    let known = media.credentials.providers(workspace).await?;
    Ok(of(&media.catalogue, &known))
}

fn of(catalogue: &Catalogue, known: &[Provider]) -> Vec<Offer> {
    let entries = catalogue.entries();
    entries.map(|(provider, tool, name, model)| offer(provider, tool, name, model, known)).collect()
}

fn offer(provider: Provider, tool: Tool, name: &str, model: &Model, known: &[Provider]) -> Offer {
    Offer {
        provider,
        tool,
        model: name.to_owned(),
        has_credentials: known.contains(&provider),
        prompt_most: model.prompt.most,
        inputs: model.inputs.iter().map(|(role, slot)| (*role, slot.most)).collect(),
        parameters: model.takes.iter().map(|(name, rule)| (*name, rule.into())).collect(),
        prices: model.prices.clone(),
    }
}
