//! How a statute counts a period: which day is the first, and which is the last where a month has no such day.
//!
//! Every rule here leaves out the day of the event and ends with the last day's midnight. They differ in the day that stands
//! for one that the last month has not. None moves a last day that is a weekend or a holiday (Civil Code art. 203,
//! Regulation 1182/71 art. 3(4), Fed. R. Civ. P. 6(a)(1)(C)): such a clause gives more time for an act that is due, holidays
//! are decreed year by year, and the days between a plan and a disposal cover them (docs/retention.md).

use super::Period;
use crate::language::Language;
use crate::time::Day;
use serde::{Deserialize, Serialize};

/// A counting rule, named by the text that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Civil Code of the People's Republic of China, arts. 201-203: the day of the start is not counted; the corresponding
    /// day of the last month is the last one, and the month's last day where there is none.
    CnCivilCode,
    /// Regulation (EEC, Euratom) No 1182/71, art. 3(1) and 3(2)(c): the same two rules, for acts of the Union.
    #[serde(rename = "eu-1182-71")]
    Eu118271,
    /// Fed. R. Civ. P. 6(a)(1): the day of the event is not counted, every other day is. The period ends on the anniversary;
    /// no text says which day stands for 29 February, so the later one does, 1 March.
    #[serde(rename = "us-rule-6")]
    UsRule6,
    /// Where nothing says how to count: the day of the event is not counted, and the day behind the month's end stands for
    /// one that the month has not. No known rule ends later.
    Latest,
}

impl Counting {
    /// Every rule.
    pub const ALL: [Counting; 4] = [
        Counting::CnCivilCode,
        Counting::Eu118271,
        Counting::UsRule6,
        Counting::Latest,
    ];

    /// The rule of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counting| counting.name() == name)
    }

    /// The rule for a provision that names none, by whose law it is. A member state of the Union counts by its own law.
    pub fn of_jurisdiction(code: &str) -> Self {
        match code {
            "CN" => Counting::CnCivilCode,
            "EU" => Counting::Eu118271,
            "US" => Counting::UsRule6,
            _ => Counting::Latest,
        }
    }

    /// The name as settings and output write it.
    pub const fn name(self) -> &'static str {
        match self {
            Counting::CnCivilCode => "cn-civil-code",
            Counting::Eu118271 => "eu-1182-71",
            Counting::UsRule6 => "us-rule-6",
            Counting::Latest => "latest",
        }
    }

    /// Where it stands and what it says, for people.
    pub const fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (Counting::CnCivilCode, Language::En) => {
                "PRC Civil Code arts. 201-202: the first day is not counted; the corresponding day, else the month's last"
            }
            (Counting::CnCivilCode, Language::Zh) => {
                "民法典第二百零一、二百零二条：开始当日不计入；对应日，无对应日者为月末日"
            }
            (Counting::Eu118271, Language::En) => {
                "Regulation 1182/71 art. 3: the day of the event is not counted; the same date, else the month's last"
            }
            (Counting::Eu118271, Language::Zh) => {
                "欧盟第1182/71号条例第3条：事件当日不计入；相同日期，无此日者为月末日"
            }
            (Counting::UsRule6, Language::En) => {
                "Fed. R. Civ. P. 6(a)(1): the day of the event is not counted; the anniversary, 1 March for 29 February"
            }
            (Counting::UsRule6, Language::Zh) => {
                "美国联邦民事诉讼规则6(a)(1)：事件当日不计入；周年日，无2月29日者为3月1日"
            }
            (Counting::Latest, Language::En) => {
                "no counting rule is named: the day of the event is not counted; the same date, else the day behind the month"
            }
            (Counting::Latest, Language::Zh) => "未指明计算规则：事件当日不计入；相同日期，无此日者为次月首日",
        }
    }

    /// The last day of the period that an event on `start` begins; the day counts whole. Years and months are added to the
    /// calendar date, then days; sums behind the calendar's end are [`Day::MAX`].
    pub fn last_day(self, start: Day, period: Period) -> Day {
        let month_end = start.plus(period.all_months(), 0);
        let missing = month_end.of_month() < start.of_month();
        let by_months = match self {
            Counting::UsRule6 | Counting::Latest if missing => month_end.plus(0, 1),
            _ => month_end,
        };
        by_months.plus(0, u32::from(period.days))
    }
}
