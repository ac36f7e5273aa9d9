//! A proof as text: a tree of lines, in Chinese or in English.

use super::proof::{Bound, Proof, ProvenRule, RuleOutside, Standing};
use super::{Disposition, Period, SourceText};
use crate::foreign::Foreign;
use crate::language::Language;
use crate::time::Day;

/// A line and what stands below it.
struct Node {
    line: String,
    below: Vec<Node>,
}

/// Both languages of one text.
type Said = (&'static str, &'static str);

impl Proof {
    /// The tree, a line for each thing that went into the decision. What packs say in it has no control characters left.
    pub fn to_text(&self, language: Language) -> String {
        let mut text = String::new();
        write(&Words(language).proof(self), "", &mut text);
        text
    }
}

fn write(node: &Node, indent: &str, text: &mut String) {
    text.push_str(&node.line);
    text.push('\n');
    for (index, below) in node.below.iter().enumerate() {
        let last = index + 1 == node.below.len();
        text.push_str(indent);
        text.push_str(if last { "└─ " } else { "├─ " });
        write(below, &format!("{indent}{}", if last { "   " } else { "│  " }), text);
    }
}

fn leaf(line: String) -> Node {
    Node {
        line,
        below: Vec::new(),
    }
}

/// What a pack says, for a terminal.
fn foreign(text: &str) -> String {
    Foreign(text).terminal().to_string()
}

#[derive(Clone, Copy)]
struct Words(Language);

