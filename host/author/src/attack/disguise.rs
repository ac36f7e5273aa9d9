//! Words written otherwise that a reader takes for the same.

use super::draw::Draw;
use super::letters;
use super::target::Target;

/// A disguise: its name, and what it makes of a text. `None` where it changes nothing.
pub(super) type Disguise = (&'static str, fn(&Target<'_>, &mut Draw) -> Option<String>);

/// Every disguise.
pub(super) const ALL: [Disguise; 25] = [
    ("full-width", |target, _| swapped(target, letters::full_width)),
    ("cyrillic", |target, _| swapped(target, letters::cyrillic)),
    ("greek", |target, _| swapped(target, letters::greek)),
    ("mathematical", |target, _| swapped(target, letters::mathematical)),
    ("circled", |target, _| swapped(target, letters::circled)),
    ("traditional", |target, _| swapped(target, letters::traditional)),
    ("zero-width", |target, draw| {
        with_noise(
            target,
            draw,
            &["\u{200b}", "\u{200c}", "\u{200d}", "\u{2060}", "\u{feff}"],
        )
    }),
    ("soft-hyphens", |target, draw| with_noise(target, draw, &["\u{ad}"])),
    ("spaces", |target, draw| with_noise(target, draw, &[" "])),
    ("wide-spaces", |target, draw| {
        with_noise(target, draw, &["\u{3000}", "\u{a0}", "\u{2003}"])
    }),
    ("dots", |target, draw| with_noise(target, draw, &[".", "·", "・"])),
    ("marks", |target, draw| {
        with_noise(target, draw, &["*", "_", "-", "~", "|", "/"])
    }),
    ("emoji", |target, draw| with_noise(target, draw, &["💰", "🔥", "😀"])),
    ("joined-emoji", |target, draw| {
        with_noise(
            target,
            draw,
            &["👨\u{200d}👩\u{200d}👧", "🧑🏽\u{200d}💻", "❤\u{fe0f}\u{200d}🔥"],
        )
    }),
    ("flags", |target, draw| with_noise(target, draw, &["🇨🇳", "🇺🇸"])),
    ("emoticon-codes", |target, draw| {
        with_noise(target, draw, &["[玫瑰]", "[Rose]", "[呲牙]"])
    }),
    ("strokes", |target, draw| {
        let stroke = draw.one(&['\u{336}', '\u{335}', '\u{332}', '\u{338}']);
        changed(target, target.with_each(|c, to| to.extend([c, stroke])))
    }),
    ("entities", entities),
    ("markdown", markdown),
    ("doubled", doubled),
    ("separated-letters", separated_letters),
    ("line-end-hyphens", |target, _| line_end_hyphens(target)),
    ("vertical", |target, draw| with_noise(target, draw, &["\n"])),
    ("vertical-crlf", |target, draw| with_noise(target, draw, &["\r\n"])),
    ("wide-and-spaced", |target, _| {
        let wide = target.with_each(|c, to| to.extend([letters::full_width(c).unwrap_or(c), ' ']));
        changed(target, wide)
    }),
];

/// Characters of a word that is cut or has letters apart.
const WORD_CHARS_MIN: usize = 4;

fn changed(target: &Target<'_>, text: String) -> Option<String> {
    (text != target.text).then_some(text)
}

fn swapped(target: &Target<'_>, other: fn(char) -> Option<char>) -> Option<String> {
    changed(target, target.with_each(|c, to| to.push(other(c).unwrap_or(c))))
}

/// One of the noises, the same one everywhere, between the characters of what matters.
fn with_noise(target: &Target<'_>, draw: &mut Draw, noises: &[&'static str]) -> Option<String> {
    let noise = draw.one(noises);
    changed(target, target.between(|| noise))
}

fn entities(target: &Target<'_>, draw: &mut Draw) -> Option<String> {
    let written = target.with_each(|c, to| {
        if c.is_alphanumeric() {
            to.push_str(&letters::entity(c, draw));
        } else {
            to.push(c);
        }
    });
    changed(target, written)
}

