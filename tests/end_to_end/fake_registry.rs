//! A registry of the test's own: it keeps what it is given, remembers what it was asked, and misbehaves where it is told to.

use proviso_model::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Asked {
    pub(crate) fn is_for(&self, method: &str, part: &str) -> bool {
        self.method == method && self.path.contains(part)
    }
}

/// What becomes of a request.
pub(crate) enum Do {
    /// What a registry does.
    Serve,
    /// The same, but the connection is cut after so many bytes of the body.
    Cut(usize),
    /// This answer: status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// A body without end and without a stated length.
    Endless,
    /// Nothing, until the other side goes away.
    Silent,
}

type Rule = Box<dyn FnMut(&Asked) -> Do + Send>;

#[derive(Default)]
struct Kept {
    blobs: BTreeMap<String, Vec<u8>>,
    /// By digest and by tag: the media type, and the bytes.
    manifests: BTreeMap<String, (String, Vec<u8>)>,
}

/// A registry on a free port of 127.0.0.1.
#[derive(Clone)]
pub(crate) struct FakeRegistry {
    pub address: String,
    inside: Arc<Inside>,
}

struct Inside {
    /// Whether it keeps the list of referrers itself, as distribution-spec 1.1 has it.
    lists_referrers: bool,
    kept: Mutex<Kept>,
    asked: Mutex<Vec<Asked>>,
    /// Path and bytes of the body of each answer that was sent whole or in part.
    sent: Mutex<Vec<(String, usize)>>,
    rule: Mutex<Rule>,
}

impl FakeRegistry {
    pub(crate) fn start(lists_referrers: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let inside = Arc::new(Inside {
            lists_referrers,
            kept: Mutex::default(),
            asked: Mutex::default(),
            sent: Mutex::default(),
            rule: Mutex::new(Box::new(|_| Do::Serve)),
        });
        let shared = Arc::clone(&inside);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let inside = Arc::clone(&shared);
                std::thread::spawn(move || {
                    // A client that goes away ends its own connection alone.
                    let _ = inside.converse(&stream);
                });
            }
        });
        Self { address, inside }
    }

    /// From now on this decides.
    pub(crate) fn rule(&self, rule: impl FnMut(&Asked) -> Do + Send + 'static) {
        *self.inside.rule.lock().unwrap() = Box::new(rule);
    }

    /// What was asked since this was called last.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.inside.asked.lock().unwrap())
    }

    /// Bytes of blobs that were sent since this was called last.
    pub(crate) fn blob_bytes_sent(&self) -> usize {
        let sent = std::mem::take(&mut *self.inside.sent.lock().unwrap());
        sent.iter()
            .filter(|(path, _)| path.contains("/blobs/"))
            .map(|(_, bytes)| bytes)
            .sum()
    }

    pub(crate) fn has_manifest(&self, under: &str) -> bool {
        self.inside.kept.lock().unwrap().manifests.contains_key(under)
    }

    pub(crate) fn manifest(&self, under: &str) -> Value {
        serde_json::from_slice(&self.inside.kept.lock().unwrap().manifests[under].1).unwrap()
    }

    /// The digests of all blobs.
    pub(crate) fn blobs(&self) -> Vec<String> {
        self.inside.kept.lock().unwrap().blobs.keys().cloned().collect()
    }

    pub(crate) fn blob(&self, digest: &str) -> Vec<u8> {
        self.inside.kept.lock().unwrap().blobs[digest].clone()
    }

    pub(crate) fn forget_blobs(&self) {
        self.inside.kept.lock().unwrap().blobs.clear();
    }

    /// Puts a document under its digest and perhaps a tag, as somebody else may have.
    pub(crate) fn put_manifest(&self, media_type: &str, document: &Value, tag: Option<&str>) -> Digest {
        let bytes = document.to_string().into_bytes();
        let digest = Digest::of(&bytes);
        let mut kept = self.inside.kept.lock().unwrap();
        for under in [digest.to_string()].into_iter().chain(tag.map(str::to_owned)) {
            kept.manifests.insert(under, (media_type.to_owned(), bytes.clone()));
        }
        digest
    }

    pub(crate) fn put_blob(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.inside
            .kept
            .lock()
            .unwrap()
            .blobs
            .insert(digest.to_string(), bytes.to_vec());
        digest
    }
}

