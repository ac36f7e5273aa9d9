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
    pub plugin: Plugin,
}

/// What judges by the list.
pub(in crate::bench) enum Plugin {
    /// A finding for a message with a term.
    LexiconRules,
    /// A component that has the terms in itself: the size of its list, which part is this pack's, of how many.
    OwnMatcher(PathBuf, usize, usize, usize),
    /// Another component of this name, called for messages with a term.
    Other(&'static str, PathBuf),
}

impl Plugin {
    const fn name(&self) -> &'static str {
        match self {
            Self::LexiconRules => "lexicon-rules",
            Self::OwnMatcher(..) => "own-matcher",
            Self::Other(name, _) => name,
        }
    }
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
    if let Plugin::OwnMatcher(component, ..) | Plugin::Other(_, component) = &pack.plugin {
        fs::create_dir_all(folder.join("plugins"))?;
        fs::copy(component, folder.join(format!("plugins/{}.wasm", pack.plugin.name())))?;
    }
    let plugin = format!("plugin = \"{}\"\n", pack.plugin.name());
    let rest = if let Plugin::OwnMatcher(_, terms, part, of) = pack.plugin {
        format!("{policy}{plugin}trigger = \"always\"\nsettings = {{ terms = {terms}, part = {part}, of = {of} }}\n")
    } else {
        fs::create_dir_all(folder.join("lexicons"))?;
        fs::write(folder.join("lexicons/terms.txt"), pack.terms.join("\n") + "\n")?;
        let fold = if pack.folding {
            ""
        } else {
            "fold = { case = false, width = false, variants = false, gaps = \"none\", word_boundaries = false }\n"
        };
        // A rule by the pack's name: packs of one author differ, and so do their snapshots.
        let rule = match pack.plugin {
            Plugin::LexiconRules => {
                format!("\n[policy.settings.rules.{name}]\nwhen = {{ lists = [\"terms\"] }}\n")
            }
            Plugin::OwnMatcher(..) | Plugin::Other(..) => String::new(),
        };
        format!("\n[lexicon.terms]\nfile = \"lexicons/terms.txt\"\n{fold}{policy}{plugin}lists = [\"terms\"]\n{rule}")
    };
    fs::write(folder.join("pack.toml"), head + &rest)?;
    fs::write(
        folder.join("settings.schema.json"),
        "{ \"type\": \"object\", \"properties\": { \"terms\": { \"type\": \"object\" } } }\n",
    )
}
