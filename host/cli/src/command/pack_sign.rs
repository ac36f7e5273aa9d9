//! `proviso pack keygen|sign|verify`: who stands behind a pack.

use crate::cli::{KeygenArgs, OutputFormat, SignArgs, VerifyArgs};
use crate::exit::{Ending, Usage};
use crate::passphrase;
use crate::show::table::Columns;
use anyhow::Context;
use proviso_model::Problem;
use proviso_model::Problems;
use proviso_model::time::Zone;
use proviso_pack::signing::{PublicKey, Signature, SigningKey, is_encrypted};
use proviso_pack::trust::{Load, SignatureFacts};
use proviso_pack::{Form, Pack, Trust};
use proviso_pipeline::loading::trust::{Accepting, TrustSource};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file of a key or a signature, in bytes.
const KEY_FILE_BYTES_MAX: u64 = 16 << 10;

pub(crate) fn keygen(args: &KeygenArgs) -> anyhow::Result<Ending> {
    let with = |ending: &str| {
        let mut path = args.name.clone().into_os_string();
        path.push(ending);
        PathBuf::from(path)
    };
    let (secret, public) = (with(".key"), with(".pub"));
    for path in [&secret, &public] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(Usage(format!(
                "{} is there already: a key is never written over",
                path.display()
            ))
            .into());
        }
    }
    let passphrase = if args.no_passphrase {
        None
    } else {
        Some(passphrase::choose(args.passphrase_file.as_deref())?)
    };
    let made = SigningKey::make(passphrase.as_ref())?;
    write_new(&secret, 0o600, &made.secret_file)?;
    write_new(&public, 0o644, &made.public.to_file())?;
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!(
            "{}",
            json!({ "key": made.public.id().to_string(), "public_key": made.public.text(), "secret_file": secret,
                    "public_file": public, "encrypted": passphrase.is_some() })
        )),
        OutputFormat::Table => {
            let today = Zone::utc().day(proviso_pipeline::places::now());
            let signer = args.name.file_name().map(|name| name.to_string_lossy().into_owned());
            crate::show::page(&format!(
                "{}: the secret half{}. Keep it, and a copy of it, where no one else can read.\n\
                 {}: the public half. Who trusts you writes into trust.toml:\n\n\
                 [[vendor.NAME.key]]\nsigner = \"{}\"\nkey = \"{}\"\nfrom = \"{today}\"\nuntil = \"{}\"",
                secret.display(),
                if passphrase.is_some() { "" } else { ", not encrypted" },
                public.display(),
                signer.unwrap_or_default(),
                made.public.text(),
                today.plus(24, 0),
            ));
        }
    }
    Ok(Ending::Well)
}

fn write_new(path: &Path, mode: u32, text: &str) -> anyhow::Result<()> {
    let attempt = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    attempt().with_context(|| format!("cannot write {}", path.display()))
}

pub(crate) fn sign(args: &SignArgs) -> anyhow::Result<Ending> {
    let pack = open_file(&args.pack)?;
    let signature = if let Some(key) = &args.key {
        signed_now(args, key, &pack)?
    } else {
        signed_before(args, &pack)?
    };
    let id = signature.key();
    let known = pack.signatures().len();
    let pack = pack
        .with_signatures([signature])
        .map_err(|error| Usage(error.to_string()))?;
    let added = pack.signatures().len() > known;
    let output = args.output.as_ref().unwrap_or(&args.pack);
    proviso_author::edits::write_whole(output, &pack.to_file())?;
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!(
            "{}",
            json!({ "file": output, "digest": pack.digest(), "key": id.to_string(), "added": added,
                    "signatures": pack.signatures().len() })
        )),
        OutputFormat::Table => crate::show::line(format_args!(
            "{}: {} by key {id}; {} of the pack {}",
            output.display(),
            if added { "signed" } else { "was signed already" },
            match pack.signatures().len() {
                1 => "1 signature".to_owned(),
                number => format!("{number} signatures"),
            },
            pack.digest()
        )),
    }
    Ok(Ending::Well)
}

/// A built file alone can carry signatures.
fn open_file(path: &Path) -> anyhow::Result<Pack> {
    let pack = super::pack_open::open(path)?;
    if pack.form() == Form::Folder {
        let folder = path.display();
        return Err(Usage(format!(
            "{folder} is a folder, which may change: `proviso pack build {folder}` first"
        ))
        .into());
    }
    Ok(pack)
}

fn signed_now(args: &SignArgs, key: &Path, pack: &Pack) -> anyhow::Result<Signature> {
    let mode = fs::metadata(key)
        .with_context(|| format!("cannot read the key {}", key.display()))?
        .mode();
    if mode & 0o077 != 0 {
        let (key, mode) = (key.display(), mode & 0o777);
        return Err(Usage(format!(
            "the key {key} can be read by others (mode {mode:o}): chmod 600 it"
        ))
        .into());
    }
    let text = read_short(key)?;
    let passphrase = if is_encrypted(&text) {
        Some(passphrase::ask(args.passphrase_file.as_deref())?)
    } else {
        None
    };
    let opened = SigningKey::open(&text, passphrase.as_ref());
    let opened = opened.map_err(|error| Problems(vec![Problem::in_file(key, error.to_string())]))?;
    let manifest = pack.manifest();
    let about = format!("pack:{}\tversion:{}", manifest.name, manifest.version);
    Ok(opened.sign(pack.oci_manifest().as_bytes(), proviso_pipeline::places::now(), &about)?)
}

