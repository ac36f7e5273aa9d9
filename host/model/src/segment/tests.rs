//! Texts and their segments, as tables.

use super::*;
use crate::canonical::{Defaults, from_json};
use crate::verdict::Span;
use proviso_rows::each_row;

fn message(kind: &str, channel: &str, text: &str) -> Message {
    let json = serde_json::json!({
        "tenant": "bank", "channel": channel, "id": "m", "sent_at": "2026-03-02T10:00:00+08:00", "conversation": "c",
        "kind": kind, "text": text,
    });
    from_json(&json.to_string(), &Defaults::default()).unwrap()
}

fn parts(kind: &str, channel: &str, text: &str) -> Vec<(&'static str, String)> {
    let message = message(kind, channel, text);
    let mut found = Vec::new();
    of(&message, &mut found);
    let shown = |segment: &Segment| (segment.role.name(), text[segment.start..segment.end].to_owned());
    found.iter().map(shown).collect()
}

#[test]
fn quoted_replies_end_with_their_rule() {
    let table: &[(&str, &[&str])] = &[
        ("保本吗", &[]),
        ("一行\n------\n又一行", &[]),
        (
            "这是一条引用/回复消息：\n\"王芳:\n能保证赚吗\"\n------\n不能",
            &["这是一条引用/回复消息：\n\"王芳:\n能保证赚吗\"\n------\n"],
        ),
        (
            "这是一条引用/回复消息：\"\n------\n@小李 好",
            &["这是一条引用/回复消息：\"\n------\n"],
        ),
        (
            "This is a quote/reply:\n“Lee: \nis it safe?\nreally”\n------\nno",
            &["This is a quote/reply:\n“Lee: \nis it safe?\nreally”\n------\n"],
        ),
        (
            "「王芳：能保证赚吗」\n- - - - - - - - - - - - - - -\n不能",
            &["「王芳：能保证赚吗」\n- - - - - - - - - - - - - - -\n"],
        ),
        // The form stands first in a text, and its closing mark before the rule.
        ("您好\n这是一条引用/回复消息：\n\"周宁:\n好\"\n------\n好", &[]),
        ("这是一条引用/回复消息：\n\"周宁:\n保本\"\n好的", &[]),
        (
            "这是一条引用/回复消息：\n\"周宁:\n你好\"\n保本\n他说\"好\"\n------\n好",
            &[],
        ),
        // A record that lost its rule.
        (
            "这是一条引用/回复消息： “王芳： 能赚吗”\n不好说\n他说“好”",
            &["这是一条引用/回复消息： “王芳： 能赚吗”\n"],
        ),
        ("「风险提示：仔细看」\n这款保本", &[]),
        ("「风险提示：仔细看」\n这款保本\n------\n真的", &[]),
        ("这是一条引用/回复消息：\n保本保息\n------\n真的", &[]),
    ];
    each_row(table, |(text, expected)| {
        let found: Vec<String> = parts("text", "wecom", text).into_iter().map(|(_, part)| part).collect();
        assert_eq!(found, *expected, "{text}");
    });
}

