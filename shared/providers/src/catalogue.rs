//! The models, their limits and their prices.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::{Call, Parameter, Role, Source, Tool, Unfit};
use crate::name::Provider;
use crate::outcome::{Unit, Usage};

/// The name that stands for every model that is not listed.
const ANY: &str = "*";

/// The models of all providers, by provider, tool and name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Catalogue(BTreeMap<Provider, BTreeMap<Tool, BTreeMap<String, Model>>>);

impl Catalogue {
    /// The text of the catalogue that comes along.
    pub const TEXT: &str = include_str!("../catalogue.toml");

    /// Reads a catalogue: [`Self::TEXT`], or an operator's own.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The same with the entries of `others`, each in place of the one of its provider, tool and name.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        for (provider, tools) in others.0 {
            for (tool, models) in tools {
                self.0.entry(provider).or_default().entry(tool).or_default().extend(models);
            }
        }
        self
    }

    /// The model of a tool, by its own entry or by the one for any other.
    pub fn model(&self, provider: Provider, tool: Tool, name: &str) -> Result<&Model, Unfit> {
        let models = self.0.get(&provider).and_then(|tools| tools.get(&tool));
        let known = models.ok_or_else(|| {
            let problem = format!("{} has no {}", provider.as_str(), tool.as_str());
            Unfit::new("provider", problem)
        })?;
        let fits = !name.is_empty()
            && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c));
        let found = known.get(name).filter(|_| name != ANY).or_else(|| known.get(ANY));
        found.filter(|_| fits).ok_or_else(|| {
            let names = known.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let (provider, tool) = (provider.as_str(), tool.as_str());
            Unfit::new("model", format!("{provider} has these for {tool}: {names}"))
        })
    }

    /// All entries; `*` stands for any other model.
    pub fn entries(&self) -> impl Iterator<Item = (Provider, Tool, &str, &Model)> {
        self.0.iter().flat_map(|(provider, tools)| {
            tools.iter().flat_map(|(tool, models)| {
                models.iter().map(|(name, model)| (*provider, *tool, name.as_str(), model))
            })
        })
    }
}

/// A model's limits and prices for one tool.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its prompts.
    #[serde(default)]
    pub prompt: Prompt,
    /// The inputs that it takes.
    #[serde(default)]
    pub inputs: BTreeMap<Role, Slot>,
    /// The shared parameters that it takes.
    #[serde(default)]
    pub takes: BTreeMap<Parameter, Rule>,
    /// Its prices, of which the sum is to be paid; unknown if there are none.
    #[serde(default)]
    pub prices: Vec<Price>,
}

/// The prompts that a model takes.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// The most characters.
    pub most: Option<usize>,
    /// The model's own name for it.
    pub field: Option<String>,
}

/// The inputs of one role that a model takes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The most of them.
    #[serde(default = "one")]
    pub most: usize,
    /// The most bytes of each where it is sent as bytes.
    pub most_bytes: Option<usize>,
    /// The model's own name for it.
    pub field: Option<String>,
    /// True if the model wants a list.
    #[serde(default)]
    pub list: bool,
}

fn one() -> usize {
    1
}

/// The values of a parameter that a model takes; without bounds, any.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// These alone.
    #[serde(default)]
    pub one_of: Vec<String>,
    /// These alone, each with the model's own word for it.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
    /// The least number.
    pub least: Option<u64>,
    /// The greatest number.
    pub most: Option<u64>,
    /// True if it must be given.
    #[serde(default)]
    pub required: bool,
    /// The value that is sent where it is not given.
    pub default: Option<String>,
    /// The model's own name for it.
    pub field: Option<String>,
    /// Its spelling.
    #[serde(default)]
    pub form: Form,
}

/// The spelling of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As it is: `5`, `"1024x1024"`.
    #[default]
    Plain,
    /// As a text: `"5"`.
    Text,
    /// As a text with its unit: `"5s"`.
    Seconds,
    /// A size with a colon: `"1280:720"`.
    Colon,
    /// A size as `{"width": 1024, "height": 1024}`.
    Object,
}

/// The price of `per` units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The unit.
    pub unit: Unit,
    /// Millionths of a US dollar.
    pub micro_usd: u64,
    /// The number of units that this is for.
    #[serde(default = "each")]
    pub per: NonZeroU64,
    /// The day on which the source said so.
    pub on: String,
    /// The page that said so.
    pub source: String,
}

fn each() -> NonZeroU64 {
    NonZeroU64::MIN
}

impl Model {
    /// The cost of a usage in millionths of a US dollar, rounded up; `None` where the price is unknown,
    /// or is one of something that the usage does not tell.
    #[must_use]
    pub fn cost(&self, usage: &[Usage]) -> Option<u64> {
        let mut sum = 0_u64;
        for price in &self.prices {
            let counted = usage.iter().find(|usage| usage.unit == price.unit)?;
            let product = u128::from(counted.quantity) * u128::from(price.micro_usd);
            let part = product.div_ceil(u128::from(price.per.get()));
            sum = sum.checked_add(u64::try_from(part).ok()?)?;
        }
        (!self.prices.is_empty()).then_some(sum)
    }

