//! Multipart uploads, from begun to object.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use s3s::crypto::{Checksum as _, Md5};

use super::on_every_store;
use super::server::{BUCKET, Server, refusal};

on_every_store!(whole, parts_are_checked, conditional, aborted, copied_parts, lists,);

/// The least that a part other than the last holds.
pub(super) const MINIMUM: usize = 5 * 1024 * 1024;

async fn begin(server: &Server, key: &str) -> String {
    let begun =
        server.client.create_multipart_upload().bucket(BUCKET).key(key).content_type("image/png");
    begun.metadata("title", "big").send().await.unwrap().upload_id.unwrap()
}

/// Sends a part, and gives what completing names it by.
pub(super) async fn part(
    client: &Client,
    key: &str,
    id: &str,
    number: i32,
    body: Vec<u8>,
) -> CompletedPart {
    let sent = client.upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(number);
    let sent = sent.body(ByteStream::from(body)).send().await.unwrap();
    let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
    part.set_checksum_crc32(sent.checksum_crc32).set_checksum_sha256(sent.checksum_sha256).build()
}

pub(super) fn complete(
    server: &Server,
    key: &str,
    id: &str,
    parts: &[&CompletedPart],
) -> CompleteMultipartUploadFluentBuilder {
    let parts = parts.iter().map(|part| (*part).clone()).collect();
    let named = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    server
        .client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key(key)
        .upload_id(id)
        .multipart_upload(named)
}

async fn whole(server: Server) {
    let id = begin(&server, "big").await;
    let first = part(&server.client, "big", &id, 1, vec![1; MINIMUM]).await;
    part(&server.client, "big", &id, 5, b"replaced".to_vec()).await;
    let last = part(&server.client, "big", &id, 5, b"end".to_vec()).await;
    assert!(server.keys().await.is_empty());
    let done = complete(&server, "big", &id, &[&first, &last]).send().await.unwrap();
    let md5s = [Md5::checksum(&vec![1; MINIMUM]), Md5::checksum(b"end")].concat();
    let etag = format!("\"{}-2\"", hex::encode(Md5::checksum(&md5s)));
    assert_eq!(done.e_tag, Some(etag.clone()));
    let got = server.client.get_object().bucket(BUCKET).key("big").send().await.unwrap();
    assert_eq!(got.e_tag, Some(etag));
    assert_eq!(got.content_type.as_deref(), Some("image/png"));
    assert_eq!(got.metadata.unwrap()["title"], "big");
    assert_eq!(
        got.body.collect().await.unwrap().to_vec(),
        [vec![1; MINIMUM], b"end".to_vec()].concat()
    );
    let names = server.take_event_names();
    assert_eq!(names, [("ObjectCreated:CompleteMultipartUpload".into(), "big".into())]);
    assert_eq!(
        refusal(complete(&server, "big", &id, &[&first]).send().await),
        (404, "NoSuchUpload".into())
    );
    if server.is_on_disk() {
        assert_eq!(server.files("blobs").len(), 1);
    }
}

async fn parts_are_checked(server: Server) {
    let id = begin(&server, "big").await;
    let small = part(&server.client, "big", &id, 1, b"small".to_vec()).await;
    let last = part(&server.client, "big", &id, 2, b"last".to_vec()).await;
    let refused = |parts: &[&CompletedPart]| {
        let complete = complete(&server, "big", &id, parts);
        async move { refusal(complete.send().await).1 }
    };
    assert_eq!(refused(&[&small, &last]).await, "EntityTooSmall");
    assert_eq!(refused(&[&last, &small]).await, "InvalidPartOrder");
    assert_eq!(refused(&[&small, &small]).await, "InvalidPartOrder");
    let other = CompletedPart::builder()
        .part_number(1)
        .e_tag("\"d41d8cd98f00b204e9800998ecf8427e\"")
        .build();
    assert_eq!(refused(&[&other]).await, "InvalidPart");
    let missing = CompletedPart::builder()
        .part_number(9)
        .e_tag("\"d41d8cd98f00b204e9800998ecf8427e\"")
        .build();
    assert_eq!(refused(&[&missing]).await, "InvalidPart");
    let out_of_range =
        server.client.upload_part().bucket(BUCKET).key("big").upload_id(&id).part_number(10_001);
    assert_eq!(
        refusal(out_of_range.body(ByteStream::from_static(b"x")).send().await).1,
        "InvalidArgument"
    );
    let elsewhere =
        server.client.upload_part().bucket(BUCKET).key("other").upload_id(&id).part_number(1);
    assert_eq!(
        refusal(elsewhere.body(ByteStream::from_static(b"x")).send().await).1,
        "NoSuchUpload"
    );
    assert!(server.keys().await.is_empty());
    assert!(server.take_events().is_empty());
    complete(&server, "big", &id, &[&last]).send().await.unwrap();
    assert_eq!(server.get("big").await, b"last");
}

