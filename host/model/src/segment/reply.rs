//! Replies that begin with what they answer, in the forms of WeCom and WeChat.

use super::{Role, Segment, add, lines};

/// How WeCom and WeChat begin a reply, in the languages of their programs.
const REPLY_HEADS: [&str; 4] = [
    "这是一条引用/回复消息",
    "這是一條引用/回覆訊息",
    "這是一條引用/回復消息",
    "This is a quote/reply",
];

/// The reply that a text begins with, as WeCom (`"name:`, the words, `"`, `------`) and WeChat (`「name：words」`, `- - - -`)
/// write it. The quotation ends with the line that its closing mark ends and the rule below it. Where another line stands below
/// the first such line, the form is not whole and nothing is quoted. A record that left the rule out is believed where the
/// closing mark ends the text's first line.
pub(super) fn quoted(text: &str, found: &mut Vec<Segment>) {
    let mut all = lines(text, 0);
    let Some((start, first)) = all.next() else { return };
    let Some(marks) = closing_marks(first.trim()) else {
        return;
    };
    let mut end = start + first.len();
    let is_whole_line = first.trim().ends_with(marks) && first.contains('“');
    let mut closes = first.trim().ends_with(marks);
    for (start, line) in all {
        let shown = line.trim();
        if closes {
            if is_rule(shown) {
                end = start + line.len();
            } else if !is_whole_line {
                return;
            }
            add(found, Role::Quotation, 0, end);
            return;
        }
        closes = shown.ends_with(marks);
        end = start + line.len();
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
