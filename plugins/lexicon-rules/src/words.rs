//! The library's words and what each is good for.
//!
//! They stand in the text files of `library`, are read once, in `configure`, and become one table that finds the longest word at a place of a
//! text in as many steps as the word has characters.

use std::collections::BTreeMap;

/// What a token is good for: a set of the classes below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Class(u64);

/// Names the classes: those of words by their heading in the text files, then those of marks.
macro_rules! classes {
    ($($(#[$doc:meta])* $constant:ident $heading:literal,)*) => {
        impl Class {
            classes!(@constants 0u32; $($(#[$doc])* $constant,)*);

            /// The class that a heading opens.
            fn of_heading(heading: &str) -> Option<Self> {
                match heading {
                    $($heading => Some(Self::$constant),)*
                    _ => None,
                }
            }
        }
    };
    (@constants $at:expr; $(#[$doc:meta])* $constant:ident, $($rest:tt)*) => {
        $(#[$doc])* pub(crate) const $constant: Self = Self(1 << $at);
        classes!(@constants $at + 1; $($rest)*);
    };
    (@constants $at:expr;) => {};
}

classes! {
    /// Holds a piece that looks like a negator, and negates nothing.
    NEUTRAL "neutral",
    /// Forbids, however far.
    BAN "ban",
    /// Denies over talk of saying, granting and being.
    NEGATOR "negator",
    /// A negator of one character or word: only what it touches, or a verb of saying.
    BARE "bare",
    /// Says that there is none.
    NONE "none",
    /// Asks what nobody can affirm.
    RHETORIC "rhetoric",
    /// Warns of what follows.
    WARN "warn",
    /// Calls what touches it wrong.
    TAINT "taint",
    /// Fraud as a noun.
    FRAUD "fraud",
    /// The title of a teaching.
    TEACH "teach",
    /// The title of a case.
    CASE "case",
    /// A breach or its punishment.
    SANCTION "sanction",
    /// Says, grants, takes for.
    SAY "say",
    /// Does what may be forbidden.
    ACT "act",
    /// Lets a negator through.
    LIGHT "light",
    /// Brings in a party or a means.
    BRIDGE "bridge",
    /// Any, each, somebody.
    ANY "any",
    /// What the negator is spent on.
    ABSORB "absorb",
    /// Ends every reach.
    BARRIER "barrier",
    /// The speaker's own house or goods.
    OWN "own",
    /// The speaker offers.
    OFFER "offer",
    /// Somebody else.
    THIRD "third",
    /// Another house, a loss, haste: whose absence is praise.
    FOREIGN "foreign",
    /// Denies what stands before it.
    DENY "deny",
    /// Answers a question with no.
    REPLY "reply",
    /// Takes up what was said.
    THIS "this",
    /// Marks what is talked about.
    TOPIC "topic",
    /// Closes a clause.
    PARTICLE "particle",
    /// Fills the place before an answer.
    FILLER "filler",
    /// What to do against it.
    BEWARE "beware",
    /// Whoever it may be.
    WHOEVER "whoever",
    /// The words were named.
    NAMED "named",
    /// Makes a question.
    QUESTION "question",
    /// Joins two of a sort.
    JOINS "joins",
    /// Behind a hit: it is what somebody is lured with.
    BAIT "bait",
    /// Links a subject with what it is.
    LINK "link",
    /// Supposes only.
    IF "if",
    /// Other houses.
    HOUSE "house",
    /// Leaves nobody but the speaker.
    SAVE "save",
    /// The writer as a subject.
    SPEAKER "speaker",
    /// Answers a question of one's own.
    DARES "dares",
    /// The listener is to choose or buy.
    URGE "urge",
    /// The speaker stands for what he has just denied.
    VOUCH "vouch",
    /// Takes an excuse back: 您懂的.
    WINK "wink",
    /// Soon, or the last of it: a lack that means haste.
    HASTE "haste",
    /// Long ago: a lack that is told.
    PAST "past",
    /// What the speaker did with a demand.
    REFUSE "refuse",
    /// Words that are to go.
    REMOVE "remove",
    /// Where a thing may not be said, though it is so.
    PLACE "place",
    /// Goes against a rule, which follows.
    BREACH "breach",
    /// Who asks, believes or wants, beside the speaker.
    CUSTOMER "customer",
    /// Believes or wants what nobody gives.
    WANT "want",
    /// What would be otherwise, were it true: 我自己早买了.
    COUNTER "counter",
    /// What people speak of: a clause, an act, an advertisement.
    NOTION "notion",
    /// `,`
    COMMA "mark: comma",
    /// `、` `/`
    LIST "mark: list",
    /// `:` and a dash.
    COLON "mark: colon",
    /// `(` `)`
    BRACKET "mark: bracket",
    /// White space between Chinese characters, an emoji, any other mark.
    BREAK "mark: break",
    /// The end of a sentence.
    END "mark: end",
    /// `?`
    ASKS "mark: asks",
    /// An opening quotation mark.
    OPEN "mark: open",
    /// A closing one.
    CLOSE "mark: close",
    /// Written in letters, not in Chinese characters.
    LATIN "mark: latin",
}

impl Class {
    /// Every kind of negator but a ban.
    pub(crate) const DENIES: Self = Self(Self::NEGATOR.0 | Self::BARE.0 | Self::NONE.0 | Self::RHETORIC.0);
    /// Every mark that ends a clause somewhere.
    pub(crate) const BORDER: Self = Self(
        Self::COMMA.0 | Self::LIST.0 | Self::COLON.0 | Self::BRACKET.0 | Self::BREAK.0 | Self::END.0 | Self::ASKS.0,
    );
    /// Quotation marks.
    pub(crate) const QUOTE: Self = Self(Self::OPEN.0 | Self::CLOSE.0);

    /// True if the two sets share a class.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What both sets have.
    const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Both sets together.
    #[must_use]
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A tree of characters, its edges in one row, ordered by the node that they leave and the character.
#[derive(Debug)]
pub(crate) struct Words {
    edges: Vec<(char, u32)>,
    /// Where the edges of each node begin; behind the last node, where they all end.
    starts: Vec<u32>,
    classes: Vec<Class>,
}

/// How many characters a word has at most.
const WORD_CHARS_MAX: usize = 40;

impl Words {
    /// Reads tables; what is wrong in one is in the list, with its line.
    pub(crate) fn read(tables: &[&str]) -> (Self, Vec<String>) {
        let (words, problems) = classes_of_words(tables);
        let mut tree: BTreeMap<(u32, char), u32> = BTreeMap::new();
        let mut classes = vec![Class::default()];
        for (word, class) in &words {
            let mut node = 0;
            for &c in word {
                let next = u32::try_from(classes.len()).unwrap_or(u32::MAX);
                node = *tree.entry((node, c)).or_insert_with(|| {
                    classes.push(Class::default());
                    next
                });
            }
            classes[node as usize] = class.with(negation_within(&words, word, *class));
        }
        let mut edges = Vec::with_capacity(tree.len());
        let mut starts = Vec::with_capacity(classes.len() + 1);
        for ((from, c), to) in tree {
            starts.resize((from as usize + 1).max(starts.len()), edges.len() as u32);
            edges.push((c, to));
        }
        starts.resize(classes.len() + 1, edges.len() as u32);
        let words = Self { edges, starts, classes };
        (words, problems)
    }

    /// The longest word at the start of `text`: its bytes and its classes. A word that ends with an ASCII letter or digit stands free there.
    pub(crate) fn longest(&self, text: &str) -> Option<(usize, Class)> {
        let mut node = 0;
        let mut found = None;
        let mut spaced = false;
        for (at, c) in text.char_indices() {
            let c = fold(c);
            if is_invisible(c) {
                continue;
            }
            if c == ' ' {
                // A run of white space is one blank.
                if spaced {
                    continue;
                }
                spaced = true;
            } else {
                spaced = false;
            }
            let Some(next) = self.child(node, c) else { break };
            node = next;
            let class = self.classes[node as usize];
            let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
            if class != Class::default() && !(c.is_ascii_alphanumeric() && goes_on(&text[end..])) {
                found = Some((end, class));
            }
        }
        found
    }

    fn child(&self, node: u32, c: char) -> Option<u32> {
        let [from, to] = [node, node + 1].map(|node| self.starts[node as usize] as usize);
        let edges = &self.edges[from..to];
        let at = edges.binary_search_by_key(&c, |&(edge, _)| edge).ok()?;
        Some(edges[at].1)
    }
}

/// Each word of the tables, as they fold it, with its classes; and what is wrong in a table, with its line.
fn classes_of_words(tables: &[&str]) -> (BTreeMap<Vec<char>, Class>, Vec<String>) {
    let mut words: BTreeMap<Vec<char>, Class> = BTreeMap::new();
    let mut problems = Vec::new();
    for table in tables {
        let mut class = None;
        for (at, line) in table.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(heading) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                class = Class::of_heading(heading);
                if class.is_none() {
                    problems.push(format!("line {}: no class \"{heading}\"", at + 1));
                }
                continue;
            }
            let Some(class) = class else {
                problems.push(format!("line {}: words without a class", at + 1));
                continue;
            };
            for word in line.split(',').map(str::trim) {
                if word.is_empty() || word.chars().count() > WORD_CHARS_MAX {
                    problems.push(format!(
                        "line {}: \"{word}\" must be 1 to {WORD_CHARS_MAX} characters",
                        at + 1
                    ));
                    continue;
                }
                let entry = words.entry(word.chars().map(fold).collect()).or_default();
                *entry = entry.with(class);
            }
        }
    }
    (words, problems)
}

/// 没写 answers, and is 没 before 写 as well: what a word has of a negator and the verb that it carries on.
fn negation_within(words: &BTreeMap<Vec<char>, Class>, word: &[char], class: Class) -> Class {
    let answers = Class::DENY.with(Class::REPLY).with(Class::REFUSE).with(Class::SANCTION);
    let negates = Class::DENIES.with(Class::BAN);
    if !class.has(answers) || class.has(negates.with(Class::NEUTRAL)) {
        return Class::default();
    }
    let of = |part: &[char]| words.get(part).copied().unwrap_or_default();
    let mut parts = (1..word.len()).map(|at| (of(&word[..at]), of(&word[at..])));
    let verb = Class::SAY.with(Class::ACT);
    parts
        .rfind(|(negator, rest)| negator.has(negates) && rest.has(verb))
        .map_or(Class::default(), |(negator, rest)| {
            negator.and(negates).with(rest.and(verb))
        })
}

/// True if the word before goes on here: a letter, a digit, or an apostrophe with a letter behind it.
pub(crate) fn goes_on(rest: &str) -> bool {
    let mut chars = rest.chars().map(fold);
    match chars.next() {
        Some('\'') => chars.next().is_some_and(|c| c.is_ascii_alphabetic()),
        Some(c) => c.is_ascii_alphanumeric(),
        None => false,
    }
}

/// Characters that nobody sees.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{FE0F}')
}

/// One character as the tables write it: small letters, half width, simplified where a word of the tables needs it.
pub(crate) fn fold(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).map_or(c, |c| c.to_ascii_lowercase()),
        '’' | '‘' | 'ʼ' => '\'',
        '\t' | '\u{A0}' | '\u{3000}' => ' ',
        '\0'..='\u{7F}' => c.to_ascii_lowercase(),
        '\u{4E00}'..='\u{9FFF}' if may_be_traditional(c) => SIMPLIFIED
            .binary_search_by(|(traditional, _)| traditional.cmp(&c))
            .map_or(c, |at| SIMPLIFIED[at].1),
        c => c,
    }
}

/// True for those of [`SIMPLIFIED`], and for a few others: a look that spares nearly every character the search.
fn may_be_traditional(c: char) -> bool {
    let bit = c as usize % TRADITIONAL_BITS;
    TRADITIONAL[bit / 64] >> (bit % 64) & 1 == 1
}

const TRADITIONAL_BITS: usize = 1 << 13;
static TRADITIONAL: [u64; TRADITIONAL_BITS / 64] = {
    let mut bits = [0; TRADITIONAL_BITS / 64];
    let mut at = 0;
    while at < SIMPLIFIED.len() {
        let bit = SIMPLIFIED[at].0 as usize % TRADITIONAL_BITS;
        bits[bit / 64] |= 1 << (bit % 64);
        at += 1;
    }
    bits
};

/// Traditional characters that stand in words of the tables, ordered.
#[rustfmt::skip]
const SIMPLIFIED: [(char, char); 203] = [
    ('並', '并'), ('來', '来'), ('係', '系'), ('個', '个'), ('們', '们'), ('傢', '家'), ('傳', '传'), ('僅', '仅'), ('價', '价'),
    ('優', '优'), ('內', '内'), ('別', '别'), ('劉', '刘'), ('動', '动'), ('區', '区'), ('參', '参'), ('員', '员'), ('啲', '的'),
    ('單', '单'), ('喲', '哟'), ('嗎', '吗'), ('嚴', '严'), ('報', '报'), ('壓', '压'), ('實', '实'), ('將', '将'), ('對', '对'),
    ('導', '导'), ('師', '师'), ('帶', '带'), ('幫', '帮'), ('幾', '几'), ('張', '张'), ('後', '后'), ('從', '从'), ('慮', '虑'),
    ('憂', '忧'), ('應', '应'), ('戶', '户'), ('損', '损'), ('擊', '击'), ('擔', '担'), ('據', '据'), ('數', '数'), ('斷', '断'),
    ('於', '于'), ('暫', '暂'), ('書', '书'), ('會', '会'), ('條', '条'), ('業', '业'), ('極', '极'), ('構', '构'), ('標', '标'),
    ('樣', '样'), ('機', '机'), ('權', '权'), ('歡', '欢'), ('歷', '历'), ('氣', '气'), ('決', '决'), ('沒', '没'), ('況', '况'),
    ('準', '准'), ('滿', '满'), ('為', '为'), ('無', '无'), ('煩', '烦'), ('營', '营'), ('爭', '争'), ('獲', '获'), ('現', '现'),
    ('產', '产'), ('畢', '毕'), ('當', '当'), ('發', '发'), ('瞞', '瞒'), ('確', '确'), ('種', '种'), ('稱', '称'), ('簽', '签'),
    ('約', '约'), ('紅', '红'), ('級', '级'), ('結', '结'), ('絕', '绝'), ('給', '给'), ('統', '统'), ('經', '经'), ('網', '网'),
    ('緊', '紧'), ('線', '线'), ('續', '续'), ('罰', '罚'), ('習', '习'), ('聯', '联'), ('聲', '声'), ('聽', '听'), ('臺', '台'),
    ('與', '与'), ('舉', '举'), ('舊', '旧'), ('萬', '万'), ('蓋', '盖'), ('處', '处'), ('虛', '虚'), ('號', '号'), ('虧', '亏'),
    ('術', '术'), ('裏', '里'), ('裝', '装'), ('裡', '里'), ('見', '见'), ('規', '规'), ('視', '视'), ('覺', '觉'), ('訂', '订'),
    ('託', '托'), ('記', '记'), ('許', '许'), ('訴', '诉'), ('詐', '诈'), ('詞', '词'), ('試', '试'), ('話', '话'), ('該', '该'),
    ('誇', '夸'), ('認', '认'), ('語', '语'), ('誤', '误'), ('說', '说'), ('誰', '谁'), ('課', '课'), ('請', '请'), ('論', '论'),
    ('諾', '诺'), ('謊', '谎'), ('講', '讲'), ('謹', '谨'), ('證', '证'), ('識', '识'), ('議', '议'), ('讓', '让'), ('豈', '岂'),
    ('負', '负'), ('財', '财'), ('責', '责'), ('買', '买'), ('貸', '贷'), ('費', '费'), ('資', '资'), ('賠', '赔'), ('賣', '卖'),
    ('賬', '账'), ('賺', '赚'), ('購', '购'), ('趙', '赵'), ('輕', '轻'), ('轉', '转'), ('辦', '办'), ('這', '这'), ('進', '进'),
    ('過', '过'), ('達', '达'), ('違', '违'), ('遠', '远'), ('適', '适'), ('選', '选'), ('還', '还'), ('邊', '边'), ('銀', '银'),
    ('錢', '钱'), ('錯', '错'), ('鎖', '锁'), ('鑑', '鉴'), ('門', '门'), ('開', '开'), ('關', '关'), ('陳', '陈'), ('隨', '随'),
    ('險', '险'), ('隱', '隐'), ('隻', '只'), ('離', '离'), ('難', '难'), ('電', '电'), ('響', '响'), ('項', '项'), ('須', '须'),
    ('預', '预'), ('頭', '头'), ('頻', '频'), ('題', '题'), ('額', '额'), ('願', '愿'), ('類', '类'), ('顧', '顾'), ('風', '风'),
    ('騙', '骗'), ('麼', '么'), ('黃', '黄'), ('點', '点'), ('齊', '齐'),
];
