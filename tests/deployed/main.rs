//! `template.yaml` deploys what the code declares, and the API's description says what it does.
//!
//! The template is written by hand. Where it differs from the code, the code is right.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod alarms;
mod answers;
mod openapi;
mod roles;
mod template;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use local::engines::{Engines, Ports, RECOVERY_DAYS};
use local::server::stop_signal;
use local::{functions, gateway, queue, schedule, stream};
use model::due::GRACE;
use model::store::schema::TTL;
use model::time::DAY;
use serde_json::{Value, json};

use crate::template::{Template, list, names, text};

/// Fails with what either side has and the other lacks.
#[track_caller]
fn assert_same<T: Ord + Debug>(
    what: &str,
    code: impl IntoIterator<Item = T>,
    template: impl IntoIterator<Item = T>,
) {
    let code: BTreeSet<T> = code.into_iter().collect();
    let template: BTreeSet<T> = template.into_iter().collect();
    let missing: Vec<_> = code.difference(&template).collect();
    let extra: Vec<_> = template.difference(&code).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{what}: template.yaml lacks {missing:?}, and has {extra:?} that the code does not"
    );
}

#[test]
fn every_function_is_deployed() {
    let functions = Template::read().functions();
    let names = functions.iter().map(|function| function.name.as_str());
    assert_same("functions", functions::NAMES, names);
    for function in &functions {
        let (id, name) = (&function.id, &function.name);
        assert_eq!(function.properties["CodeUri"], format!("functions/{name}/"), "{id}: CodeUri");
        assert_eq!(id.to_lowercase(), format!("{name}function"), "the resource of {name}");
        assert_eq!(function.properties["Runtime"], "provided.al2023", "{id}: Runtime");
    }
}

#[test]
fn every_route_leads_to_its_function() {
    let template = Template::read();
    let mut deployed = Vec::new();
    for function in template.functions() {
        for event in function.events("HttpApi") {
            let id = &function.id;
            assert_eq!(event["ApiId"], json!({ "Ref": "Api" }), "{id}: its routes' API");
            // SAM's default.
            let format = event.get("PayloadFormatVersion").map_or("2.0", text);
            assert_eq!(format, "2.0", "{id}: PayloadFormatVersion");
            let route = match (&event["Method"], &event["Path"]) {
                (Value::Null, Value::Null) => "$default".to_owned(),
                (method, path) => format!("{} {}", text(method), text(path)),
            };
            deployed.push(format!("{route} -> {}", function.name));
        }
    }
    let routes = functions::routes();
    let declared = routes.iter().map(|r| format!("{} {} -> {}", r.method, r.path, r.function));
    let default = format!("$default -> {}", gateway::DEFAULT);
    assert_same("routes", declared.chain([default]), deployed);
}

#[test]
fn browsers_of_other_origins_may_use_every_route() {
    let template = Template::read();
    let cors = template.at("/Resources/Api/Properties/DefinitionBody/x-amazon-apigateway-cors");
    let texts = |name: &str| {
        let texts: Vec<_> = list(&cors[name]).into_iter().map(text).collect();
        let once: BTreeSet<_> = texts.iter().collect();
        assert_eq!(once.len(), texts.len(), "CORS: one of {name} stands there twice");
        texts
    };
    let routes = functions::routes();
    assert_same("CORS methods", routes.iter().map(|r| r.method), texts("allowMethods"));
    assert_same("CORS exposed headers", gateway::EXPOSED, texts("exposeHeaders"));
    let document = openapi::document();
    let sent = openapi::request_headers(&document);
    let allowed: BTreeSet<_> = texts("allowHeaders").into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = sent.difference(&allowed).collect();
    assert!(missing.is_empty(), "CORS headers: template.yaml lacks {missing:?}");
}

#[test]
fn every_function_gets_its_environment() {
    let template = Template::read();
    for (name, needs) in functions::NEEDS {
        let function = template.function(name);
        let given = names(&function.properties["Environment"]["Variables"]);
        // Every function has these; what needs none of them does not read it.
        let all = ["KEY_BURST_LIMIT", "KEY_RATE_LIMIT", "RUST_LOG"];
        let needed = needs.variables.iter().copied().chain(all);
        assert_same(&format!("variables of {name}"), needed, given);
    }
}

/// Where `cleanup` puts its reports.
fn reports() -> String {
    let key = objects::report_key(model::Timestamp::from_millis(0));
    key.rsplit_once('/').map(|(directory, _)| format!("{directory}/")).unwrap()
}

