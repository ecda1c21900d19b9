//! Lists: in byte order, page by page, whatever the keys.

use aws_sdk_s3::types::EncodingType;

use super::objects::ODD_KEYS;
use super::on_every_store;
use super::server::{BUCKET, Server, refusal};

on_every_store!(paging, grouping, entries, encoding, version_1, limits);

async fn fill(server: &Server) -> Vec<&'static str> {
    for key in ODD_KEYS {
        server.put(key, key.as_bytes()).await;
    }
    let mut keys = ODD_KEYS.to_vec();
    keys.sort_unstable();
    keys
}

/// Walks a list in pages of this size: keys, and common prefixes behind them, page by page.
async fn walk(server: &Server, prefix: &str, delimiter: Option<&str>, size: i32) -> Vec<String> {
    let mut entries = Vec::new();
    let mut token = None;
    loop {
        let list = server.client.list_objects_v2().bucket(BUCKET).prefix(prefix).max_keys(size);
        let page = list
            .set_delimiter(delimiter.map(Into::into))
            .set_continuation_token(token)
            .send()
            .await
            .unwrap();
        let found = page.contents().len() + page.common_prefixes().len();
        assert_eq!(page.key_count, i32::try_from(found).ok());
        assert!(found <= usize::try_from(size).unwrap());
        let mut here: Vec<String> =
            page.contents().iter().filter_map(|object| object.key.clone()).collect();
        here.extend(page.common_prefixes().iter().filter_map(|prefix| prefix.prefix.clone()));
        here.sort_unstable();
        entries.extend(here);
        token = page.next_continuation_token;
        assert_eq!(page.is_truncated, Some(token.is_some()));
        if token.is_none() {
            return entries;
        }
    }
}

async fn paging(server: Server) {
    let keys = fill(&server).await;
    for size in [1, 2, 3, 7, 1000] {
        assert_eq!(walk(&server, "", None, size).await, keys, "pages of {size}");
    }
    for prefix in ["a", "a/", "emoji/🚀", "ünï", "zzz", "../"] {
        let expected: Vec<_> = keys.iter().filter(|key| key.starts_with(prefix)).copied().collect();
        assert_eq!(walk(&server, prefix, None, 2).await, expected, "{prefix:?}");
    }
    let after =
        server.client.list_objects_v2().bucket(BUCKET).start_after("a/").send().await.unwrap();
    let expected: Vec<_> = keys.iter().filter(|key| **key > "a/").collect();
    assert_eq!(
        after.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>().len(),
        expected.len()
    );
    assert_eq!(after.contents()[0].key(), Some("a//b"));
    let forged = server
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .continuation_token("not a token")
        .send()
        .await;
    assert_eq!(refusal(forged), (400, "InvalidArgument".into()));
}

async fn grouping(server: Server) {
    for key in ["a", "b/1", "b/2", "b/c/3", "b/c/4", "c", "d/5", "ü/6", "ü/7"] {
        server.put(key, b"x").await;
    }
    for size in [1, 2, 3, 1000] {
        assert_eq!(
            walk(&server, "", Some("/"), size).await,
            ["a", "b/", "c", "d/", "ü/"],
            "pages of {size}"
        );
        assert_eq!(
            walk(&server, "b/", Some("/"), size).await,
            ["b/1", "b/2", "b/c/"],
            "pages of {size}"
        );
        assert_eq!(
            walk(&server, "b/c", Some("c/"), size).await,
            ["b/c/3", "b/c/4"],
            "pages of {size}"
        );
        assert_eq!(
            walk(&server, "b", Some("c/"), size).await,
            ["b/1", "b/2", "b/c/"],
            "pages of {size}"
        );
    }
    let after = server.client.list_objects_v2().bucket(BUCKET).delimiter("/").start_after("b/c/3");
    let page = after.send().await.unwrap();
    assert_eq!(
        page.common_prefixes().iter().filter_map(|it| it.prefix()).collect::<Vec<_>>(),
        ["d/", "ü/"]
    );
}

async fn entries(server: Server) {
    let etag = server.put("key", b"hello").await;
    let head = server.client.head_object().bucket(BUCKET).key("key").send().await.unwrap();
    let page = server.client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let [object] = page.contents() else { panic!("one object") };
    assert_eq!(object.e_tag(), Some(etag.as_str()));
    assert_eq!(object.size, Some(5));
    assert_eq!(object.last_modified.unwrap().secs(), head.last_modified.unwrap().secs());
}

async fn encoding(server: Server) {
    server.put("a b/ü+\u{1}", b"x").await;
    let list = server.client.list_objects_v2().bucket(BUCKET).prefix("a b").delimiter("+");
    let page = list.encoding_type(EncodingType::Url).send().await.unwrap();
    assert_eq!(page.prefix(), Some("a+b"));
    assert_eq!(page.delimiter(), Some("%2B"));
    assert_eq!(page.common_prefixes()[0].prefix(), Some("a+b/%C3%BC%2B"));
    let page = server
        .client
        .list_objects_v2()
        .bucket(BUCKET)
        .encoding_type(EncodingType::Url)
        .send()
        .await
        .unwrap();
    assert_eq!(page.contents()[0].key(), Some("a+b/%C3%BC%2B%01"));
}

async fn version_1(server: Server) {
    for key in ["a", "b/1", "b/2", "c", "d"] {
        server.put(key, b"x").await;
    }
    let mut entries = Vec::new();
    let mut marker = None;
    loop {
        let list = server.client.list_objects().bucket(BUCKET).delimiter("/").max_keys(1);
        let page = list.set_marker(marker).send().await.unwrap();
        entries.extend(page.contents().iter().filter_map(|object| object.key.clone()));
        entries.extend(page.common_prefixes().iter().filter_map(|prefix| prefix.prefix.clone()));
        marker = page.next_marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(entries, ["a", "b/", "c", "d"]);
}

async fn limits(server: Server) {
    server.put("key", b"x").await;
    let none = server.client.list_objects_v2().bucket(BUCKET).max_keys(0).send().await.unwrap();
    assert_eq!((none.contents().len(), none.is_truncated), (0, Some(false)));
    let negative = server.client.list_objects_v2().bucket(BUCKET).max_keys(-1).send().await;
    assert_eq!(refusal(negative), (400, "InvalidArgument".into()));
    let many =
        server.client.list_objects_v2().bucket(BUCKET).max_keys(99_999).send().await.unwrap();
    assert_eq!(many.max_keys, Some(1000));
}
