//! A function's role, as it declares it, tried on each request that it sends to the engines.
//!
//! The roles of `template.yaml` allow what is declared and no more, by a test of their own. So what a
//! function would be denied once it is deployed fails here.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use percent_encoding::percent_decode_str;
use platform::{Declaration, Resource, fits};
use serde_json::Value;

/// SQS, in the target of a request.
pub(crate) const SQS: &str = "AmazonSQS";

/// The rights of one function.
#[derive(Debug, Clone, Copy)]
pub struct Role(pub &'static Declaration);

impl Role {
    /// Fails where the role does not allow the request.
    pub(crate) fn check(self, request: &HttpRequest) {
        let target = request.headers().get("x-amz-target");
        let body = || {
            let body = request.body().bytes().unwrap_or_default();
            serde_json::from_slice(body).expect("a request in JSON")
        };
        let accesses = match target.and_then(|name| name.split_once('.')) {
            Some((SQS, operation)) => vec![sqs_access(operation, &body())],
            Some((_, operation)) => accesses(operation, &body()),
            None => vec![s3_access(request.method(), request.uri())],
        };
        for (action, on) in accesses {
            let allowed = self.allows(&action, &on);
            assert!(allowed, "the role of {} denies {action} on {on:?}", self.0.name);
        }
    }

    fn allows(self, action: &str, on: &On) -> bool {
        let mut grants = self.0.grants.iter().filter(|grant| grant.actions.contains(&action));
        grants.any(|grant| on.is_in(&grant.on))
    }
}

/// The thing that a request asks for a right on.
#[derive(Debug)]
enum On {
    /// An item of the table in this partition.
    Partition(String),
    /// An index of the table.
    Index(String),
    /// The bucket.
    Bucket,
    /// An object.
    Object(String),
    /// A queue.
    Queue(String),
}

impl On {
    fn is_in(&self, resource: &Resource) -> bool {
        match (self, resource) {
            (Self::Partition(name), Resource::Table(patterns))
            | (Self::Object(name), Resource::Objects(patterns)) => {
                patterns.iter().any(|pattern| fits(pattern, name))
            }
            (Self::Index(name), Resource::Index(pattern)) => fits(pattern, name),
            (Self::Queue(name), Resource::Queue(queue)) => name == queue,
            (Self::Bucket, Resource::Bucket) => true,
            _ => false,
        }
    }
}

/// The rights that a request to DynamoDB asks for.
fn accesses(operation: &str, body: &Value) -> Vec<(String, On)> {
    let access = |operation: &str, on: On| (format!("dynamodb:{operation}"), on);
    let one = |operation: &str, request: &Value| {
        let key = if request["Key"].is_null() { &request["Item"] } else { &request["Key"] };
        access(operation, partition(key))
    };
    match operation {
        "TransactWriteItems" => {
            let writes = body["TransactItems"].as_array().into_iter().flatten();
            let writes = writes.flat_map(|write| write.as_object().expect("a write"));
            let write = |(kind, write): (&String, &Value)| match kind.as_str() {
                "ConditionCheck" => one("ConditionCheckItem", write),
                kind => one(&format!("{kind}Item"), write),
            };
            writes.map(write).collect()
        }
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            let keys = tables.flat_map(|(_, table)| table["Keys"].as_array().into_iter().flatten());
            keys.map(|key| access(operation, partition(key))).collect()
        }
        "Query" | "Scan" if body["IndexName"].is_string() => {
            let index = body["IndexName"].as_str().unwrap_or_default();
            vec![access(operation, On::Index(index.to_owned()))]
        }
        "Query" => {
            let condition = body["KeyConditionExpression"].as_str().unwrap_or_default();
            let name = condition.split(" = ").nth(1).and_then(|rest| rest.split(' ').next());
            let value = &body["ExpressionAttributeValues"][name.unwrap_or_default()]["S"];
            let value = value.as_str().expect("a partition");
            vec![access(operation, On::Partition(value.to_owned()))]
        }
        _ => vec![one(operation, body)],
    }
}

fn partition(key: &Value) -> On {
    let partition = key["pk"]["S"].as_str().unwrap_or_else(|| panic!("{key} has no partition"));
    On::Partition(partition.to_owned())
}

