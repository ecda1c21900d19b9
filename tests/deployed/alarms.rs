//! The template's alarms watch what there is to watch, within what CloudWatch takes.

use local::functions;
use serde_json::Value;

use crate::assert_same;
use crate::template::{Template, list, text};

/// The most metrics that one alarm takes, which cannot be raised.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>
const MOST_METRICS: usize = 10;
/// The longest that an alarm looks back, in seconds, where its periods are of up to an hour.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
const LONGEST_LOOK_BACK: u64 = 24 * 3600;

/// The metrics of an alarm that computes its value.
fn metrics(alarm: &Value) -> Vec<&Value> {
    let queries = list(&alarm["Properties"]["Metrics"]).into_iter();
    queries.map(|query| &query["MetricStat"]["Metric"]).filter(|metric| !metric.is_null()).collect()
}

/// The value of the dimension `name`, a text or what it refers to.
fn dimension<'a>(metric: &'a Value, name: &str) -> &'a str {
    let mut dimensions = list(&metric["Dimensions"]).into_iter();
    let value = &dimensions.find(|dimension| dimension["Name"] == name).unwrap()["Value"];
    value["Ref"].as_str().unwrap_or_else(|| text(value))
}

#[test]
fn cloudwatch_takes_every_alarm() {
    let template = Template::read();
    for (name, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        let count = metrics(alarm).len();
        assert!(count <= MOST_METRICS, "{name} has {count} metrics, of {MOST_METRICS} at the most");
        let alarm = &alarm["Properties"];
        let period = alarm["Period"].as_u64().unwrap_or(300);
        let back = period * alarm["EvaluationPeriods"].as_u64().unwrap();
        assert!(back <= LONGEST_LOOK_BACK, "{name} looks {back} seconds back");
        let shown =
            list(&alarm["Metrics"]).into_iter().filter(|query| query["ReturnData"] != false);
        assert!(shown.count() <= 1, "{name} has one value");
    }
}

#[test]
fn alarms_watch_every_function() {
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let every: Vec<_> = alarms.values().flat_map(|alarm| metrics(alarm)).collect();
    for name in ["Errors", "Throttles"] {
        let ours = every.iter().filter(|metric| metric["MetricName"] == name);
        let watched: Vec<_> = ours.map(|metric| dimension(metric, "FunctionName")).collect();
        let functions = template.functions();
        assert_eq!(watched.len(), functions.len(), "{name}: each function in one alarm");
        assert_same(name, functions.iter().map(|function| function.id.as_str()), watched);
    }
}

#[test]
fn an_alarm_watches_what_is_asked_of_the_table() {
    let template = Template::read();
    let alarm = template.at("/Resources/TableThrottlesAlarm");
    let watched = metrics(alarm).into_iter().map(|metric| {
        assert_eq!(metric["MetricName"], "ThrottledRequests");
        dimension(metric, "Operation")
    });
    let grants = functions::ALL.iter().flat_map(|function| function.grants);
    let actions = grants.flat_map(|grant| grant.actions);
    let asked = actions.filter_map(|action| action.strip_prefix("dynamodb:"));
    // A right that is needed within a transaction, and no operation.
    let asked = asked.filter(|action| *action != "ConditionCheckItem");
    assert_same("operations", asked.chain(["TransactWriteItems"]), watched);
}

#[test]
fn an_alarm_tells_what_did_not_run() {
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    for function in functions::ALL {
        let Some(every) = function.schedule() else { continue };
        let id = template.function(function.name).id;
        let mut alarms = alarms.values().map(|alarm| &alarm["Properties"]);
        let alarm = alarms.find(|alarm| {
            alarm["MetricName"] == "Invocations" && dimension(alarm, "FunctionName") == id
        });
        let alarm = alarm.unwrap_or_else(|| panic!("no alarm tells that {id} did not run"));
        assert_eq!(alarm["TreatMissingData"], "breaching", "what does not run reports nothing");
        assert_eq!(alarm["ComparisonOperator"], "LessThanThreshold");
        assert_eq!(alarm["Threshold"], 1);
        let period = alarm["Period"].as_u64().unwrap();
        assert!(period >= every.as_secs(), "a period without a run is no fault");
    }
}
