//! What the tests of this crate share.

use proviso_model::Message;
use proviso_sources::{Format, Item, Origin, Reader, SourceContext};

/// The origin of every test.
pub(crate) fn origin() -> Origin {
    let context = SourceContext::new("bank", "chat").expect("both are fit to be parts of an identifier");
    Origin::bound("test", context).and_channels(["wecom".to_owned()])
}

/// All items of a source, given in pieces of these sizes in turn.
pub(crate) fn read_in_pieces(format: Format, bytes: &[u8], sizes: &[usize]) -> Vec<Item> {
    let mut reader = Reader::new(format, origin());
    let (mut items, mut rest) = (Vec::new(), bytes);
    for size in sizes.iter().copied().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(size.clamp(1, rest.len()));
        rest = behind;
        reader.push(piece);
        items.extend(std::iter::from_fn(|| reader.next_item()));
    }
    items.extend(reader.finish());
    items
}

/// All items of a source, given at once.
pub(crate) fn read(format: Format, bytes: impl AsRef<[u8]>) -> Vec<Item> {
    read_in_pieces(format, bytes.as_ref(), &[usize::MAX])
}

/// The only message of a source of WeCom.
pub(crate) fn one(json: &str) -> Message {
    match read(Format::Wecom, json).as_slice() {
        [
            Item {
                result: Ok(message), ..
            },
        ] => message.clone(),
        other => panic!("expected one message: {other:?}"),
    }
}

/// `LINE: REASON` of every error, `LINE ok ID` of every message.
pub(crate) fn outcomes(items: &[Item]) -> Vec<String> {
    let outcome = |item: &Item| match &item.result {
        Ok(message) => format!("{} ok {}", item.line, message.id.native),
        Err(error) => format!("{}: {error}", item.line),
    };
    items.iter().map(outcome).collect()
}

/// Every sample of a message of WeCom: name and text.
pub(crate) fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .expect("the samples are beside the tests")
        .map(|entry| entry.expect("the samples can be listed").path())
        .map(|path| {
            let name = path
                .file_stem()
                .expect("samples have names")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read_to_string(path).expect("the samples can be read"))
        })
        .collect();
    samples.sort();
    samples
}
