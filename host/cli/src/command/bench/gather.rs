//! The messages that are judged: files, else the packs' own cases, else the synthetic sample.

use crate::cli::BenchArgs;
use crate::command::eval;
use crate::exit::Usage;
use crate::reading;
use crate::sample::{Phrases, Sample};
use crate::show::progress::Progress;
use anyhow::anyhow;
use proviso_author::bench::Material;
use proviso_engine::{Generation, Input};
use proviso_model::Addressed;
use proviso_model::set::PolicySet;
use proviso_pack::{Case, TrustedPack};
use proviso_pipeline::Memory;
use proviso_sources::{Format, Origin, Reader, SourceContext};
use std::sync::Arc;

/// Messages of the synthetic sample.
const SAMPLE_MESSAGES: u32 = 12_000;

/// The messages, and how many lines of the files are no message. `packs` are those that were named one by one; absent where a
/// set was.
pub(super) fn material(
    args: &BenchArgs,
    generation: &Generation,
    packs: Option<&[Arc<TrustedPack>]>,
) -> anyhow::Result<(Material, u64)> {
    let cases: Vec<&Case> = packs.into_iter().flatten().flat_map(|pack| pack.cases()).collect();
    let (inputs, from, errors) = if !args.input.is_empty() {
        let (inputs, errors) = from_files(args, generation.set())?;
        (inputs, format!("{} files", args.input.len()), errors)
    } else if !cases.is_empty() {
        let from = format!("{} cases of the packs", cases.len());
        (cases.into_iter().flat_map(Input::of_case).collect(), from, 0)
    } else {
        (sample(generation.set())?, "the synthetic sample".to_owned(), 0)
    };
    let material = Material::new(inputs, from)
        .ok_or_else(|| Usage("the files hold no message: there is nothing to measure".to_owned()))?;
    Ok((material, errors))
}

fn from_files(args: &BenchArgs, set: &PolicySet) -> anyhow::Result<(Vec<Input>, u64)> {
    let (format, origin) = args.form.read()?;
    if let Some(missing) = args.input.iter().find(|file| !file.is_file()) {
        return Err(reading::no_file(missing).into());
    }
    eval::warn_of_tenant(set, &args.form.tenant);
    let sizes = args.input.iter().filter_map(|file| std::fs::metadata(file).ok());
    let progress = Progress::bytes("reading", sizes.map(|meta| meta.len()).sum());
    let (mut memory, mut inputs, mut errors) = (Memory::alone(), Vec::new(), 0);
    for file in &args.input {
        reading::read_file(file, format, &origin, &progress, &mut errors, &mut |message| {
            inputs.push(memory.admit_next(set, Arc::new(Addressed::from(message))));
            true
        })?;
    }
    progress.finish();
    Ok((inputs, errors))
}

/// What the demo judges: a bank on WeCom and a shop on other channels.
fn sample(set: &PolicySet) -> anyhow::Result<Vec<Input>> {
    let phrases = Phrases::built_in()?;
    let sample = Sample::make(&phrases, SAMPLE_MESSAGES);
    let mut memory = Memory::alone();
    let mut inputs = Vec::with_capacity(SAMPLE_MESSAGES as usize);
    let parts = [
        (Format::Wecom, "bank", "wecom", &sample.bank),
        (Format::Ndjson, "shop", "chat", &sample.shop),
    ];
    for (format, tenant, channel, lines) in parts {
        let context = SourceContext::new(tenant, channel).map_err(|error| anyhow!("{error}"))?;
        let mut reader = Reader::new(format, Origin::of_person("sample", context));
        reader.push((lines.join("\n") + "\n").as_bytes());
        for item in reader.finish() {
            let message = item
                .result
                .map_err(|error| anyhow!("line {} of the synthetic sample: {error}", item.line))?;
            inputs.push(memory.admit_next(set, Arc::new(Addressed::from(message))));
        }
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_sample_is_whole_and_the_same_each_time() {
        let set = PolicySet::default();
        let (one, two) = (sample(&set).unwrap(), sample(&set).unwrap());
        assert_eq!(one.len(), SAMPLE_MESSAGES as usize);
        assert!(one.iter().zip(&two).all(|(one, two)| one.message == two.message));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/demo/phrases.toml");
        assert!(Phrases::read(&file).is_ok());
    }
}
