//! Which hits the options about borders drop and keep: of the words around a Chinese term, of identifiers behind a Latin one, and
//! of text that a program made.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

use proptest::prelude::*;
use proviso_rows::each_row;
use proviso_scan::{Folding, Gaps, Hit, List, ListContent, Matcher, MatcherBuilder, borders};

const SEGMENTED: Folding = Folding {
    word_segmentation: true,
    ..PLAIN
};

/// What a list has that says nothing.
const PLAIN: Folding = Folding {
    case: true,
    width: true,
    variants: true,
    gaps: Gaps::Invisible,
    word_boundaries: true,
    ..Folding::EXACT
};

fn matcher(terms: &[&str], folding: Folding) -> Matcher {
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "terms".to_owned(),
        content: ListContent::Lexicon {
            terms: terms.iter().map(ToString::to_string).collect(),
            folding,
        },
    });
    builder.build().unwrap()
}

fn hits(matcher: &Matcher, text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    assert!(matcher.scan(text, &mut matcher.scratch(), &mut hits).is_whole());
    hits
}

/// Where a term is found, each as the character that it begins at.
fn places(text: &str, term: &str, folding: Folding) -> Vec<usize> {
    let hits = hits(&matcher(&[term], folding), text);
    hits.iter()
        .map(|hit| text[..hit.start as usize].chars().count())
        .collect()
}

#[test]
fn the_default_asks_nothing_about_words_identifiers_and_machine_text() {
    assert_eq!(Folding::default(), PLAIN);
}

#[test]
fn a_hit_falls_where_words_cross_its_borders() {
    let table: &[(&str, &str)] = &[
        // Two words share the term out between them.
        ("请用权威信号灯", "威信"),
        ("上海投资公司", "海投"),
        ("人民主席台上", "民主"),
        ("学生命题作文", "生命"),
        ("国家暴力机关", "家暴"),
        ("要做身体检查", "体检"),
        ("旧时期货币政策", "期货"),
        ("这是推荐股票的", "荐股"),
        ("起飞单程票", "飞单"),
        ("海关通报走私单位", "私单"),
        ("发货单存放单据盒", "放单"),
        ("供应商送货时间", "商送"),
        ("司机密码忘了", "机密"),
        // Where a text begins and ends.
        ("管理财务", "理财"),
        ("上海投诉", "海投"),
        // One word crosses one border, and leaves no doubt.
        ("请提供应用截图", "供应"),
        ("权威信号灯亮了", "威信号"),
        ("他是最优秀的", "最优"),
        // In the other script.
        ("上海投資公司", "海投"),
        ("上海投资公司", "海投"),
        ("國家暴力機關", "家暴"),
        ("請用權威信號燈", "威信"),
        ("請用權威信號燈", "威信號"),
        // Beside other script and marks.
        ("VIP上海投资A股", "海投"),
        ("，上海投资。", "海投"),
    ];
    each_row(table, |(text, term)| {
        assert_eq!(places(text, term, PLAIN).len(), 1);
        assert_eq!(places(text, term, SEGMENTED).len(), 0);
    });
}

#[test]
fn a_hit_stays_where_no_word_crosses_its_borders_beyond_doubt() {
    let table: &[(&str, &str, usize)] = &[
        // The term is a word there.
        ("他在单位很有威信", "威信", 6),
        ("研究生命起源", "生命", 2),
        ("我们的供应商名单", "供应商", 3),
        ("这是公司机密文件", "机密", 4),
        ("我们最近做了体检报告", "体检", 6),
        // No dictionary knows it.
        ("老师在群里荐股收费", "荐股", 5),
        ("我们可以飞单给你", "飞单", 4),
        ("下午四点截单", "截单", 4),
        ("天天帮我刷单返现", "刷单", 4),
        ("老师带盘喊单", "带盘", 2),
        // A longer word has the whole term in it, and it is a part of that word.
        ("这是生命线工程", "生命", 2),
        ("下午到钓鱼台国宾馆", "国宾", 6),
        // One border is crossed, and the longer word may mean the same.
        ("这里要先付款的", "先付", 3),
        ("付一笔处理费用", "处理费", 3),
        ("我马上转发给他", "发给", 4),
        ("我很想跳槽的", "想跳", 2),
        ("您可以放心投资的", "放心投", 3),
        // Nothing stands beside it.
        ("荐股", "荐股", 0),
        ("海投", "海投", 0),
        ("上 海投 资", "海投", 2),
        ("上，海投。资", "海投", 2),
        ("Ａ海投B", "海投", 1),
        // More than three characters, or other ones, are not asked about.
        ("权威信号灯光", "威信号灯", 1),
        ("参加vx群", "加vx", 1),
    ];
    each_row(table, |(text, term, place)| {
        assert_eq!(places(text, term, SEGMENTED), [*place]);
    });
}

