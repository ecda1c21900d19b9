//! A server that takes webhooks.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

/// A webhook as it came.
pub(crate) struct Webhook {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A server that takes webhooks, and keeps them until they are asked for.
pub(crate) struct Listener {
    pub(crate) url: String,
    webhooks: mpsc::Receiver<Webhook>,
}

impl Listener {
    pub(crate) fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let (sender, webhooks) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in socket.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let webhook = read(&mut stream);
                let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                stream.get_mut().write_all(answer).unwrap();
                if sender.send(webhook).is_err() {
                    return;
                }
            }
        });
        Self { url, webhooks }
    }

    /// The next webhook.
    pub(crate) fn next(&self) -> Webhook {
        self.webhooks.recv_timeout(Duration::from_secs(10)).unwrap()
    }
}

fn read(stream: &mut impl BufRead) -> Webhook {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap().to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.unwrap().1.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    Webhook { path, headers, body }
}