impl Inside {
    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        while let Some(asked) = read_request(&mut reader)? {
            let what = (self.rule.lock().unwrap())(&asked);
            self.asked.lock().unwrap().push(asked.clone());
            let (status, headers, body) = match &what {
                Do::Serve | Do::Cut(_) => self.serve(&asked),
                Do::Answer(status, headers, body) => (*status, headers.clone(), body.clone()),
                Do::Endless => (200, Vec::new(), Vec::new()),
                Do::Silent => {
                    // Until the client gives up.
                    let mut rest = [0; 1];
                    let _ = reader.read(&mut rest)?;
                    return Ok(());
                }
            };
            let mut out = stream;
            let lines: Vec<String> = headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}\r\n"))
                .collect();
            let mut head = format!("HTTP/1.1 {status} Whatever\r\n{}", lines.concat());
            if matches!(what, Do::Endless) {
                out.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
                loop {
                    out.write_all(&[b'x'; 8_192])?;
                }
            }
            if !headers.iter().any(|(name, _)| *name == "content-length") {
                head = format!("{head}content-length: {}\r\n", body.len());
            }
            out.write_all(format!("{head}\r\n").as_bytes())?;
            if asked.method == "HEAD" {
                continue;
            }
            let part = match what {
                Do::Cut(bytes) => &body[..bytes.min(body.len())],
                _ => &body[..],
            };
            self.sent.lock().unwrap().push((asked.path.clone(), part.len()));
            out.write_all(part)?;
            if matches!(what, Do::Cut(_)) {
                return stream.shutdown(std::net::Shutdown::Both);
            }
        }
        Ok(())
    }

    fn serve(&self, asked: &Asked) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
        let mut kept = self.kept.lock().unwrap();
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let last = path.rsplit('/').next().unwrap_or_default();
        let reads = asked.method == "GET" || asked.method == "HEAD";
        let unknown = || {
            (
                404,
                Vec::new(),
                br#"{"errors":[{"code":"UNKNOWN","message":"not here"}]}"#.to_vec(),
            )
        };
        if path.contains("/manifests/") && reads {
            return match kept.manifests.get(last) {
                Some((media_type, bytes)) => (200, vec![("content-type", media_type.clone())], bytes.clone()),
                None => unknown(),
            };
        }
        if path.contains("/manifests/") {
            let media_type = asked.headers["content-type"].clone();
            let digest = Digest::of(&asked.body).to_string();
            let document: Value = serde_json::from_slice(&asked.body).unwrap();
            let mut headers = vec![("docker-content-digest", digest.clone())];
            if let Some(subject) = document["subject"]["digest"].as_str().filter(|_| self.lists_referrers) {
                headers.push(("OCI-Subject", subject.to_owned()));
            }
            for under in [digest, last.to_owned()] {
                kept.manifests.insert(under, (media_type.clone(), asked.body.clone()));
            }
            return (201, headers, Vec::new());
        }
        if path.contains("/referrers/") && self.lists_referrers {
            let entries: Vec<Value> = kept
                .manifests
                .iter()
                .filter(|(under, _)| under.starts_with("sha256:"))
                .filter_map(|(under, (media_type, bytes))| {
                    let document: Value = serde_json::from_slice(bytes).unwrap();
                    (document["subject"]["digest"] == *last).then(|| {
                        json!({ "mediaType": media_type, "digest": under, "size": bytes.len(),
                                "artifactType": document["artifactType"] })
                    })
                })
                .collect();
            let list = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries });
            return (
                200,
                vec![("content-type", INDEX_TYPE.to_owned())],
                list.to_string().into_bytes(),
            );
        }
        if asked.method == "POST" && path.ends_with("/blobs/uploads/") {
            let place = format!("{path}one?state=x%2Fy");
            return (202, vec![("location", place)], Vec::new());
        }
        if asked.method == "PUT" && path.contains("/blobs/uploads/") {
            let digest = Digest::of(&asked.body).to_string();
            if !query.contains(&format!("digest={digest}")) || !query.contains("state=x%2Fy") {
                return (400, Vec::new(), br#"{"errors":[{"code":"DIGEST_INVALID"}]}"#.to_vec());
            }
            kept.blobs.insert(digest, asked.body.clone());
            return (201, Vec::new(), Vec::new());
        }
        if path.contains("/blobs/") && reads {
            let Some(bytes) = kept.blobs.get(last) else {
                return unknown();
            };
            let from = asked.headers.get("range").map(|range| {
                let from = range
                    .strip_prefix("bytes=")
                    .and_then(|range| range.strip_suffix('-'))
                    .unwrap();
                from.parse::<usize>().unwrap()
            });
            return match from {
                None => (200, Vec::new(), bytes.clone()),
                Some(from) if from < bytes.len() => {
                    let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
                    (206, vec![("content-range", range)], bytes[from..].to_vec())
                }
                Some(_) => (416, Vec::new(), Vec::new()),
            };
        }
        unknown()
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    reader.get_ref().set_read_timeout(Some(Duration::from_mins(2)))?;
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Asked {
        method,
        path,
        headers,
        body,
    }))
}
