//! A report in words, and as JSON.

use super::Language;
use crate::local_time::utc;
use crate::shown::shown;
use crate::tar::TarError;
use crate::verify::{Fault, JudgedAgain, NotJudged, Report, Told};
use serde_json::{Value, json};

/// What a report says, line by line. Foreign texts in it are [`shown`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// In which language.
    pub language: Language,
    /// What the export says of itself, and who vouches for it: a name and a value each.
    pub rows: Vec<(String, String)>,
    /// The faults that are named.
    pub faults: Vec<String>,
    /// How many others there are.
    pub others: u64,
    /// What came out otherwise when it was judged again, as far as it is named.
    pub differences: Vec<String>,
    /// How many others there are.
    pub other_differences: u64,
    /// What follows from it.
    pub sentences: Vec<String>,
}

impl Said {
    /// All of it as text, as the program prints it: each line ends with a newline.
    pub fn to_text(&self) -> String {
        let of_fault = |fault: &str| match self.language {
            Language::English => format!("altered: {fault}"),
            Language::Chinese => format!("已改动：{fault}"),
        };
        let row = |(name, value): &(String, String)| match self.language {
            Language::English => format!("{name:<14}{value}"),
            Language::Chinese => format!("{name}：{value}"),
        };
        let mut lines: Vec<String> = self.rows.iter().map(row).collect();
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self.faults.iter().map(|fault| of_fault(fault)));
        if self.others > 0 {
            lines.push(of_fault(&others(self.others, self.language)));
        }
        let of_difference = |difference: &str| match self.language {
            Language::English => format!("different: {difference}"),
            Language::Chinese => format!("不同：{difference}"),
        };
        lines.extend(self.differences.iter().map(|difference| of_difference(difference)));
        if self.other_differences > 0 {
            lines.push(of_difference(&others(self.other_differences, self.language)));
        }
        lines.extend(self.sentences.iter().cloned());
        lines.join("\n") + "\n"
    }

    /// The same for a page.
    pub fn to_json(&self) -> Value {
        let more = (self.others > 0).then(|| others(self.others, self.language));
        json!({
            "rows": self.rows, "faults": self.faults, "others": more, "sentences": self.sentences, "text": self.to_text(),
        })
    }
}

fn others(count: u64, language: Language) -> String {
    match language {
        Language::English => format!("{count} more"),
        Language::Chinese => format!("另有 {count} 处"),
    }
}

/// A report in words.
pub fn said(report: &Report, language: Language) -> Said {
    let mut rows = rows(report, language);
    for (name, value) in &mut rows {
        *name = shown(name);
        *value = shown(value);
    }
    let judged = report.judged.as_ref();
    let differences = judged.map_or(&[][..], |judged| &judged.differences);
    let other_differences = judged.map_or(0, |judged| judged.differences_count - differences.len() as u64);
    let faults = report.faults.iter().map(|fault| shown(&fault_in(fault, language)));
    Said {
        language,
        rows,
        faults: faults.collect(),
        others: report.faults_count - report.faults.len() as u64,
        differences: differences
            .iter()
            .map(|fault| shown(&fault_in(fault, language)))
            .collect(),
        other_differences,
        sentences: sentences(report, language),
    }
}

/// What is said of a file that is not the one that an archive wrote.
pub fn said_of_not_an_export(error: &TarError, language: Language) -> Said {
    Said {
        language,
        rows: Vec::new(),
        faults: vec![shown(&language.sentence(&error.to_string()))],
        others: 0,
        differences: Vec::new(),
        other_differences: 0,
        sentences: vec![not_given(language)],
    }
}

fn not_given(language: Language) -> String {
    match language {
        Language::English => "this is not what the archive gave away",
        Language::Chinese => "这不是存档交出的那一份",
    }
    .to_owned()
}

fn fault_in(fault: &Fault, language: Language) -> String {
    let what = language.sentence(&fault.what);
    match (language, fault.line) {
        (Language::English, _) => fault.to_string(),
        (Language::Chinese, Some(line)) => format!("{} 第 {line} 行：{what}", fault.member),
        (Language::Chinese, None) => format!("{}：{what}", fault.member),
    }
}

