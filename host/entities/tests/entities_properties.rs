//! What holds of the entities of every text.

use crate::entities::find;
use proptest::prelude::*;
use proviso_scan::entities::{self, PART_BYTES_MAX};
use proviso_scan::{EntityKind, HITS_PER_SCAN_MAX, List, ListContent, MatcherBuilder};
use std::time::{Duration, Instant};

/// Characters that entities are made of, and others.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "1",
        "0",
        "4111",
        "13912345678",
        " ",
        "-",
        ".",
        ",",
        "@",
        "+",
        "(",
        ")",
        ":",
        "/",
        "%",
        "万",
        "亿",
        "千",
        "一",
        "分",
        "₿",
        "月息",
        "九九九九",
        "元",
        "三",
        "百分之",
        "个点",
        "月",
        "日",
        "2026",
        "a",
        "x",
        "X",
        "vx",
        "微信",
        "加",
        "我",
        "老师",
        "v",
        "q",
        "薇",
        "企鹅",
        "卫星",
        "微芯",
        "telegram",
        "skype",
        "viber",
        "zalo",
        "kakao",
        "zhangsan",
        "bic",
        "bank code",
        "银行识别码",
        "DEUTDEFF",
        "订单号",
        "卡号",
        "电话",
        "\n",
        "https://",
        "example.com",
        "京A",
        "Ｏ",
        "９",
        "\u{200b}",
        "①",
        "号",
        "w",
        "k",
        "$",
        "身份证",
        "320106198705123030",
        "é",
        "😀",
        "DE41",
        "March",
        "'",
        "|",
        "l",
        "O",
        "#",
        "::",
        "0x",
        "、",
        "。",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat()),
        "\\PC{0,60}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn entities_stand_on_borders_in_order_and_do_not_overlap(text in texts()) {
        let all = find(&text);
        let mut end = 0;
        for entity in &all {
            let (from, to) = (entity.start as usize, entity.end as usize);
            prop_assert!(end <= from && from < to && to <= text.len());
            prop_assert!(text.is_char_boundary(from) && text.is_char_boundary(to));
            let _ = entities::value(&text, entity);
            end = to;
        }
        prop_assert_eq!(all, find(&text));
    }

    /// The look that passes texts over passes none over that has an entity.
    #[test]
    fn what_is_passed_over_has_none(text in texts()) {
        // A digit far away makes every text worth reading and is no part of what stands before it.
        let longer = format!("{text}。\n\n。                                        0");
        prop_assert_eq!(find(&text), find(&longer));
    }
}

#[test]
fn a_long_text_is_read_in_parts_and_nothing_is_lost_at_a_line() {
    let line = "电话13912345678，卡号6225885333195105\n";
    let text = line.repeat(4 * PART_BYTES_MAX / line.len());
    let all = find(&text);
    assert_eq!(all.len(), 2 * text.lines().count());
}

/// Without lines and blanks, a part ends where no number does.
#[test]
fn a_number_at_the_border_of_a_part_is_not_cut() {
    for filler in [",", "，", "好", "a,"] {
        for before in 0..20 {
            let text = format!(
                "{}，11010519491231002X",
                filler.repeat((PART_BYTES_MAX - before) / filler.len())
            );
            assert_eq!(find(&text).len(), 1, "{filler:?}, {before}");
        }
    }
}

/// Entities that no list looks for take no place of those that one does.
#[test]
fn kinds_that_nobody_looks_for_crowd_nothing_out() {
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "identity".to_owned(),
        content: ListContent::Entities(vec![EntityKind::CnIdentity]),
    });
    let matcher = builder.build().unwrap();
    for other in ["8% ", "1/2/2026 ", "a@b.cn "] {
        let text = format!("{}身份证号 11010519491231002X", other.repeat(HITS_PER_SCAN_MAX));
        let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
        let scanned = matcher.scan(&text, &mut scratch, &mut hits);
        assert!(!scanned.cut_short);
        assert_eq!(hits.len(), 1, "{other:?}");
    }
}

/// Four times as long a part takes about four times as long; with a quadratic reading, sixteen times.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    let pieces = [
        "1",
        "4111 ",
        "4111-",
        "万",
        "亿",
        "千",
        "一",
        "分",
        "₿",
        "月息",
        "九九九九",
        "@",
        "a@",
        "a.",
        ".",
        "1.",
        "1,",
        "三",
        "三万",
        "+",
        "(",
        "+1(",
        "微信",
        "vx",
        "订单号",
        "订单号1 ",
        "卡号\n",
        ":",
        "1:",
        "a:",
        "http://",
        "京A",
        "%",
        "1%",
        "1-",
        "l",
        "1l",
        "O0",
        "1 1 ",
        "x",
        "0x",
        "March ",
        "2026-",
        "2026年",
        "$",
        "$1 ",
        "①",
        "电话 1",
    ];
    for piece in pieces {
        let text = piece.repeat(PART_BYTES_MAX / piece.len());
        let part = &text[..text.floor_char_boundary(PART_BYTES_MAX / 4)];
        let once = |text: &str| {
            let begun = Instant::now();
            let _ = find(text);
            begun.elapsed()
        };
        // The best of up to twenty each: other programs on the machine make some of them slow, and none fast.
        let (mut short, mut long) = (Duration::MAX, Duration::MAX);
        let is_linear = (0..20).any(|_| {
            (short, long) = (short.min(once(part)), long.min(once(&text)));
            long < 10 * short + Duration::from_millis(1)
        });
        assert!(is_linear, "{piece:?}: {short:?}, then {long:?}");
    }
}