    /// Checks a call against what the model takes.
    pub(crate) fn check(&self, call: &Call) -> Result<(), Unfit> {
        let name = &call.model;
        if call.tool.needs_prompt() && call.prompt.trim().is_empty() {
            return Err(Unfit::new(
                "prompt",
                format!("{name} needs one for {}", call.tool.as_str()),
            ));
        }
        if call.tool == Tool::Stt && !call.prompt.is_empty() && self.prompt.field.is_none() {
            return Err(Unfit::new("prompt", format!("{name} takes none for stt")));
        }
        let length = call.prompt.chars().count();
        if let Some(most) = self.prompt.most.filter(|most| length > *most) {
            let problem = format!("{length} characters, and {name} takes {most}");
            return Err(Unfit::new("prompt", problem));
        }
        self.check_inputs(call)?;
        for parameter in Parameter::ALL {
            let value = call.shared.get(parameter);
            match (value, self.takes.get(&parameter)) {
                (Some(_), None) => {
                    let taken = self.takes.keys().map(|known| known.as_str()).collect::<Vec<_>>();
                    let taken = if taken.is_empty() { "none".to_owned() } else { taken.join(", ") };
                    let problem = format!("{name} does not take it; of these it takes: {taken}");
                    return Err(Unfit::new(parameter.as_str(), problem));
                }
                (Some(value), Some(rule)) => rule.check(parameter, &value, name)?,
                (None, Some(rule)) if rule.required => {
                    return Err(Unfit::new(parameter.as_str(), format!("{name} needs one")));
                }
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn check_inputs(&self, call: &Call) -> Result<(), Unfit> {
        let name = &call.model;
        let given = call.inputs.iter().map(|input| input.role).chain(call.tool.needs_input());
        for role in given {
            let count = call.inputs(role).count();
            let slot = self.inputs.get(&role);
            let most = slot.map_or(0, |slot| slot.most);
            if count == 0 || count > most {
                let role = role.as_str();
                let problem = if count == 0 {
                    format!("{} needs an {role}", call.tool.as_str())
                } else {
                    format!("{count} of {role}, and {name} takes {most}")
                };
                return Err(Unfit::new("inputs", problem));
            }
            let most = slot.and_then(|slot| slot.most_bytes).unwrap_or(usize::MAX);
            for input in call.inputs(role) {
                if let Source::Bytes(bytes) = &input.source
                    && bytes.len() > most
                {
                    let (role, length) = (role.as_str(), bytes.len());
                    let problem = format!("{role} of {length} bytes, and {name} takes {most}");
                    return Err(Unfit::new("inputs", problem));
                }
            }
        }
        Ok(())
    }

    /// The shared parameters of a call under the model's own names, else under those in `names`.
    pub(crate) fn fields(
        &self,
        call: &Call,
        names: &[(Parameter, &str)],
    ) -> Result<Map<String, Value>, Unfit> {
        let mut fields = Map::new();
        let field = |parameter: &Parameter, rule: &Rule| {
            let known = names.iter().find(|(known, _)| known == parameter).map(|(_, name)| *name);
            rule.field.as_deref().or(known).unwrap_or(parameter.as_str()).to_owned()
        };
        for (parameter, rule) in &self.takes {
            let Some(value) = call.shared.get(*parameter) else { continue };
            if fields.insert(field(parameter, rule), rule.written(value)).is_some() {
                let problem = format!("another parameter says the same to {}", call.model);
                return Err(Unfit::new(parameter.as_str(), problem));
            }
        }
        for (parameter, rule) in &self.takes {
            let Some(default) = rule.default.clone() else { continue };
            fields.entry(field(parameter, rule)).or_insert_with(|| rule.written(default.into()));
        }
        Ok(fields)
    }
}

impl Rule {
    fn check(&self, parameter: Parameter, value: &Value, model: &str) -> Result<(), Unfit> {
        let text = text_of(value);
        let unfit = |problem: String| Err(Unfit::new(parameter.as_str(), problem));
        let listed = self.one_of.iter().chain(self.words.keys());
        if listed.clone().next().is_some() && !listed.clone().any(|known| *known == text) {
            let known = listed.map(String::as_str).collect::<Vec<_>>().join(", ");
            return unfit(format!("{model} takes one of {known}"));
        }
        let number = value.as_u64();
        if let Some(least) = self.least.filter(|least| number.is_some_and(|number| number < *least))
        {
            return unfit(format!("{text} is too little, and {model} takes {least} at the least"));
        }
        if let Some(most) = self.most.filter(|most| number.is_some_and(|number| number > *most)) {
            return unfit(format!("{text} is too much, and {model} takes {most} at the most"));
        }
        let is_pair = matches!(self.form, Form::Colon | Form::Object);
        let is_size = matches!(parameter, Parameter::Size) && size_of(&text).is_none();
        if is_pair && is_size {
            return unfit("expected a width and a height, such as 1024x1024".to_owned());
        }
        Ok(())
    }

    /// A value as the model wants it.
    fn written(&self, value: Value) -> Value {
        let text = text_of(&value);
        if let Some(word) = self.words.get(&text) {
            return word.clone().into();
        }
        match self.form {
            Form::Plain => value,
            Form::Text => text.into(),
            Form::Seconds => format!("{text}s").into(),
            Form::Colon => text.replace('x', ":").into(),
            Form::Object => match size_of(&text) {
                Some((width, height)) => json!({ "width": width, "height": height }),
                None => value,
            },
        }
    }
}

/// A value as a text.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The width and the height that a size names.
fn size_of(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}
