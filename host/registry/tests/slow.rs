//! A registry that never ends: each request has a deadline, whatever trickles in meanwhile.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use proviso_pack::PackStore;
use proviso_registry::{RegistryError, RegistryOptions, pull};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// Between two bytes of what trickles: far less than the silence that is borne.
const DRIP: Duration = Duration::from_millis(20);

/// A server that says the beginning, then drips the rest for ever, to each who asks.
fn dripping(beginning: &'static str, drop: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let mut sent = stream.write_all(beginning.as_bytes());
                while sent.is_ok() {
                    std::thread::sleep(DRIP);
                    sent = stream.write_all(drop.as_bytes());
                }
            });
        }
    });
    address
}

fn pulled_from(address: &str) -> (RegistryError, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let store = PackStore::open(folder.path()).unwrap();
    let options = RegistryOptions {
        silence: Duration::from_millis(300),
        pace_bytes: 64 << 20,
        attempts: 1,
        ..RegistryOptions::default()
    };
    let reference = format!("{address}/acme/bank:1").parse().unwrap();
    let begun = Instant::now();
    let error = pull(&reference, &store, &options, &|_| ()).unwrap_err();
    (error, begun.elapsed())
}

#[test]
fn headers_and_bodies_that_never_end_are_given_up() {
    for (what, beginning, drop) in [
        ("a header's letters", "HTTP/1.1 200 OK\r\nX-Endless: ", "a"),
        ("headers", "HTTP/1.1 200 OK\r\n", "X-More: and more\r\n"),
        ("the status", "HTTP", "/"),
        (
            "a body",
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 1000000\r\n\r\n",
            " ",
        ),
        ("a body without an end", "HTTP/1.1 200 OK\r\n\r\n", " "),
        (
            "a refusal's body",
            "HTTP/1.1 500 No\r\nContent-Length: 10000\r\n\r\n",
            " ",
        ),
    ] {
        let (error, took) = pulled_from(&dripping(beginning, drop));
        assert!(took < Duration::from_secs(5), "{what}: {took:?}: {error}");
        let expected = matches!(error, RegistryError::NoAnswer { .. } | RegistryError::Answered { .. });
        assert!(expected, "{what}: {error:?}");
    }
}

#[test]
fn headers_beyond_their_bound_are_refused() {
    // As fast as it can, so that the bound of bytes is met before the deadline.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        let lines = "X-More: and more\r\n".repeat(1_000);
        while stream.write_all(lines.as_bytes()).is_ok() {}
    });
    let (error, took) = pulled_from(&address);
    assert!(took < Duration::from_millis(1_200), "{took:?}: {error}");
    assert!(matches!(error, RegistryError::NoAnswer { .. }), "{error:?}");
}
