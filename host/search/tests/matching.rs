//! What queries find, and where.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{message, prepared, with_attachment};
use proptest::prelude::*;
use proviso_model::message::{Kind, Message};
use proviso_model::verdict::Severity;
use proviso_rows::each_row;
use proviso_search::query::Flag;
use proviso_search::{Examiner, Found, Labels, Place};
use std::borrow::Cow;

fn marks(query: &str, message: &Message) -> Option<Vec<String>> {
    let marks = Examiner::default().examine(&prepared(query), message, &Labels::default())?;
    let text = |place| match place {
        Place::Text => message.text.as_str(),
        Place::Attachment(number) => &message.attachments[number].name,
        Place::Link(number) => &message.links[number],
    };
    Some(
        marks
            .into_iter()
            .map(|mark| mark.span.of(text(mark.place)).unwrap().to_owned())
            .collect(),
    )
}

#[test]
fn words_are_found_where_they_stand() {
    each_row(
        [
            ("保本", "我们的產品保本保息", Some("保本")),
            ("产品", "我们的產品保本保息", Some("產品")),
            ("本", "保本", Some("本")),
            ("保本", "保💰本", Some("保💰本")),
            ("保本", "&#20445;本", Some("&#20445;本")),
            ("whatsapp", "add me on W.h.a.t.s.A.p.p", Some("W.h.a.t.s.A.p.p")),
            ("whatsapp", "whаtsаpp", Some("whаtsаpp")),
            ("bank", "banking", None),
            ("bank*", "Banking", Some("Banking")),
            ("*king", "Banking king", Some("Banking|king")),
            ("bank account", "the account at the bank", Some("account|bank")),
            ("\"bank account\"", "the account at the bank", None),
            ("bank NEAR/3 account", "the account at the bank", Some("account|bank")),
            ("bank NEAR/1 account", "the account at the bank", None),
            ("保本 NEAR/4 收益", "收益由公司保本", Some("收益|保本")),
            ("bank -account", "the bank", Some("bank")),
            ("bank -account", "the bank account", None),
            ("-bank", "nothing", Some("")),
            ("bank OR 保本", "保本", Some("保本")),
            ("(bank account) OR the", "the bank", Some("the")),
            ("13800138000", "call +86 138-0013-8000", Some("+86 138-0013-8000")),
            ("8.5%", "年化百分之八点五", Some("百分之八点五")),
            ("entity:cn-mobile", "call 13800138000", Some("13800138000")),
            (
                "entity:cn-mobile=138-0013-8000",
                "call 13800138000",
                Some("13800138000"),
            ),
            ("entity:cn-mobile=13900139000", "call 13800138000", None),
            ("entity:amount=100万元", "转 1,000,000元", Some("1,000,000元")),
            ("entity:date=2026-01-31", "2026年1月31日", Some("2026年1月31日")),
            ("🚀", "to the 🚀", Some("🚀")),
        ],
        |(query, text, expected)| {
            let found = marks(query, &message(text)).map(|found| found.join("|"));
            assert_eq!(found.as_deref(), expected, "{query} in {text}");
        },
    );
}

#[test]
fn names_of_attachments_and_links_are_looked_through() {
    let mut message = with_attachment("see below", "保本合同.pdf");
    message.links = vec!["https://example.org/bank".to_owned()];
    assert_eq!(marks("合同 bank below", &message).unwrap().join("|"), "below|合同|bank");
    assert_eq!(marks("\"below 保本\"", &message), None, "a phrase stands in one text");
}

#[test]
fn what_is_known_beside_the_words_is_asked_for() {
    let mut one = message("保本");
    one.kind = Kind::File;
    one.sent_at = proviso_model::Timestamp::from_rfc3339("2026-01-31T23:30:00+08:00").unwrap();
    let labels = Labels {
        departments: vec!["信贷部".to_owned()],
        findings: vec![Found {
            pack: "acme/bank".to_owned(),
            policy: "promises".to_owned(),
            rule: "guaranteed".to_owned(),
            severity: Severity::High,
        }],
        flags: vec![Flag::Held],
        holds: vec![3],
    };
    each_row(
        [
            ("hold:3", true),
            ("hold:33 OR -hold:3", false),
            ("from:WEI", true),
            ("from:li", false),
            ("to:li", true),
            ("with:li with:wei", true),
            ("to:wei", false),
            ("department:信贷部", true),
            ("conversation:Wei|LI", true),
            ("channel:wecom", true),
            ("channel:mail", false),
            ("kind:file", true),
            ("direction:outbound", true),
            ("direction:inbound", false),
            ("sent:2026-01-31", true),
            ("sent:2026-01", true),
            ("until:2026-01-30", false),
            ("until:2026-01-31", true),
            ("since:2026-01-31T15:30:00Z", true),
            ("since:2026-02", false),
            ("pack:acme/bank policy:promises rule:guaranteed", true),
            ("policy:acme/bank:promises", true),
            ("policy:acme/other:promises", false),
            ("severity:high", true),
            ("severity:>=medium", true),
            ("severity:<=medium", false),
            ("is:held", true),
            ("is:reviewed", false),
            ("is:held -is:reviewed (保本 OR x)", true),
        ],
        |(query, expected)| {
            let found = Examiner::default().examine(&prepared(query), &one, &labels);
            assert_eq!(found.is_some(), expected, "{query}");
        },
    );
}

proptest! {
    /// Where all of a message is known, what may be found is what is found; where it is not, what would be found may be.
    #[test]
    fn what_may_be_found_is_never_less_than_what_is_found(
        text in "[保本息ab 1]{0,8}",
        words in prop::collection::vec(("[保本息ab1]{1,2}", any::<bool>()), 1..5),
        is_any in any::<bool>(),
    ) {
        let words: Vec<String> = words.into_iter().map(|(word, not)| if not { format!("-{word}") } else { word }).collect();
        let query = words.join(if is_any { " OR " } else { " " });
        let prepared = prepared(&query);
        let (whole, mut examiner) = (message(&text), Examiner::default());
        let is_found = examiner.examine(&prepared, &whole, &Labels::default()).is_some();
        prop_assert_eq!(examiner.may_find(&prepared, &whole, Some(&[])), is_found);
        let hidden = message("");
        let beside = [Cow::Borrowed(text.as_str())];
        for beside in [None, Some(&beside[..])] {
            prop_assert!(!is_found || examiner.may_find(&prepared, &hidden, beside), "{} of {:?}", query, text);
        }
    }
}