#[test]
fn a_mail_has_what_it_answers_a_signature_and_a_footer() {
    type Expected = &'static [(&'static str, &'static str)];
    let table: &[(&str, Expected)] = &[
        ("Returns are guaranteed.\nCall me.", &[]),
        (
            "No, they are not.\n\nOn Monday, Ann Lee wrote:\n> are they guaranteed?\n>> yes\nAs I said.",
            &[(
                "quotation",
                "On Monday, Ann Lee wrote:\n> are they guaranteed?\n>> yes\n",
            )],
        ),
        (
            "不是的\n在 2026年3月2日，周宁 写道：\n> 保本吗\n",
            &[("quotation", "在 2026年3月2日，周宁 写道：\n> 保本吗\n")],
        ),
        (
            "See below.\n-----Original Message-----\nFrom: Ann\nGuaranteed?",
            &[("quotation", "-----Original Message-----\nFrom: Ann\nGuaranteed?")],
        ),
        (
            "好的\n发件人: 周宁\n发送时间: 周一\n收件人: 李娜\n保本吗",
            &[("quotation", "发件人: 周宁\n发送时间: 周一\n收件人: 李娜\n保本吗")],
        ),
        (
            "fyi\n---------- Forwarded message ---------\nFrom: Ann\nGuaranteed.",
            &[(
                "forwarded",
                "---------- Forwarded message ---------\nFrom: Ann\nGuaranteed.",
            )],
        ),
        (
            "Bye\n-- \nAnn Lee\nGuaranteed Returns Ltd\n",
            &[("signature", "-- \nAnn Lee\nGuaranteed Returns Ltd\n")],
        ),
        (
            "Fine.\n\nThis e-mail is confidential and intended solely for the addressee.\nIf you received this in error, delete it.\n\nOk",
            &[(
                "footer",
                "This e-mail is confidential and intended solely for the addressee.\nIf you received this in error, delete it.\n",
            )],
        ),
        // Whoever types one of these hides nothing by it.
        ("从我的经验看，保本保息\n您放心", &[]),
        ("发自我的内心，保本保息\n您放心", &[]),
        ("Sent from my heart: guaranteed returns.\nBye", &[]),
        ("Sent from my iPhone guaranteed returns\nBye", &[]),
        ("Get Outlook for iOS<保本>\nBye", &[]),
        (
            "Hi Bob\nSent from my iPhone 15 Pro\nGuaranteed returns.",
            &[("signature", "Sent from my iPhone 15 Pro\n")],
        ),
        ("好\n从我的华为手机发送\n保本", &[("signature", "从我的华为手机发送\n")]),
        ("a\n-- \n1\n2\n3\n4\n5\n6\n7\n8\nguaranteed", &[]),
        ("这是保密的，保本保息，看完请删除本邮件。\n", &[]),
        (
            "This email is confidential, please delete it after reading. Guaranteed returns.\n",
            &[],
        ),
        ("Ok\n-- original message: --\nGuaranteed", &[]),
        ("好的\n主题 保本\n日期 明天\n收件人 您\n保本", &[]),
        ("Hi\nDate: tomorrow\nTo: you\nSubject: us\nGuaranteed", &[]),
        // What stands between the sentences of a footer is the sender's.
        (
            "This e-mail is confidential. Returns are guaranteed. It is for the intended recipient. If in error, delete it.",
            &[],
        ),
        // One legal word hides nothing.
        ("This is confidential: returns are guaranteed.\n\nOk", &[]),
        ("From: here\nwe go", &[]),
        ("> only quoted\n> lines\n", &[("forwarded", "> only quoted\n> lines\n")]),
    ];
    each_row(table, |(text, expected)| {
        let found = parts("email", "mail", text);
        let found: Vec<_> = found.iter().map(|(role, part)| (*role, part.as_str())).collect();
        assert_eq!(found, *expected, "{text}");
    });
}

#[test]
fn kind_and_channel_say_what_a_text_is() {
    let table: &[(&str, &str, &str, &[&str])] = &[
        ("chat-record", "wecom", "张三：好", &["forwarded"]),
        ("link", "wecom", "保本理财", &["link-title"]),
        ("file", "wecom", "名单.xlsx", &["attachment"]),
        ("text", "slack", "> is it?\nno", &["quotation"]),
        // Nothing quotes so in WeCom: the sender wrote the mark.
        ("text", "wecom", "> 保本\n好", &[]),
        ("markdown", "wecom", "> 保本\n好", &[]),
        ("link", "wecom", "", &[]),
    ];
    each_row(table, |(kind, channel, text, expected)| {
        let found: Vec<_> = parts(kind, channel, text).into_iter().map(|(role, _)| role).collect();
        assert_eq!(found, *expected, "{kind} {text}");
    });
}

#[test]
fn segments_are_in_order_and_do_not_overlap() {
    let marks = [
        "> a",
        "",
        "-- ",
        "------",
        "这是一条引用/回复消息：",
        "\"周宁:",
        "好\"",
        "From: a",
        "To: b",
        "Subject: c",
        "wrote:",
        "-----Original Message-----",
        "confidential, in error, delete",
        "own",
        "「a：b」",
        "Sent from my iPhone",
    ];
    // Every three of the lines, in every order.
    let count = marks.len();
    for number in 0..count * count * count {
        let picked = [number % count, number / count % count, number / count / count].map(|at| marks[at]);
        let text = picked.join("\n");
        for kind in ["email", "text"] {
            let message = message(kind, "mail", &text);
            let mut found = Vec::new();
            of(&message, &mut found);
            let mut at = 0;
            for segment in &found {
                assert!(at <= segment.start && segment.start < segment.end, "{text:?} {found:?}");
                assert!(text.is_char_boundary(segment.start) && text.is_char_boundary(segment.end));
                at = segment.end;
            }
            assert!(at <= text.len());
        }
    }
}

#[test]
fn spans_are_told_by_the_part_that_they_begin_in() {
    let text = "不保\n> 保本吗\n> 稳吗\n";
    let message = message("email", "mail", text);
    let at = |part: &str| {
        let start = text.find(part).unwrap() as u32;
        Span {
            start,
            end: start + part.len() as u32,
        }
    };
    assert_eq!(roles(&message, [at("不保")]), [Role::Own]);
    assert_eq!(
        roles(&message, [at("稳吗"), at("不保"), at("保本")]),
        [Role::Own, Role::Quotation]
    );
    assert!(roles(&message, []).is_empty());
}
