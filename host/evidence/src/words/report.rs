//! A report in words, and as JSON.

use super::Language;
use crate::local_time::utc;
use crate::shown::shown;
use crate::tar::TarError;
use crate::verify::{Fault, Report, Told};
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
    let faults = report.faults.iter().map(|fault| shown(&fault_in(fault, language)));
    Said {
        language,
        rows,
        faults: faults.collect(),
        others: report.faults_count - report.faults.len() as u64,
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
                "{}, of which {} were asked for, in {} conversations",
                about.messages, about.matches, about.conversations
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
        let checkpoint = either(format!("{size} leaves, root {root}"), format!("{size} 个叶，根 {root}"));
        row("checkpoint", "检查点", checkpoint);
    }
    if let Some(key) = &report.key {
        row("signed by", "签名公钥", key.clone());
    }
    rows
}

fn sentences(report: &Report, language: Language) -> Vec<String> {
    if !report.is_whole() {
        return vec![not_given(language)];
    }
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
                "{opened} messages: the sealed record of each opens by its own key, is the one that the log has, and says what is to be read"
            ),
            format!("{opened} 条消息：每条的密封记录都能用其自己的密钥解封，与审计日志所载相符，内容与所列文字一致"),
        );
    }
    if *masked > 0 {
        say(
            format!(
                "{masked} messages are masked: the log has something in the place of each; that it is this is vouched for by the manifest alone"
            ),
            format!("{masked} 条消息已作假名化：审计日志在每条的位置上确有记载；所载就是这一条，仅由导出清单担保"),
        );
    }
    if *untold > 0 {
        say(
            format!("{untold} messages are older than the log: the manifest alone vouches for them"),
            format!("{untold} 条消息早于审计日志：仅由导出清单担保"),
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
        "entries": report.entries, "faults_count": report.faults_count,
        "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// The same of a file that is not the one that an archive wrote.
pub fn json_of_not_an_export(error: &TarError) -> Value {
    json!({ "whole": false, "faults_count": 1, "faults": [error.to_string()] })
}
