//! Pages to be read: they open offline, run no script and fetch nothing. Labels are in Chinese and English.

use super::Full;
use crate::about::About;
use crate::evidence::{Evidence, Role};
use crate::form::CountsV1;
use crate::local_time::local;
use crate::parts::part_path;
use proviso_model::message::Party;
use proviso_model::time::{Day, Zone};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Messages of a page, and the bytes at which it takes no more.
const PAGE_MESSAGES: usize = 500;
const PAGE_BYTES: usize = 2 * 1024 * 1024;
/// Characters of a text that a page shows; the rest stands in the lines.
const TEXT_CHARS_MAX: usize = 100_000;
/// Recipients that a page names.
const RECIPIENTS_MAX: usize = 20;

const STYLE: &str = "body{font:15px/1.5 'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;max-width:60em;\
margin:1em auto;padding:0 1em;color:#222;background:#fff}table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;\
padding:.1em 1em .1em 0}th{font-weight:600;white-space:nowrap}h2{border-top:2px solid #888;padding-top:.6em;overflow-wrap:anywhere}\
article{border-left:4px solid #bbb;padding:.2em 0 .2em 1em;margin:1em 0}article.match{border-color:#b00}\
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4em 0}.meta{color:#555;font-size:.9em}mark{background:#fe9}\
.finding{margin:.2em 0}td{overflow-wrap:anywhere}";

pub(super) struct Html {
    about: About,
    page: String,
    messages: usize,
    written: u32,
    /// Of each conversation: its name, and where it begins.
    index: String,
    conversations: u64,
}

impl Html {
    pub(super) fn new(about: &About) -> Self {
        Self {
            about: about.clone(),
            page: String::new(),
            messages: 0,
            written: 0,
            index: String::new(),
            conversations: 0,
        }
    }

    pub(super) fn message(&mut self, evidence: &Evidence, begins: bool) -> Option<Full> {
        let ends = self.messages == PAGE_MESSAGES || self.page.len() >= PAGE_BYTES;
        let full = if ends { self.end_page(false) } else { None };
        let message = &evidence.message;
        if begins {
            self.conversations += 1;
            let name = format!("{}/{}/{}", message.id.tenant, message.id.channel, message.conversation);
            let page = self.written + 1;
            let _ = writeln!(
                self.index,
                "<li><a href=\"{page:04}.html#c{}\">{}</a></li>",
                self.conversations,
                escaped(&name)
            );
        }
        if begins || self.messages == 0 {
            let name = format!("{} · {}", message.id.channel, message.conversation);
            let _ = writeln!(self.page, "<h2 id=\"c{}\">{}</h2>", self.conversations, escaped(&name));
        }
        article(evidence, &self.about.zone, &mut self.page);
        self.messages += 1;
        full
    }

    fn end_page(&mut self, is_last: bool) -> Option<Full> {
        if self.messages == 0 {
            return None;
        }
        self.written += 1;
        self.messages = 0;
        let number = self.written;
        let title = format!("导出 Export {} · {number}", self.about.number);
        let mut before = "<p><a href=\"index.html\">目录 Contents</a>".to_owned();
        if number > 1 {
            let _ = write!(before, " · <a href=\"{:04}.html\">← {}</a>", number - 1, number - 1);
        }
        if !is_last {
            let _ = write!(before, " · <a href=\"{:04}.html\">{} →</a>", number + 1, number + 1);
        }
        before.push_str("</p>");
        let body = format!("{before}\n{}", std::mem::take(&mut self.page));
        Some((part_path("html", number, "html"), page(&title, &body)))
    }