#[test]
fn a_hit_with_gaps_stays() {
    let folding = Folding {
        gaps: Gaps::Punctuation,
        ..SEGMENTED
    };
    let table: &[(&str, usize)] = &[
        ("上海投资", 0),
        ("上海 投资", 1),
        ("上海.投资", 1),
        ("上海💰投资", 1),
        ("上海\u{200b}投资", 1),
    ];
    each_row(table, |(text, found)| {
        assert_eq!(places(text, "海投", folding).len(), *found);
    });
}

#[test]
fn each_hit_is_asked_about_by_itself() {
    // The second of two is a word, the others are not.
    assert_eq!(places("上海投资，我们海投简历，上海投诉", "海投", SEGMENTED), [7]);
    // Overlapping terms: 国家 and 暴力 stand, 家暴 does not.
    let terms = ["国家", "家暴", "暴力", "国家暴力"];
    let found = hits(&matcher(&terms, SEGMENTED), "国家暴力机关");
    assert_eq!(
        found.iter().map(|hit| terms[hit.term as usize]).collect::<Vec<_>>(),
        ["国家", "国家暴力", "暴力"]
    );
}

#[test]
fn lists_that_ask_and_lists_that_do_not_have_their_own_hits() {
    let mut builder = MatcherBuilder::new();
    for folding in [PLAIN, SEGMENTED, Folding::EXACT] {
        builder.add(List {
            name: "terms".to_owned(),
            content: ListContent::Lexicon {
                terms: vec!["海投".to_owned()],
                folding,
            },
        });
    }
    let matcher = builder.build().unwrap();
    let lists = |text: &str| hits(&matcher, text).iter().map(|hit| hit.list.0).collect::<Vec<_>>();
    assert_eq!(lists("上海投资"), [0, 2]);
    assert_eq!(lists("我们海投"), [0, 1, 2]);
}

#[test]
fn a_division_says_why() {
    let text = "请用權威信号灯";
    let start = text.find('威').unwrap();
    let division = borders::divide(text, start..start + "威信".len()).unwrap();
    assert_eq!(division.words, ["请", "用", "權威", "信号灯"]);
    assert!(division.times > 1_000.0 && !division.stays, "{division:?}");
    let division = borders::divide("很有威信的", 6..12).unwrap();
    assert!(
        division.stays && division.words.contains(&"威信".to_owned()),
        "{division:?}"
    );
    for (text, hit) in [("威信", 0..6), ("有权威信号的", 3..15), ("加vx的", 0..5), ("有", 0..3)] {
        assert_eq!(borders::divide(text, hit), None, "{text}");
    }
}

#[test]
fn a_text_full_of_hits_is_asked_about_to_a_bound() {
    let text = "上海投资".repeat(70_000);
    let matcher = matcher(&["海投"], SEGMENTED);
    let found = hits(&matcher, &text);
    assert_eq!(found.len(), 70_000 - 65_536);
    let first = text[..found[0].start as usize].chars().count();
    assert_eq!(first, 4 * 65_536 + 1);
}

/// Ideographs that make words with each other, and what stands between words.
const PIECES: &[&str] = &[
    "国", "家", "暴", "力", "上", "海", "投", "资", "股", "荐", "推", "生", "命", "民", "主", "的", "了", "國", "資",
    " ", "，", "a", "1", "\u{200b}", "𠮷", "㐂",
];

