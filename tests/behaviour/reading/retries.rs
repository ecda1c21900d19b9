//! Retries that save nothing twice.

use super::*;

#[tokio::test]
async fn bytes_that_are_there_are_not_asked_for_again() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let (bytes, fields) = (fixture("sample.png"), json!({ "run_id": "r1", "tool": "image_gen" }));
    let asset = save(&acme, &bytes, fields.clone()).await;
    let again = register(&acme, &Checksum::of(&bytes), fields.clone()).await.expect(200);
    assert_eq!(again, json!({ "data": asset }));
    let shouted = Checksum::of(&bytes).as_str().to_ascii_uppercase();
    let upload =
        json!({ "file_name": "b.png", "content_type": "image/png", "checksum_sha256": shouted });
    let mut renamed = fields;
    renamed["upload"] = upload;
    renamed["title"] = json!("Another title");
    assert_eq!(acme.create(renamed).await.expect(200), again);
    assert_eq!(acme.list("").await, [id(&asset["id"])]);
}

#[tokio::test]
async fn bytes_still_to_come_are_asked_for_under_the_same_id() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let bytes = fixture("sample.png");
    let first = register(&acme, &Checksum::of(&bytes), json!({})).await.expect(201);
    let second = register(&acme, &Checksum::of(&bytes), json!({})).await.expect(201);
    assert_eq!(second, first);
    assert_eq!(acme.put(&second["upload"], bytes).await.status, 200);
    acme.complete(text(&first["data"]["id"])).await;
    assert_eq!(acme.list("").await.len(), 1);
}

#[tokio::test]
async fn the_same_bytes_from_elsewhere_are_another_asset() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let bytes = fixture("sample.png");
    let mut seen = BTreeSet::new();
    seen.insert(id(&save(&other, &bytes, json!({})).await["id"]));
    seen.insert(id(&save(&acme, &bytes, json!({})).await["id"]));
    let facets = FACETS.iter().filter(|(name, _)| *name != "type");
    let fields = facets.map(|(name, _)| json!({ *name: "elsewhere" }));
    for fields in fields.chain([json!({ "type": "video" })]) {
        seen.insert(id(&save(&acme, &bytes, fields).await["id"]));
    }
    assert_eq!(seen.len(), 2 + FACETS.len());
    assert_eq!(acme.list("").await.len(), 1 + FACETS.len());
}

#[tokio::test]
async fn concurrent_registrations_of_the_same_bytes_make_one_asset() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let bytes = fixture("sample.png");
    let checksum = Checksum::of(&bytes);
    let fields = || json!({ "run_id": "r1" });
    let answers = join_all((0..16).map(|_| register(&acme, &checksum, fields()))).await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect(201)).collect();
    assert!(answers.iter().all(|answer| answer["data"]["id"] == answers[0]["data"]["id"]));
    let puts = answers.iter().map(|answer| acme.put(&answer["upload"], bytes.clone()));
    let statuses = join_all(puts).await.into_iter().map(|put| put.status);
    assert_eq!(statuses.filter(|status| *status == 200).count(), 1);
    acme.complete(text(&answers[0]["data"]["id"])).await;
    assert_eq!(acme.list("").await.len(), 1);
}

#[tokio::test]
async fn bytes_of_a_deleted_asset_make_a_new_one() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let bytes = fixture("sample.png");
    let pending = register(&acme, &Checksum::of(&bytes), json!({})).await.expect(201);
    let mut last = pending["data"].clone();
    for _ in 0..3 {
        assert_eq!(acme.delete(&path(&last)).await.status, 204);
        let next = save(&acme, &bytes, json!({})).await;
        assert_ne!(next["id"], last["id"]);
        assert_eq!(acme.list("").await, [id(&next["id"])]);
        last = next;
    }
    assert_eq!(world.object_keys().await, [text(&last["storage_key"])]);
}

#[tokio::test]
async fn a_repeated_request_with_its_idempotency_key_has_the_same_answer_to_the_byte() {
    let world = World::in_process().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let upload = json!({ "file_name": "a.png", "content_type": "image/png", "file_size": 7 });
    let body = json!({ "title": "Once", "upload": upload });
    let create = async |caller: &Client| {
        let request = caller.request(Method::POST, ASSETS).json(&body);
        caller.send(request.header("Idempotency-Key", "attempt 1")).await
    };
    let first = create(&acme).await;
    for _ in 0..3 {
        world.pass(Duration::from_mins(9));
        let again = create(&acme).await;
        assert_eq!((again.status, again.header("location")), (201, first.header("location")));
        assert_eq!(again.bytes, first.bytes);
    }
    world.pass(Duration::from_hours(2));
    let later = create(&acme).await.expect(201);
    assert_eq!(later["data"], first.json["data"]);
    assert!(time(&later["upload"]["expires_at"]) > world.now());
    assert_ne!(create(&other).await.expect(201)["data"]["id"], later["data"]["id"]);
    world.pass(Duration::from_hours(22));
    assert_ne!(create(&acme).await.expect(201)["data"]["id"], later["data"]["id"]);
}