    pub(super) fn finish(mut self, counts: &CountsV1) -> Vec<Full> {
        let mut full: Vec<Full> = self.end_page(true).into_iter().collect();
        let about = &self.about;
        let until = about.until.map_or_else(|| "—".to_owned(), |day| day.to_string());
        let rows = [
            ("编号", "number", about.number.to_string()),
            ("存档日志", "log", about.log.clone()),
            ("导出时间", "made at", local(about.made_at, &about.zone)),
            ("时区", "time zone", about.zone.name().to_owned()),
            ("导出人", "by", about.by.clone()),
            ("接收方", "for", about.to.clone()),
            ("理由", "reason", about.reason.clone()),
            ("使用期限", "to be used until", until),
            ("范围", about.asked.kind(), about.asked.text()),
            ("上下文", "context", about.context.to_string()),
            ("消息数", "messages", counts.messages.to_string()),
            ("其中命中", "of them matches", counts.matches.to_string()),
            ("会话数", "conversations", counts.conversations.to_string()),
            (
                "假名化",
                "masked",
                if about.masked { "是 yes" } else { "否 no" }.to_owned(),
            ),
            ("程序", "program", about.program.clone()),
        ];
        let mut body = format!("<h1>证据导出 Evidence export {}</h1>\n<table>\n", about.number);
        for (zh, en, value) in rows {
            let _ = writeln!(body, "<tr><th>{zh} {en}</th><td>{}</td></tr>", escaped(&value));
        }
        body.push_str(
            "</table>\n<p>本页仅供阅读。请用 proviso-verify 核验整个导出。 These pages are to be read. \
            <code>proviso-verify</code> verifies the export that they are a part of.</p>\n\
            <p>红边为命中，灰边为上下文。 A red border marks a match, a grey one context.</p>\n<ol>\n",
        );
        body.push_str(&self.index);
        body.push_str("</ol>\n");
        let title = format!("证据导出 Evidence export {}", about.number);
        full.push(("html/index.html".to_owned(), page(&title, &body)));
        full
    }
}

fn page(title: &str, body: &str) -> Vec<u8> {
    let hash = crate::base64::encode(&Sha256::digest(STYLE.as_bytes()));
    format!(
        "<!doctype html>\n<html lang=\"zh\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escaped(title)
    )
    .into_bytes()
}

fn article(evidence: &Evidence, zone: &Zone, out: &mut String) {
    let message = &evidence.message;
    let (class, role) = match evidence.role {
        Role::Match => (" class=\"match\"", "命中 match"),
        Role::Context => ("", "上下文 context"),
    };
    let _ = writeln!(out, "<article{class} id=\"m{}\">", evidence.number);
    let recipients = message.recipients.iter().take(RECIPIENTS_MAX);
    let mut recipients: Vec<String> = recipients.map(|party| who(party, evidence)).collect();
    if message.recipients.len() > RECIPIENTS_MAX {
        recipients.push(format!("+{}", message.recipients.len() - RECIPIENTS_MAX));
    }
    let _ = writeln!(
        out,
        "<div><b>{}</b> → {}</div>",
        who(&message.sender, evidence),
        recipients.join("、")
    );
    let _ = writeln!(
        out,
        "<div class=\"meta\">{} · {} · 收到 received {} · {} · {} · #{} · {role}</div>",
        escaped(&local(message.sent_at, zone)),
        escaped(&message.sent_at.to_string()),
        escaped(&local(evidence.received_at, zone)),
        message.kind.name(),
        message.direction.name(),
        evidence.number
    );
    if let Some(withheld) = &evidence.standing.withheld {
        let _ = writeln!(
            out,
            "<div class=\"meta\">内容未经审查 withheld: {}</div>",
            escaped(withheld)
        );
    }
    let _ = writeln!(out, "<div class=\"text\">{}</div>", marked(evidence));
    for attachment in &message.attachments {
        let _ = writeln!(
            out,
            "<div class=\"meta\">附件 attachment: {} · {} bytes · {}</div>",
            escaped(&attachment.name),
            attachment.size_bytes,
            escaped(&attachment.reference)
        );
    }
    for link in &message.links {
        // Not to be followed from here: it is shown as what was sent.
        let _ = writeln!(out, "<div class=\"meta\">链接 link: {}</div>", escaped(link));
    }
    if let Some(recalls) = &message.recalls {
        let _ = writeln!(out, "<div class=\"meta\">撤回 recalls: {}</div>", escaped(recalls));
    }
    for finding in &evidence.verdict.findings {
        let reason = [&finding.reason.zh, &finding.reason.en];
        let reason: Vec<String> = reason.into_iter().flatten().map(|text| escaped(text)).collect();
        let _ = writeln!(
            out,
            "<div class=\"finding\">⚑ {}{} <code>{}</code> <code>{}</code> {} · <code>{}</code></div>",
            finding.severity,
            if finding.shadow { " (shadow)" } else { "" },
            escaped(&finding.pack),
            escaped(&finding.rule),
            reason.join(" / "),
            escaped(&evidence.verdict.generation.short()),
        );
    }
    for fault in &evidence.verdict.faults {
        let _ = writeln!(
            out,
            "<div class=\"finding\">⚠ 故障 fault <code>{}:{}</code> {}</div>",
            escaped(&fault.pack),
            escaped(&fault.policy),
            fault.cause.name()
        );
    }
    let cited = statutes(evidence);
    let until = kept_until(evidence);
    if !cited.is_empty() || !until.is_empty() {
        let _ = writeln!(
            out,
            "<div class=\"meta\">保存至 kept until {} · {}</div>",
            if until.is_empty() { "—" } else { &until },
            escaped(&cited.join("; "))
        );
    }
    for review in &evidence.reviews {
        let at = proviso_model::Timestamp::from_millis(review.at).map_or_else(|_| String::new(), |at| local(at, zone));
        let _ = writeln!(
            out,
            "<div class=\"meta\">复核 review: {at} {} {}</div>",
            escaped(&review.by),
            escaped(&review.note)
        );
    }
    let _ = writeln!(
        out,
        "<div class=\"meta\"><code>{}</code></div>\n</article>",
        escaped(&message.id.to_string())
    );
}