proptest! {
    #[test]
    fn dropped_are_the_hits_whose_division_says_so(
        text in prop::collection::vec(prop::sample::select(PIECES), 0..40),
        terms in prop::collection::vec(prop::collection::vec(prop::sample::select(&PIECES[..19]), 1..5), 1..12),
    ) {
        let text = text.concat();
        let terms: Vec<String> = terms.iter().map(|term| term.concat()).collect();
        let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
        let all = hits(&matcher(&terms, PLAIN), &text);
        let stays = |hit: &Hit| {
            let division = borders::divide(&text, hit.start as usize..hit.end as usize);
            if let Some(division) = &division {
                assert!(text.contains(&division.words.concat()));
            }
            division.is_none_or(|division| division.stays)
        };
        let expected: Vec<Hit> = all.into_iter().filter(stays).collect();
        prop_assert_eq!(hits(&matcher(&terms, SEGMENTED), &text), expected);
    }
}

#[test]
fn an_identifier_may_be_glued_to_a_latin_term() {
    let glued = Folding {
        glued_identifiers: true,
        ..PLAIN
    };
    let table: &[(&str, &str, bool)] = &[
        ("加vx13800138000", "vx", true),
        ("加vxzhang_888", "vx", true),
        ("加wxlicai2026聊", "wx", true),
        ("加ＶＸ１３８００１３８０００", "vx", true),
        ("wxid_ab3kq9x1", "wx", true),
        ("+v13800138000", "+v", true),
        ("加V：licai2026", "加v", true),
        ("加v\u{200b}13800138000", "加v", true),
        ("加vx 13800138000", "vx", true),
        ("加vx", "vx", true),
        // No identifier.
        ("vxworks", "vx", false),
        ("wxpython", "wx", false),
        ("加v2ray", "加v", false),
        ("vx1", "vx", false),
        ("vx0123456789012345678901234", "vx", false),
        // The other border is one as ever.
        ("avx13800138000", "vx", false),
        // Behind a digit, digits go on.
        ("2024138001", "2024", false),
        ("型号wx5800138000", "wx5", false),
    ];
    each_row(table, |(text, term, found)| {
        assert_eq!(!places(text, term, glued).is_empty(), *found);
        let is_free = ["加V：licai2026", "加vx 13800138000", "加vx"].contains(text);
        assert_eq!(!places(text, term, PLAIN).is_empty(), is_free);
    });
}

#[test]
fn machine_text_is_skipped_where_a_list_asks_for_it() {
    let skipping = Folding {
        skip_machine_text: true,
        ..PLAIN
    };
    let table: &[(&str, &str, bool)] = &[
        ("看https://example.com/a/vx/b", "vx", false),
        ("http://vx.example.com", "vx", false),
        ("AKIA-vx-IOSFODNN7EXAMPLE", "vx", false),
        ("eyJhbGciOiJIUzI1NiJ9.vx.c2lnbmF0dXJl", "vx", false),
        ("token a8Kd/vx/7dHs92KslQ0z1Pq", "vx", false),
        ("加vx：licai2026", "vx", true),
        ("vx https://example.com", "vx", true),
        ("https://example.com vx", "vx", true),
        ("qq/vx/电话都行", "vx", true),
        ("链接https://example.com/加微信", "加微信", true),
    ];
    each_row(table, |(text, term, found)| {
        assert_eq!(!places(text, term, skipping).is_empty(), *found);
        assert_eq!(places(text, term, PLAIN).len(), 1);
    });
}

#[test]
fn options_go_together() {
    let all = Folding {
        word_segmentation: true,
        glued_identifiers: true,
        skip_machine_text: true,
        ..PLAIN
    };
    assert_eq!(places("vx13800138000，https://a.cn/vx13800138000", "vx", all), [0]);
    assert_eq!(places("上海投资，海投", "海投", all), [5]);
}
