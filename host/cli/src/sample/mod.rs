//! The demo's synthetic archive: a bank on WeCom and a shop on other channels, every kind of message, the same on every run.

mod shop;
mod wecom;

use anyhow::Context;
use proviso_model::Problem;
use proviso_model::toml_read::{Table, TomlFile};
use std::path::Path;

/// Where the demo's time begins: Monday 2026-10-12, 09:00 in Shanghai, in milliseconds since 1970.
const START_MILLIS: i64 = 1_791_766_800_000;

/// What people say and send in the demo: `policies/demo/phrases.toml`.
pub(crate) struct Phrases {
    lines: Vec<Phrase>,
    files: Vec<Named>,
    links: Vec<(Named, String)>,
    titles: Vec<(Tenant, Vec<String>)>,
    wishes: Vec<String>,
}

struct Phrase {
    tenant: Tenant,
    speaker: Speaker,
    risky: bool,
    text: String,
}

/// A name that a file or a link of a tenant may carry.
struct Named {
    tenant: Tenant,
    risky: bool,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tenant {
    Bank,
    Shop,
}

/// Who speaks, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    /// An employee to a customer.
    ToCustomer,
    /// A customer to an employee.
    Customer,
    /// An employee to another.
    ToColleague,
}

/// The two archives, as files of their channels would hold them.
pub(crate) struct Sample {
    /// Decrypted WeCom messages of the bank, one JSON object a line.
    pub bank: Vec<String>,
    /// Canonical messages of the shop, one JSON object a line.
    pub shop: Vec<String>,
}

impl Phrases {
    /// Reads the phrases file; all problems at once.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(path, &text).map_err(|problems| proviso_model::Problems(problems).into())
    }

    /// The phrases that come with the program.
    pub(crate) fn built_in() -> anyhow::Result<Self> {
        let text = include_str!("../../../../policies/demo/phrases.toml");
        Self::parse(Path::new("policies/demo/phrases.toml"), text)
            .map_err(|problems| proviso_model::Problems(problems).into())
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let (mut file, mut root) = TomlFile::parse(path, text);
        let mut this = Self {
            lines: Vec::new(),
            files: Vec::new(),
            links: Vec::new(),
            titles: Vec::new(),
            wishes: Vec::new(),
        };
        for mut table in root.tables(&mut file, "group") {
            let tenant = table.choice(&mut file, "tenant", &TENANTS);
            let role = table.choice(
                &mut file,
                "role",
                &[("employee", Speaker::ToCustomer), ("customer", Speaker::Customer)],
            );
            let speaker = table
                .choice(&mut file, "to", &[("colleague", Speaker::ToColleague)])
                .or(role);
            table.string(&mut file, "language");
            let risky = is_risky(&mut table, &mut file);
            let texts = strings(&mut table, &mut file, "lines");
            table.finish(&mut file);
            if let (Some(tenant), Some(speaker)) = (tenant, speaker) {
                this.lines.extend(texts.into_iter().map(|text| Phrase {
                    tenant,
                    speaker,
                    risky,
                    text,
                }));
            }
        }
        for mut table in root.tables(&mut file, "file") {
            let tenant = table.choice(&mut file, "tenant", &TENANTS);
            let risky = is_risky(&mut table, &mut file);
            let names = strings(&mut table, &mut file, "names");
            table.finish(&mut file);
            if let Some(tenant) = tenant {
                this.files
                    .extend(names.into_iter().map(|name| Named { tenant, risky, name }));
            }
        }
        for mut table in root.tables(&mut file, "link") {
            let tenant = table.choice(&mut file, "tenant", &TENANTS);
            let risky = is_risky(&mut table, &mut file);
            let title = table.required_string(&mut file, "title");
            let url = table.required_string(&mut file, "url");
            table.finish(&mut file);
            if let (Some(tenant), Some((name, _)), Some((url, _))) = (tenant, title, url) {
                this.links.push((Named { tenant, risky, name }, url));
            }
        }
        if let Some(mut table) = root.table(&mut file, "titles") {
            this.titles.push((Tenant::Bank, strings(&mut table, &mut file, "bank")));
            this.titles.push((Tenant::Shop, strings(&mut table, &mut file, "shop")));
            table.finish(&mut file);
        }
        if let Some(mut table) = root.table(&mut file, "wishes") {
            this.wishes = strings(&mut table, &mut file, "lines");
            table.finish(&mut file);
        }
        root.finish(&mut file);
        let problems = file.into_problems();
        if problems.is_empty() { Ok(this) } else { Err(problems) }
    }

    /// A line that such a person says: one that trips a rule if `risky`, else ordinary talk.
    fn line(&self, random: &mut Random, tenant: Tenant, speaker: Speaker, risky: bool) -> &str {
        let fits = |phrase: &&Phrase| phrase.tenant == tenant && phrase.speaker == speaker;
        let lines = self.lines.iter().filter(fits);
        random
            .among(lines, |phrase| phrase.risky == risky)
            .map_or("", |phrase| &phrase.text)
    }

    fn file(&self, random: &mut Random, tenant: Tenant, risky: bool) -> &str {
        let files = self.files.iter().filter(|file| file.tenant == tenant);
        random
            .among(files, |file| file.risky == risky)
            .map_or("", |file| &file.name)
    }

    /// A title and an address.
    fn link(&self, random: &mut Random, tenant: Tenant, risky: bool) -> (&str, &str) {
        let links = self.links.iter().filter(|(link, _)| link.tenant == tenant);
        random
            .among(links, |(link, _)| link.risky == risky)
            .map_or(("", ""), |(link, url)| (&link.name, url))
    }

    fn title(&self, random: &mut Random, tenant: Tenant) -> &str {
        let titles = self
            .titles
            .iter()
            .filter(|(of, _)| *of == tenant)
            .flat_map(|(_, titles)| titles);
        random.among(titles, |_| true).map_or("", String::as_str)
    }

    fn wish(&self, random: &mut Random) -> &str {
        random.among(self.wishes.iter(), |_| true).map_or("", String::as_str)
    }
}

