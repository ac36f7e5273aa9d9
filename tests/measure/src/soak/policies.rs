//! Changes of the policies while messages are judged: good ones go live, broken and hostile ones are told and touch nothing.

use super::Soak;
use super::daemon;
use super::figures::Slowest;
use super::random::Random;
use super::site::{Edit, manifest, term};
use anyhow::ensure;
use serde_json::{Value, json};
use std::fmt;
use std::process::Command;
use std::time::{Duration, Instant};

/// A change is live, or told to be broken, within so long, while the daemon is there and can write.
const SETTLED_WITHIN: Duration = Duration::from_secs(20);
/// A hostile pack is refused within so long.
const HOSTILE_WITHIN: Duration = Duration::from_secs(10);
/// More where the daemon was started meanwhile: what changes between its reading of the set and its first watch is seen when it
/// looks at everything, once a minute.
const MORE_AFTER_A_START: Duration = Duration::from_secs(65);
/// Between two looks at the status.
const LOOK_EVERY: Duration = Duration::from_millis(30);
/// A plugin that fills most of what a pack may have.
const HUGE_BYTES: usize = 60 << 20;

/// How a good change is made.
#[derive(Debug, Clone, Copy)]
enum Good {
    SetEdited,
    ListEdited,
    SwappedByRename,
    RemovedAndCopied,
    LinkTurned,
}

/// What is broken.
#[derive(Debug, Clone, Copy)]
enum Broken {
    Key,
    Term,
    PackGone,
    LinkDangles,
    CaseFails,
    Trust,
}

/// A pack that means harm.
#[derive(Debug, Clone, Copy)]
enum Hostile {
    Schema,
    Pipe,
    HugePlugin,
    Pattern,
}

/// Where it is dropped.
#[derive(Debug, Clone, Copy)]
enum From {
    /// Nobody trusts the vendor: refused before it is read.
    Untrusted,
    /// It needs no signature: refused by the bounds on what it is.
    Development,
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Good(Good),
    Broken(Broken),
    Hostile(Hostile, From),
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(good) => write!(f, "good change {good:?}"),
            Self::Broken(broken) => write!(f, "broken change {broken:?}"),
            Self::Hostile(hostile, from) => write!(f, "hostile pack {hostile:?}, {from:?}"),
        }
    }
}

/// A round has each of them once, in an order from the seed. A good pattern that costs much is live in development, hence not here.
const ACTS: [Act; 18] = [
    Act::Good(Good::SetEdited),
    Act::Good(Good::ListEdited),
    Act::Good(Good::SwappedByRename),
    Act::Good(Good::RemovedAndCopied),
    Act::Good(Good::LinkTurned),
    Act::Broken(Broken::Key),
    Act::Broken(Broken::Term),
    Act::Broken(Broken::PackGone),
    Act::Broken(Broken::LinkDangles),
    Act::Broken(Broken::CaseFails),
    Act::Broken(Broken::Trust),
    Act::Hostile(Hostile::Schema, From::Untrusted),
    Act::Hostile(Hostile::Pipe, From::Untrusted),
    Act::Hostile(Hostile::HugePlugin, From::Untrusted),
    Act::Hostile(Hostile::Pattern, From::Untrusted),
    Act::Hostile(Hostile::Schema, From::Development),
    Act::Hostile(Hostile::Pipe, From::Development),
    Act::Hostile(Hostile::HugePlugin, From::Development),
];

/// Changes the policies until troubles end.
pub(super) fn change(soak: &Soak, token: &str) -> anyhow::Result<()> {
    let mut policies = Policies {
        soak,
        token,
        edit: 0,
        linked: 0,
    };
    let mut random = Random::of(soak.seed, 1);
    loop {
        let mut acts = ACTS.to_vec();
        while !acts.is_empty() {
            if soak.troubles_end() {
                return Ok(());
            }
            let act = acts.swap_remove(random.below(acts.len() as u64) as usize);
            policies.act(act)?;
            let pause = random.between(soak.plan.change_every_ms);
            std::thread::sleep(Duration::from_millis(pause));
        }
    }
}

struct Policies<'a> {
    soak: &'a Soak,
    token: &'a str,
    edit: Edit,
    /// The folder that the link leads to.
    linked: u64,
}

/// Time during which the daemon is there and can write: at other times nobody can expect anything of it.
struct Patience<'a> {
    soak: &'a Soak,
    had: Duration,
    looked: Instant,
    life: u64,
    was_started: bool,
    /// False once the daemon was away or could not write.
    undisturbed: bool,
}

impl<'a> Patience<'a> {
    fn new(soak: &'a Soak) -> Self {
        Self {
            soak,
            had: Duration::ZERO,
            looked: Instant::now(),
            life: soak.lives.now().number,
            was_started: false,
            undisturbed: true,
        }
    }

