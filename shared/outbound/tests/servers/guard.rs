//! What nobody's URL reaches.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use outbound::{FetchError, Reach, Rules};
use proptest::prelude::*;

use crate::internet::{Internet, MEDIA, OTHER, Server, answer, rules};

/// Fetches, where that must reach nothing.
async fn refused(internet: &Internet, url: &str) -> FetchError {
    let error = internet.fetch(url).await.unwrap_err();
    assert_eq!(internet.connections(), Vec::<String>::new(), "{url}");
    assert!(!error.may_pass() && !error.to_string().contains("secret"), "{error}");
    error
}

#[tokio::test]
async fn a_public_host_is_looked_up_once_and_reached_at_what_was_found() {
    let (internet, server) = Internet::with_media(|_| answer("200 OK", b"bytes")).await;
    assert_eq!(internet.fetch("https://media.example/a?b=c#d").await.unwrap(), b"bytes");
    assert_eq!(internet.lookups(), ["media.example"]);
    assert_eq!(internet.connections(), [format!("{MEDIA}:443")]);
    assert!(server.requests()[0].starts_with("GET /a?b=c HTTP/1.1\r\nhost: media.example\r\n"));
    assert_eq!(internet.fetch(&format!("https://{MEDIA}/")).await.unwrap(), b"bytes");
}

#[tokio::test]
async fn the_next_address_is_tried_where_one_does_not_answer() {
    let (internet, _server) = Internet::with_media(|_| answer("200 OK", b"bytes")).await;
    internet.name("media.example", &[OTHER, MEDIA]);
    assert_eq!(internet.fetch("https://media.example/").await.unwrap(), b"bytes");
    assert_eq!(internet.connections(), [format!("[{OTHER}]:443"), format!("{MEDIA}:443")]);
}

#[tokio::test]
async fn an_address_inside_is_refused_in_whatever_form() {
    let internet = Internet::new();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "10.1.2.3",
        "169.254.169.254",
        "0",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::10.0.0.1]",
        "[2002:a00:1::]",
        "[64:ff9b::10.0.0.1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
    ] {
        let error = refused(&internet, &format!("https://{host}/secret?secret")).await;
        assert!(matches!(error, FetchError::NotPublic { .. }), "{host}: {error}");
    }
    assert_eq!(internet.lookups(), Vec::<String>::new());
}

#[tokio::test]
async fn a_name_is_refused_if_any_of_its_addresses_is_inside() {
    let internet = Internet::new();
    for (name, addresses) in [
        ("localhost", &["127.0.0.1", "::1"][..]),
        ("inside.example", &["10.0.0.8"]),
        ("metadata.example", &["169.254.169.254"]),
        ("mapped.example", &["::ffff:192.168.0.1"]),
        ("both.example", &[MEDIA, "10.0.0.8"]),
        ("other-both.example", &["fd00::1", OTHER]),
    ] {
        internet.name(name, addresses);
        let error = refused(&internet, &format!("https://{name}/?secret")).await;
        let host = name.to_owned();
        assert_eq!(error, FetchError::NotPublic { host: host.clone() });
        assert_eq!(error.to_string(), format!("{host} has an address that is not public"));
    }
}

#[tokio::test]
async fn what_is_no_plain_https_url_is_refused() {
    let internet = Internet::new();
    internet.name("media.example", &[MEDIA]);
    for (url, why) in [
        ("http://media.example/secret", FetchError::Scheme),
        ("ftp://media.example/secret", FetchError::Scheme),
        ("file:///secret", FetchError::Scheme),
        ("secret", FetchError::NoUrl),
        ("https://media.example:8443/secret", FetchError::Port(8443)),
        ("https://media.example:80/secret", FetchError::Port(80)),
        ("https://secret@media.example/", FetchError::Credentials),
        ("https://me:secret@media.example/", FetchError::Credentials),
    ] {
        assert_eq!(refused(&internet, url).await, why, "{url}");
    }
    assert_eq!(internet.lookups(), Vec::<String>::new());
}

#[tokio::test]
async fn what_has_no_address_or_no_server_may_be_there_later() {
    let internet = Internet::new();
    let host = || "media.example".to_owned();
    let error = internet.fetch("https://media.example/").await.unwrap_err();
    assert_eq!(error, FetchError::NoAddress { host: host() });
    internet.name("media.example", &[MEDIA]);
    let error = internet.fetch("https://media.example/").await.unwrap_err();
    assert_eq!(error, FetchError::Unreachable { host: host() });
    assert!(error.may_pass());
}