const TENANTS: [(&str, Tenant); 2] = [("bank", Tenant::Bank), ("shop", Tenant::Shop)];

fn is_risky(table: &mut Table<'_>, file: &mut TomlFile<'_>) -> bool {
    table.strings(file, "rules").is_some_and(|rules| !rules.is_empty())
}

fn strings(table: &mut Table<'_>, file: &mut TomlFile<'_>, key: &'static str) -> Vec<String> {
    table
        .strings(file, key)
        .unwrap_or_default()
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

impl Sample {
    /// Makes `messages` messages, two thirds of them the bank's.
    pub(crate) fn make(phrases: &Phrases, messages: u32) -> Self {
        let mut random = Random(0x70_72_6f_76_69_73_6f);
        let bank = messages * 2 / 3;
        Self {
            bank: wecom::messages(phrases, &mut random, bank),
            shop: shop::messages(phrases, &mut random, messages - bank),
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `limit` - 1.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True in one of `odds` cases.
    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    /// One of those that are wanted, or of all if none is.
    fn among<T: Copy>(&mut self, choices: impl Iterator<Item = T>, wanted: impl Fn(T) -> bool) -> Option<T> {
        let all: Vec<T> = choices.collect();
        let some: Vec<T> = all.iter().copied().filter(|choice| wanted(*choice)).collect();
        let choices = if some.is_empty() { all } else { some };
        if choices.is_empty() {
            None
        } else {
            Some(choices[self.below(choices.len() as u64) as usize])
        }
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }
}

/// Moves a clock on through working days of 09:00 to 18:00 and an hour of evening.
fn next_moment(random: &mut Random, millis: i64) -> i64 {
    const HOUR: i64 = 3_600_000;
    let mut next = millis + 1_000 + random.below(220_000) as i64;
    let since_morning = (next - START_MILLIS).rem_euclid(24 * HOUR);
    if since_morning > 10 * HOUR {
        next += 24 * HOUR - since_morning;
        let day = (next - START_MILLIS) / (24 * HOUR) % 7;
        if day == 5 {
            next += 48 * HOUR;
        }
    }
    next
}
