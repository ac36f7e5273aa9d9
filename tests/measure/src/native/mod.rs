//! The program that the bench compares with: the same scanner, triggers, scopes, plugins and settings in one process, without
//! a sandbox. What a team would write who trust every rule they run.
//!
//! - `load`: the set and its packs, every plugin configured as the host does it
//! - `lists`: every list in one matcher
//! - `shown`: what a plugin is shown of a message
//! - `judge`: scan, triggers, `rules` and `retention`, then the folds
//! - `alone`: judging alone, timed
//! - this file: files in, lines out, in three stages on threads of their own, as `proviso eval` has them

mod alone;
mod judge;
mod line;
mod lists;
mod load;
mod plugin;
mod shown;

use crate::NativeArgs;
pub(crate) use alone::{Alone, Part};
use anyhow::{Context, anyhow};
use judge::{FoldStates, Judged, evaluate, settle};
use line::VerdictLine;
use load::Native;
use proviso_model::Message;
use proviso_model::basis::of_set;
use proviso_model::consent::{self, ConsentLedger, Gate, Visible};
use proviso_model::limits::PRECEDING_MESSAGES_MAX;
use proviso_model::set::PolicySet;
use proviso_model::verdict::Withheld;
use proviso_sources::{Format, Item, Origin, Reader, SourceContext};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Messages that go through the stages together, as in `proviso eval`.
const CHUNK_MESSAGES: usize = 1_024;
/// Chunks that wait between two stages, for each worker.
const CHUNKS_WAITING: usize = 4;

/// A message and what is known around it.
struct Input {
    pub message: Arc<Message>,
    pub preceding: Vec<Arc<Message>>,
    pub withheld: Option<Withheld>,
}

/// What must be known of earlier messages: consent, and the last messages of each conversation.
#[derive(Default)]
struct Intake {
    ledgers: HashMap<String, ConsentLedger>,
    windows: HashMap<String, VecDeque<Arc<Message>>>,
}

impl Intake {
    fn admit(&mut self, set: &PolicySet, message: Message) -> Input {
        let message = Arc::new(message);
        let ledger = self
            .ledgers
            .entry(format!("{}\0{}", message.id.tenant, message.id.channel))
            .or_default();
        if let Some(event) = &message.consent {
            ledger.record(&event.heard_at(message.sent_at));
        }
        let key = format!(
            "{}\0{}\0{}",
            message.id.tenant, message.id.channel, message.conversation
        );
        let window = self.windows.entry(key).or_default();
        let gate = Gate {
            basis: of_set(set.lawful_basis),
            said: ledger,
            people: None,
            directory: None,
            moment: message.sent_at,
        };
        let Visible {
            withheld, preceding, ..
        } = consent::visible(gate, &message, window.iter().cloned());
        if withheld.is_none() {
            if window.len() == PRECEDING_MESSAGES_MAX {
                window.pop_front();
            }
            window.push_back(Arc::clone(&message));
        }
        Input {
            message,
            preceding,
            withheld,
        }
    }
}

struct Chunk {
    number: u64,
    inputs: Vec<Input>,
    judged: Vec<Judged>,
}

/// `proviso-measure native`: verdicts to standard output, or what judging alone took.
pub(crate) fn run(args: &NativeArgs) -> anyhow::Result<()> {
    let native = Native::load(&args.set, &args.proviso)?;
    if let Some(part) = args.alone {
        println!("{}", serde_json::to_string(&alone::run(&native, args, part)?)?);
        return Ok(());
    }
    let waiting = args.workers.max(1) * CHUNKS_WAITING;
    let (to_workers, chunks) = sync_channel::<Chunk>(waiting);
    let (to_sink, judged) = sync_channel::<anyhow::Result<Chunk>>(waiting);
    let chunks = Mutex::new(chunks);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let to_workers = to_workers;
            let mut number = 0;
            read(&args.file, &native.set, |inputs| {
                let chunk = Chunk {
                    number,
                    inputs,
                    judged: Vec::new(),
                };
                number += 1;
                to_workers.send(chunk).is_ok()
            })
        });
        for _ in 0..args.workers.max(1) {
            let (native, chunks, to_sink) = (&native, &chunks, to_sink.clone());
            scope.spawn(move || {
                let mut scratch = native.scratch();
                while let Some(mut chunk) = next(chunks) {
                    let done = evaluate(native, &chunk.inputs, &mut scratch).map(|judged| {
                        chunk.judged = judged;
                        chunk
                    });
                    if to_sink.send(done).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to_sink);
        print(&native, &judged)?;
        reader
            .join()
            .map_err(|_| anyhow!("the reading thread ended in a panic"))?
    })
}

fn next(chunks: &Mutex<Receiver<Chunk>>) -> Option<Chunk> {
    chunks.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Reads every message of a file, a chunk at a time.
fn read(path: &Path, set: &PolicySet, mut take: impl FnMut(Vec<Input>) -> bool) -> anyhow::Result<()> {
    let context = SourceContext::new("default", "chat")?;
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut reader = Reader::new(Format::Ndjson, Origin::of_person("native", context));
    let mut buffer = vec![0_u8; 256 << 10];
    let mut intake = Intake::default();
    let mut inputs = Vec::with_capacity(CHUNK_MESSAGES);
    let mut take_item = |item: Item| -> anyhow::Result<bool> {
        let message = item
            .result
            .with_context(|| format!("{}:{}", path.display(), item.line))?;
        inputs.push(intake.admit(set, message));
        Ok(inputs.len() < CHUNK_MESSAGES || take(std::mem::replace(&mut inputs, Vec::with_capacity(CHUNK_MESSAGES))))
    };
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        reader.push(&buffer[..length]);
        while let Some(item) = reader.next_item() {
            if !take_item(item)? {
                return Ok(());
            }
        }
    }
    for item in reader.finish() {
        take_item(item)?;
    }
    if !inputs.is_empty() {
        take(inputs);
    }
    Ok(())
}

/// Settles chunks in input order and prints a line a message.
fn print(native: &Native, judged: &Receiver<anyhow::Result<Chunk>>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout());
    let mut states = FoldStates::default();
    let mut early: BTreeMap<u64, Chunk> = BTreeMap::new();
    let mut expected = 0;
    for chunk in judged {
        let chunk = chunk?;
        early.insert(chunk.number, chunk);
        while let Some(chunk) = early.remove(&expected) {
            expected += 1;
            let settled = settle(native, &chunk.inputs, chunk.judged, &mut states)?;
            for (input, settled) in chunk.inputs.iter().zip(&settled) {
                serde_json::to_writer(&mut out, &VerdictLine::new(input, settled, native.set.language))?;
                out.write_all(b"\n")?;
            }
        }
    }
    Ok(out.flush()?)
}
