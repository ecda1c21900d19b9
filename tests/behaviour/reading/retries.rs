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
