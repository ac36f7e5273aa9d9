//! Lists of terms as packs: the smallest packs that say which terms stand in a message.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Who looks for the terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matching {
    /// The host's one matcher, for all packs together.
    Shared,
    /// Each plugin for itself.
    Own,
}

impl Matching {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Own => "own",
        }
    }
}

/// A pack with one list and one rule.
pub(in crate::bench) struct Pack {
    pub terms: Vec<String>,
    /// Whether the list folds as lists do by default, or takes its terms as written.
    pub folding: bool,
    /// A plugin that has the terms in itself: the component, the size of its list, which part is this pack's, of how many.
    pub own_matcher: Option<(PathBuf, usize, usize, usize)>,
}

/// Writes packs and a set that applies all of them; the set's path.
pub(in crate::bench) fn write(folder: &Path, packs: impl Iterator<Item = Pack>) -> io::Result<PathBuf> {
    let mut set = String::new();
    for (number, pack) in packs.enumerate() {
        let name = format!("pack-{number:03}");
        write_pack(&folder.join(&name), &name, &pack)?;
        set.extend(["[[apply]]\npack = \"", &name, "\"\n\n"]);
    }
    let file = folder.join("set.toml");
    fs::write(&file, set)?;
    Ok(file)
}

fn write_pack(folder: &Path, name: &str, pack: &Pack) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let head = format!(
        "name = \"bench/{name}\"\nversion = \"0.1.0\"\nlicence = \"Apache-2.0\"\nhost = \"*\"\n\
         description = {{ en = \"A list of terms\" }}\n"
    );
    let policy = "\n[[policy]]\nname = \"terms\"\ninterfaces = [\"rules\"]\nfields = [\"text\"]\n";
    let rest = if let Some((plugin, terms, part, of)) = &pack.own_matcher {
        fs::create_dir_all(folder.join("plugins"))?;
        fs::copy(plugin, folder.join("plugins/own-matcher.wasm"))?;
        format!(
            "{policy}plugin = \"own-matcher\"\ntrigger = \"always\"\n\
             settings = {{ terms = {terms}, part = {part}, of = {of} }}\n"
        )
    } else {
        fs::create_dir_all(folder.join("lexicons"))?;
        fs::write(folder.join("lexicons/terms.txt"), pack.terms.join("\n") + "\n")?;
        let fold = if pack.folding {
            ""
        } else {
            "fold = { case = false, width = false, variants = false, gaps = \"none\", word_boundaries = false }\n"
        };
        // A rule by the pack's name: packs of one author differ, and so do their snapshots.
        format!(
            "\n[lexicon.terms]\nfile = \"lexicons/terms.txt\"\n{fold}{policy}plugin = \"lexicon-rules\"\nlists = [\"terms\"]\n\n\
             [policy.settings.rules.{name}]\nwhen = {{ lists = [\"terms\"] }}\n"
        )
    };
    fs::write(folder.join("pack.toml"), head + &rest)?;
    fs::write(
        folder.join("settings.schema.json"),
        "{ \"type\": \"object\", \"properties\": { \"terms\": { \"type\": \"object\" } } }\n",
    )
}
