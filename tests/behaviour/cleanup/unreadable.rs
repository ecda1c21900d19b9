//! A record that cannot be read stops nothing but itself.

use super::*;

/// Makes the record one that cannot be read: its metadata lie deeper than a reader goes.
async fn spoil(world: &World, acme: &Client, asset: &Value) {
    let deep = format!(r#"{{"k":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let key = keys::asset(&acme.workspace, id(&asset["id"]));
    let http = platform::aws::http_client(Some(&world.engines.dynamodb_url)).unwrap();
    let update = world.engines.dynamodb(http).update_item().table_name(TABLE);
    let update = update
        .key("pk", AttributeValue::S(key.pk))
        .key("sk", AttributeValue::S(key.sk))
        .update_expression("SET metadata = :deep")
        .expression_attribute_values(":deep", AttributeValue::S(deep));
    update.send().await.unwrap();
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named_and_left_out() {
    let (world, acme) = quiet().await;
    let soon = json!({ "expires_at": world.now().plus(DAY) });
    let [bad, over, lost, event] = [soon.clone(), soon, json!({}), json!({})];
    let bad = acme.write("# Bad", bad).await;
    let over = acme.write("# Over", over).await;
    let lost = acme.write("# Lost", lost).await;
    let event = acme.write("# Kept", event).await;
    spoil(&world, &acme, &bad).await;
    remove(&world, &lost).await;
    put(&world, KEY, fixture("sample.png")).await;
    lose_events(&world);
    world.pass(A_DAY);
    let report = world.clean_up().await;
    let name = bad["id"].as_str().unwrap();
    assert_eq!((report.due.expired, report.due.failed), (1, 1));
    assert!(report.due.failed_keys[0].contains(name), "{:?}", report.due.failed_keys);
    assert_eq!((report.records.unreadable, report.records.missing), (1, 1));
    assert!(report.records.unreadable_keys[0].contains(name));
    assert_eq!((report.objects.repaired, report.objects.failed), (1, 1));
    assert!(report.objects.finished && report.records.finished);
    assert!(is_gone(&world, &acme, &over).await);
    assert_eq!(acme.get(&path(&event)).await.status, 200);
}

#[tokio::test]
async fn settings_and_checkpoints_that_cannot_be_read_stop_nobody_else() {
    let (world, acme) = quiet().await;
    let globex = world.workspace("globex").await;
    acme.write("# Acme", json!({})).await;
    let over = globex.write("# Over", json!({ "expires_at": world.now().plus(DAY) })).await;
    let http = platform::aws::http_client(Some(&world.engines.dynamodb_url)).unwrap();
    let client = world.engines.dynamodb(http);
    let spoilt = [keys::settings(&acme.workspace), keys::checkpoint("objects")];
    for (key, name) in spoilt.into_iter().zip(["retention_days", "state"]) {
        let put = client.put_item().table_name(TABLE);
        let put = put
            .item("pk", AttributeValue::S(key.pk))
            .item("sk", AttributeValue::S(key.sk))
            .item(name, AttributeValue::S("{".to_owned()));
        put.send().await.unwrap();
    }
    world.pass(A_DAY);
    let report = world.clean_up().await;
    assert_eq!((report.due.expired, report.records.failed), (1, 1));
    assert!(report.objects.finished && report.records.finished);
    assert!(is_gone(&world, &globex, &over).await);
}

#[tokio::test]
async fn a_record_of_a_notification_that_fails_does_not_keep_the_others_from_being_handled() {
    let (world, acme) = quiet().await;
    let bad = acme.write("# Bad", json!({})).await;
    lose_events(&world);
    spoil(&world, &acme, &bad).await;
    put(&world, bad["storage_key"].as_str().unwrap(), "# Worse").await;
    put(&world, KEY, fixture("sample.png")).await;
    let records = world.take_events().into_iter().flat_map(|event| {
        let event: Value = serde_json::from_str(&event).unwrap();
        event["Records"].as_array().unwrap().clone()
    });
    let document = json!({ "Records": records.collect::<Vec<_>>() }).to_string();
    assert!(ingest::notification(&world.ingest(), &document).await.is_err(), "it comes again");
    let page = acme.get("/api/v1/assets?execution_id=run-7").await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}