/// Every second character is marked up: `保**本**`.
fn markdown(target: &Target<'_>, draw: &mut Draw) -> Option<String> {
    let mark = draw.one(&["**", "__", "~~", "`"]);
    let marked = target.with(|part| {
        let mut marked = String::new();
        for (number, c) in part.chars().enumerate() {
            if number % 2 == 1 && c.is_alphanumeric() {
                marked.extend([mark, c.encode_utf8(&mut [0; 4]), mark]);
            } else {
                marked.push(c);
            }
        }
        marked
    });
    changed(target, marked)
}

/// Chinese characters stand twice, and one letter of each Latin word: `保保本本`, `guarranteed`.
fn doubled(target: &Target<'_>, draw: &mut Draw) -> Option<String> {
    let twice = |word: &str, draw: &mut Draw| {
        let at = draw.below(word.len());
        format!("{}{}", &word[..=at], &word[at..])
    };
    let doubled = target.with(|part| {
        let mut doubled = String::new();
        for word in words(part) {
            if is_latin(word) {
                doubled.push_str(&twice(word, draw));
            } else {
                for c in word.chars() {
                    doubled.push(c);
                    if c.is_alphabetic() {
                        doubled.push(c);
                    }
                }
            }
        }
        doubled
    });
    changed(target, doubled)
}

/// `W.h.a.t.s`: the letters of Latin words stand apart.
fn separated_letters(target: &Target<'_>, draw: &mut Draw) -> Option<String> {
    let separator = draw.one(&[".", "-", "_", " "]);
    let apart = target.with(|part| {
        words(part)
            .map(|word| {
                if is_latin(word) && word.len() >= WORD_CHARS_MIN {
                    word.chars().map(String::from).collect::<Vec<_>>().join(separator)
                } else {
                    word.to_owned()
                }
            })
            .collect()
    });
    changed(target, apart)
}

/// `guaran-⏎teed`: Latin words are cut as at the end of a line.
fn line_end_hyphens(target: &Target<'_>) -> Option<String> {
    let cut = target.with(|part| {
        words(part)
            .map(|word| {
                if is_latin(word) && word.len() >= WORD_CHARS_MIN {
                    let (one, other) = word.split_at(word.len() / 2);
                    format!("{one}-\n{other}")
                } else {
                    word.to_owned()
                }
            })
            .collect()
    });
    changed(target, cut)
}

/// Runs of ASCII letters, and what stands between them; together they are the text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_letter = rest.chars().next()?.is_ascii_alphabetic();
        let end = rest
            .find(|c: char| c.is_ascii_alphabetic() != is_letter)
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