/// A signature that minisign made elsewhere.
fn signed_before(args: &SignArgs, pack: &Pack) -> anyhow::Result<Signature> {
    let (Some(path), Some(public)) = (&args.signature, &args.public_key) else {
        return Err(Usage("say --key, or --signature with --public-key".to_owned()).into());
    };
    let problem = |message: String| Problems(vec![Problem::in_file(path, message)]);
    let signature = Signature::read(&read_short(path)?).map_err(|error| problem(error.to_string()))?;
    let public = public_key(public)?;
    if public.id() != signature.key() {
        let (says, given) = (signature.key(), public.id());
        return Err(problem(format!("it was made with the key {says}, and --public-key is {given}")).into());
    }
    let verified = public.verify(pack.oci_manifest().as_bytes(), &signature);
    verified.map_err(|error| {
        problem(format!(
            "{error}: expected a signature of the pack's manifest, which `proviso pack verify --extract` writes"
        ))
    })?;
    Ok(signature)
}

/// A public key as minisign prints it, or its file.
fn public_key(text: &str) -> anyhow::Result<PublicKey> {
    let text = if Path::new(text).is_file() {
        read_short(Path::new(text))?
    } else {
        text.to_owned()
    };
    PublicKey::read(&text).map_err(|error| Usage(error.to_string()).into())
}

fn read_short(path: &Path) -> anyhow::Result<String> {
    let read = || -> std::io::Result<String> {
        if fs::metadata(path)?.len() > KEY_FILE_BYTES_MAX {
            return Err(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
        }
        fs::read_to_string(path)
    };
    read().with_context(|| format!("cannot read {}", path.display()))
}

pub(crate) fn verify(args: &VerifyArgs, colour: bool) -> anyhow::Result<Ending> {
    let pack = super::pack_open::open(&args.pack)?;
    if let Some(folder) = &args.extract {
        extract(&pack, folder)?;
    }
    if !args.public_keys.is_empty() {
        return verify_by_keys(args, &pack);
    }
    let source = TrustSource::find(args.trust.trust.as_deref(), None);
    let (trust, _) = source.read().map_err(Problems)?;
    let facts = facts(&trust, &pack);
    let accepting = Accepting::without_memory(args.trust.trust.as_deref(), None).map_err(Problems)?;
    let admitted = accepting.accept(pack, &Load::New);
    let (why, problems) = match &admitted {
        Ok(pack) => (pack.acceptance().say(), Vec::new()),
        Err(problems) => (String::new(), problems.clone()),
    };
    match args.format {
        OutputFormat::Json => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let line = json!({ "trust": source.file(), "admitted": admitted.is_ok(), "why": why, "problems": problems,
                               "signatures": facts });
            crate::show::json(format_args!("{line}"));
        }
        OutputFormat::Table => {
            print_signatures(&facts, colour)?;
            for problem in &problems {
                crate::show::line(format_args!("{problem}"));
            }
            if admitted.is_ok() {
                crate::show::line(format_args!("admitted: {why}"));
            }
        }
    }
    Ok(if problems.is_empty() {
        Ending::Well
    } else {
        Ending::Problems
    })
}

/// Without a trust file: did each of these keys sign it?
fn verify_by_keys(args: &VerifyArgs, pack: &Pack) -> anyhow::Result<Ending> {
    let mut all = true;
    for text in &args.public_keys {
        let key = public_key(text)?;
        let mut of_key = pack.signatures().iter().filter(|signature| signature.key() == key.id());
        let verified = of_key.find(|signature| key.verify(pack.oci_manifest().as_bytes(), signature).is_ok());
        all &= verified.is_some();
        let comment = verified.map(Signature::trusted_comment);
        match args.format {
            OutputFormat::Json => crate::show::json(format_args!(
                "{}",
                json!({ "key": key.id().to_string(), "signed": comment.is_some(), "trusted_comment": comment })
            )),
            OutputFormat::Table => match comment {
                Some(comment) => {
                    crate::show::line(format_args!("key {} signed {}: {comment}", key.id(), pack.digest()));
                }
                None => crate::show::line(format_args!("key {} did not sign {}", key.id(), pack.digest())),
            },
        }
    }
    Ok(if all { Ending::Well } else { Ending::Problems })
}

/// Writes what minisign needs to verify by itself: the manifest, and each signature.
fn extract(pack: &Pack, folder: &Path) -> anyhow::Result<()> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    write("manifest.json", pack.oci_manifest())?;
    for (number, signature) in pack.signatures().iter().enumerate() {
        write(&format!("manifest.json.{}.minisig", number + 1), signature.text())?;
    }
    Ok(())
}

/// The signatures of a pack, and what each is worth now.
pub(crate) fn facts(trust: &Trust, pack: &Pack) -> Vec<Value> {
    let now = proviso_pipeline::places::now();
    let worth = |facts: &SignatureFacts| match trust.file() {
        Some(_) => facts.worth.say(),
        None => "not checked: there is no trust file".to_owned(),
    };
    let facts = trust.signatures(pack, now, now);
    facts
        .iter()
        .map(|one| {
            json!({ "key": one.key.to_string(), "says": one.trusted_comment, "worth": worth(one),
                    "stated_at": one.stated_at.map(|at| at.to_string()) })
        })
        .collect()
}

pub(crate) fn print_signatures(facts: &[Value], colour: bool) -> std::io::Result<()> {
    if facts.is_empty() {
        crate::show::line(format_args!("no signatures"));
        return Ok(());
    }
    let mut table = Columns::new(colour, &["key", "says it was made", "signature"]);
    for one in facts {
        let text = |key: &str| one[key].as_str().unwrap_or("-").to_owned();
        table.row([text("key"), text("stated_at"), text("worth")]);
    }
    table.print(&mut std::io::stdout())
}