fn rows(report: &Report, language: Language) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut row = |english: &str, chinese: &str, value: String| {
        let name = match language {
            Language::English => english,
            Language::Chinese => chinese,
        };
        rows.push((name.to_owned(), value));
    };
    let either = |english: String, chinese: String| match language {
        Language::English => english,
        Language::Chinese => chinese,
    };
    if let Some(about) = &report.about {
        let export = either(
            format!("number {} of {}", about.number, about.log),
            format!("审计日志 {} 的第 {} 份", about.log, about.number),
        );
        row("export", "证据导出", export);
        row("made", "制作时间", format!("{} ({})", about.made_at, about.zone));
        row("by", "申请人", about.by.clone());
        row("for", "交给", about.to.clone());
        row("reason", "事由", about.reason.clone());
        let until = about.until.map(|day| day.to_string());
        let unnamed = either("no end is named".to_owned(), "未注明".to_owned());
        row("until", "使用期限", until.unwrap_or(unnamed));
        let (kind, text) = &about.asked;
        let chinese = match kind.as_str() {
            "query" => "查询",
            "conversation" => "会话",
            other => other,
        };
        row(kind, chinese, text.clone());
        let counted = either(
            format!(
                "{}, of which {} asked for, in {}",
                about.messages,
                about.matches,
                counted(about.conversations, "conversation")
            ),
            format!(
                "{} 条，其中 {} 条为所查，分属 {} 个会话",
                about.messages, about.matches, about.conversations
            ),
        );
        row("messages", "消息", counted);
        let members = either(
            format!("{} of {} bytes", about.members, about.bytes),
            format!("{} 个，共 {} 字节", about.members, about.bytes),
        );
        row("members", "成员文件", members);
        row("manifest", "导出清单", format!("sha256 {}", about.manifest));
        row("program", "制作程序", about.program.clone());
    }
    if let Some(told_at) = report.told_at_ms {
        row("log told at", "日志记载于", utc(told_at));
    }
    if let Some((size, root)) = &report.checkpoint {
        let checkpoint = either(
            format!("{}, root {root}", leaves(*size)),
            format!("{size} 个叶，根 {root}"),
        );
        row("checkpoint", "检查点", checkpoint);
    }
    if let Some(cosigned) = &report.cosigned {
        let size = cosigned.size;
        for (witness, time_s) in &cosigned.known {
            let at = utc(time_s.saturating_mul(1_000));
            row(
                "witnessed",
                "见证",
                either(
                    format!("{} at {at} by {witness}", leaves(size)),
                    format!("{size} 个叶，{at}，{witness}"),
                ),
            );
        }
        for witness in &cosigned.unknown {
            let unverified = either(
                format!("{} by {witness}: not verified, for its key was not given", leaves(size)),
                format!("{size} 个叶，{witness}：未给出其公钥，未核验"),
            );
            row("witnessed", "见证", unverified);
        }
    }
    if let Some(key) = &report.key {
        row("signed by", "签名公钥", key.clone());
    }
    rows
}

fn sentences(report: &Report, language: Language) -> Vec<String> {
    let mut sentences = if report.is_whole() {
        of_the_whole(report, language)
    } else {
        vec![not_given(language)]
    };
    match &report.judged {
        Some(judged) => sentences.extend(of_judging(judged, language)),
        None if report.is_whole() && report.masked == 0 => sentences.push(
            match language {
                Language::English => {
                    "verdicts were not judged again here: `proviso-verify FILE --judge` does that by the enclosed packs"
                }
                Language::Chinese => "此处未重审裁定：`proviso-verify 文件 --judge` 用所附策略包重审",
            }
            .to_owned(),
        ),
        None => {}
    }
    sentences
}

/// A number of things, in English.
fn counted(count: u64, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}

fn counted_are(count: u64, one: &str) -> String {
    let are = if count == 1 { "is" } else { "are" };
    format!("{} {are}", counted(count, one))
}

fn leaves(count: u64) -> String {
    match count {
        1 => "1 leaf".to_owned(),
        _ => format!("{count} leaves"),
    }
}