/// The right that a request to SQS asks for.
fn sqs_access(operation: &str, body: &Value) -> (String, On) {
    let url = body["QueueUrl"].as_str().expect("a queue's address");
    let queue = url.rsplit('/').next().unwrap_or_default();
    (format!("sqs:{operation}"), On::Queue(queue.to_owned()))
}

/// The right that a request to S3 asks for; the path is the bucket's name and the key.
fn s3_access(method: &str, uri: &str) -> (String, On) {
    let uri: http::Uri = uri.parse().expect("a URI");
    let names: Vec<_> = uri.query().unwrap_or_default().split('&').collect();
    let has = |name: &str| names.iter().any(|pair| pair.split('=').next() == Some(name));
    let key = uri.path().trim_start_matches('/').split_once('/').map_or("", |(_, key)| key);
    if key.is_empty() {
        assert_eq!(method, "GET", "{uri} is only read");
        let action = match () {
            () if has("versions") => "s3:ListBucketVersions",
            () if has("uploads") => "s3:ListBucketMultipartUploads",
            () => "s3:ListBucket",
        };
        return (action.to_owned(), On::Bucket);
    }
    let action = match method {
        "GET" | "HEAD" if has("versionId") => "s3:GetObjectVersion",
        "GET" | "HEAD" => "s3:GetObject",
        "DELETE" if has("uploadId") => "s3:AbortMultipartUpload",
        "DELETE" if has("versionId") => "s3:DeleteObjectVersion",
        "DELETE" => "s3:DeleteObject",
        _ => "s3:PutObject",
    };
    (action.to_owned(), On::Object(percent_decode_str(key).decode_utf8_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use local::functions::declared;
    use platform::Grant;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_allows_messages_to_the_queue_that_is_declared() {
        static SENDER: Declaration = Declaration {
            name: "sender",
            triggers: &[],
            timeout: Duration::from_mins(1),
            memory: 128,
            variables: &[],
            grants: &[Grant { actions: &["sqs:SendMessage"], on: Resource::Queue("jobs") }],
            start: |_| unreachable!(),
        };
        for (operation, queue, allowed) in [
            ("SendMessage", "jobs", true),
            ("SendMessage", "exports", false),
            ("PurgeQueue", "jobs", false),
        ] {
            let url = format!("http://127.0.0.1/000000000000/{queue}");
            let (action, on) = sqs_access(operation, &json!({ "QueueUrl": url }));
            assert_eq!(Role(&SENDER).allows(&action, &on), allowed, "{action} {queue}");
        }
        let (action, on) = sqs_access("SendMessage", &json!({ "QueueUrl": "http://a/0/jobs" }));
        assert!(!Role(declared("create")).allows(&action, &on), "create sends nothing");
    }

    #[test]
    fn a_role_allows_what_is_declared_where_it_is_declared() {
        let index = |name: &str| json!({ "IndexName": name });
        let write =
            |pk: &str| json!({ "TransactItems": [{ "Put": { "Item": { "pk": { "S": pk } } } }] });
        for (function, operation, body, allowed) in [
            ("list", "Query", index("by_workspace"), true),
            ("review", "Query", index("by_workspace"), false),
            ("cleanup", "Scan", index("by_workspace"), true),
            ("cleanup", "Scan", index("by_due"), false),
            ("create", "TransactWriteItems", write("w#acme"), true),
            ("create", "TransactWriteItems", write("k#acme"), false),
            ("list", "TransactWriteItems", write("w#acme"), false),
        ] {
            let [(action, on)] = accesses(operation, &body).try_into().unwrap();
            assert_eq!(
                Role(declared(function)).allows(&action, &on),
                allowed,
                "{function} {action}"
            );
        }
        for (function, method, path, allowed) in [
            ("sign", "GET", "workspaces/acme/a%20file", true),
            ("sign", "GET", "exports/acme/1/export.zip", false),
            ("sign", "PUT", "workspaces/acme/file", false),
            ("export", "PUT", "exports/acme/1/export.zip?partNumber=1&uploadId=1", true),
            ("export", "DELETE", "exports/acme/1/export.zip?uploadId=1", true),
            ("export", "DELETE", "exports/acme/1/export.zip", false),
            ("export", "GET", "?list-type=2", true),
            ("export", "GET", "?versions", false),
        ] {
            let (action, on) = s3_access(method, &format!("http://127.0.0.1/bucket/{path}"));
            assert_eq!(Role(declared(function)).allows(&action, &on), allowed, "{function} {path}");
        }
    }
}
