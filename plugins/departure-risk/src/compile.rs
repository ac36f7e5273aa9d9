//! Settings into a policy, with every problem and its place.

use std::fmt::Display;

use proviso_sdk::{
    Direction, Lists, MessageFilter, MessageFilterSettings, Problems, from_settings, is_domain, is_name,
    pointer_segment, stable_key,
};

use crate::baseline::BaselineOptions;
use crate::decay::HalfLife;
use crate::files::FileLimit;
use crate::mention::Mention;
use crate::settings::{FilesSettings, Settings, SignalSettings, WorkingTimeSettings};
use crate::working_time::{WorkingTime, minutes_of};
use crate::{DepartureRisk, Signal, SignalKind};

/// So many fit into the state: see `factors`.
const SIGNALS_MAX: usize = 9;
const FILE_SIGNALS_MAX: usize = 2;

pub(crate) fn compile(settings: &Settings, lists: &Lists) -> Result<DepartureRisk, Problems> {
    let mut compiler = Compiler {
        lists,
        problems: Problems::new(),
    };
    compiler.range(settings.half_life_days, 0.5, 365.0, "/half_life_days");
    compiler.range(settings.baseline.half_life_days, 1.0, 365.0, "/baseline/half_life_days");
    compiler.range(settings.baseline.warm_up_days, 5, 365, "/baseline/warm_up_days");
    compiler.range(settings.baseline.deviations, 1.0, 10.0, "/baseline/deviations");
    if settings.excluded.is_empty() {
        compiler
            .problems
            .push("/excluded", "empty: name the list of subjects that are never an input");
    }
    let excluded = compiler.list_indexes(&settings.excluded, "/excluded");
    let working_time = compiler.working_time(&settings.working_time);
    let signals = compiler.signals(settings);
    compiler.problems.or_ok(DepartureRisk {
        half_life: HalfLife::of_days(settings.half_life_days),
        excluded,
        working_time,
        baseline: BaselineOptions::new(
            settings.baseline.half_life_days,
            settings.baseline.warm_up_days,
            settings.baseline.deviations,
        ),
        signals,
    })
}

struct Compiler<'l> {
    lists: &'l Lists,
    problems: Problems,
}

