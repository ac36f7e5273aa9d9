//! A scan allocates nothing once its scratch has grown. Alone in its file, for it counts what the whole process does.

use proviso_scan::{EntityKind, Folding, Gaps, List, ListContent, MatcherBuilder, patterns};
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe to write; it hands everything on and counts"
)]
// SAFETY: every call goes to the system's allocator with the arguments as they came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `alloc` above, that is from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Some of every kind: with pieces on one way and on several, with gates alone, with neither, with each sort of condition
/// on neighbours, and more without pieces than are run one by one.
const PATTERNS: &str = r"mobile	\b1[3-9]\d{9}\b
return	年化\s*\d+(\.\d+)?%
mail	[\w.]+@[\w.]+
id	\b\d{17}[\dXx]\b
card	(?-u:\b)[3-6][0-9]{15}(?-u:\b)
order	(?:买入|建仓).{0,14}(?:60[0-9]{4}|00[0-3][0-9]{3})
query	(?i:select\s+[^\n]{1,200}\s+from\s+[0-9a-z_]+|insert\s+into\s+\w+)
line	(?m:^\s*import\s+[a-z.]+;$)
letters	[a-z]{5,}
words	\w{6}
pairs	[^a-z\s]{4}
marks	[!?！？]{2}
digits	\d{3,}
";

#[test]
fn a_scan_in_the_steady_state_allocates_nothing() {
    let mut builder = MatcherBuilder::new();
    for gaps in [Gaps::None, Gaps::Invisible, Gaps::Spaces, Gaps::Punctuation].repeat(2) {
        let terms = ["保本", "稳赚不赔", "guaranteed return", "vx", "💰", "c++"]
            .map(str::to_owned)
            .to_vec();
        let folding = Folding {
            gaps,
            ..Folding::default()
        };
        builder.add(List {
            name: "terms".to_owned(),
            content: ListContent::Lexicon { terms, folding },
        });
    }
    let asking = Folding {
        word_segmentation: true,
        glued_identifiers: true,
        skip_machine_text: true,
        ..Folding::default()
    };
    builder.add(List {
        name: "asking".to_owned(),
        content: ListContent::Lexicon {
            terms: ["海投", "天气", "vx"].map(str::to_owned).to_vec(),
            folding: asking,
        },
    });
    builder.add(List {
        name: "patterns".to_owned(),
        content: ListContent::Patterns(patterns::parse(Path::new("p.txt"), PATTERNS).unwrap()),
    });
    builder.add(List {
        name: "entities".to_owned(),
        content: ListContent::Entities(EntityKind::ALL.to_vec()),
    });
    let matcher = builder.build().unwrap();

    let pieces = [
        "这个产品保 本保息，穩賺不賠，年化 8.5%，加ＶＸ：abc@example.com 💰💰",
        "Guaranteed\u{200b} Return! call 13800138000 or 11010519491231002X",
        "今天天气不错，我们去公园走走吧。",
        "明天买入600519，满仓！！",
        "\nimport java.util;\nselect a, b from users where c++ > 7",
        "𠮷野家😀😀é́ Привет мир ﷺ \u{3000}\t\r\n",
        "6222021234567890 ４１１１ 1111",
        "身份证320106198705123030，借我3万，加vx：licai2026，1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "The quick brown fox jumps over the lazy dog, and again?!",
        "上海投资公司，我在海投，vx13800138000，https://a.cn/vx/b",
        "保[玫瑰]本 &#20445;本，👨\u{200d}👩\u{200d}👧 帳戶Ｂ W.h.a.t.s 稳稳赚赚不不赔赔",
    ];
    // Each piece alone, each pair, a longer text, one with more hits than are wanted, and none. None of them is long in the
    // sense of `steps`: such a text gets automata of its own.
    let mut messages: Vec<String> = pieces.map(str::to_owned).to_vec();
    for first in pieces {
        messages.extend(pieces.map(|second| format!("{first}{second}")));
    }
    messages.push(pieces.concat().repeat(5));
    messages.push("vx ".repeat(10_000));
    messages.push(String::new());

    let all: Vec<&str> = messages.iter().map(String::as_str).collect();
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let mut round = || {
        let mut count = 0;
        for message in &messages {
            let _ = matcher.scan(message, &mut scratch, &mut hits);
            count += hits.len();
        }
        let mut together = 0;
        matcher.scan_each(&all, &mut scratch, |found, _| together += found.len());
        assert_eq!(together, count);
        count
    };
    let count = round();
    assert!(count >= 68_000, "{count} hits: too few to show anything");
    round();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..20 {
        assert_eq!(round(), count);
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0);
    for (list, item) in matcher.pattern_needs().map(|(list, item, _)| (list, item)) {
        let mut runs = messages.iter().map(|message| {
            let _ = matcher.scan(message, &mut scratch, &mut hits);
            matcher.patterns_run(&scratch).any(|run| run == (list, item))
        });
        assert!(runs.any(|run| run), "pattern {item} was never run");
    }
}