#[tokio::test]
async fn the_table_is_the_one_that_the_code_creates() {
    let template = Template::read();
    let deployed = template.at("/Resources/Table/Properties");
    let (_stop, stopped) = stop_signal();
    let engines = Engines::start(None, Ports::default(), stopped).await.unwrap();
    let client = engines.dynamodb(model::aws::http_client(Some(&engines.dynamodb_url)).unwrap());
    let describe = client.describe_table().table_name(local::engines::TABLE).send();
    let created = describe.await.unwrap().table.unwrap();

    assert_eq!(keys(&deployed["KeySchema"]), key_schema(created.key_schema()), "the table's key");
    let definitions = list(&deployed["AttributeDefinitions"]);
    assert_same(
        "attribute definitions",
        created.attribute_definitions().iter().map(|definition| {
            format!("{} {}", definition.attribute_name, definition.attribute_type.as_str())
        }),
        definitions
            .iter()
            .map(|d| format!("{} {}", text(&d["AttributeName"]), text(&d["AttributeType"]))),
    );
    assert_same(
        "indexes (name, keys, projection)",
        created.global_secondary_indexes().iter().map(|index| {
            let projection = index.projection().unwrap();
            let mut held = vec![projection.projection_type().unwrap().as_str().to_owned()];
            held.extend(projection.non_key_attributes().iter().cloned());
            let name = index.index_name().unwrap().to_owned();
            (name, key_schema(index.key_schema()), held)
        }),
        list(&deployed["GlobalSecondaryIndexes"]).into_iter().map(|index| {
            let projection = &index["Projection"];
            let mut held = vec![text(&projection["ProjectionType"]).to_owned()];
            let attributes = projection["NonKeyAttributes"].as_array().into_iter().flatten();
            held.extend(attributes.map(|name| text(name).to_owned()));
            (text(&index["IndexName"]).to_owned(), keys(&index["KeySchema"]), held)
        }),
    );
    let stream = created.stream_specification().unwrap().stream_view_type().unwrap();
    assert_eq!(deployed["StreamSpecification"]["StreamViewType"], stream.as_str(), "the stream");
    let ttl = json!({ "AttributeName": TTL, "Enabled": true });
    assert_eq!(deployed["TimeToLiveSpecification"], ttl, "time-to-live");
    assert_eq!(deployed["BillingMode"], "PAY_PER_REQUEST", "billing");
}

fn key_schema(elements: &[aws_sdk_dynamodb::types::KeySchemaElement]) -> Vec<String> {
    elements.iter().map(|e| format!("{} {}", e.attribute_name, e.key_type.as_str())).collect()
}

fn keys(elements: &Value) -> Vec<String> {
    let elements = list(elements).into_iter();
    elements.map(|e| format!("{} {}", text(&e["AttributeName"]), text(&e["KeyType"]))).collect()
}

#[test]
fn events_of_the_bucket_are_delivered_as_they_are_locally() {
    let template = Template::read();
    for (subscription, name) in [(queue::UPLOADS, "UploadsQueue"), (queue::EXPORTS, "ExportsQueue")]
    {
        let function = template.function(subscription.function);
        let [source] = function.events("SQS")[..] else { panic!("{name}: one queue") };
        assert_eq!(source["Queue"], json!({ "Fn::GetAtt": format!("{name}.Arn") }));
        assert_eq!(source["BatchSize"], subscription.batch, "{name}: batch size");
        let reports = json!(["ReportBatchItemFailures"]);
        assert_eq!(source["FunctionResponseTypes"], reports, "{name}: an answer for each message");
        let queue = template.at(&format!("/Resources/{name}/Properties"));
        let receives = &queue["RedrivePolicy"]["maxReceiveCount"];
        assert_eq!(*receives, subscription.max_receives, "{name}: maxReceiveCount");
        let timeout = function.properties["Timeout"].as_u64().unwrap();
        assert!(queue["VisibilityTimeout"].as_u64().unwrap() > timeout, "{name}: visibility");
    }
    let ingest = template.function("ingest").properties["Timeout"].as_u64().unwrap();
    let visibility = template.at("/Resources/UploadsQueue/Properties/VisibilityTimeout");
    assert_eq!(*visibility, 6 * ingest, "visibility: six times ingest's timeout");

    let configuration = template.at("/Resources/Bucket/Properties/NotificationConfiguration");
    let rules = list(&configuration["QueueConfigurations"]);
    let told = rules.iter().map(|rule| {
        let queue = text(&rule["Queue"]["Fn::GetAtt"]);
        let filters = list(&rule["Filter"]["S3Key"]["Rules"]);
        let filters = filters.iter().map(|f| format!("{}={}", text(&f["Name"]), text(&f["Value"])));
        format!("{} {} {queue}", text(&rule["Event"]), filters.collect::<Vec<_>>().join(" "))
    });
    let expected = [
        "s3:ObjectCreated:* prefix=workspaces/ UploadsQueue.Arn",
        "s3:ObjectRemoved:* prefix=workspaces/ UploadsQueue.Arn",
        "s3:LifecycleExpiration:* prefix=workspaces/ UploadsQueue.Arn",
        "s3:ObjectCreated:* prefix=exports/ suffix=/job.json ExportsQueue.Arn",
    ];
    assert_same("events", expected.map(str::to_owned), told);
}

