//! Peers that take long, stop short, or leave.

use super::Soak;
use super::daemon::Door;
use crate::http;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

/// A byte each.
const TICK: Duration = Duration::from_millis(500);
/// Connections that say nothing.
const IDLE: usize = 120;
/// Heads, and bodies, that come byte by byte.
const DRIBBLING: usize = 15;
/// Connections that leave at once, each tick.
const LEAVING: usize = 4;
/// The daemon ends a head after 10 s and a body that is 5 s behind: each connection is given so many ticks, and is then opened anew.
const TICKS: u64 = 28;
/// How long a connection may take to open.
const OPEN_WITHIN: Duration = Duration::from_secs(5);
const HEAD: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What a peer does.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Idle,
    Head,
    Body,
}

struct Peer {
    manner: Manner,
    /// The life, and the connection to it.
    stream: Option<(u64, TcpStream)>,
    ticks: u64,
}

/// Annoys the daemon until troubles end.
pub(super) fn annoy(soak: &Soak, token: &str) {
    let manners = [
        (Manner::Idle, IDLE),
        (Manner::Head, DRIBBLING),
        (Manner::Body, DRIBBLING),
    ];
    let mut peers: Vec<Peer> = manners
        .into_iter()
        .flat_map(|(manner, count)| (0..count).map(move |number| (manner, number)))
        .map(|(manner, number)| Peer {
            manner,
            stream: None,
            ticks: number as u64 % TICKS,
        })
        .collect();
    while !soak.troubles_end() {
        if let Some(door) = soak.lives.door() {
            for peer in &mut peers {
                peer.tick(soak, &door, token);
            }
            for number in 0..LEAVING {
                leave(&door, token, number);
            }
        }
        std::thread::sleep(TICK);
    }
}

impl Peer {
    fn tick(&mut self, soak: &Soak, door: &Door, token: &str) {
        self.ticks += 1;
        if self.ticks.is_multiple_of(TICKS) || self.stream.as_ref().is_some_and(|(life, _)| *life != door.number) {
            self.stream = None;
        }
        if let Some((_, stream)) = &mut self.stream {
            let said = match self.manner {
                Manner::Idle => Ok(()),
                Manner::Head => stream.write_all(&HEAD[self.ticks as usize % HEAD.len()..][..1]),
                Manner::Body => stream.write_all(b" "),
            };
            // The daemon has ended it, as it should.
            if said.is_err() {
                self.stream = None;
            }
            return;
        }
        let Ok(mut stream) = http::connect(&door.address, OPEN_WITHIN) else {
            return;
        };
        let begun = match self.manner {
            Manner::Idle => Ok(()),
            Manner::Head => stream.write_all(&HEAD[..30]),
            Manner::Body => stream.write_all(http::head(token, ("POST", "/v1/messages"), 100_000).as_bytes()),
        };
        if begun.is_ok() {
            self.stream = Some((door.number, stream));
            soak.figures.dribbled.add(1);
        }
    }
}

/// Leaves before anything is said, within the head, within the body, or before the answer.
fn leave(door: &Door, token: &str, number: usize) {
    let Ok(mut stream) = http::connect(&door.address, OPEN_WITHIN) else {
        return;
    };
    let whole = http::head(token, ("GET", "/v1/status"), 0);
    let said = match number {
        0 => "",
        1 => &whole[..25],
        2 => &http::head(token, ("POST", "/v1/messages"), 1_000),
        _ => &whole,
    };
    let _gone_already = stream.write_all(said.as_bytes());
}