#[tokio::test]
async fn a_host_must_be_who_it_says() {
    let (internet, server) = Internet::with_media(|_| answer("200 OK", b"bytes")).await;
    internet.name("someone.example", &[MEDIA]);
    let error = internet.fetch("https://someone.example/").await.unwrap_err();
    assert_eq!(error, FetchError::Unreachable { host: "someone.example".to_owned() });
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_laptop_reaches_itself_if_it_is_configured_to() {
    let server = Server::plain(|_| answer("200 OK", b"bytes")).await;
    let internet = Internet::new();
    let outbound = outbound::Outbound::default();
    let laptop = Rules { reach: Reach::Laptop, ..rules() };
    let download = outbound.open(&server.url("/a"), &[], &laptop).await.unwrap();
    assert_eq!(crate::internet::all(download).await.unwrap(), b"bytes");
    let error = outbound.open(&server.url("/a"), &[], &rules()).await.unwrap_err();
    assert_eq!(error, FetchError::Scheme);
    let credentials = format!("http://me@{}/", server.address);
    let error = internet.fetch_by(&credentials, &laptop).await.unwrap_err();
    assert_eq!(error, FetchError::Credentials);
}

/// Any address of a block that is not public.
fn inside() -> impl Strategy<Value = Ipv4Addr> {
    const BLOCKS: [(&str, u32); 9] = [
        ("0.0.0.0", 8),
        ("10.0.0.0", 8),
        ("100.64.0.0", 10),
        ("127.0.0.0", 8),
        ("169.254.0.0", 16),
        ("172.16.0.0", 12),
        ("192.168.0.0", 16),
        ("198.18.0.0", 15),
        ("224.0.0.0", 3),
    ];
    (prop::sample::select(&BLOCKS[..]), any::<u32>()).prop_map(|((block, length), any)| {
        let block = u32::from(block.parse::<Ipv4Addr>().unwrap());
        Ipv4Addr::from(block | (any & (u32::MAX >> length)))
    })
}

/// The ways to write an address of IPv4 as a URL's host.
fn written(address: Ipv4Addr) -> Vec<String> {
    let number = u32::from(address);
    let [a, b, c, d] = address.octets();
    let (high, low) = (number >> 16, number & 0xffff);
    vec![
        address.to_string(),
        format!("{address}."),
        format!("{number}"),
        format!("{number:#x}"),
        format!("0{number:o}"),
        format!("{a}.{}", number & 0x00ff_ffff),
        format!("{a:#x}.{b}.{low:#X}").replace("0X", "0x"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0x{a:02x}.{b}.0{c:o}.{d}"),
        address.to_string().replace('.', "%2e"),
        address.to_string().replace('.', "。"),
        format!("[::ffff:{address}]"),
        format!("[::{address}]"),
        format!("[0:0:0:0:0:ffff:{high:x}:{low:x}]"),
        format!("[64:ff9b::{address}]"),
        format!("[2002:{high:x}:{low:x}::1]"),
        format!("[2001:0:4136:e378:8000:63bf:{:x}:{:x}]", high ^ 0xffff, low ^ 0xffff),
    ]
}

proptest! {
    #[test]
    fn no_way_to_write_an_address_inside_gets_through(
        (address, six) in (inside(), any::<[u8; 16]>()),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let internet = Internet::new();
        runtime.block_on(async {
            for host in written(address) {
                let error = refused(&internet, &format!("https://{host}/")).await;
                assert!(matches!(error, FetchError::NotPublic { .. }), "{host}: {error}");
            }
            // Unique-local, link-local, multicast and what nobody has been given.
            for first in [0x00, 0x40, 0xfc, 0xfd, 0xfe, 0xff] {
                let mut bytes = six;
                bytes[0] = first;
                let host = Ipv6Addr::from(bytes);
                let error = refused(&internet, &format!("https://[{host}]/")).await;
                assert!(matches!(error, FetchError::NotPublic { .. }), "{host}: {error}");
                prop_assert!(!outbound::is_public(IpAddr::V6(host)));
            }
            Ok(())
        })?;
    }
}
