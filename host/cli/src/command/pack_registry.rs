//! `proviso pack push|pull`: packs in registries.

use super::pack_sign;
use crate::cli::{OutputFormat, PullArgs, PushArgs, RegistryArgs};
use crate::exit::{Ending, Usage};
use crate::show::progress::Progress;
use crate::show::table::count;
use proviso_model::Problem;
use proviso_model::Problems;
use proviso_pack::trust::Load;
use proviso_pack::{Pack, PackReference, PackStore};
use proviso_pipeline::loading::trust::{Accepting, TrustSource};
use proviso_pipeline::places;
use proviso_registry::{Moved, OtherUnderTag, Pulled, Pushed, RegistryError, RegistryOptions};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

pub(crate) fn push(args: &PushArgs) -> anyhow::Result<Ending> {
    let reference = reference(&args.reference)?;
    let of_folder;
    let of_file;
    let pack: &Pack = if args.pack.is_dir() {
        of_folder = super::pack_open::built(&args.pack, &args.trust)?;
        &of_folder
    } else {
        of_file = super::pack_open::open(&args.pack)?;
        &of_file
    };
    let progress = Progress::bytes("pushing", 0);
    let other = if args.force {
        OtherUnderTag::Move
    } else {
        OtherUnderTag::Refuse
    };
    let pushed = proviso_registry::push(pack, &reference, other, &options(&args.registry), &|moved: Moved| {
        progress.reach(moved.done, moved.total);
    });
    progress.finish();
    let pushed = pushed.map_err(|error| ended(error, &args.reference))?;
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!(
            "{}",
            json!({ "reference": pushed.reference.to_string(), "digest": pack.digest(), "tag": pushed.tag,
                    "tagged": pushed.tagged, "replaced": pushed.replaced, "signatures": pushed.signatures,
                    "signatures_found": pushed.signatures_found, "blobs": pushed.blobs, "blobs_sent": pushed.blobs_sent,
                    "bytes_sent": pushed.bytes_sent, "passed_over": pushed.passed_over })
        )),
        OutputFormat::Table => print_pushed(&pushed),
    }
    Ok(Ending::Well)
}

fn print_pushed(pushed: &Pushed) {
    crate::show::line(format_args!("{}", pushed.reference));
    crate::show::line(format_args!(
        "sent {} of {} blobs, {} bytes; it has {} there{}",
        pushed.blobs_sent,
        pushed.blobs,
        count(pushed.bytes_sent),
        signatures(pushed.signatures),
        match pushed.signatures_found {
            0 => String::new(),
            found => format!(", {found} of them not from here"),
        }
    ));
    if let Some(tag) = &pushed.tag {
        let before = pushed.replaced.map(|before| format!(", and named {before} before"));
        crate::show::line(format_args!("the tag {tag} names it{}", before.unwrap_or_default()));
    }
    print_passed_over(&pushed.passed_over);
}

pub(crate) fn pull(args: &PullArgs, colour: bool) -> anyhow::Result<Ending> {
    let reference = reference(&args.reference)?;
    // What is wrong with the trust file is told before anything is fetched.
    let accepting = Accepting::without_memory(args.trust.trust.as_deref(), None).map_err(Problems)?;
    let folder = args
        .store
        .clone()
        .or_else(|| places::pack_store().map(|store| store.folder().to_owned()));
    let folder = folder
        .ok_or_else(|| Usage("there is no HOME to keep packs in: say --store, or set PROVISO_STORE".to_owned()))?;
    let store = PackStore::open(&folder)?;
    let progress = Progress::bytes("pulling", 0);
    let pulled = proviso_registry::pull(&reference, &store, &options(&args.registry), &|moved: Moved| {
        progress.reach(moved.done, moved.total);
    });
    progress.finish();
    let pulled = pulled.map_err(|error| ended(error, &args.reference))?;
    if let Some(output) = &args.output {
        proviso_author::edits::write_whole(output, &pulled.pack.to_file())?;
    }
    let (trust, _) = TrustSource::find(args.trust.trust.as_deref(), None)
        .read()
        .map_err(Problems)?;
    let signatures = pack_sign::facts(&trust, &pulled.pack);
    let admitted = accepting.accept(pulled.pack.clone(), &Load::New);
    let (why, problems) = match &admitted {
        Ok(pack) => (pack.acceptance().say(), Vec::new()),
        Err(problems) => (
            String::new(),
            problems.iter().map(|problem| problem.message.clone()).collect(),
        ),
    };
    match args.format {
        OutputFormat::Json => {
            let manifest = pulled.pack.manifest();
            let line = json!({
                "reference": pulled.reference.to_string(), "digest": pulled.pack.digest(), "name": manifest.name,
                "version": manifest.version.to_string(), "store": store.folder(), "file": args.output, "known": pulled.known,
                "fetched_bytes": pulled.fetched_bytes, "resumed_bytes": pulled.resumed_bytes, "signatures": signatures,
                "passed_over": pulled.passed_over, "admitted": admitted.is_ok(), "why": why, "problems": problems,
            });
            crate::show::json(format_args!("{line}"));
        }
        OutputFormat::Table => {
            print_pulled(&pulled, &store, args.output.as_deref());
            pack_sign::print_signatures(&signatures, colour)?;
            print_passed_over(&pulled.passed_over);
            for problem in &problems {
                crate::show::line(format_args!("not admitted here: {problem}"));
            }
            if admitted.is_ok() {
                crate::show::line(format_args!("admitted here: {why}"));
            }
        }
    }
    Ok(Ending::Well)
}

fn print_pulled(pulled: &Pulled, store: &PackStore, output: Option<&Path>) {
    let manifest = pulled.pack.manifest();
    crate::show::line(format_args!("{}", pulled.reference));
    let how = if pulled.known {
        "was in the store already".to_owned()
    } else {
        let resumed = match pulled.resumed_bytes {
            0 => String::new(),
            bytes => format!(", {} bytes were here from an earlier pull", count(bytes)),
        };
        format!("fetched {} bytes{resumed}", count(pulled.fetched_bytes))
    };
    crate::show::line(format_args!("{} {}: {how}", manifest.name, manifest.version));
    crate::show::line(format_args!("in the store {}", store.folder().display()));
    if let Some(output) = output {
        crate::show::line(format_args!("and in {}", output.display()));
    }
    crate::show::line(format_args!(""));
}

fn print_passed_over(passed_over: &[String]) {
    for why in passed_over {
        crate::show::line(format_args!("passed over: {why}"));
    }
}

fn signatures(number: usize) -> String {
    match number {
        0 => "no signatures".to_owned(),
        1 => "1 signature".to_owned(),
        more => format!("{more} signatures"),
    }
}

fn reference(text: &str) -> anyhow::Result<PackReference> {
    text.parse().map_err(|error| Usage(format!("{error}")).into())
}

fn options(args: &RegistryArgs) -> RegistryOptions {
    RegistryOptions {
        plain_http: args.plain_http,
        silence: Duration::from_secs(args.timeout),
        ..RegistryOptions::default()
    }
}

/// How a command ends that could not do what it was asked: by 1 where the user can mend it, by 3 else.
fn ended(error: RegistryError, reference: &str) -> anyhow::Error {
    match error {
        RegistryError::Pack(error) => Problems(error.problems).into(),
        error if error.is_of_the_input() => {
            let message = format!("{:#}", anyhow::Error::from(error));
            Problems(vec![Problem::in_file(reference, message)]).into()
        }
        error => error.into(),
    }
}