fn is_latin(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    /// What the disguise makes of the part in `⟦⟧`.
    fn disguised(name: &str, marked: &str, seed: u64) -> Option<String> {
        let start = marked.find('⟦').unwrap();
        let end = marked.find('⟧').unwrap() - '⟦'.len_utf8();
        let text = marked.replace(['⟦', '⟧'], "");
        let target = Target::new(&text, Some(start..end)).unwrap();
        let (_, change) = ALL.into_iter().find(|(of, _)| *of == name).unwrap();
        change(&target, &mut Draw::new(seed, &[name]))
    }

    #[test]
    fn each_disguise_changes_what_matters_and_nothing_else() {
        each_row(
            [
                ("full-width", "我们⟦VIP 8%⟧吧", Some("我们ＶＩＰ ８％吧")),
                ("full-width", "我们⟦保本⟧吧", None),
                ("cyrillic", "no ⟦Tax⟧ a", Some("no Таха a")),
                ("greek", "⟦AI⟧", Some("ΑΙ")),
                ("mathematical", "⟦aB1⟧ a", Some("𝐚𝐁𝟏 a")),
                ("circled", "⟦a1⟧", Some("ⓐ①")),
                ("traditional", "您⟦稳赚⟧赚", Some("您穩賺赚")),
                ("soft-hyphens", "说⟦保本⟧本", Some("说保\u{ad}本本")),
                ("spaces", "⟦a b保⟧", Some("a b 保")),
                ("spaces", "⟦保⟧本", None),
                ("vertical", "⟦保本息⟧", Some("保\n本\n息")),
                (
                    "line-end-hyphens",
                    "a ⟦guaranteed rate⟧ of",
                    Some("a guara-\nnteed ra-\nte of"),
                ),
                ("line-end-hyphens", "⟦保本⟧", None),
                ("wide-and-spaced", "⟦a保⟧本", Some("ａ 保 本")),
            ],
            |(name, marked, expected)| {
                let expected = expected.map(|text| {
                    if name == "cyrillic" {
                        "no \u{422}\u{430}\u{445} a".to_owned()
                    } else {
                        text.to_owned()
                    }
                });
                assert_eq!(disguised(name, marked, 7), expected);
            },
        );
    }

    #[test]
    fn what_the_seed_chooses_is_one_of_a_few() {
        each_row(
            [
                ("entities", "⟦保⟧", vec!["&#20445;", "&#x4fdd;"]),
                ("markdown", "⟦保本⟧", vec!["保**本**", "保__本__", "保~~本~~", "保`本`"]),
                ("doubled", "⟦保本⟧", vec!["保保本本"]),
                ("doubled", "⟦ab 1⟧", vec!["aab 1", "abb 1"]),
                (
                    "separated-letters",
                    "⟦Whats a⟧",
                    vec!["W.h.a.t.s a", "W-h-a-t-s a", "W_h_a_t_s a", "W h a t s a"],
                ),
                (
                    "emoticon-codes",
                    "⟦保本⟧",
                    vec!["保[玫瑰]本", "保[Rose]本", "保[呲牙]本"],
                ),
                ("flags", "⟦保本⟧", vec!["保🇨🇳本", "保🇺🇸本"]),
                ("strokes", "⟦a⟧", vec!["a\u{336}", "a\u{335}", "a\u{332}", "a\u{338}"]),
            ],
            |(name, marked, expected)| {
                let seen: std::collections::BTreeSet<_> =
                    (0..64).filter_map(|seed| disguised(name, marked, seed)).collect();
                assert_eq!(
                    seen,
                    expected.into_iter().map(str::to_owned).collect(),
                    "each in 64 seeds"
                );
            },
        );
    }

    /// What stands between characters can be taken out again, and then the text is what it was.
    #[test]
    fn noise_can_be_taken_out_again() {
        let text = "保本保息，guaranteed 8%收益";
        let noises = [
            "zero-width",
            "soft-hyphens",
            "wide-spaces",
            "dots",
            "marks",
            "emoji",
            "joined-emoji",
            "flags",
            "emoticon-codes",
            "strokes",
            "vertical",
            "vertical-crlf",
        ];
        let noise = "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}\u{3000}\u{a0}\u{2003}.·・*_-~|/💰🔥😀👨👩👧🧑🏽💻❤\u{fe0f}🇨🇳🇺🇸[玫瑰Rose呲牙]\u{336}\u{335}\u{332}\u{338}\n\r";
        each_row(noises, |name| {
            let letters = |text: &str| text.chars().filter(|c| !noise.contains(*c)).collect::<String>();
            for seed in 0..8 {
                let disguised = disguised(name, &format!("⟦{text}⟧"), seed).unwrap();
                assert!(disguised.len() > text.len());
                assert_eq!(letters(&disguised), letters(text));
            }
        });
    }

    #[test]
    fn a_disguise_is_the_same_for_the_same_seed_and_never_the_text_itself() {
        each_row(ALL.map(|(name, _)| name), |name| {
            for text in [
                "⟦稳赚不赔 guaranteed 8%⟧",
                "a ⟦b⟧ c",
                "⟦👨\u{200d}👩⟧",
                "⟦…⟧",
                "⟦é\u{301}⟧",
            ] {
                let once = disguised(name, text, 3);
                assert_eq!(once, disguised(name, text, 3));
                assert_ne!(once.as_deref(), Some(text.replace(['⟦', '⟧'], "").as_str()));
            }
        });
    }
}
