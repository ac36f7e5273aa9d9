//! With which characters of a tape an entity, or a word that names one, may begin: the reader passes over all others.

use super::words::WORDS;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Ideographs and signs that numbers, sums, names of messengers and plates begin with, and the end of a sentence.
const STARTS: &str = "。€£¥₹₩₽零〇一壹二两贰俩三叁仨四肆五伍六陆七柒八捌九玖十拾几数百千万么微薇威徽扣叩企球电纸卫人美港欧英\
    京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

static OTHERS: LazyLock<HashSet<char>> = LazyLock::new(|| {
    let words = WORDS.iter().flat_map(|(_, words)| words.split('|'));
    let first = words.filter_map(|word| word.chars().next());
    STARTS.chars().chain(first).filter(|c| !c.is_ascii()).collect()
});

/// False of what nothing begins with.
pub(super) fn tells(c: char) -> bool {
    if c.is_ascii() { c != ' ' } else { OTHERS.contains(&c) }
}
