//! What mail programs put around the words of a mail.

use super::{Role, Segment, add, is_quoted, lines, merge};

/// The parts of a mail: the original below an answer, quoted lines, a signature, a legal footer.
pub(super) fn parts(text: &str, found: &mut Vec<Segment>) {
    let mut parts = Vec::new();
    let mut at = 0;
    // Where a signature began that is not over yet.
    let mut signature = None;
    let mut paragraph = Paragraph::default();
    for (start, line) in lines(text, 0) {
        let shown = line.trim();
        let end = start + line.len();
        at = end;
        if let Some(role) = original_below(text, start, shown) {
            paragraph.close(start, &mut parts);
            close(&mut signature, start, &mut parts);
            parts.push(Segment {
                role,
                start,
                end: text.len(),
            });
            at = text.len();
            break;
        }
        let heads_a_quotation = || {
            let mut below = lines(text, end)
                .map(|(_, line)| line)
                .filter(|line| !line.trim().is_empty());
            is_attribution(shown) && below.next().is_some_and(is_quoted)
        };
        if is_quoted(line) || heads_a_quotation() {
            paragraph.close(start, &mut parts);
            close(&mut signature, start, &mut parts);
            add(&mut parts, Role::Quotation, start, end);
        } else if shown.is_empty() {
            paragraph.close(start, &mut parts);
        } else if signature.is_none() {
            if is_signature(line, shown) {
                paragraph.close(start, &mut parts);
                signature = Some(start);
            } else {
                paragraph.read(start, shown);
            }
        }
    }
    paragraph.close(at, &mut parts);
    close(&mut signature, at, &mut parts);
    parts.sort_unstable_by_key(|segment| segment.start);
    merge(found, parts);
}

fn close(signature: &mut Option<usize>, at: usize, parts: &mut Vec<Segment>) {
    if let Some(start) = signature.take() {
        add(parts, Role::Signature, start, at);
    }
}

/// What mail programs write above the mail that is answered or forwarded.
const ORIGINAL_MARKS: [(&str, Role); 8] = [
    ("original message", Role::Quotation),
    ("original appointment", Role::Quotation),
    ("原始邮件", Role::Quotation),
    ("原始郵件", Role::Quotation),
    ("forwarded message", Role::Forwarded),
    ("forwarded by", Role::Forwarded),
    ("转发邮件", Role::Forwarded),
    ("转发的邮件", Role::Forwarded),
];

/// Names of the fields that head a mail, in lower case.
const HEAD_FIELDS: [&str; 16] = [
    "from:",
    "sent:",
    "to:",
    "cc:",
    "subject:",
    "date:",
    "发件人",
    "发送时间",
    "收件人",
    "抄送",
    "主题",
    "日期",
    "寄件者",
    "收件者",
    "主旨",
    "寄件日期",
];

/// The role of all that follows, if the line at `start` opens the mail that is answered or forwarded: `-----Original
/// Message-----`, or three fields of a mail's head one below the other.
fn original_below(text: &str, start: usize, line: &str) -> Option<Role> {
    if let Some(inner) = line.strip_prefix("--") {
        let inner = inner.trim_start_matches('-');
        if inner.ends_with('-') || inner.contains("by ") {
            let inner = inner.trim_matches(['-', ' ']).to_lowercase();
            return ORIGINAL_MARKS
                .iter()
                .find(|(mark, _)| inner.starts_with(mark))
                .map(|(_, role)| *role);
        }
        return None;
    }
    if line.to_lowercase().starts_with("begin forwarded message") {
        return Some(Role::Forwarded);
    }
    let is_field = |line: &str| {
        let line = line.trim_start_matches(['*', ' ']).to_lowercase();
        HEAD_FIELDS.iter().any(|field| line.starts_with(field))
    };
    let heads = is_field(line)
        && lines(text, start)
            .take(3)
            .filter(|(_, line)| is_field(line.trim()))
            .count()
            == 3;
    heads.then_some(Role::Quotation)
}

/// `On Monday, somebody wrote:`, `在 2026年3月2日，某人写道：`.
fn is_attribution(line: &str) -> bool {
    let line = line.trim_end_matches([':', '：']);
    line.ends_with("wrote") || line.ends_with("写道") || line.ends_with("寫道") || line.ends_with("schrieb")
}

/// `-- ` (RFC 3676, 4.3), or what a telephone appends.
fn is_signature(line: &str, shown: &str) -> bool {
    const APPENDED: [&str; 6] = [
        "sent from my ",
        "get outlook for ",
        "sent from mobile",
        "发自我的",
        "从我的",
        "來自我的",
    ];
    let is_delimiter = line.trim_end_matches(['\r', '\n']) == "-- " || shown == "--";
    let is_appended = shown.len() <= 64 && APPENDED.iter().any(|head| shown.to_lowercase().starts_with(head));
    is_delimiter || is_appended
}

/// A paragraph of a mail that is being read.
#[derive(Default)]
struct Paragraph {
    start: Option<usize>,
    /// Which kinds of legal words were in it, one bit each.
    marks: u32,
}

/// Words of legal footers, by what they say. A paragraph is a footer if it says three of these things, so that no single word hides what
/// stands beside it.
const FOOTER_WORDS: [&[&str]; 6] = [
    &["confidential", "privileged", "proprietary", "保密", "机密", "機密"],
    &[
        "intended recipient",
        "intended only",
        "intended solely",
        "sole use",
        "指定收件人",
        "指定的收件人",
        "仅供收件人",
        "收件人使用",
    ],
    &[
        "received this",
        "in error",
        "误收",
        "错误地收到",
        "誤收",
        "非指定收件人",
        "非收件人",
    ],
    &[
        "delete",
        "destroy",
        "notify the sender",
        "立即删除",
        "请删除",
        "通知发件人",
        "删除本邮件",
    ],
    &[
        "unauthorized",
        "unauthorised",
        "strictly prohibited",
        "is prohibited",
        "严禁",
        "不得披露",
        "不得复制",
    ],
    &[
        "this e-mail",
        "this email",
        "this message",
        "this communication",
        "本邮件",
        "本电子邮件",
        "此邮件",
        "本郵件",
    ],
];

impl Paragraph {
    fn read(&mut self, start: usize, line: &str) {
        self.start.get_or_insert(start);
        let line = line.to_lowercase();
        for (bit, words) in FOOTER_WORDS.iter().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                self.marks |= 1 << bit;
            }
        }
    }

    fn close(&mut self, at: usize, parts: &mut Vec<Segment>) {
        let is_footer = self.marks.count_ones() >= 3;
        if let Some(start) = self.start.take().filter(|_| is_footer) {
            add(parts, Role::Footer, start, at);
        }
        self.marks = 0;
    }
}
