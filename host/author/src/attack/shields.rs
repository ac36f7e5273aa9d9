//! What may stand around a finding and excuses nothing.

use super::target::Target;

/// A shield: its name, and what it makes of a text.
pub(super) type Shield = (&'static str, fn(&Target<'_>) -> Option<String>);

/// Every shield. Those before a word are in the language of what matters; the rest is tried in both.
pub(super) const ALL: [Shield; 25] = [
    ("before: 特别", |target| chinese(target, "特别")),
    ("before: 要不要", |target| chinese(target, "要不要")),
    ("before: 能不能", |target| chinese(target, "能不能")),
    ("before: 不得了", |target| chinese(target, "不得了")),
    ("before: 没问题", |target| chinese(target, "没问题")),
    ("before: 别担心", |target| chinese(target, "别担心")),
    ("before: not only", |target| english(target, "not only ")),
    ("before: no problem", |target| english(target, "no problem ")),
    ("before: nothing less than", |target| {
        english(target, "nothing less than ")
    }),
    ("warning before, zh", |target| before(target, "谨防诈骗！")),
    ("warning behind, zh", |target| behind(target, "请提高警惕，谨防诈骗。")),
    ("teaching before, zh", |target| before(target, "监管要求我们合规经营。")),
    ("teaching behind, zh", |target| {
        behind(target, "本周还有合规培训，请按时参加。")
    }),
    ("warning before, en", |target| before(target, "Beware of scams! ")),
    ("warning behind, en", |target| {
        behind(target, "Please stay alert to fraud.")
    }),
    ("teaching behind, en", |target| {
        behind(target, "For compliance reasons this chat is archived.")
    }),
    ("disclaimer, zh", |target| {
        behind(
            target,
            "\n\n以上内容仅供参考，不构成任何投资建议。投资有风险，入市需谨慎。",
        )
    }),
    ("disclaimer, en", |target| {
        behind(
            target,
            "\n\nPast performance is no guarantee of future results. This is not investment advice.",
        )
    }),
    ("legal footer", |target| {
        behind(
            target,
            "\n\nThis email and any attachments are confidential and intended solely for the addressee. If you are not the intended \
             recipient, please notify the sender and delete it.",
        )
    }),
    ("quoted reply, WeCom", |target| {
        before(
            target,
            "这是一条引用/回复消息：\n\"小李：\n请大家注意，不得违规承诺，谨防诈骗\"\n------\n",
        )
    }),
    ("quoted reply, WeChat", |target| {
        before(
            target,
            "「小李：合规提醒，严禁违规宣传」\n- - - - - - - - - - - - - - -\n",
        )
    }),
    ("quoted lines", |target| {
        before(target, "> Compliance reminds you: do not do this, it is a scam.\n\n")
    }),
    ("polite, zh", |target| behind(target, "麻烦您了，谢谢！")),
    ("polite, en", |target| {
        behind(target, "Thank you very much, and have a nice day.")
    }),
    ("before: 请放心", |target| chinese(target, "请放心")),
];

/// Names of shields that are no excuse either where nothing was found: politeness.
pub(super) const BENIGN: [&str; 2] = ["polite, zh", "polite, en"];

/// The word before what matters, in the same clause.
fn chinese(target: &Target<'_>, word: &str) -> Option<String> {
    target.is_chinese().then(|| inserted(target, word))
}

fn english(target: &Target<'_>, word: &str) -> Option<String> {
    (!target.is_chinese()).then(|| inserted(target, word))
}

fn inserted(target: &Target<'_>, word: &str) -> String {
    let (before, from) = target.text.split_at(target.start());
    format!("{before}{word}{from}")
}

#[expect(clippy::unnecessary_wraps, reason = "the form of every shield")]
fn before(target: &Target<'_>, words: &str) -> Option<String> {
    Some(format!("{words}{}", target.text))
}

/// Behind the text, as a sentence of its own.
#[expect(clippy::unnecessary_wraps, reason = "the form of every shield")]
fn behind(target: &Target<'_>, words: &str) -> Option<String> {
    let text = target.text.trim_end();
    let is_ended = text.ends_with(['。', '.', '！', '!', '？', '?', '；', ';']);
    let end = match (is_ended, target.is_chinese()) {
        (true, true) => "",
        (true, false) => " ",
        (false, true) => "。",
        (false, false) => ". ",
    };
    Some(format!("{text}{end}{words}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    fn shielded(name: &str, text: &str, span: std::ops::Range<usize>) -> Option<String> {
        let (_, change) = ALL.into_iter().find(|(of, _)| *of == name).unwrap();
        change(&Target::new(text, Some(span)).unwrap())
    }

    #[test]
    fn words_stand_before_what_matters_in_its_language() {
        each_row(
            [
                ("before: 特别", "这个保本", 6..12, Some("这个特别保本")),
                ("before: not only", "这个保本", 6..12, None),
                ("before: not only", "it is safe", 6..10, Some("it is not only safe")),
                ("before: 特别", "it is safe", 6..10, None),
                ("warning before, zh", "这个保本", 6..12, Some("谨防诈骗！这个保本")),
                (
                    "warning behind, zh",
                    "这个保本",
                    6..12,
                    Some("这个保本。请提高警惕，谨防诈骗。"),
                ),
                (
                    "warning behind, zh",
                    "这个保本！",
                    6..12,
                    Some("这个保本！请提高警惕，谨防诈骗。"),
                ),
                (
                    "polite, en",
                    "it is safe\n",
                    6..10,
                    Some("it is safe. Thank you very much, and have a nice day."),
                ),
            ],
            |(name, text, span, expected)| assert_eq!(shielded(name, text, span).as_deref(), expected),
        );
    }

    #[test]
    fn every_shield_keeps_what_matters_whole() {
        each_row(ALL.map(|(name, _)| name), |name| {
            let mut made = 0;
            for (text, span) in [("产品保本吗", 6..12), ("so it is safe", 9..13)] {
                if let Some(shielded) = shielded(name, text, span.clone()) {
                    assert!(
                        shielded.len() > text.len() && shielded.contains(&text[span]),
                        "{shielded}"
                    );
                    made += 1;
                }
            }
            assert!(made > 0, "it is made of one of both languages");
        });
        each_row(BENIGN, |name| assert!(ALL.iter().any(|(of, _)| *of == name)));
    }
}
