//! extism: one plugin instance, which keeps its memory from call to call, as is its way.

use crate::Judge;
use anyhow::{Context, ensure};
use extism::{Manifest, Plugin, Wasm};

/// Texts in a call of [`in_batches`].
const BATCH: usize = 256;

fn plugin(module: &[u8], terms: &str) -> anyhow::Result<Plugin> {
    let manifest = Manifest::new([Wasm::data(module)]);
    let mut plugin = Plugin::new(manifest, [], false)?;
    plugin.call::<&str, ()>("configure", terms)?;
    Ok(plugin)
}

/// A call for each message.
pub(crate) fn one_by_one(module: &[u8], terms: &str, texts: &[&str]) -> anyhow::Result<Judge> {
    let mut plugin = plugin(module, terms)?;
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    Ok(Box::new(move |indexes| {
        let judged = indexes.iter().map(|index| {
            let spans: Vec<u8> = plugin.call("find", texts[*index].as_str())?;
            Ok(!spans.is_empty())
        });
        judged.collect()
    }))
}

/// A call for [`BATCH`] messages. Putting them together is timed: it is what the call costs.
pub(crate) fn in_batches(module: &[u8], terms: &str, texts: &[&str]) -> anyhow::Result<Judge> {
    let mut plugin = plugin(module, terms)?;
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    Ok(Box::new(move |indexes| {
        let mut flags = Vec::with_capacity(indexes.len());
        let mut input = Vec::new();
        for batch in indexes.chunks(BATCH) {
            input.clear();
            for text in batch.iter().map(|index| &texts[*index]) {
                input.extend((text.len() as u32).to_le_bytes());
                input.extend(text.as_bytes());
            }
            let answer: Vec<u8> = plugin.call("find_batch", &input)?;
            let mut rest = answer.as_slice();
            while let Some((count, behind)) = rest.split_first_chunk() {
                let count = u32::from_le_bytes(*count) as usize;
                rest = behind.get(count * 8..).context("an answer ends early")?;
                flags.push(count > 0);
            }
        }
        ensure!(
            flags.len() == indexes.len(),
            "{} answers for {}",
            flags.len(),
            indexes.len()
        );
        Ok(flags)
    }))
}