impl Words {
    fn say(self, (en, zh): Said) -> &'static str {
        match self.0 {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    /// `NAME: VALUE`.
    fn pair(self, name: Said, value: &str) -> Node {
        leaf(format!("{}{}{value}", self.say(name), self.say((": ", "："))))
    }

    fn proof(self, proof: &Proof) -> Node {
        let facts = [
            self.pair(
                ("day of the message", "消息日期"),
                &format!("{} ({}; {})", proof.day, proof.zone, proof.sent_at),
            ),
            self.pair(
                ("legal hold", "法律保全"),
                self.say(if proof.legal_hold {
                    ("yes", "有")
                } else {
                    ("none", "无")
                }),
            ),
            self.pair(
                ("consent", "同意"),
                self.say(if proof.consent_withdrawn {
                    ("gone", "已撤回或拒绝")
                } else {
                    ("not gone", "未撤回")
                }),
            ),
        ];
        let rules = proof.rules.iter().map(|rule| self.rule(rule));
        let contradictions = proof.contradictions.iter().map(|one| {
            let [first, second] = &one.rules;
            let rule = |name: &super::RuleName| foreign(&format!("{} ({}:{})", name.rule, name.pack, name.policy));
            let (first, second) = (rule(first), rule(second));
            let line = format!(
                "{first} / {second}{}{}",
                self.say((": ", "：")),
                one.about.sentence(self.0)
            );
            self.pair(("contradiction", "矛盾"), &line)
        });
        let outside = proof.outside.iter().map(|rule| self.outside(rule));
        Node {
            line: self.verdict(proof),
            below: facts
                .into_iter()
                .chain(rules)
                .chain(contradictions)
                .chain(outside)
                .collect(),
        }
    }

    /// What becomes of the message, and why.
    fn verdict(self, proof: &Proof) -> String {
        let decision = &proof.decision;
        let (until, floor) = (day(decision.until), decision.floor_until);
        let mut line = match (decision.disposition, self.0) {
            (Disposition::Dispose, Language::En) => "Dispose of it now.".to_owned(),
            (Disposition::Dispose, Language::Zh) => "立即销毁。".to_owned(),
            (Disposition::KeepUntil, Language::En) => format!("Keep it until {until}, then dispose of it."),
            (Disposition::KeepUntil, Language::Zh) => format!("保存至{until}，期满销毁。"),
            (Disposition::Keep, Language::En) => "Keep it.".to_owned(),
            (Disposition::Keep, Language::Zh) => "继续保存。".to_owned(),
            (Disposition::LegalHold, Language::En) => "Keep it until the hold is released.".to_owned(),
            (Disposition::LegalHold, Language::Zh) => "保存至法律保全解除。".to_owned(),
        };
        let space = self.say((" ", ""));
        line.push_str(space);
        line.push_str(decision.why.sentence(self.0));
        if let (None, Some(floor)) = (decision.until, floor) {
            let known = match self.0 {
                Language::En => format!("The floors that are known run until {floor}."),
                Language::Zh => format!("已知的保存下限至{floor}。"),
            };
            line.push_str(space);
            line.push_str(&known);
        }
        if decision.store_only {
            line.push_str(space);
            line.push_str(self.say(("It is stored only.", "仅存储。")));
        }
        line
    }

    fn rule(self, rule: &ProvenRule) -> Node {
        let law = foreign(format!("{} {}", rule.law, rule.article).trim());
        let mut below = vec![self.pair(
            ("rule", "规则"),
            &foreign(&format!("{} ({}:{})", rule.rule, rule.pack, rule.policy)),
        )];
        below.push(self.pair(("purpose", "目的"), &foreign(&rule.purpose)));
        below.push(self.effect(rule.from, rule.to));
        let since = match (rule.starts, self.0) {
            (Some(starts), Language::En) => format!("{}, {starts}", rule.clock.sentence(self.0)),
            (Some(starts), Language::Zh) => format!("{}，{starts}", rule.clock.sentence(self.0)),
            (None, Language::En) => format!("{}, which is not known", rule.clock.sentence(self.0)),
            (None, Language::Zh) => format!("{}，时间未知", rule.clock.sentence(self.0)),
        };
        below.push(self.pair(("clock starts with", "起算点"), &since));
        below.push(self.pair(("counted by", "计算规则"), rule.counting.sentence(self.0)));
        below.push(self.verification(rule));
        if let Some(source) = &rule.source {
            let text = match source.text {
                SourceText::Digest(digest) => format!("SHA-256 {}", digest.hex()),
                SourceText::Secondary => self.say(("a secondary source", "二手资料")).to_owned(),
                SourceText::Unstated => self.say(("no digest of the text", "无原文摘要")).to_owned(),
            };
            let url = source.url.as_deref().map(|url| format!(", {url}")).unwrap_or_default();
            below.push(self.pair(
                ("source", "来源"),
                &format!("{} ({text})", foreign(&format!("{}{url}", source.title))),
            ));
        }
        below.extend(rule.floor.map(|floor| self.bound(("at least", "至少"), floor)));
        let at_most = if rule.ceiling_is_mandatory {
            ("at most, then destruction is ordered", "至多（期满应当销毁）")
        } else {
            ("at most", "至多")
        };
        below.extend(rule.ceiling.map(|ceiling| self.bound(at_most, ceiling)));
        Node {
            line: format!("{law} ({})", foreign(&rule.jurisdiction)),
            below,
        }
    }

    fn effect(self, from: Option<Day>, to: Option<Day>) -> Node {
        let effect = match (from, to, self.0) {
            (None, None, _) => self.say(("no days are stated", "未注明日期")).to_owned(),
            (Some(from), None, Language::En) => format!("from {from}"),
            (Some(from), None, Language::Zh) => format!("自{from}起"),
            (from, Some(to), Language::En) => format!("{} to {to}", day(from)),
            (from, Some(to), Language::Zh) => format!("{}至{to}", day(from)),
        };
        self.pair(("in effect", "施行"), effect.trim())
    }

    fn verification(self, rule: &ProvenRule) -> Node {
        let value = match (rule.verified, &rule.verification, self.0) {
            (false, _, _) => self
                .say(("no: it may keep and never destroys", "否：只可延长，不得导致销毁"))
                .to_owned(),
            (true, None, _) => self
                .say(("yes, by the pack's author", "是，由策略包作者核实"))
                .to_owned(),
            (true, Some(by), Language::En) => format!("yes, by {} on {}", foreign(&by.by), by.on),
            (true, Some(by), Language::Zh) => format!("是，{}于{}核实", foreign(&by.by), by.on),
        };
        self.pair(("verified", "已核实"), &value)
    }

    fn bound(self, name: Said, bound: Bound) -> Node {
        let until = match (bound.until, self.0) {
            (Some(until), Language::En) => format!(", until {until}"),
            (Some(until), Language::Zh) => format!("，至{until}"),
            (None, _) => String::new(),
        };
        let text = format!(
            "{} ({}){until}{}{}",
            self.period(bound.period),
            bound.period,
            self.say((": ", "：")),
            self.say(standing(bound.standing))
        );
        leaf(format!("{} {text}", self.say(name)))
    }

    /// `3 years 6 months`.
    fn period(self, period: Period) -> String {
        let parts = [
            (period.years, ("year", "年")),
            (period.months, ("month", "个月")),
            (period.days, ("day", "日")),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        match self.0 {
            Language::En => parts
                .map(|(number, (unit, _))| format!("{number} {unit}{}", if number == 1 { "" } else { "s" }))
                .collect::<Vec<_>>()
                .join(" "),
            Language::Zh => parts
                .map(|(number, (_, unit))| format!("{number}{unit}"))
                .collect::<Vec<_>>()
                .concat(),
        }
    }

    fn outside(self, rule: &RuleOutside) -> Node {
        let law = foreign(format!("{} {}", rule.law, rule.article).trim());
        Node {
            line: format!(
                "{law}{}{}",
                self.say((": ", "：")),
                self.say(("not in effect on the day of the message", "消息当日未施行"))
            ),
            below: vec![
                self.pair(("rule", "规则"), &foreign(&rule.rule)),
                self.effect(rule.from, rule.to),
            ],
        }
    }
}

fn day(day: Option<Day>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Why a bound counts or does not, in both languages.
const fn standing(standing: Standing) -> Said {
    match standing {
        Standing::Decides => ("it decides", "据此决定"),
        Standing::UnknownClock => ("nobody knows when it ends", "不知何时届满"),
        Standing::Contradicts => ("it contradicts another rule", "与其他规则矛盾"),
        Standing::LongerFloorWins => ("a longer floor wins", "以更长的下限为准"),
        Standing::EndsBeforeCeiling => ("it ends before the ceiling that decides", "先于起决定作用的上限届满"),
        Standing::FloorRunsLonger => ("a floor runs at least as long", "下限不短于该上限"),
        Standing::ShorterCeilingWins => (
            "a shorter ceiling, or the floor behind it, comes first",
            "以更短的上限或其后的下限为准",
        ),
        Standing::NotVerified => ("not verified, so it never destroys", "未经核实，不得导致销毁"),
        Standing::NotInEffect => ("not in effect on the day of the message", "消息当日未施行"),
        Standing::ConsentGone => ("moot: consent is gone, only floors keep it", "同意已撤回，仅下限有效"),
        Standing::NotReached => ("not weighed: what stands above comes first", "未予衡量：上述理由优先"),
    }
}