impl Compiler<'_> {
    /// Reports a number outside of its range; NaN is outside of every range.
    fn range<N: Copy + PartialOrd + Display>(&mut self, value: N, least: N, most: N, pointer: &str) {
        if !(value >= least && value <= most) {
            self.problems
                .push(pointer, format!("{value} is out of range: must be {least} to {most}"));
        }
    }

    fn list_indexes(&mut self, names: &[String], pointer: &str) -> Vec<u16> {
        let mut indexes = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            match self.lists.index(name) {
                Some(index) => indexes.push(index),
                None => self.problems.push(format!("{pointer}/{at}"), self.lists.unknown(name)),
            }
        }
        indexes
    }

    fn working_time(&mut self, settings: &WorkingTimeSettings) -> WorkingTime {
        self.range(
            settings.utc_offset_minutes,
            -1440,
            1440,
            "/working_time/utc_offset_minutes",
        );
        if settings.days.is_empty() {
            self.problems
                .push("/working_time/days", "empty: at least one working day is needed");
        }
        let from = self.clock_time(&settings.from, "/working_time/from");
        let to = self.clock_time(&settings.to, "/working_time/to");
        if let (Some(from), Some(to)) = (from, to) {
            if to <= from {
                let text = format!("\"{}\" is not behind \"{}\"", settings.to, settings.from);
                self.problems.push("/working_time/to", text);
            }
        }
        let mut days = [false; 7];
        for day in &settings.days {
            days[*day as usize] = true;
        }
        WorkingTime {
            utc_offset_minutes: settings.utc_offset_minutes,
            days,
            from: from.unwrap_or(0),
            to: to.unwrap_or(0),
        }
    }

    fn clock_time(&mut self, text: &str, pointer: &str) -> Option<i64> {
        let minutes = minutes_of(text);
        if minutes.is_none() {
            self.problems.push(
                pointer,
                format!("\"{text}\" is no time of day: must be HH:MM, 00:00 to 24:00"),
            );
        }
        minutes
    }

    fn signals(&mut self, settings: &Settings) -> Vec<Signal> {
        if !(1..=SIGNALS_MAX).contains(&settings.signals.len()) {
            let text = format!("{} signals: 1 to {SIGNALS_MAX} are possible", settings.signals.len());
            self.problems.push("/signals", text);
        }
        let mut signals = Vec::new();
        for (name, value) in &settings.signals {
            let pointer = format!("/signals{}", pointer_segment(name));
            if !is_name(name) {
                self.problems.push(
                    pointer.as_str(),
                    format!("name \"{name}\" must be 1 to 64 characters of a-z, 0-9 and -"),
                );
            }
            match from_settings::<SignalSettings>(value, &pointer) {
                Ok(signal) => {
                    let enabled = signal.enabled;
                    let signal = self.signal(name, signal, &settings.excluded, &pointer);
                    signals.extend(signal.filter(|_| enabled));
                }
                Err(problems) => self.problems.extend(problems),
            }
        }
        if signals
            .iter()
            .filter(|signal| matches!(signal.kind, SignalKind::Files(_)))
            .count()
            > FILE_SIGNALS_MAX
        {
            self.problems
                .push("/signals", format!("more than {FILE_SIGNALS_MAX} signals have `files`"));
        }
        signals
    }

    fn signal(&mut self, name: &str, settings: SignalSettings, excluded: &[String], pointer: &str) -> Option<Signal> {
        self.range(settings.points, 0.1, 100.0, &format!("{pointer}/points"));
        self.range(settings.cap, 0.1, 100.0, &format!("{pointer}/cap"));
        if settings.cap < settings.points {
            let text = format!(
                "{} is less than `points`, which would never count in full",
                settings.cap
            );
            self.problems.push(format!("{pointer}/cap"), text);
        }
        for (at, list) in settings
            .lists
            .iter()
            .flatten()
            .enumerate()
            .filter(|(_, list)| excluded.contains(list))
        {
            self.problems.push(
                format!("{pointer}/lists/{at}"),
                format!("\"{list}\" is excluded: it can be no signal"),
            );
        }
        let filter_given = settings.filter.is_some();
        let filter = match settings.filter {
            Some(filter) => MessageFilter::compile(filter, &format!("{pointer}/filter"), &mut self.problems),
            None if settings.files.is_some() => outbound(),
            None => MessageFilter::any(),
        };
        let is_mention = settings.lists.is_some() || settings.domains.is_some() || settings.name_words.is_some();
        let kind = match (is_mention, settings.files, settings.measure) {
            (true, None, None) => SignalKind::Mention(Mention {
                lists: self.list_indexes(
                    settings.lists.as_deref().unwrap_or_default(),
                    &format!("{pointer}/lists"),
                ),
                domains: self.domains(
                    settings.domains.as_deref().unwrap_or_default(),
                    &format!("{pointer}/domains"),
                ),
                name_words: self.words(
                    settings.name_words.as_deref().unwrap_or_default(),
                    &format!("{pointer}/name_words"),
                ),
            }),
            (false, Some(files), None) => SignalKind::Files(self.files(&files, &format!("{pointer}/files"))),
            (false, None, Some(measure)) => {
                if filter_given {
                    self.problems.push(
                        format!("{pointer}/filter"),
                        "has no meaning beside `measure`, which is of all the person's messages",
                    );
                }
                SignalKind::Habit(measure)
            }
            _ => {
                let text = "needs one of: any of `lists`, `domains`, `name_words`; or `files`; or `measure`";
                self.problems.push(pointer, text);
                return None;
            }
        };
        if let SignalKind::Mention(mention) = &kind {
            if mention.lists.is_empty()
                && mention.domains.is_empty()
                && mention.name_words.is_empty()
                && self.problems.is_empty()
            {
                self.problems.push(pointer, "names nothing: it could never add a point");
            }
        }
        Some(Signal {
            name: name.to_owned(),
            key: stable_key(name),
            points: settings.points,
            cap: settings.cap,
            filter,
            kind,
        })
    }

    fn domains(&mut self, domains: &[String], pointer: &str) -> Vec<String> {
        for (at, domain) in domains.iter().enumerate().filter(|(_, domain)| !is_domain(domain)) {
            let text = format!("\"{domain}\" must be a bare domain such as \"example.com\"");
            self.problems.push(format!("{pointer}/{at}"), text);
        }
        domains.iter().map(|domain| domain.to_lowercase()).collect()
    }

    fn words(&mut self, words: &[String], pointer: &str) -> Vec<String> {
        for (at, word) in words
            .iter()
            .enumerate()
            .filter(|(_, word)| word.is_empty() || word.len() > 64)
        {
            self.problems.push(
                format!("{pointer}/{at}"),
                format!("\"{word}\" has {} bytes: must be 1 to 64", word.len()),
            );
        }
        words.iter().map(|word| word.to_lowercase()).collect()
    }

    fn files(&mut self, settings: &FilesSettings, pointer: &str) -> FileLimit {
        self.range(settings.hours, 1, 720, &format!("{pointer}/hours"));
        if settings.files_at_least.is_none() && settings.bytes_at_least.is_none() {
            self.problems
                .push(pointer, "needs `files_at_least`, `bytes_at_least` or both");
        }
        if let Some(least) = settings.files_at_least {
            self.range(least, 1, 100_000, &format!("{pointer}/files_at_least"));
        }
        if let Some(least) = settings.bytes_at_least {
            self.range(least, 1, 1 << 50, &format!("{pointer}/bytes_at_least"));
        }
        FileLimit {
            // A 24th of so many hours. At least a minute, so that it can be divided by where `hours` is refused.
            bucket_ms: (i64::from(settings.hours) * 3_600_000 / 24).max(60_000),
            files_at_least: settings.files_at_least,
            kib_at_least: settings.bytes_at_least.map(|bytes| bytes.div_ceil(1024)),
        }
    }
}

fn outbound() -> MessageFilter {
    let settings = MessageFilterSettings {
        directions: Some(vec![Direction::Outbound]),
        ..MessageFilterSettings::default()
    };
    MessageFilter::compile(settings, "", &mut Problems::new())
}