/// What came of judging again.
fn of_judging(judged: &JudgedAgain, language: Language) -> Vec<String> {
    let either = |english: String, chinese: String| match language {
        Language::English => english,
        Language::Chinese => chinese,
    };
    let JudgedAgain { equal, different, .. } = judged;
    let mut sentences = vec![either(
        format!("messages that the enclosed packs give the very verdict of the export again: {equal}"),
        format!("{equal} 条消息：用所附策略包重审，每条的裁定都与导出中的逐字节相同"),
    )];
    if *different > 0 {
        sentences.push(either(
            format!("messages that the enclosed packs give another verdict than the export has: {different}"),
            format!("{different} 条消息：用所附策略包重审，裁定与导出中的不同"),
        ));
    }
    for (why, messages) in &judged.not {
        let (english, chinese) = reason(*why);
        sentences.push(either(
            format!("messages that were not judged again: {messages}: {english}"),
            format!("{messages} 条消息未重审：{chinese}"),
        ));
    }
    for lack in &judged.lacks {
        let lack = shown(&fault_in(lack, language));
        sentences.push(either(
            format!("not judged by it: {lack}"),
            format!("未用其重审：{lack}"),
        ));
    }
    if !judged.recorded_by.is_empty() {
        let then: Vec<&str> = judged.recorded_by.iter().map(String::as_str).collect();
        let (now, then) = (&judged.by, shown(&then.join("; ")));
        sentences.push(either(
            format!("judged again by {now}; some had been judged by another version: {then}"),
            format!("重审所用：{now}；其中有当时由其他版本审查的：{then}"),
        ));
    }
    sentences
}

/// Why messages were not judged again, in English and in Chinese.
const fn reason(why: NotJudged) -> (&'static str, &'static str) {
    match why {
        NotJudged::Masked => (
            "names in them are pseudonyms, and policies judged the text as it was",
            "已作假名化，策略当时审查的是原文",
        ),
        NotJudged::OlderExport => (
            "the export was made by a version that did not enclose what they were judged with",
            "制作导出的版本尚未附上审查时所用的资料",
        ),
        NotJudged::Altered => ("what the export has of them is at fault", "导出中关于它们的内容有误"),
        NotJudged::Preceding => (
            "messages before them in their conversations, which policies were given with them, are not in the export",
            "策略当时一并看到的前文消息不在导出中",
        ),
        NotJudged::Directory => (
            "what the directory said of their parties is not in the export",
            "当时员工目录对其各方的记载不在导出中",
        ),
        NotJudged::Generation => ("their generation is not in the export", "其策略代不在导出中"),
        NotJudged::Pack => (
            "a pack of their generation is not in the export",
            "其策略代的某个策略包不在导出中",
        ),
        NotJudged::OtherPacks => (
            "the packs or the set in the export are others than those of their generation",
            "导出中的策略包或策略集不是其策略代的",
        ),
        NotJudged::NotBuilt => ("this program cannot build their generation", "本程序无法构建其策略代"),
        NotJudged::Deadline => (
            "a policy ran out of time on this machine or on that of then",
            "某个策略在本机或当时的机器上超时",
        ),
    }
}