/// The account, and whom the directory names for it.
fn who(party: &Party, evidence: &Evidence) -> String {
    let id = if party.id.is_empty() { "—" } else { &party.id };
    let mut text = format!("{} ({}", escaped(id), party.class.name());
    match evidence.people.get(&party.id) {
        Some(person) => {
            let _ = write!(text, " · {} · {}", escaped(&person.person), escaped(&person.department));
        }
        None if !party.department.is_empty() => {
            let _ = write!(text, " · {}", escaped(&party.department));
        }
        None => {}
    }
    text + ")"
}

/// The text with what findings point at between marks.
fn marked(evidence: &Evidence) -> String {
    let text = &evidence.message.text;
    let shown = text
        .char_indices()
        .nth(TEXT_CHARS_MAX)
        .map_or(text.as_str(), |(end, _)| &text[..end]);
    let spans = evidence.verdict.findings.iter().flat_map(|finding| &finding.spans);
    let mut spans: Vec<(usize, usize)> = spans.map(|span| (span.start as usize, span.end as usize)).collect();
    spans.sort_unstable();
    let (mut out, mut at) = (String::with_capacity(shown.len()), 0);
    for (start, end) in spans {
        let (start, end) = (start.max(at), end);
        // One that does not lie on characters is no span of this text.
        let (Some(before), Some(within)) = (shown.get(at..start), shown.get(start..end)) else {
            continue;
        };
        if !within.is_empty() {
            let _ = write!(out, "{}<mark>{}</mark>", escaped(before), escaped(within));
            at = end;
        }
    }
    out.push_str(&escaped(shown.get(at..).unwrap_or_default()));
    if shown.len() < text.len() {
        out.push_str("<b> … （其余见 messages/ the rest is in messages/）</b>");
    }
    out
}

/// The laws and articles of the rules that decided how long a message is kept.
pub(super) fn statutes(evidence: &Evidence) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Cited {
        rule: String,
        law: String,
        article: String,
    }
    let text = evidence.standing.statutes.as_deref().unwrap_or("[]");
    let cited: Vec<Cited> = serde_json::from_str(text).unwrap_or_default();
    let text = |one: Cited| format!("{} ({} {})", one.rule, one.law, one.article);
    cited.into_iter().map(text).collect()
}

/// The day until which a message is kept; empty where there is none.
pub(super) fn kept_until(evidence: &Evidence) -> String {
    let number = evidence
        .standing
        .keep_until
        .and_then(|number| i32::try_from(number).ok());
    number
        .and_then(Day::from_number)
        .map_or_else(String::new, |day| day.to_string())
}

/// Nothing of a text is markup. What is not seen is shown: directions and other controls.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
                let _ = write!(out, "[U+{:04X}]", character as u32);
            }
            character if character.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup_or_turns_the_line() {
        assert_eq!(
            escaped("<script>&\"'\u{202e}\u{7}"),
            "&lt;script&gt;&amp;&quot;&#39;[U+202E]\u{fffd}"
        );
    }
}