/// What an asset that is asked for again with the same bytes is: a duplicate, or a new one.
async fn is_duplicate(acme: &Client, bytes: &[u8], asset: &Value) -> bool {
    let again = register(acme, &Checksum::of(bytes), json!({})).await;
    assert_eq!(again.status == 200, again.json["data"]["id"] == asset["id"]);
    again.status == 200
}

#[tokio::test]
async fn a_claim_ends_with_the_version_that_has_the_bytes_and_with_the_asset_in_use() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let bytes = fixture("sample.png");
    let asset = save(&acme, &bytes, json!({})).await;
    let step = async |step: &str, body: Value| {
        acme.post(&format!("{}/{step}", path(&asset)), body).await.status
    };
    assert!(is_duplicate(&acme, &bytes, &asset).await);
    assert_eq!(step("archive", json!({})).await, 200);
    assert!(!is_duplicate(&acme, &bytes, &asset).await);

    let other = fixture("sample.gif");
    let asset = save(&acme, &other, json!({})).await;
    let upload = json!({ "upload": { "file_name": "b.webp", "content_type": "image/webp" } });
    let added = acme.post(&format!("{}/versions", path(&asset)), upload).await.expect(201);
    assert_eq!(acme.put(&added["upload"], fixture("sample.webp")).await.status, 200);
    eventually(async || {
        let read = acme.get(&path(&asset)).await.expect(200);
        (read["data"]["version"] == 2).then_some(())
    })
    .await;
    assert!(!is_duplicate(&acme, &other, &asset).await, "the asset has other bytes now");
}

#[tokio::test]
async fn the_file_behind_a_claim_is_looked_at() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let bytes = fixture("sample.png");
    let created = register(&acme, &Checksum::of(&bytes), json!({})).await.expect(201);
    assert_eq!(acme.put(&created["upload"], bytes.clone()).await.status, 200);
    world.deliver().await;
    let key = text(&created["data"]["storage_key"]);
    world.s3().delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    drop(world.take_events());
    let again = register(&acme, &Checksum::of(&bytes), json!({})).await.expect(201);
    assert_ne!(again["data"]["id"], created["data"]["id"]);
    assert_eq!(acme.put(&again["upload"], bytes.clone()).await.status, 200);
    world.deliver().await;
    let third = register(&acme, &Checksum::of(&bytes), json!({})).await.expect(200);
    assert_eq!(third["data"]["id"], again["data"]["id"], "the claim is the new one's");
}

#[tokio::test]
async fn an_upload_by_a_renewed_link_is_waited_for_as_long_as_by_the_first() {
    for is_version in [false, true] {
        let world = World::quiet().await;
        let acme = world.workspace("acme").await;
        let upload = json!({ "upload": { "file_name": "a.png", "content_type": "image/png" } });
        let at = if is_version {
            format!("{}/versions", path(&acme.write("# First", json!({})).await))
        } else {
            ASSETS.to_owned()
        };
        let ask = async || {
            let request = acme.request(Method::POST, &at).json(&upload);
            acme.send(request.header("Idempotency-Key", "attempt 1")).await.expect(201)
        };
        let first = ask().await;
        world.pass(Duration::from_mins(23 * 60 + 50));
        let renewed = ask().await;
        assert_eq!(renewed["data"], first["data"]);
        assert_eq!(ask().await, renewed, "as it is, while it has half its life");
        world.pass(Duration::from_mins(23 * 60 + 59));
        assert_eq!(world.clean_up().await.due.abandoned, 0);
        // S3's clock does not pass with the world's, so not by the link itself.
        let key = text(&renewed["data"]["storage_key"]);
        let put = world.s3().put_object().bucket(BUCKET).key(key);
        put.body(fixture("sample.png").into()).send().await.unwrap();
        world.deliver().await;
        world.pass(Duration::from_hours(24));
        assert_eq!(world.clean_up().await.due.abandoned, 0);
        let [asset] = acme.list("").await.try_into().unwrap();
        let asset = acme.get(&format!("{ASSETS}/{asset}")).await.expect(200)["data"].clone();
        assert_eq!(
            (text(&asset["storage_key"]), &asset["upload_status"]),
            (key, &json!("complete"))
        );
    }
}