    /// Waits a moment; false once it is at an end.
    fn lasts(&mut self, limit: Duration) -> bool {
        std::thread::sleep(LOOK_EVERY);
        let now = Instant::now();
        let life = self.soak.lives.now();
        if life.address.is_none() || life.is_ending || life.is_full || life.number != self.life {
            self.undisturbed = false;
            self.was_started |= life.number != self.life;
            self.life = life.number;
        } else {
            self.had += now - self.looked;
        }
        self.looked = now;
        let more = if self.was_started {
            MORE_AFTER_A_START
        } else {
            Duration::ZERO
        };
        self.had < limit + more && !self.soak.is_over()
    }
}

impl Policies<'_> {
    fn act(&mut self, act: Act) -> anyhow::Result<()> {
        let Some(before) = self.generation() else { return Ok(()) };
        match act {
            Act::Good(good) => self.good(good)?,
            Act::Broken(broken) => {
                let told = self.break_it(broken)?;
                self.is_refused(act, &before, told, SETTLED_WITHIN, &self.soak.figures.refusal);
                self.mend()?;
            }
            Act::Hostile(hostile, from) => {
                let pack = self.drop_in(hostile, from)?;
                self.is_refused(act, &before, pack, HOSTILE_WITHIN, &self.soak.figures.hostile);
                self.soak.site.remove(pack)?;
                self.mend()?;
            }
        }
        self.is_live(act, &before);
        Ok(())
    }

    fn next_term(&mut self) -> String {
        self.edit += 1;
        term(self.edit)
    }

    fn good(&mut self, good: Good) -> anyhow::Result<()> {
        let site = &self.soak.site;
        let term = self.next_term();
        match good {
            Good::SetEdited => site.write_set(self.edit, ""),
            Good::ListEdited => site.edit_in_place("packs/turning/lexicons/terms.txt", &term),
            Good::SwappedByRename => {
                site.write_pack("packs/.next", "soak/turning", &term)?;
                site.rename("packs/turning", "packs/.before")?;
                site.rename("packs/.next", "packs/turning")?;
                site.remove("packs/.before")
            }
            Good::RemovedAndCopied => {
                site.write_pack("packs/.template", "soak/turning", &term)?;
                site.remove("packs/turning")?;
                site.copy("packs/.template", "packs/turning")?;
                site.remove("packs/.template")
            }
            Good::LinkTurned => {
                let (from, to) = (self.linked, self.linked + 1);
                self.linked = to;
                site.write_pack(&format!("packs/linked-{to}"), "soak/linked", &term)?;
                site.turn_link(&format!("packs/linked-{to}"))?;
                site.remove(&format!("packs/linked-{from}"))
            }
        }
    }

    /// What is told has this in it.
    fn break_it(&mut self, broken: Broken) -> anyhow::Result<&'static str> {
        let site = &self.soak.site;
        let edit = self.edit;
        Ok(match broken {
            Broken::Key => {
                site.write(
                    "set.toml",
                    &format!("[[apply]]\npack = \"packs/steady\"\nmoed = \"edit {edit}\"\n"),
                )?;
                "moed"
            }
            Broken::Term => {
                site.write_terms("packs/turning", &"太长".repeat(1_000))?;
                "terms.txt"
            }
            Broken::PackGone => {
                site.rename("packs/turning", "packs/.away")?;
                "turning"
            }
            Broken::LinkDangles => {
                site.turn_link("packs/nowhere")?;
                "linked"
            }
            Broken::CaseFails => {
                site.write(
                    "packs/turning/cases/cases.toml",
                    "[[case]]\nname = \"fails\"\ntext = \"今天天气不错\"\n\
                     expect = [{ policy = \"terms\", rule = \"said\", severity = \"high\", text = \"天气\" }]\n",
                )?;
                "turning"
            }
            Broken::Trust => {
                site.write("trust.toml", "[development]\nfolder = [\"packs\"]\n")?;
                "trust.toml"
            }
        })
    }

    /// Puts everything right, and has another term in the set.
    fn mend(&mut self) -> anyhow::Result<()> {
        let term = self.next_term();
        let site = &self.soak.site;
        if site.path("packs/.away").exists() {
            site.rename("packs/.away", "packs/turning")?;
        }
        site.write_pack("packs/turning", "soak/turning", &term)?;
        site.turn_link(&format!("packs/linked-{}", self.linked))?;
        site.write_trust()?;
        site.write_set(self.edit, "")
    }

    /// Writes the pack and has the set apply it; the pack's folder.
    fn drop_in(&mut self, hostile: Hostile, from: From) -> anyhow::Result<&'static str> {
        let site = &self.soak.site;
        let pack = match from {
            From::Untrusted => "foreign/hostile",
            From::Development => "packs/hostile",
        };
        site.write_pack(pack, "evil/hostile", "词语")?;
        match hostile {
            Hostile::Schema => {
                let mut levels = serde_json::Map::new();
                levels.insert("l0".to_owned(), json!({ "type": "object" }));
                for level in 1..=60 {
                    let below = json!({ "$ref": format!("#/$defs/l{}", level - 1) });
                    levels.insert(format!("l{level}"), json!({ "allOf": [below, below] }));
                }
                let schema = json!({ "properties": { "terms": { "$ref": "#/$defs/l60" } }, "$defs": levels });
                site.write(&format!("{pack}/settings.schema.json"), &schema.to_string())?;
            }
            Hostile::Pipe => {
                let list = site.path(pack).join("lexicons/terms.txt");
                site.remove(&format!("{pack}/lexicons/terms.txt"))?;
                let made = Command::new("mkfifo").arg(&list).status()?;
                ensure!(made.success(), "mkfifo {}: {made}", list.display());
            }
            Hostile::HugePlugin => {
                let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
                bytes.resize(HUGE_BYTES, 0);
                site.write_bytes(&format!("{pack}/plugins/lexicon-rules.wasm"), &bytes)?;
            }
            Hostile::Pattern => {
                let manifest = manifest("evil/hostile", "[patterns.slow]\nfile = \"patterns/slow.txt\"\n\n");
                let manifest = manifest.replace("lists = [\"terms\"]\nfields", "lists = [\"terms\", \"slow\"]\nfields");
                site.write(&format!("{pack}/pack.toml"), &manifest)?;
                site.write(&format!("{pack}/patterns/slow.txt"), "slow\t(?:您.*保证)?好.*收益|您\n")?;
            }
        }
        site.write_set(self.edit, &format!("[[apply]]\npack = \"{pack}\"\n"))?;
        Ok(pack)
    }

    /// Waits until the daemon says that something with this in it is broken. The generation before must go on.
    fn is_refused(&self, act: Act, before: &str, told: &str, limit: Duration, slowest: &Slowest) {
        let begun = Instant::now();
        let mut patience = Patience::new(self.soak);
        let mut last = Value::Null;
        while patience.lasts(limit) {
            let Some(status) = self.status() else { continue };
            let now = status["generation"]["id"].as_str().unwrap_or_default();
            if now != before {
                self.soak
                    .faults
                    .tell(format!("{act}: another generation judges: {now}"));
                return;
            }
            last = status["last_attempt"].clone();
            // A start may have met a state on the way to this one.
            if last["result"] == "refused" && last["problems"].to_string().contains(told) {
                self.soak.figures.refused.add(1);
                if patience.undisturbed {
                    slowest.note(begun.elapsed());
                }
                return;
            }
        }
        self.soak.faults.tell(format!(
            "{act}: not refused, with a word of {told:?}, within {} s: {last}",
            limit.as_secs()
        ));
    }

    /// Waits until another generation judges, and it is the one that the files make.
    fn is_live(&self, act: Act, before: &str) {
        let begun = Instant::now();
        let mut patience = Patience::new(self.soak);
        let mut last = Value::Null;
        while patience.lasts(SETTLED_WITHIN) {
            let Some(status) = self.status() else { continue };
            last = status["last_attempt"].clone();
            if status["generation"]["id"] == before {
                continue;
            }
            if patience.undisturbed {
                self.soak.figures.change.note(begun.elapsed());
            }
            if let Some((200, answer)) = self.ask("POST", "/v1/policy/reload")
                && answer["result"] == "unchanged"
                && answer["generation"] == status["generation"]["id"]
            {
                self.soak.figures.live.add(1);
                return;
            }
        }
        self.soak.faults.tell(format!(
            "{act}: not live within {} s; the last attempt: {last}",
            SETTLED_WITHIN.as_secs()
        ));
    }

    /// The generation that judges, as soon as somebody says; `None` once troubles end.
    fn generation(&self) -> Option<String> {
        while !self.soak.troubles_end() {
            if let Some(status) = self.status() {
                return status["generation"]["id"].as_str().map(str::to_owned);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        None
    }

    fn status(&self) -> Option<Value> {
        self.ask("GET", "/v1/status")
            .and_then(|(status, answer)| (status == 200).then_some(answer))
    }

    /// `None` while the daemon is down. An open door that gives no answer is wrong.
    fn ask(&self, method: &str, path: &str) -> Option<(u16, Value)> {
        let door = self.soak.lives.door()?;
        match daemon::ask(&door.address, self.token, (method, path), "{}") {
            Ok(answer) => Some(answer),
            Err(error) => {
                let is_open = self.soak.lives.is_open(&door);
                self.soak
                    .faults
                    .expect(!is_open, || format!("{method} {path}: {error}"));
                None
            }
        }
    }
}