/// A crate that is not known as ours would be heard at warnings alone.
#[test]
fn every_crate_of_ours_is_logged_as_asked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let members = |directory: &str| {
        let entries = std::fs::read_dir(root.join(directory)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<Vec<_>>()
    };
    let alone = ["admin", "local", "tests"].map(str::to_owned);
    let all = members("functions").into_iter().chain(members("shared")).chain(alone);
    let ours: BTreeSet<_> = api::telemetry::OURS.map(str::to_owned).into();
    assert_eq!(ours, all.collect(), "the workspace's members");
}

#[test]
fn functions_have_as_long_as_they_have_locally() {
    for function in Template::read().functions() {
        let timeout = functions::timeout(&function.name).as_secs();
        assert_eq!(function.properties["Timeout"], timeout, "{}", function.id);
    }
}

#[test]
fn changes_are_delivered_as_they_are_locally() {
    let template = Template::read();
    let tally = template.function("tally");
    let [source] = tally.events("DynamoDB")[..] else { panic!("tally has one stream") };
    assert_eq!(source["Stream"], json!({ "Fn::GetAtt": "Table.StreamArn" }));
    assert_eq!(source["StartingPosition"], "TRIM_HORIZON", "the oldest record comes first");
    assert_eq!(source["BatchSize"], stream::BATCH, "batch size");
    assert_eq!(source["ParallelizationFactor"], 1, "one batch at a time");
    let reports = json!(["ReportBatchItemFailures"]);
    assert_eq!(source["FunctionResponseTypes"], reports, "tally says how far it came");
    assert!(source.get("MaximumRetryAttempts").is_none(), "no change is given up");
    let [filter] = list(&source["FilterCriteria"]["Filters"])[..] else { panic!("one filter") };
    let pattern: Value = serde_json::from_str(text(&filter["Pattern"])).unwrap();
    assert_eq!(pattern, stream::filter(), "the filter");
}

#[test]
fn cleanup_runs_as_often_as_it_does_locally() {
    let template = Template::read();
    let cleanup = template.function("cleanup");
    let [event] = cleanup.events("ScheduleV2")[..] else { panic!("cleanup has one schedule") };
    assert_eq!(schedule::EVERY.as_secs(), 3600, "say it in the template's words here");
    assert_eq!(event["ScheduleExpression"], "rate(1 hour)", "cleanup's schedule");
}

#[test]
fn the_bucket_forgets_what_nobody_needs_and_nothing_else() {
    let template = Template::read();
    let rules = list(template.at("/Resources/Bucket/Properties/LifecycleConfiguration/Rules"));
    let [uploads, expiry, kept, markers, exports] = rules[..] else {
        panic!("five rules: {rules:?}")
    };
    let days = uploads["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"].as_i64().unwrap();
    // S3 looks once a day.
    assert!((days + 1) * DAY <= GRACE, "cleanup's grace must outlive any multipart upload");
    assert!(uploads.get("ExpirationInDays").is_none(), "no rule expires assets");
    assert_eq!(expiry["Prefix"], reports(), "reports expire");
    for rule in [kept, markers] {
        assert!(rule.get("ExpirationInDays").is_none(), "no rule expires assets");
        assert!(rule.get("Prefix").is_none(), "what is kept expires everywhere");
    }
    let days = &kept["NoncurrentVersionExpiration"]["NoncurrentDays"];
    assert_eq!(*days, json!({ "Ref": "RecoveryDays" }), "days that others' deletes are kept");
    let days = template.at("/Parameters/RecoveryDays/Default");
    assert_eq!(*days, RECOVERY_DAYS, "the same on a laptop");
    assert_eq!(markers["ExpiredObjectDeleteMarker"], true);
    let versioning = template.at("/Resources/Bucket/Properties/VersioningConfiguration/Status");
    assert_eq!(versioning, "Enabled");
    assert_eq!(exports["Prefix"], "exports/", "exports expire, and nothing else");
    let days = exports["ExpirationInDays"].as_i64().unwrap();
    assert!(days * DAY > model::export::LIFE, "cleanup removes exports first");
    assert_eq!(expiry["ExpirationInDays"], 90, "days that reports are kept");
}

#[test]
fn every_function_has_a_log_group_that_forgets() {
    let template = Template::read();
    let groups = template.resources("AWS::Logs::LogGroup");
    for function in template.functions() {
        let id = &function.id;
        let group = text(&function.properties["LoggingConfig"]["LogGroup"]["Ref"]);
        let group = &groups.get(group).unwrap_or_else(|| panic!("{id} has no log group"));
        let name = format!("/aws/lambda/${{AWS::StackName}}-{}", function.name);
        assert_eq!(group["Properties"]["LogGroupName"]["Fn::Sub"], name, "{id}");
        let days = json!({ "Ref": "LogRetentionDays" });
        assert_eq!(group["Properties"]["RetentionInDays"], days, "{id}");
    }
}
