//! Each function's role in the template allows what the code declares, and no more.

use local::functions;
use model::store::keys;
use serde_json::{Value, json};

use crate::template::{Template, list, text};
use crate::{assert_same, reports};

/// The rights to read what is in the table itself; others of DynamoDB's are to write there.
const READS: [&str; 3] = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"];

#[test]
fn every_role_allows_what_its_function_does_and_no_more() {
    let template = Template::read();
    for (name, needs) in functions::NEEDS {
        let function = template.function(name);
        let statements = function.statements();
        let actions = statements.iter().flat_map(|statement| list(&statement["Action"]));
        assert_same(&format!("actions of {name}"), needs.actions.to_vec(), actions.map(text));
        for statement in statements {
            assert_eq!(statement["Effect"], "Allow", "{name}: {statement}");
            for action in list(&statement["Action"]) {
                for resource in list(&statement["Resource"]) {
                    assert_in_reach(name, text(action), resource);
                }
            }
        }
    }
}

#[test]
fn every_role_has_the_partitions_that_its_function_needs_and_no_more() {
    let template = Template::read();
    for (name, needs) in functions::NEEDS {
        let function = template.function(name);
        for statement in function.statements() {
            let on_table = statement["Resource"] == json!({ "Fn::GetAtt": "Table.Arn" });
            if !on_table {
                assert!(statement["Condition"].is_null(), "{name}: {statement}");
                continue;
            }
            let reads = list(&statement["Action"]).into_iter().all(|a| READS.contains(&text(a)));
            let partitions = if reads { needs.reads } else { needs.writes };
            let condition = json!({
                "ForAllValues:StringLike": { "dynamodb:LeadingKeys": partitions },
            });
            assert_eq!(statement["Condition"], condition, "{name}: {statement}");
            let mixed = list(&statement["Action"]).into_iter().any(|a| READS.contains(&text(a)));
            assert!(reads || !mixed, "{name}: reads and writes are apart: {statement}");
        }
    }
}

#[test]
fn no_role_writes_api_keys() {
    let keys = keys::API_KEYS;
    for (name, needs) in functions::NEEDS {
        let prefix = keys.trim_end_matches('*');
        let reaches = |pattern: &&&str| {
            let pattern = pattern.trim_end_matches('*');
            pattern.starts_with(prefix) || prefix.starts_with(pattern)
        };
        assert_eq!(needs.writes.iter().find(reaches), None, "{name} can write {keys}");
        let authenticates = functions::routes().iter().any(|route| route.function == name);
        let reads = needs.reads.iter().any(|pattern| reaches(&pattern));
        assert_eq!(reads, authenticates, "{name}: only who checks keys reads them");
    }
}

/// The objects of assets.
const ASSETS: &str = "${Bucket.Arn}/workspaces/*";
/// The objects of exports.
const EXPORTS: &str = "${Bucket.Arn}/exports/*";

/// Fails where an action is allowed on something that it is not for.
#[track_caller]
fn assert_in_reach(name: &str, action: &str, resource: &Value) {
    let named = ["Fn::GetAtt", "Fn::Sub", "Ref"].map(|function| resource[function].as_str());
    let arn = named.into_iter().flatten().next();
    let arn = arn.unwrap_or_else(|| panic!("{name}: {resource} is no resource of the stack"));
    let fits = match action {
        "dynamodb:Query" => arn == "Table.Arn" || arn.starts_with("${Table.Arn}/index/"),
        "dynamodb:Scan" => arn.starts_with("${Table.Arn}/index/"),
        "s3:ListBucket" | "s3:ListBucketVersions" => arn == "Bucket.Arn",
        _ if action.starts_with("dynamodb:") => arn == "Table.Arn",
        "s3:PutObject" if name == "cleanup" => {
            arn == EXPORTS || arn == format!("${{Bucket.Arn}}/{}*", reports())
        }
        "s3:PutObject" | "s3:AbortMultipartUpload" if name == "export" => arn == EXPORTS,
        "s3:PutObject" if name == "mcp" => arn == EXPORTS || arn == ASSETS,
        "s3:GetObject" if ["cleanup", "export", "mcp"].contains(&name) => {
            arn == EXPORTS || arn == ASSETS
        }
        "s3:AbortMultipartUpload" if name == "cleanup" => arn == EXPORTS,
        "s3:DeleteObject" | "s3:DeleteObjectVersion" if name == "cleanup" => {
            arn == EXPORTS || arn == ASSETS
        }
        "secretsmanager:GetSecretValue" => arn == "ExportSigningSecret",
        _ => arn == ASSETS,
    };
    assert!(fits, "{name}: {action} is allowed on {arn}");
}
