//! A function's role, as its `NEEDS` declare it, tried on each request that it sends to the engines.
//!
//! The roles of `template.yaml` allow what `NEEDS` say and no more, by a test of their own. So what a
//! function would be denied once it is deployed fails here.

use std::collections::BTreeSet;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use model::aws::Needs;
use serde_json::Value;

/// What one function may do.
#[derive(Debug, Clone, Copy)]
pub struct Role {
    /// The function.
    pub function: &'static str,
    /// Its needs.
    pub needs: Needs,
}

impl Role {
    /// Fails where the role does not allow the request.
    pub(crate) fn check(self, request: &HttpRequest) {
        let target = request.headers().get("x-amz-target");
        if let Some(operation) = target.and_then(|target| target.rsplit('.').next()) {
            let body = request.body().bytes().unwrap_or_default();
            let body = serde_json::from_slice(body).expect("a request to DynamoDB");
            for access in accesses(operation, &body) {
                self.check_access(&access);
            }
        } else {
            self.check_action(&format!("s3:{}", s3_action(request.method(), request.uri())));
        }
    }

    fn check_action(self, action: &str) {
        let Self { function, needs } = self;
        assert!(needs.actions.contains(&action), "the role of {function} denies {action}");
    }

    fn check_access(self, access: &Access) {
        let Access { action, partitions } = access;
        self.check_action(action);
        let reads = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"];
        let reads = reads.contains(&action.as_str());
        let allowed = if reads { self.needs.reads } else { self.needs.writes };
        for partition in partitions {
            let fits = allowed.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => partition.starts_with(prefix),
                None => partition == pattern,
            });
            assert!(fits, "the role of {} denies {action} in {partition}", self.function);
        }
    }
}

/// A right that a request asks for, and the partitions of the table in which.
struct Access {
    action: String,
    partitions: BTreeSet<String>,
}

impl Access {
    fn new(operation: &str, partitions: impl IntoIterator<Item = String>) -> Self {
        let partitions = partitions.into_iter().collect();
        Self { action: format!("dynamodb:{operation}"), partitions }
    }
}

fn accesses(operation: &str, body: &Value) -> Vec<Access> {
    let one = |operation: &str, request: &Value| {
        let key = if request["Key"].is_null() { &request["Item"] } else { &request["Key"] };
        Access::new(operation, [partition(key)])
    };
    match operation {
        "TransactWriteItems" => {
            let writes = body["TransactItems"].as_array().into_iter().flatten();
            let writes = writes.flat_map(|write| write.as_object().expect("a write"));
            let access = |(kind, write): (&String, &Value)| match kind.as_str() {
                "ConditionCheck" => one("ConditionCheckItem", write),
                kind => one(&format!("{kind}Item"), write),
            };
            writes.map(access).collect()
        }
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            let keys = tables.flat_map(|(_, table)| table["Keys"].as_array().into_iter().flatten());
            vec![Access::new(operation, keys.map(partition))]
        }
        // Rows of an index are where no condition is on.
        "Query" | "Scan" if body["IndexName"].is_string() => vec![Access::new(operation, [])],
        "Query" => {
            let condition = body["KeyConditionExpression"].as_str().unwrap_or_default();
            let name = condition.split(" = ").nth(1).and_then(|rest| rest.split(' ').next());
            let value = &body["ExpressionAttributeValues"][name.unwrap_or_default()]["S"];
            vec![Access::new(operation, [value.as_str().expect("a partition").to_owned()])]
        }
        _ => vec![one(operation, body)],
    }
}

fn partition(key: &Value) -> String {
    key["pk"]["S"].as_str().unwrap_or_else(|| panic!("{key} has no partition")).to_owned()
}

/// The right that a request to S3 asks for.
fn s3_action(method: &str, uri: &str) -> &'static str {
    let uri: http::Uri = uri.parse().expect("a URI");
    let names: Vec<_> = uri.query().unwrap_or_default().split('&').collect();
    let has = |name: &str| names.iter().any(|pair| pair.split('=').next() == Some(name));
    let of_bucket = uri.path().trim_matches('/').split('/').count() < 2;
    match method {
        "GET" if of_bucket && has("versions") => "ListBucketVersions",
        "GET" if of_bucket => "ListBucket",
        "GET" | "HEAD" if has("versionId") => "GetObjectVersion",
        "GET" | "HEAD" => "GetObject",
        "DELETE" if has("uploadId") => "AbortMultipartUpload",
        "DELETE" if has("versionId") => "DeleteObjectVersion",
        "DELETE" => "DeleteObject",
        _ => "PutObject",
    }
}
