//! Each function's role in the template allows what it declares, and no more.

use local::functions;
use model::store::keys;
use platform::{Grant, Resource};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use crate::template::{Template, list, text};
use crate::{assert_same, resource};

/// The resources that roles are about, in the template's words.
fn resources(on: &Resource) -> Vec<Value> {
    let index = |pattern: &str| json!({ "Fn::Sub": format!("${{Table.Arn}}/index/{pattern}") });
    let objects = |pattern: &&str| json!({ "Fn::Sub": format!("${{Bucket.Arn}}/{pattern}") });
    match on {
        Resource::Table(_) => vec![json!({ "Fn::GetAtt": "Table.Arn" })],
        Resource::Index(pattern) => vec![index(pattern)],
        Resource::Bucket => vec![json!({ "Fn::GetAtt": "Bucket.Arn" })],
        Resource::Objects(patterns) => patterns.iter().map(objects).collect(),
        Resource::Secret(name) => vec![json!({ "Ref": name })],
        Resource::Secrets(pattern) => vec![json!({ "Fn::Sub": format!(
            "arn:${{AWS::Partition}}:secretsmanager:${{AWS::Region}}:${{AWS::AccountId}}:secret:${{AWS::StackName}}/{pattern}"
        ) })],
        Resource::Queue(name) => {
            vec![json!({ "Fn::GetAtt": format!("{}.Arn", resource(name)) })]
        }
    }
}

/// The condition of a statement about it.
fn condition(on: &Resource) -> Value {
    match on {
        Resource::Table(partitions) => {
            json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": partitions } })
        }
        Resource::Index(_)
        | Resource::Bucket
        | Resource::Objects(_)
        | Resource::Secret(_)
        | Resource::Secrets(_)
        | Resource::Queue(_) => Value::Null,
    }
}

/// Each action with what it is allowed on, and on which condition.
fn rights<'a>(actions: &[&'a str], on: &[Value], condition: &Value) -> Vec<String> {
    let right = |action: &'a str| on.iter().map(move |on| format!("{action} {on} {condition}"));
    actions.iter().copied().flat_map(right).collect()
}

#[test]
fn every_role_allows_what_its_function_declares_and_no_more() {
    let template = Template::read();
    for function in functions::ALL {
        let name = function.name;
        let declared = function
            .grants
            .iter()
            .flat_map(|Grant { actions, on }| rights(actions, &resources(on), &condition(on)));
        let deployed = template.function(name);
        let allowed = deployed.statements().into_iter().flat_map(|statement| {
            assert_eq!(statement["Effect"], "Allow", "{name}: {statement}");
            let actions: Vec<_> = list(&statement["Action"]).into_iter().map(text).collect();
            let resources: Vec<_> = list(&statement["Resource"]).into_iter().cloned().collect();
            rights(&actions, &resources, &statement["Condition"])
        });
        assert_same(&format!("rights of {name}"), declared, allowed);
    }
}

#[test]
fn no_role_writes_api_keys() {
    let reads = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"];
    let prefix = keys::API_KEYS.trim_end_matches('*');
    for function in functions::ALL {
        let reaches = |grant: &&Grant| {
            let Resource::Table(partitions) = grant.on else { return false };
            partitions
                .iter()
                .map(|pattern| pattern.trim_end_matches('*'))
                .any(|partition| partition.starts_with(prefix) || prefix.starts_with(partition))
        };
        let mut actions = function.grants.iter().filter(reaches).flat_map(|grant| grant.actions);
        let authenticates = function.routes().is_some_and(|routes| takes_keys(&routes));
        assert_eq!(actions.clone().next().is_some(), authenticates, "{}: keys", function.name);
        assert!(actions.all(|action| reads.contains(action)), "{} writes keys", function.name);
    }
}

/// True if a route takes a key: one that takes none says so.
fn takes_keys(routes: &OpenApi) -> bool {
    let routes = serde_json::to_value(routes).unwrap();
    let items = routes["paths"].as_object().unwrap().values();
    let mut operations = items.flat_map(|item| item.as_object().unwrap().values());
    operations.any(|operation| operation["security"].is_null())
}
