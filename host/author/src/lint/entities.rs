//! Patterns for numbers and names that the host knows by itself.

use super::Remark;
use super::codes::PATTERN_FOR_ENTITY;
use crate::one_list;
use proviso_model::Problems;
use proviso_pack::Pack;
use proviso_pack::manifest::ListKind;
use proviso_scan::EntityKind;
use std::collections::BTreeMap;

/// Made-up examples of each kind that people write patterns for, in the forms that such patterns know. A pattern for a kind finds all of
/// one row.
const EXAMPLES: [(EntityKind, &[&str]); 13] = [
    (EntityKind::CnIdentity, &["320106198705123030", "37020219850716106X"]),
    (EntityKind::BankCard, &["6222021234567894", "4111111111111111"]),
    (EntityKind::CnMobile, &["13800138000", "18612345678"]),
    (EntityKind::CnLandline, &["010-62345678", "0755-8234567"]),
    (EntityKind::Email, &["zhang.san@163.com", "li@mail.sina.com.cn"]),
    (EntityKind::Url, &["https://www.sina.com.cn/a?b=1", "http://t.cn/x1"]),
    (EntityKind::Amount, &["5000元", "3万块", "20万元"]),
    (EntityKind::Amount, &["$1,200.50", "$300"]),
    (EntityKind::Percent, &["8%", "12.5%"]),
    (EntityKind::Iban, &["DE89370400440532013000", "GB29NWBK60161331926819"]),
    (EntityKind::Plate, &["京A12345", "粤B8K7M2"]),
    (EntityKind::IpAddress, &["192.168.1.20", "10.0.0.1"]),
    (EntityKind::UsSsn, &["219-09-9999", "457-55-5462"]),
];

/// What has none of these: a pattern that finds something here looks for something else.
const OTHER: [&str; 6] = [
    "明天下午三点在二楼开会，记得带电脑",
    "第3章第12条，见附件2",
    "今天天气不错，我们一起去吃饭吧",
    "please call me back when you are at your desk",
    "see chapter 12, page 340 of the handbook",
    "version 2 is in room 305",
];

pub(super) fn check(pack: &Pack) -> Result<Vec<Remark>, Problems> {
    let mut remarks = Vec::new();
    for list in &pack.manifest().lists {
        if list.kind != ListKind::Patterns {
            continue;
        }
        let Some((matcher, names)) = one_list::matcher_of(pack, list).map_err(Problems)? else {
            continue;
        };
        let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
        let mut found_in = |text: &str| -> Vec<u32> {
            let _ = matcher.scan(text, &mut scratch, &mut hits);
            let mut found: Vec<u32> = hits.iter().map(|hit| hit.term).collect();
            found.dedup();
            found
        };
        let other: Vec<u32> = OTHER.iter().flat_map(|text| found_in(text)).collect();
        let mut kinds: BTreeMap<u32, Vec<(EntityKind, &str)>> = BTreeMap::new();
        for (kind, examples) in EXAMPLES {
            let found: Vec<Vec<u32>> = examples.iter().map(|text| found_in(text)).collect();
            let in_all = found[0]
                .iter()
                .filter(|pattern| found.iter().all(|found| found.contains(pattern)) && !other.contains(pattern));
            for pattern in in_all {
                let of_pattern = kinds.entry(*pattern).or_default();
                if !of_pattern.iter().any(|(known, _)| *known == kind) {
                    of_pattern.push((kind, examples[0]));
                }
            }
        }
        for (pattern, kinds) in kinds {
            let (name, line) = &names[pattern as usize];
            let kinds: Vec<String> = kinds
                .iter()
                .map(|(kind, example)| format!("`{}` ({example})", kind.name()))
                .collect();
            let message = format!(
                "{name:?} finds what the entity {} is: take it in `[entities.NAME]`, which reads every form and checks it, and leave the \
                 pattern out",
                kinds.join(", ")
            );
            remarks.push(Remark::on_line(PATTERN_FOR_ENTITY, &list.file, *line as usize, message));
        }
    }
    Ok(remarks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;
    use proviso_scan::entities;

    #[test]
    fn every_example_is_what_it_stands_for_and_the_others_are_nothing() {
        each_row(EXAMPLES, |(kind, examples)| {
            for example in examples {
                let mut found = Vec::new();
                entities::find(example, &mut found);
                let all: Vec<_> = found.iter().map(|found| (found.kind, found.start, found.end)).collect();
                assert_eq!(all, [(kind, 0, example.len() as u32)], "{example}");
            }
        });
        each_row(OTHER, |text| {
            let mut found = Vec::new();
            entities::find(text, &mut found);
            assert!(found.is_empty(), "{text}: {found:?}");
        });
    }
}
