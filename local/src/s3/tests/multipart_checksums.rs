//! Checksums of multipart objects, over the parts' checksums or over all bytes.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedPart};
use s3s::crypto::Checksum as _;

use super::multipart::{MINIMUM, complete, part};
use super::on_every_store;
use super::server::{BUCKET, Server, refusal};

on_every_store!(checksum_over_parts, checksum_over_everything);

async fn checksum_over_parts(server: Server) {
    let begun = server.client.create_multipart_upload().bucket(BUCKET).key("key");
    let id = begun
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .send()
        .await
        .unwrap()
        .upload_id
        .unwrap();
    let sent = server.client.upload_part().bucket(BUCKET).key("key").upload_id(&id).part_number(1);
    let sent =
        sent.checksum_algorithm(ChecksumAlgorithm::Sha256).body(ByteStream::from_static(b"part"));
    let sent = sent.send().await.unwrap();
    let part = CompletedPart::builder().part_number(1).set_e_tag(sent.e_tag);
    let wrong = part.clone().checksum_sha256(base64(&[0; 32])).build();
    assert_eq!(refusal(complete(&server, "key", &id, &[&wrong]).send().await).1, "InvalidPart");
    let part = part.set_checksum_sha256(sent.checksum_sha256).build();
    let done = complete(&server, "key", &id, &[&part]).send().await.unwrap();
    let over_parts = s3s::crypto::Sha256::checksum(&s3s::crypto::Sha256::checksum(b"part"));
    assert_eq!(done.checksum_sha256, Some(format!("{}-1", base64(&over_parts))));
    let get =
        server.client.get_object().bucket(BUCKET).key("key").checksum_mode(ChecksumMode::Enabled);
    let got = get.send().await.unwrap();
    assert_eq!(got.checksum_type, Some(ChecksumType::Composite));
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"part");
}

async fn checksum_over_everything(server: Server) {
    let begun = server
        .client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("key")
        .checksum_type(ChecksumType::FullObject);
    let id =
        begun.checksum_algorithm(ChecksumAlgorithm::Crc32).send().await.unwrap().upload_id.unwrap();
    let first = part(&server.client, "key", &id, 1, vec![7; MINIMUM]).await;
    let last = part(&server.client, "key", &id, 2, b"end".to_vec()).await;
    let wrong = complete(&server, "key", &id, &[&first, &last])
        .checksum_crc32(base64(&[0; 4]))
        .send()
        .await;
    assert_eq!(refusal(wrong), (400, "BadDigest".into()));
    assert!(server.keys().await.is_empty());
    let expected =
        base64(&s3s::crypto::Crc32::checksum(&[vec![7; MINIMUM], b"end".to_vec()].concat()));
    let done = complete(&server, "key", &id, &[&first, &last])
        .checksum_crc32(&expected)
        .send()
        .await
        .unwrap();
    assert_eq!(done.checksum_crc32, Some(expected));
    // The SDK checks the bytes against the checksum that comes with them.
    let get =
        server.client.get_object().bucket(BUCKET).key("key").checksum_mode(ChecksumMode::Enabled);
    assert_eq!(get.send().await.unwrap().body.collect().await.unwrap().to_vec().len(), MINIMUM + 3);
    let sha = server
        .client
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("key")
        .checksum_type(ChecksumType::FullObject);
    assert_eq!(
        refusal(sha.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await).1,
        "InvalidRequest"
    );
}

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes)
}
