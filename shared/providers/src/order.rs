//! A call on its way to a provider.

use serde_json::{Map, Value};

use crate::access::Access;
use crate::answer::Broken;
use crate::call::{Call, Parameter, Role, Unfit};
use crate::catalogue::{Catalogue, Model, text_of};
use crate::name::Provider;
use crate::outcome::{Cause, Reason, Submission};
use crate::request::Part;

/// A call that a model can take, as far as the catalogue tells.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// The provider.
    pub provider: Provider,
    /// The call.
    pub call: &'a Call,
    /// The model's entry in the catalogue.
    pub model: &'a Model,
    /// The key, and the host.
    pub access: &'a Access,
    /// The URL at which the provider is to tell that the job is over, if it does such a thing.
    pub webhook: Option<&'a str>,
}

impl<'a> Order<'a> {
    /// Checks a call against the catalogue.
    pub fn new(
        catalogue: &'a Catalogue,
        provider: Provider,
        call: &'a Call,
        access: &'a Access,
        webhook: Option<&'a str>,
    ) -> Result<Self, Unfit> {
        let model = catalogue.model(provider, call.tool, &call.model)?;
        model.check(call)?;
        Ok(Self { provider, call, model, access, webhook })
    }

    /// Says what it means that the submission has no answer.
    #[must_use]
    pub fn broken(broken: Broken) -> Submission {
        let reason = |message| Reason::new(Cause::Wire, None, message);
        match broken {
            Broken::NotSent => Submission::NotMade {
                after: 10_000,
                reason: reason("the provider could not be reached"),
            },
            Broken::Sent => {
                Submission::Unresolved(reason("the connection ended before the answer"))
            }
            Broken::TimedOut => Submission::Unresolved(reason("no answer came in time")),
        }
    }

    /// The shared parameters under the model's own names, else under those in `names`.
    pub(crate) fn fields(&self, names: &[(Parameter, &str)]) -> Result<Map<String, Value>, Unfit> {
        self.model.fields(self.call, names)
    }

    /// `body` with the call's own parameters, which may not change what is there already, nor what is
    /// `kept` for the store to say.
    pub(crate) fn with_parameters(
        &self,
        mut body: Map<String, Value>,
        kept: &[&str],
    ) -> Result<Map<String, Value>, Unfit> {
        if let Some(name) = kept.iter().find(|name| self.call.parameters.contains_key(**name)) {
            return Err(Unfit::new(format!("parameters.{name}"), "the store says this itself"));
        }
        merge(&mut body, &self.call.parameters, "parameters")?;
        Ok(body)
    }

    /// `prompt`, shared parameters and the call's own ones as the parts of a form.
    pub(crate) fn parts(
        &self,
        names: &[(Parameter, &str)],
        first: &[(&str, &str)],
        kept: &[&str],
    ) -> Result<Vec<Part>, Unfit> {
        let mut body = self.fields(names)?;
        let mut parts = Vec::new();
        for (name, text) in first {
            body.insert((*name).to_owned(), (*text).into());
            parts.push(Part::text(*name, *text));
        }
        for (name, value) in self.with_parameters(body, kept)? {
            if first.iter().any(|(known, _)| *known == name) {
                continue;
            }
            match value {
                Value::Array(items) => {
                    parts.extend(items.iter().map(|item| Part::text(&name, text_of(item))));
                }
                value => parts.push(Part::text(name, text_of(&value))),
            }
        }
        Ok(parts)
    }

    /// The inputs under the model's own names, else under those in `names`, each as a URL.
    pub(crate) fn inputs(&self, names: &[(Role, &str)]) -> Map<String, Value> {
        let mut fields = Map::new();
        for (role, slot) in &self.model.inputs {
            let urls: Vec<Value> =
                self.call.inputs(*role).map(|input| input.as_url().into()).collect();
            let known = names.iter().find(|(known, _)| known == role).map(|(_, name)| *name);
            let field = slot.field.as_deref().or(known).unwrap_or(role.as_str()).to_owned();
            match urls.first() {
                None => {}
                Some(_) if slot.list => drop(fields.insert(field, urls.into())),
                Some(first) => drop(fields.insert(field, first.clone())),
            }
        }
        fields
    }
}

/// Adds what is new in `from`. What is there already stays, and objects are merged.
fn merge(
    into: &mut Map<String, Value>,
    from: &Map<String, Value>,
    place: &str,
) -> Result<(), Unfit> {
    for (name, value) in from {
        let place = format!("{place}.{name}");
        match (into.get_mut(name), value) {
            (None, _) => drop(into.insert(name.clone(), value.clone())),
            (Some(Value::Object(there)), Value::Object(more)) => merge(there, more, &place)?,
            (Some(_), _) => {
                return Err(Unfit::new(place, "another part of the call says this already"));
            }
        }
    }
    Ok(())
}