fn of_the_whole(report: &Report, language: Language) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut say = |english: String, chinese: String| {
        sentences.push(match language {
            Language::English => english,
            Language::Chinese => chinese,
        });
    };
    say(
        "every member is as it was written, and the log told of it before it was given away".to_owned(),
        "每个成员文件都与写成时一致，并且交出之前审计日志已有记载".to_owned(),
    );
    let Report {
        opened, masked, untold, ..
    } = report;
    if *opened > 0 {
        say(
            format!(
                "{}: the sealed record of each opens by its own key, is the one that the log has, and says what is to be read",
                counted(*opened, "message")
            ),
            format!("{opened} 条消息：每条的密封记录都能用其自己的密钥解封，与审计日志所载相符，内容与所列文字一致"),
        );
    }
    if *masked > 0 {
        say(
            format!(
                "{} masked: the log has something in the place of each; that it is this is vouched for by the manifest alone",
                counted_are(*masked, "message")
            ),
            format!("{masked} 条消息已作假名化：审计日志在每条的位置上确有记载；所载就是这一条，仅由导出清单担保"),
        );
    }
    if *untold > 0 {
        say(
            format!(
                "{} older than the log: the manifest alone vouches for this",
                counted_are(*untold, "message")
            ),
            format!("{untold} 条消息早于审计日志：仅由导出清单担保"),
        );
    }
    if let Some(cosigned) = report.cosigned.as_ref().filter(|cosigned| !cosigned.known.is_empty()) {
        let size = cosigned.size;
        say(
            format!(
                "a witness signed the log at {}, and the checkpoint of this export continues what it signed; the log told of this export later",
                leaves(size)
            ),
            format!("见证方签过审计日志的前 {size} 个叶，本导出的检查点是其延续；本导出记载于其后"),
        );
    }
    if report.unknown_members > 0 {
        let members = report.unknown_members;
        say(
            format!(
                "{} of a kind that this program does not know: unaltered, and what is in it was not looked at",
                counted_are(members, "member")
            ),
            format!("{members} 个成员文件的种类本程序不认识：未被改动，其内容未经查看"),
        );
    }
    if !report.is_key_known {
        say(
            "whose log this is, the export alone does not show: compare the key that signed it with the one that the organisation gave you by \
             another way, or verify again with that one as the key of the log"
                .to_owned(),
            "这是谁的审计日志，仅凭导出无法看出：请将签名公钥与该机构通过其他途径给您的公钥比对，或以后者作为日志公钥再核验一次"
                .to_owned(),
        );
    }
    sentences
}

/// A report for programs. It is in English, whoever reads it.
pub fn json_of(report: &Report) -> Value {
    let about = report.about.as_ref().map(|about: &Told| {
        json!({
            "number": about.number, "log": about.log, "made_at": about.made_at, "zone": about.zone, "by": about.by, "to": about.to,
            "reason": about.reason, "until": about.until.map(|day| day.to_string()),
            "asked": { "kind": about.asked.0, "text": about.asked.1 }, "context": about.context, "masked": about.masked,
            "program": about.program, "manifest": about.manifest, "messages": about.messages, "matches": about.matches,
            "conversations": about.conversations, "members": about.members, "bytes": about.bytes,
        })
    });
    json!({
        "whole": report.is_whole(), "export": about, "key": report.key, "key_known": report.is_key_known,
        "checkpoint": report.checkpoint.as_ref().map(|(size, root)| json!({ "size": size, "root": root })),
        "told_at": report.told_at_ms.map(utc), "opened": report.opened, "masked": report.masked, "untold": report.untold,
        "entries": report.entries, "unknown_members": report.unknown_members, "faults_count": report.faults_count,
        "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "cosigned": report.cosigned.as_ref().map(|cosigned| {
            let known = cosigned.known.iter().map(|(key, time_s)| json!({ "key": key, "at": utc(time_s.saturating_mul(1_000)) }));
            json!({
                "size": cosigned.size, "known": known.collect::<Vec<_>>(), "unknown": cosigned.unknown,
            })
        }),
        "judged": report.judged.as_ref().map(json_of_judging),
    })
}

fn json_of_judging(judged: &JudgedAgain) -> Value {
    let told = |faults: &[Fault]| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    let not: serde_json::Map<String, Value> = judged
        .not
        .iter()
        .map(|(why, messages)| (why.name().to_owned(), json!(messages)))
        .collect();
    json!({
        "equal": judged.equal, "different": judged.different, "not_judged": judged.not_judged(), "not_judged_by_reason": not,
        "differences_count": judged.differences_count, "differences": told(&judged.differences), "lacks": told(&judged.lacks),
        "by": judged.by, "recorded_by": judged.recorded_by,
    })
}

/// The same of a file that is not the one that an archive wrote.
pub fn json_of_not_an_export(error: &TarError) -> Value {
    json!({ "whole": false, "faults_count": 1, "faults": [error.to_string()] })
}