async fn conditional(server: Server) {
    let id = begin(&server, "key").await;
    let only = part(&server.client, "key", &id, 1, b"multipart".to_vec()).await;
    server.put("key", b"first").await;
    let late = complete(&server, "key", &id, &[&only]).if_none_match("*").send().await;
    assert_eq!(refusal(late), (412, "PreconditionFailed".into()));
    assert_eq!(server.get("key").await, b"first");
    server.client.delete_object().bucket(BUCKET).key("key").send().await.unwrap();
    complete(&server, "key", &id, &[&only]).if_none_match("*").send().await.unwrap();
    assert_eq!(server.get("key").await, b"multipart");
}

async fn aborted(server: Server) {
    let id = begin(&server, "key").await;
    let only = part(&server.client, "key", &id, 1, b"gone".to_vec()).await;
    server
        .client
        .abort_multipart_upload()
        .bucket(BUCKET)
        .key("key")
        .upload_id(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(refusal(complete(&server, "key", &id, &[&only]).send().await).1, "NoSuchUpload");
    let again = server
        .client
        .abort_multipart_upload()
        .bucket(BUCKET)
        .key("key")
        .upload_id(&id)
        .send()
        .await;
    assert_eq!(refusal(again), (404, "NoSuchUpload".into()));
    if server.is_on_disk() {
        assert!(server.files("blobs").is_empty());
    }
}

async fn copied_parts(server: Server) {
    server.put("source", b"0123456789").await;
    let id = begin(&server, "target").await;
    let copy =
        server.client.upload_part_copy().bucket(BUCKET).key("target").upload_id(&id).part_number(1);
    let copy = copy.copy_source(format!("{BUCKET}/source"));
    let beyond = copy.clone().copy_source_range("bytes=2-10").send().await;
    assert_eq!(refusal(beyond).1, "InvalidArgument");
    let copied =
        copy.copy_source_range("bytes=2-4").send().await.unwrap().copy_part_result.unwrap();
    let part = CompletedPart::builder().part_number(1).set_e_tag(copied.e_tag).build();
    complete(&server, "target", &id, &[&part]).send().await.unwrap();
    assert_eq!(server.get("target").await, b"234");
}

async fn lists(server: Server) {
    let id = begin(&server, "b/2").await;
    let mut etags = Vec::new();
    for number in [3, 1, 2] {
        let sent =
            part(&server.client, "b/2", &id, number, vec![0; usize::try_from(number).unwrap()])
                .await;
        etags.push((number, sent.e_tag.unwrap()));
    }
    etags.sort_unstable();
    let list = server.client.list_parts().bucket(BUCKET).key("b/2").upload_id(&id).max_parts(2);
    let page = list.clone().send().await.unwrap();
    assert_eq!(
        (page.is_truncated, page.next_part_number_marker.as_deref()),
        (Some(true), Some("2"))
    );
    let rest = list.part_number_marker("2").send().await.unwrap();
    let listed = page.parts().iter().chain(rest.parts());
    let listed: Vec<_> =
        listed.map(|part| (part.part_number.unwrap(), part.e_tag.clone().unwrap())).collect();
    assert_eq!(listed, etags);

    for key in ["a", "b/1", "c", "c"] {
        begin(&server, key).await;
    }
    let uploads = || server.client.list_multipart_uploads().bucket(BUCKET);
    let (mut keys, mut markers) = (Vec::new(), (None, None));
    loop {
        let page =
            uploads().max_uploads(2).set_key_marker(markers.0).set_upload_id_marker(markers.1);
        let page = page.send().await.unwrap();
        keys.extend(page.uploads().iter().filter_map(|upload| upload.key.clone()));
        if page.is_truncated != Some(true) {
            break;
        }
        markers = (page.next_key_marker, page.next_upload_id_marker);
    }
    assert_eq!(keys, ["a", "b/1", "b/2", "c", "c"]);
    let grouped = uploads().delimiter("/").send().await.unwrap();
    assert_eq!(grouped.uploads().len(), 3);
    assert_eq!(grouped.common_prefixes()[0].prefix(), Some("b/"));
    assert_eq!(uploads().prefix("b/").send().await.unwrap().uploads().len(), 2);
}
