//! The demo's synthetic archive: a bank on WeCom and a shop on other channels, every kind of message, the same on every run.

mod shop;
mod wecom;

use anyhow::Context;
use proviso_model::Problem;
use proviso_model::toml_read::TomlFile;
use std::path::Path;

/// Where the demo's time begins: Monday 2026-10-12, 09:00 in Shanghai, in milliseconds since 1970.
const START_MILLIS: i64 = 1_791_766_800_000;

/// What people say in the demo, by who says it.
pub(crate) struct Phrases {
    lines: Vec<Phrase>,
}

struct Phrase {
    tenant: Tenant,
    role: Role,
    risky: bool,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tenant {
    Bank,
    Shop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Employee,
    Customer,
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
        Self::parse(path, &text).map_err(|problems| crate::exit::InputProblems(problems).into())
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let (mut file, mut root) = TomlFile::parse(path, text);
        let mut lines = Vec::new();
        for mut table in root.tables(&mut file, "phrase") {
            let tenant = table.choice(&mut file, "tenant", &[("bank", Tenant::Bank), ("shop", Tenant::Shop)]);
            let role = table.choice(&mut file, "role", &[("employee", Role::Employee), ("customer", Role::Customer)]);
            let risky = table.boolean(&mut file, "risky").is_some_and(|(risky, _)| risky);
            let text = table.required_string(&mut file, "text");
            table.finish(&mut file);
            if let (Some(tenant), Some(role), Some((text, _))) = (tenant, role, text) {
                lines.push(Phrase { tenant, role, risky, text });
            }
        }
        root.finish(&mut file);
        let problems = file.into_problems();
        if problems.is_empty() { Ok(Self { lines }) } else { Err(problems) }
    }

    /// A line that such a person says. One in `1 / odds` is risky, where there are any.
    fn pick(&self, random: &mut Random, tenant: Tenant, role: Role, risky: bool) -> &str {
        let fits = |phrase: &&Phrase| phrase.tenant == tenant && phrase.role == role;
        let wanted: Vec<&Phrase> = self.lines.iter().filter(fits).filter(|phrase| phrase.risky == risky).collect();
        let wanted = if wanted.is_empty() { self.lines.iter().filter(fits).collect() } else { wanted };
        wanted.get(random.below(wanted.len().max(1) as u64) as usize).map_or("", |phrase| &phrase.text)
    }
}

impl Sample {
    /// Makes `messages` messages, two thirds of them the bank's.
    pub(crate) fn make(phrases: &Phrases, messages: u32) -> Self {
        let mut random = Random(0x70_72_6f_76_69_73_6f);
        let bank = messages * 2 / 3;
        Self { bank: wecom::messages(phrases, &mut random, bank), shop: shop::messages(phrases, &mut random, messages - bank) }
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
