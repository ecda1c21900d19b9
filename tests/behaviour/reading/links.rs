//! Single assets and links to them.

use super::*;

#[tokio::test]
async fn an_asset_that_is_known_is_not_sent_again() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.upload("a.png", fixture("sample.png")).await;
    let answer = acme.get(&path(&asset)).await;
    let etag = answer.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2, "{etag}");
    assert_eq!(answer.json, json!({ "data": asset }));
    for (known, status) in [
        (etag.clone(), 304),
        (format!("W/{etag}"), 304),
        (format!("\"x\", {etag}"), 304),
        (format!("\"x\",W/{etag},\"y\""), 304),
        ("*".to_owned(), 304),
        ("\"x\"".to_owned(), 200),
        (etag.trim_matches('"').to_owned(), 200),
    ] {
        let request = acme.request(Method::GET, &path(&asset)).header("If-None-Match", &known);
        let answer = acme.send(request).await;
        assert_eq!((answer.status, answer.header("etag")), (status, &*etag), "{known}");
        assert_eq!(answer.bytes.is_empty(), status == 304, "{known}");
    }
    review(&world, &acme, &asset, Status::Approved, true).await;
    let request = acme.request(Method::GET, &path(&asset)).header("If-None-Match", &etag);
    let changed = acme.send(request).await;
    assert!(changed.status == 200 && changed.header("etag") != etag);
}

#[tokio::test]
async fn a_link_lives_as_long_as_it_says() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("text", json!({})).await;
    for (query, seconds) in
        [("", 3600), ("expires_in=1", 1), ("expires_in=60", 60), ("expires_in=604800", 604_800)]
    {
        let (url, expires_at) = sign(&acme, &asset, query).await;
        let signed = param(&url, "X-Amz-Date");
        let (day, time) = (&signed[..8], &signed[9..15]);
        let [year, month, day] = [&day[..4], &day[4..6], &day[6..]];
        let [hour, minute, second] = [&time[..2], &time[2..4], &time[4..]];
        let signed = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
        let signed: Timestamp = signed.parse().unwrap();
        assert_eq!(param(&url, "X-Amz-Expires"), seconds.to_string());
        assert_eq!(expires_at, signed.plus(seconds * 1000), "{query}");
        let behind = world.now().millis() - signed.millis();
        assert!((0..60_000).contains(&behind), "{behind}");
    }
    for query in ["expires_in=0", "expires_in=604801", "expires_in=soon", "disposition=x"] {
        let answer = acme.get(&format!("{}/signed-url?{query}", path(&asset))).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_parameter"), "{query}");
    }
}

#[tokio::test]
async fn a_link_gives_the_bytes_and_pins_type_and_disposition() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.upload("a b.png", fixture("sample.png")).await;
    for (query, disposition) in [
        ("", "inline; filename=\"a b.png\""),
        ("disposition=inline", "inline; filename=\"a b.png\""),
        ("disposition=attachment", "attachment; filename=\"a b.png\""),
        ("version=1", "inline; filename=\"a b.png\""),
    ] {
        let (url, _) = sign(&acme, &asset, query).await;
        let download = reqwest::get(&url).await.unwrap();
        assert_eq!(download.headers()["content-type"], "image/png");
        assert_eq!(download.headers()["content-disposition"], disposition);
        assert!(download.bytes().await.unwrap() == fixture("sample.png"));
        for (pinned, other) in [
            ("response-content-type", "text%2Fhtml"),
            ("response-content-disposition", "inline"),
            ("X-Amz-Expires", "604800"),
        ] {
            let changed = url.replace(param(&url, pinned), other);
            assert!(changed != url, "{pinned}");
            assert_eq!(reqwest::get(changed).await.unwrap().status(), 403, "{pinned}");
        }
    }
}

#[tokio::test]
async fn a_version_that_is_not_there_has_no_link() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("text", json!({})).await;
    let signed = async |version| {
        let answer = acme.get(&format!("{}/signed-url?version={version}", path(&asset))).await;
        (answer.status, answer.code().to_owned())
    };
    assert_eq!(signed("1").await.0, 200);
    for version in ["2", "4294967295", "approved"] {
        assert_eq!(signed(version).await, (404, "version_not_found".to_owned()), "{version}");
    }
    for version in ["0", "-1", "latest", "", "4294967296", "%2B1"] {
        assert_eq!(signed(version).await, (400, "invalid_parameter".to_owned()), "{version}");
    }
    review(&world, &acme, &asset, Status::Approved, true).await;
    assert_eq!(signed("approved").await.0, 200);
}

#[tokio::test]
async fn what_is_not_uploaded_yet_has_no_link() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let pending = acme.create(json!({ "upload": upload })).await.expect(201)["data"].clone();
    let answer = acme.get(&format!("{}/signed-url", path(&pending))).await;
    assert_eq!((answer.status, answer.code()), (409, "no_object"));
    let ids = json!({ "ids": [pending["id"]] });
    let answer = acme.post("/api/v1/assets/signed-urls", ids).await.expect(200);
    assert_eq!(answer["data"][0]["error"]["code"], "no_object");
}

#[tokio::test]
async fn many_links_come_in_the_order_of_their_ids() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let one = acme.upload("a.png", fixture("sample.png")).await["id"].clone();
    let two = acme.write("two", json!({})).await["id"].clone();
    let foreign = other.write("text", json!({})).await["id"].clone();
    let ids = json!([two, foreign, one, unused_id(), two]);
    let body = json!({ "ids": ids, "expires_in": 60, "disposition": "attachment" });
    let answer = acme.post("/api/v1/assets/signed-urls", body).await.expect(200);
    let outcomes = answer["data"].as_array().unwrap();
    let got: Vec<_> = outcomes.iter().map(|outcome| outcome["id"].clone()).collect();
    assert_eq!(json!(got), ids);
    assert_eq!(outcomes[1]["error"]["code"], "not_found");
    assert_eq!(outcomes[1]["error"], outcomes[3]["error"]);
    assert_eq!(outcomes[0], outcomes[4]);
    for (n, bytes) in [(0, b"two".to_vec()), (2, fixture("sample.png"))] {
        assert!(outcomes[n].get("error").is_none());
        let url = text(&outcomes[n]["url"]);
        assert_eq!(param(url, "X-Amz-Expires"), "60");
        let download = reqwest::get(url).await.unwrap();
        let disposition = download.headers()["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with("attachment;"), "{disposition}");
        assert!(download.bytes().await.unwrap() == bytes);
    }
    let hundred = json!({ "ids": vec![&one; 100] });
    let answer = acme.post("/api/v1/assets/signed-urls", hundred).await.expect(200);
    assert_eq!(answer["data"].as_array().unwrap().len(), 100);
}
