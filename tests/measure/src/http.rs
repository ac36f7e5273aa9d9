//! A request to the daemon's HTTP interface, over a connection of its own.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Opens a connection that gives up after so long.
pub(crate) fn connect(address: &str, patience: Duration) -> io::Result<TcpStream> {
    let address: SocketAddr = address
        .parse()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "no address"))?;
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    Ok(stream)
}

/// The head of a request that asks for the end of the connection.
pub(crate) fn head(token: &str, (method, path): (&str, &str), length: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )
}

/// The status and the body of the answer. One that breaks off is an error.
pub(crate) fn ask(
    address: &str,
    token: &str,
    asked: (&str, &str),
    body: &str,
    patience: Duration,
) -> io::Result<(u16, String)> {
    ask_over(connect(address, patience)?, token, asked, body)
}

/// The same over a connection that is open.
pub(crate) fn ask_over(
    mut stream: TcpStream,
    token: &str,
    asked: (&str, &str),
    body: &str,
) -> io::Result<(u16, String)> {
    let written = stream
        .write_all(head(token, asked, body.len()).as_bytes())
        .and_then(|()| stream.write_all(body.as_bytes()));
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    // Whoever is refused may be closed before all is written, and has an answer all the same.
    if let Some(whole) = parse(&answer) {
        return Ok(whole);
    }
    written?;
    read?;
    Err(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the answer broke off, or there was none",
    ))
}

/// `None` of an answer that is not whole.
fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    })?;
    (body.len() == length).then(|| (status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_when_it_is_whole() {
        let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 3\r\n\r\nno\n";
        assert_eq!(parse(answer), Some((503, "no\n".to_owned())));
        for end in 0..answer.len() {
            assert_eq!(parse(&answer[..end]), None, "{end}");
        }
    }
}
