//! A scan allocates nothing once its scratch has grown. Alone in its file, for it counts what the whole process does.

use proviso_scan::{Folding, Gaps, List, ListContent, MatcherBuilder, patterns};
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

#[test]
fn a_scan_in_the_steady_state_allocates_nothing() {
    let mut builder = MatcherBuilder::new();
    for gaps in [Gaps::None, Gaps::Invisible, Gaps::Spaces, Gaps::Punctuation] {
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
    let text = "mobile\t\\b1[3-9]\\d{9}\\b\nreturn\t年化\\s*\\d+(\\.\\d+)?%\nmail\t[\\w.]+@[\\w.]+\nid\t\\b\\d{17}[\\dXx]\\b\n";
    let patterns = patterns::parse(Path::new("p.txt"), text).unwrap();
    builder.add(List {
        name: "patterns".to_owned(),
        content: ListContent::Patterns(patterns),
    });
    let matcher = builder.build().unwrap();

    let messages = [
        "这个产品保 本保息，穩賺不賠，年化 8.5%，加ＶＸ：abc@example.com 💰💰",
        "Guaranteed\u{200b} Return! call 13800138000 or 11010519491231002X",
        "今天天气不错，我们去公园走走吧。",
        "",
    ];
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let mut round = || {
        let mut count = 0;
        for message in messages {
            let _ = matcher.scan(message, &mut scratch, &mut hits);
            count += hits.len();
        }
        count
    };
    let count = round();
    assert!(count >= 12, "{count} hits: too few to show anything");
    round();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..1_000 {
        assert_eq!(round(), count);
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0);
}
