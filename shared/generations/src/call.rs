//! A generation on record as a call of its provider.

use model::making::{Asked, GenerationRecord};
use model::recipe::{Content, Ingredient as Part, Recipe};
use model::{Checksum, Error, Result, Wording};
use providers::{Call, Input, Provider, Tool};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The provider of a generation on record.
pub fn order_of(record: &GenerationRecord) -> Result<Provider> {
    word(record.asked.provider.as_str())
}

/// The call that was asked for, made from these inputs.
pub fn call(asked: &Asked, inputs: Vec<Input>) -> Result<Call> {
    Ok(Call {
        tool: word(asked.tool.as_str())?,
        model: asked.model.to_string(),
        prompt: asked.prompt.as_ref().map(Wording::as_str).unwrap_or_default().to_owned(),
        inputs,
        shared: serde_json::from_value(Value::Object(asked.shared.clone()))
            .map_err(Error::internal)?,
        parameters: asked.parameters.clone(),
    })
}

/// A word of the providers' that is on record.
pub fn word<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_value(text.into()).map_err(Error::internal)
}

/// The recipe of a call; `checksums` are those of its inputs, where they are known.
pub(crate) fn recipe(asked: &Asked, checksums: &[Option<Checksum>]) -> Recipe {
    let inputs = asked.inputs.iter().zip(checksums).map(|(input, checksum)| {
        let content = match (checksum, &input.url, input.asset_id) {
            (Some(checksum), _, _) => Content::ChecksumSha256(checksum.clone()),
            (None, Some(url), _) => Content::Url(url.as_str().to_owned()),
            // Its bytes never change, though nobody has counted them.
            (None, None, id) => {
                let version = input.version.unwrap_or_default();
                Content::Url(format!(
                    "asset:{}/{version}",
                    id.map(String::from).unwrap_or_default()
                ))
            }
        };
        Part { role: input.role.to_string(), content }
    });
    // What a job of somebody else was asked, nobody here knows: no other is like it.
    let job = asked.job.iter().map(|job| ("job".to_owned(), job.as_str().into()));
    Recipe {
        provider: asked.provider.to_string(),
        tool: asked.tool.to_string(),
        model: asked.model.to_string(),
        prompt: asked.prompt.as_ref().map(Wording::as_str).unwrap_or_default().to_owned(),
        shared: asked.shared.clone(),
        own: asked.parameters.clone().into_iter().chain(job).collect(),
        inputs: inputs.collect(),
    }
}

/// The time that a provider may take for a tool, in milliseconds.
pub(crate) fn patience(tool: Tool) -> i64 {
    if tool.is_video() { model::making::PATIENCE_FOR_VIDEO } else { model::making::PATIENCE }
}
