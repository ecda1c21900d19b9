//! `template.yaml` as a value, with `!Ref x` as `{"Ref": x}` and `!GetAtt x` as `{"Fn::GetAtt": x}`.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// The template's text.
const TEXT: &str = include_str!("../../template.yaml");

/// The template.
pub(crate) struct Template(Value);

/// A function of the template.
pub(crate) struct Function {
    /// The binary that it runs.
    pub(crate) name: String,
    /// Its resource's name.
    pub(crate) id: String,
    /// Its properties, with what all functions have.
    pub(crate) properties: Value,
}

impl Template {
    /// Reads the template.
    pub(crate) fn read() -> Self {
        let documents = Yaml::load_from_str(TEXT).expect("template.yaml is YAML");
        Self(value(&documents[0]))
    }

    /// The value at `pointer` (RFC 6901), which must be there.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("template.yaml has no {pointer}"))
    }

    /// The resources of a type, by name.
    pub(crate) fn resources(&self, of_type: &str) -> BTreeMap<&str, &Value> {
        let all = self.at("/Resources").as_object().expect("Resources is a mapping");
        let wanted = all.iter().filter(|(_, resource)| resource["Type"] == of_type);
        wanted.map(|(name, resource)| (name.as_str(), resource)).collect()
    }

    /// The functions.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let resources = self.resources("AWS::Serverless::Function");
        let functions = resources.into_iter().map(|(id, resource)| {
            let mut properties = self.at("/Globals/Function").clone();
            merge(&mut properties, &resource["Properties"]);
            let binary = &resource["Metadata"]["BuildProperties"]["Binary"];
            let name = binary.as_str().unwrap_or_else(|| panic!("{id} names no Binary"));
            Function { name: name.to_owned(), id: id.to_owned(), properties }
        });
        functions.collect()
    }

    /// The function `name`.
    pub(crate) fn function(&self, name: &str) -> Function {
        let found = self.functions().into_iter().find(|function| function.name == name);
        found.unwrap_or_else(|| panic!("template.yaml has no function that runs {name}"))
    }
}

impl Function {
    /// Its events of a type: their properties.
    pub(crate) fn events(&self, of_type: &str) -> Vec<&Value> {
        let events = self.properties["Events"].as_object().into_iter().flatten();
        let wanted = events.filter(|(_, event)| event["Type"] == of_type);
        wanted.map(|(_, event)| &event["Properties"]).collect()
    }

    /// The statements of its role: what it allows and denies.
    pub(crate) fn statements(&self) -> Vec<&Value> {
        let policies = list(&self.properties["Policies"]);
        policies.into_iter().flat_map(|policy| list(&policy["Statement"])).collect()
    }
}

/// A value that may stand for a list of one.
pub(crate) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// A value as a text, which it must be.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The names of a mapping.
pub(crate) fn names(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}

fn value(node: &Yaml) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(truth)) => (*truth).into(),
        Yaml::Value(Scalar::Integer(number)) => (*number).into(),
        Yaml::Value(Scalar::FloatingPoint(number)) => number.into_inner().into(),
        Yaml::Value(Scalar::String(text)) => text.as_ref().into(),
        Yaml::Sequence(nodes) => nodes.iter().map(value).collect(),
        Yaml::Mapping(nodes) => {
            let text = |name: &Yaml| name.as_str().expect("names are texts").to_owned();
            Value::Object(nodes.iter().map(|(name, node)| (text(name), value(node))).collect())
        }
        Yaml::Tagged(tag, node) => {
            let function = match tag.suffix.as_str() {
                name @ ("Ref" | "Condition") => name.to_owned(),
                name => format!("Fn::{name}"),
            };
            json!({ function: value(node) })
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("unread: {node:?}"),
    }
}

/// Lays `over` onto `base`, as SAM lays a function's properties onto the globals.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                merge(base.entry(name).or_insert_with(|| Map::new().into()), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}
