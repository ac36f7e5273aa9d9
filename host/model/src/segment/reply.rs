//! Replies that begin with what they answer, in the forms of WeCom and WeChat.

use super::{Role, Segment, add, lines};

/// How WeCom and WeChat begin a reply, in the languages of their programs.
const REPLY_HEADS: [&str; 4] = [
    "这是一条引用/回复消息",
    "這是一條引用/回覆訊息",
    "這是一條引用/回復消息",
    "This is a quote/reply",
];

/// Replies that begin with what they answer, as WeCom (`"name:`, the words, `"`, `------`) and WeChat (`「name：words」`,
/// `- - - -`) write them. The quotation ends with its closing mark and the rule below it. A program that leaves the rule out is
/// believed where the mark ends a line; without mark, nothing is quoted.
pub(super) fn quoted(text: &str, found: &mut Vec<Segment>) {
    // Where a reply began, what closes it, and where it was closed first.
    let mut open: Option<(usize, &[char])> = None;
    let mut closed = None;
    let mut before_is_close = false;
    for (start, line) in lines(text, 0) {
        let (shown, end) = (line.trim(), start + line.len());
        let Some((from, marks)) = open else {
            open = closing_marks(shown).map(|marks| (start, marks));
            before_is_close = open.is_some_and(|(_, marks)| shown.ends_with(marks));
            if before_is_close && shown.contains(['“', '「']) {
                closed = Some((start, end));
            }
            continue;
        };
        if before_is_close && is_rule(shown) {
            add(found, Role::Quotation, from, end);
            (open, closed) = (None, None);
            continue;
        }
        before_is_close = shown.ends_with(marks);
        if before_is_close && closed.is_none() {
            closed = Some((from, end));
        }
    }
    if let Some((from, end)) = closed.filter(|(from, _)| !text[*from..].starts_with('「')) {
        add(found, Role::Quotation, from, end);
    }
}

/// What ends the quotation that a line begins.
fn closing_marks(line: &str) -> Option<&'static [char]> {
    if REPLY_HEADS.iter().any(|head| line.starts_with(head)) {
        Some(&['"', '”', '」'])
    } else {
        is_wechat_quote(line).then_some(&['」'])
    }
}

/// `「name：words`, perhaps closed on another line.
fn is_wechat_quote(line: &str) -> bool {
    line.strip_prefix('「').is_some_and(|rest| rest.contains(['：', ':']))
}

/// `------` or `- - - - - -`: six hyphens at least and nothing else.
fn is_rule(line: &str) -> bool {
    line.chars().all(|c| c == '-' || c == ' ') && line.chars().filter(|c| *c == '-').count() >= 6
}
