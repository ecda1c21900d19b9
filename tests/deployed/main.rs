//! `template.yaml` deploys what the code declares, and the API's description says what it does.
//!
//! The template is written by hand. Where it differs from the code, the code is right.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod alarms;
mod answers;
mod openapi;
mod roles;
mod sentences;
mod template;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;
use std::time::Duration;

use local::engines::{Engines, Ports, RECOVERY_DAYS};
use local::server::stop_signal;
use local::{functions, gateway};
use model::due::GRACE;
use model::store::schema::TTL;
use model::time::DAY;
use platform::{Declaration, Notices};
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
fn every_function_is_deployed_as_it_is_declared() {
    let deployed = Template::read().functions();
    let names = deployed.iter().map(|function| function.name.as_str());
    assert_same("functions", functions::names(), names);
    for function in &deployed {
        let (id, name) = (&function.id, &function.name);
        let Declaration { timeout, memory, .. } = functions::declared(name);
        assert_eq!(function.properties["CodeUri"], format!("functions/{name}/"), "{id}: CodeUri");
        assert_eq!(id.to_lowercase(), format!("{name}function"), "the resource of {name}");
        assert_eq!(function.properties["Runtime"], "provided.al2023", "{id}: Runtime");
        assert_eq!(function.properties["Timeout"], timeout.as_secs(), "{id}: Timeout");
        assert_eq!(function.properties["MemorySize"], *memory, "{id}: MemorySize");
    }
}

/// The way in which an event source delivers batches: the answer says what of one is to be delivered again.
const REPORTS: &str = "ReportBatchItemFailures";

#[test]
fn every_function_is_invoked_by_what_it_declares() {
    let template = Template::read();
    for function in functions::ALL {
        let name = function.name;
        let queues = function
            .queues()
            .map(|queue| format!("SQS {}.Arn {} [{REPORTS}]", resource(queue.name), queue.batch));
        let streams = function.stream().into_iter().map(|stream| {
            let filter: Value = serde_json::from_str(stream.filter).unwrap();
            format!("DynamoDB Table.StreamArn {} [{REPORTS}] [{filter}]", stream.batch)
        });
        let schedules =
            function.schedule().into_iter().map(|every| format!("ScheduleV2 {every:?}"));
        let routes = functions::routes().into_iter().filter(|route| route.function == name);
        let routes = routes.map(|route| format!("HttpApi {} {}", route.method, route.path));
        let default = (gateway::DEFAULT == name).then(|| "HttpApi $default".to_owned());
        let declared = queues.chain(streams).chain(schedules).chain(routes).chain(default);
        let function = template.function(name);
        let events = function.properties["Events"].as_object().unwrap().values().map(event);
        assert_same(&format!("events of {name}"), declared, events);
    }
}

/// An event of the template, in one line.
fn event(event: &Value) -> String {
    let (kind, event) = (text(&event["Type"]), &event["Properties"]);
    let reports = || {
        list(&event["FunctionResponseTypes"]).into_iter().map(text).collect::<Vec<_>>().join(" ")
    };
    match kind {
        "HttpApi" => {
            assert_eq!(event["ApiId"], json!({ "Ref": "Api" }), "{event}");
            // SAM's default.
            let format = event.get("PayloadFormatVersion").map_or("2.0", text);
            assert_eq!(format, "2.0", "{event}");
            match (&event["Method"], &event["Path"]) {
                (Value::Null, Value::Null) => "HttpApi $default".to_owned(),
                (method, path) => format!("HttpApi {} {}", text(method), text(path)),
            }
        }
        "SQS" => {
            let queue = text(&event["Queue"]["Fn::GetAtt"]);
            format!("SQS {queue} {} [{}]", event["BatchSize"], reports())
        }
        "DynamoDB" => {
            assert_eq!(event["StartingPosition"], "TRIM_HORIZON", "the oldest record comes first");
            assert_eq!(event["ParallelizationFactor"], 1, "one batch at a time");
            assert!(event.get("MaximumRetryAttempts").is_none(), "no change is given up");
            let stream = text(&event["Stream"]["Fn::GetAtt"]);
            let filters = list(&event["FilterCriteria"]["Filters"]).into_iter();
            let filters = filters.map(|filter| text(&filter["Pattern"]).to_owned());
            let filters = filters.collect::<Vec<_>>().join(" ");
            format!("DynamoDB {stream} {} [{}] [{filters}]", event["BatchSize"], reports())
        }
        "ScheduleV2" => {
            let rate = text(&event["ScheduleExpression"]);
            let rate = rate.strip_prefix("rate(").and_then(|rate| rate.strip_suffix(')'));
            let (number, unit) = rate.and_then(|rate| rate.split_once(' ')).expect("rate(n unit)");
            let unit = match unit.trim_end_matches('s') {
                "minute" => Duration::from_mins(1),
                "hour" => Duration::from_hours(1),
                unit => panic!("{unit} is no unit that this test knows"),
            };
            format!("ScheduleV2 {:?}", unit * number.parse().unwrap())
        }
        other => panic!("{other} is declared nowhere"),
    }
}

/// The queue's resource: `UploadsQueue` for `uploads`.
fn resource(queue: &str) -> String {
    let (first, rest) = queue.split_at(1);
    format!("{}{rest}Queue", first.to_uppercase())
}

