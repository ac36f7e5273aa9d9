//! What mail programs put around the words of a mail.

use super::{Role, Segment, add, is_quoted, lines, merge};

/// The parts of a mail: the original below an answer, quoted lines, a signature, a legal footer.
pub(super) fn parts(text: &str, found: &mut Vec<Segment>) {
    let mut parts = Vec::new();
    let mut at = 0;
    // Where a signature began that is not over yet.
    let mut signature = None;
    let mut paragraph = Paragraph::of(text);
    for (start, line) in lines(text, 0) {
        let shown = line.trim();
        let end = start + line.len();
        at = end;
        if let Some(role) = original_below(text, start, shown) {
            paragraph.close(text, start, &mut parts);
            close(text, &mut signature, start, &mut parts);
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
            paragraph.close(text, start, &mut parts);
            close(text, &mut signature, start, &mut parts);
            add(&mut parts, Role::Quotation, start, end);
        } else if shown.is_empty() {
            paragraph.close(text, start, &mut parts);
        } else if signature.is_none() {
            if is_appended(shown) {
                paragraph.close(text, start, &mut parts);
                add(&mut parts, Role::Signature, start, end);
            } else if is_delimiter(line, shown) {
                paragraph.close(text, start, &mut parts);
                signature = Some(start);
            } else {
                paragraph.read(start, shown);
            }
        }
    }
    paragraph.close(text, at, &mut parts);
    close(text, &mut signature, at, &mut parts);
    parts.sort_unstable_by_key(|segment| segment.start);
    merge(found, parts);
}

