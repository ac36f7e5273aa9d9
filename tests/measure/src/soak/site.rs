//! A folder with everything that the daemon reads: its configuration, a trust file, a policy set with packs, spools.

use super::messages::PROMISE;
use anyhow::Context;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// How long the daemon may take to end.
pub(super) const DRAIN_SECONDS: u64 = 5;

/// The folder.
pub(super) struct Site {
    pub folder: PathBuf,
}

/// A place that says the same twice would be no change: each edit has a number of its own.
pub(super) type Edit = u64;

impl Site {
    /// Everything in its first state, and the configuration with these spools: name and tenant of each.
    pub(super) fn make(folder: &Path, spools: &[(&str, &str)]) -> anyhow::Result<Self> {
        let site = Self {
            folder: folder.to_owned(),
        };
        let mut config = format!(
            "set = \"set.toml\"\ntrust = \"trust.toml\"\ndata_dir = \"data\"\ncache_dir = \"cache\"\ndrain_seconds = {DRAIN_SECONDS}\n\n\
             [http]\nlisten = \"127.0.0.1:0\"\n"
        );
        for (name, tenant) in spools {
            write!(
                config,
                "\n[[spool]]\nfolder = \"spools/{name}\"\ntenant = \"{tenant}\"\nchannel = \"{name}\"\n"
            )?;
            fs::create_dir_all(site.spool(name))?;
        }
        fs::create_dir_all(site.path("data"))?;
        site.write("proviso.toml", &config)?;
        site.write_trust()?;
        site.write_pack("packs/steady", "soak/steady", PROMISE)?;
        site.write_pack("packs/turning", "soak/turning", &term(0))?;
        site.write_pack("packs/linked-0", "soak/linked", &term(0))?;
        site.turn_link("packs/linked-0")?;
        site.write_set(0, "")?;
        Ok(site)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn config(&self) -> PathBuf {
        self.path("proviso.toml")
    }

    pub(super) fn spool(&self, name: &str) -> PathBuf {
        self.path("spools").join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        self.write_bytes(name, text.as_bytes())
    }

    /// Whole: a daemon that starts at this moment reads the one before or this one.
    pub(super) fn write_bytes(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let (path, new) = (self.path(name), self.path(".writing"));
        let wrote = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&new, bytes))
            .and_then(|()| fs::rename(&new, &path));
        wrote.with_context(|| format!("cannot write {}", path.display()))
    }

    /// A list of one term, as an editor writes that has no other file.
    pub(super) fn edit_in_place(&self, name: &str, term: &str) -> anyhow::Result<()> {
        fs::write(self.path(name), format!("{term}\n")).with_context(|| format!("cannot edit {name}"))
    }

    pub(super) fn write_trust(&self) -> anyhow::Result<()> {
        self.write("trust.toml", "[development]\nfolders = [\"packs\"]\n")
    }

    /// The set of three packs, one term of which is this edit's, and what else is to stand in it.
    pub(super) fn write_set(&self, edit: Edit, more: &str) -> anyhow::Result<()> {
        let apply = |pack: &str| format!("[[apply]]\npack = \"packs/{pack}\"\n\n");
        let text = format!(
            "language = \"en\"\n\n{}{}extra_terms = {{ terms = [\"{}\"] }}\n\n{}{more}",
            apply("steady"),
            apply("linked").trim_end().to_owned() + "\n",
            term(edit),
            apply("turning"),
        );
        self.write("set.toml", &text)
    }

    /// A pack with one list of one term that matters, one rule and one case.
    pub(super) fn write_pack(&self, folder: &str, name: &str, term: &str) -> anyhow::Result<()> {
        self.write(&format!("{folder}/pack.toml"), &manifest(name, ""))?;
        self.write_terms(folder, term)?;
        self.write(
            &format!("{folder}/settings.schema.json"),
            "{ \"type\": \"object\", \"properties\": { \"terms\": { \"type\": \"object\" } } }\n",
        )?;
        self.write(
            &format!("{folder}/cases/cases.toml"),
            "[[case]]\nname = \"nothing\"\ntext = \"今天天气不错\"\nexpect = []\n",
        )
    }

    pub(super) fn write_terms(&self, folder: &str, term: &str) -> anyhow::Result<()> {
        self.write(&format!("{folder}/lexicons/terms.txt"), &format!("{term}\n"))
    }

    /// Turns the link to another pack, at once.
    pub(super) fn turn_link(&self, to: &str) -> anyhow::Result<()> {
        let target = Path::new(to).file_name().context("a folder of packs has a name")?;
        let new = self.path("packs/linked.new");
        remove(&new)?;
        symlink(target, &new)?;
        Ok(fs::rename(&new, self.path("packs/linked"))?)
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        fs::rename(self.path(from), self.path(to)).with_context(|| format!("cannot rename {from} to {to}"))
    }

    pub(super) fn remove(&self, name: &str) -> anyhow::Result<()> {
        remove(&self.path(name)).with_context(|| format!("cannot remove {name}"))
    }

    /// Copies a folder file by file, as `cp -r` does.
    pub(super) fn copy(&self, from: &str, to: &str) -> anyhow::Result<()> {
        copy(&self.path(from), &self.path(to)).with_context(|| format!("cannot copy {from} to {to}"))
    }
}

/// A term that no message has.
pub(super) fn term(edit: Edit) -> String {
    format!("第{edit}次改动的词语")
}

/// A manifest with one list, and more tables before its policy.
pub(super) fn manifest(name: &str, lists: &str) -> String {
    format!(
        "name = \"{name}\"\nversion = \"1.0.0\"\nlicence = \"Apache-2.0\"\nhost = \"*\"\ndescription = {{ en = \"For the soak\" }}\n\n\
         [lexicon.terms]\nfile = \"lexicons/terms.txt\"\n\n{lists}[[policy]]\nname = \"terms\"\nplugin = \"lexicon-rules\"\n\
         interfaces = [\"rules\"]\nlists = [\"terms\"]\nfields = [\"text\"]\n\n[policy.settings.rules.said]\nseverity = \"high\"\n\
         when = {{ lists = [\"terms\"] }}\n"
    )
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