#[test]
fn every_queue_delivers_as_it_is_declared() {
    let template = Template::read();
    let dead_letters = "DeadLetterQueue".to_owned();
    let queues = functions::queues().map(|(_, queue)| resource(queue.name));
    let deployed = template.resources("AWS::SQS::Queue").into_keys().map(str::to_owned);
    assert_same("queues", queues.chain([dead_letters]), deployed);
    for (function, queue) in functions::queues() {
        let name = resource(queue.name);
        let properties = template.at(&format!("/Resources/{name}/Properties"));
        let visibility = queue.visibility(function.timeout).as_secs();
        assert_eq!(properties["VisibilityTimeout"], visibility, "{name}: visibility");
        let redrive = &properties["RedrivePolicy"];
        assert_eq!(redrive["maxReceiveCount"], queue.max_receives, "{name}: maxReceiveCount");
        let dead_letters = json!({ "Fn::GetAtt": "DeadLetterQueue.Arn" });
        assert_eq!(redrive["deadLetterTargetArn"], dead_letters, "{name}: dead letters");
        let source = template.function(function.name);
        let most = &source.events("SQS")[0]["ScalingConfig"]["MaximumConcurrency"];
        let default = |name: &str| template.at(&format!("/Parameters/{name}/Default"));
        let most = most["Ref"].as_str().map_or(most, default);
        assert_eq!(*most, queue.concurrency, "{name}: batches at a time");
    }
}

#[test]
fn the_bucket_may_tell_every_queue_that_is_not_sent_to() {
    let template = Template::read();
    for (_, queue) in functions::queues().filter(|(_, queue)| !queue.is_sent_to()) {
        let name = resource(queue.name);
        let policies = template.resources("AWS::SQS::QueuePolicy");
        let mut policies = policies.into_iter();
        let of_queue = json!([{ "Ref": name }]);
        let policy = policies.find(|(_, policy)| policy["Properties"]["Queues"] == of_queue);
        let (policy, properties) =
            policy.unwrap_or_else(|| panic!("the bucket may not use {name}"));
        let [allowed] = list(&properties["Properties"]["PolicyDocument"]["Statement"])[..] else {
            panic!("{policy} has one statement")
        };
        assert_eq!(allowed["Principal"]["Service"], "s3.amazonaws.com", "{policy}");
        assert_eq!(allowed["Resource"]["Fn::GetAtt"], format!("{name}.Arn"), "{policy}");
        let first = list(template.at("/Resources/Bucket/DependsOn"));
        assert!(first.contains(&&json!(policy)), "S3 tries {name} out when the bucket is made");
    }
}

#[test]
fn the_bucket_tells_every_queue_what_it_is_declared_to_be_told() {
    let template = Template::read();
    let configuration = template.at("/Resources/Bucket/Properties/NotificationConfiguration");
    let told = list(&configuration["QueueConfigurations"]).into_iter().map(|rule| {
        let rules = list(&rule["Filter"]["S3Key"]["Rules"]);
        let part = |name| {
            let part = rules.iter().find(|rule| rule["Name"] == name);
            part.map_or("", |rule| text(&rule["Value"]))
        };
        let keys = format!("{}*{}", part("prefix"), part("suffix"));
        format!("{} of {keys}: {}", text(&rule["Event"]), text(&rule["Queue"]["Fn::GetAtt"]))
    });
    let declared = functions::queues().flat_map(|(_, queue)| {
        let queue_arn = format!("{}.Arn", resource(queue.name));
        queue.notices.iter().flat_map(move |Notices { events, keys }| {
            let queue_arn = queue_arn.clone();
            events.iter().map(move |event| format!("{event} of {keys}: {queue_arn}"))
        })
    });
    assert_same("notices", declared, told);
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
    for Declaration { name, variables, .. } in functions::ALL {
        let function = template.function(name);
        let given = names(&function.properties["Environment"]["Variables"]);
        // Every function has these; what needs none of them does not read it.
        let all = [api::KEY_BURST_LIMIT, api::KEY_RATE_LIMIT, "RUST_LOG"];
        let needed = variables.iter().copied().chain(all);
        assert_same(&format!("variables of {name}"), needed, given);
        for variable in variables.iter().filter(|variable| **variable == ::alarms::QUEUE_URL) {
            let url = &function.properties["Environment"]["Variables"][variable];
            assert_eq!(*url, json!({ "Ref": resource(::alarms::QUEUE) }), "{name}: {variable}");
        }
    }
}

/// The demo makes what nobody ordered of a model, and is for laptops alone.
#[test]
fn no_deployed_function_knows_the_demo() {
    for function in Template::read().functions() {
        let variables = names(&function.properties["Environment"]["Variables"]);
        for name in variables {
            assert_ne!(name, "PROVIDER_DEMO_URL", "{}", function.name);
        }
    }
}

#[tokio::test]
async fn the_table_is_the_one_that_the_code_creates() {
    let template = Template::read();
    let deployed = template.at("/Resources/Table/Properties");
    let (_stop, stopped) = stop_signal();
    let engines = Engines::start(None, Ports::default(), stopped).await.unwrap();
    let client = engines.dynamodb(platform::aws::http_client(Some(&engines.dynamodb_url)).unwrap());
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
    let ours = functions::names().into_iter().chain(api::telemetry::OURS).map(str::to_owned);
    assert_eq!(ours.collect::<BTreeSet<_>>(), all.collect(), "the workspace's members");
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
    assert_eq!(expiry["Prefix"], objects::REPORTS.trim_end_matches('*'), "reports expire");
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
    assert_eq!(
        exports["Prefix"],
        objects::EXPORTS.trim_end_matches('*'),
        "exports expire, and nothing else"
    );
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