fn close(text: &str, signature: &mut Option<usize>, at: usize, parts: &mut Vec<Segment>) {
    if let Some(start) = signature.take()
        && at - start <= SIGNATURE_BYTES_MAX
        && text[start..at].trim_end().lines().count() <= SIGNATURE_LINES_MAX
    {
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

/// Names of the fields that head a mail, in lower case; a colon stands behind each. First those that name its sender.
const HEAD_FIELDS: [&str; 16] = [
    "from",
    "发件人",
    "寄件者",
    "sent",
    "to",
    "cc",
    "subject",
    "date",
    "发送时间",
    "收件人",
    "抄送",
    "主题",
    "日期",
    "收件者",
    "主旨",
    "寄件日期",
];
const SENDER_FIELDS: usize = 3;

/// The role of all that follows, if the line at `start` opens the mail that is answered or forwarded: `-----Original
/// Message-----`, or three fields of a mail's head one below the other, one of which names its sender.
fn original_below(text: &str, start: usize, line: &str) -> Option<Role> {
    if let Some(inner) = line.strip_prefix("-----") {
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
    if behind(line, "begin forwarded message").is_some() {
        return Some(Role::Forwarded);
    }
    let field = |line: &str| {
        let line = line.trim_start_matches(['*', ' ']);
        let is_it = |field: &str| {
            let rest = behind(line, field).map(|rest| rest.trim_start_matches(['*', ' ']));
            rest.is_some_and(|rest| rest.starts_with([':', '：']))
        };
        HEAD_FIELDS.iter().position(|field| is_it(field))
    };
    let heads = field(line).is_some() && {
        let below = lines(text, start).take(3).map(|(_, line)| field(line.trim()));
        let fields: Option<Vec<usize>> = below.collect();
        fields.is_some_and(|fields| fields.len() == 3 && fields.iter().any(|field| *field < SENDER_FIELDS))
    };
    heads.then_some(Role::Quotation)
}

/// What stands behind the head of a line, ASCII letters in any case.
fn behind<'l>(line: &'l str, head: &str) -> Option<&'l str> {
    let (start, rest) = line.split_at_checked(head.len())?;
    start.eq_ignore_ascii_case(head).then_some(rest)
}

/// `On Monday, somebody wrote:`, `在 2026年3月2日，某人写道：`.
fn is_attribution(line: &str) -> bool {
    let line = line.trim_end_matches([':', '：']);
    line.ends_with("wrote") || line.ends_with("写道") || line.ends_with("寫道") || line.ends_with("schrieb")
}

/// `-- ` (RFC 3676, 4.3): the signature goes on from there.
fn is_delimiter(line: &str, shown: &str) -> bool {
    line.trim_end_matches(['\r', '\n']) == "-- " || shown == "--"
}

/// Bytes and lines of a signature, at most: four lines are usual, and what is longer is no signature.
const SIGNATURE_BYTES_MAX: usize = 512;
const SIGNATURE_LINES_MAX: usize = 8;

/// What a telephone or a mail program appends, and nothing more in the line: `Sent from my iPhone 15 Pro`, 从我的华为手机发送.
fn is_appended(shown: &str) -> bool {
    const FORMS: [(&str, &str); 8] = [
        ("sent from my ", ""),
        ("sent from ", ""),
        ("get outlook for ", ""),
        ("发自我的", ""),
        ("發自我的", ""),
        ("从我的", "发送"),
        ("從我的", "傳送"),
        ("來自我的", ""),
    ];
    // What devices and programs are called; a word that is none of these is the sender's.
    const DEVICES: &[&str] = &[
        "iphone",
        "ipad",
        "ipod",
        "mac",
        "macbook",
        "apple",
        "watch",
        "android",
        "ios",
        "samsung",
        "galaxy",
        "huawei",
        "honor",
        "xiaomi",
        "redmi",
        "mi",
        "oppo",
        "vivo",
        "pixel",
        "google",
        "blackberry",
        "windows",
        "phone",
        "mobile",
        "device",
        "smartphone",
        "tablet",
        "mail",
        "outlook",
        "yahoo",
        "for",
        "pro",
        "max",
        "plus",
        "mini",
        "ultra",
        "mate",
        "note",
        "手机",
        "手機",
        "华为",
        "小米",
        "苹果",
        "荣耀",
    ];
    if !FORMS.iter().any(|(head, _)| behind(shown, head).is_some()) {
        return false;
    }
    let shown = shown.to_lowercase();
    let of_device = |word: &str| {
        let is_number = word.len() <= 4
            && word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word.contains(|c: char| c.is_ascii_digit());
        let mut rest = word;
        while let Some(device) = DEVICES
            .iter()
            .filter(|_| !rest.is_ascii())
            .find_map(|device| rest.strip_prefix(device))
        {
            rest = device;
        }
        is_number || rest.is_empty() || DEVICES.contains(&rest)
    };
    FORMS.iter().any(|(head, tail)| {
        let device = shown.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
        device.is_some_and(|device| {
            let (device, link) = device.split_once('<').unwrap_or((device, "https://aka.ms/>"));
            let is_link =
                link.starts_with("https://aka.ms/") && link.is_ascii() && link.find('>') == Some(link.len() - 1);
            is_link && !device.trim().is_empty() && shown.len() <= 64 && device.split_whitespace().all(of_device)
        })
    })
}

/// A paragraph of a mail that is being read.
struct Paragraph {
    /// False if the mail has no words that every footer has: nothing is looked for then.
    may_be_footer: bool,
    start: Option<usize>,
    /// Which kinds of legal words were in it, one bit each.
    marks: u32,
}

/// Words of legal footers, by what they say. A paragraph has a footer if it says three of these things, and that others than the reader
/// may have it, so that no single word hides what stands beside it.
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

/// The second and third of them: for whom the mail is, and what if somebody else has it.
const FOR_SOMEBODY_ELSE: u32 = 0b110;

impl Paragraph {
    /// The first of a mail.
    fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let is_said = |bit: usize| {
            let is_asked = FOR_SOMEBODY_ELSE >> bit & 1 != 0;
            is_asked && FOOTER_WORDS[bit].iter().any(|word| has(&lower, word))
        };
        Self {
            may_be_footer: (0..FOOTER_WORDS.len()).any(is_said),
            start: None,
            marks: 0,
        }
    }

    fn read(&mut self, start: usize, line: &str) {
        self.start.get_or_insert(start);
        if self.may_be_footer {
            self.marks |= marks(line);
        }
    }

    /// A footer are the sentences that say such things, and not what stands between them.
    fn close(&mut self, text: &str, at: usize, parts: &mut Vec<Segment>) {
        let is_footer = self.marks.count_ones() >= 3 && self.marks & FOR_SOMEBODY_ELSE != 0;
        self.marks = 0;
        let Some(start) = self.start.take().filter(|_| is_footer) else {
            return;
        };
        let mut from = start;
        for sentence in text[start..at].split_inclusive(['.', '!', '?', '。', '！', '？', '\n']) {
            let to = from + sentence.len();
            let goes_on = sentence.trim().is_empty() && parts.last().is_some_and(|last| last.end == from);
            if goes_on || marks(sentence) != 0 {
                add(parts, Role::Footer, from, to);
            }
            from = to;
        }
    }
}

fn has(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// Which of the things that footers say are said, one bit each. Words within a word that counted do not count again.
fn marks(text: &str) -> u32 {
    let mut text = text.to_lowercase();
    let mut marks = 0;
    for (bit, words) in FOOTER_WORDS.iter().enumerate() {
        for word in *words {
            if has(&text, word) {
                marks |= 1 << bit;
                text = text.replace(word, " ");
            }
        }
    }
    marks
}
