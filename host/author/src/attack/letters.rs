//! Characters that look like others, or are others' older forms: the tables of the disguises.

use super::draw::Draw;

/// Cyrillic letters that look like Latin ones.
const CYRILLIC: &str = "aа cс eе iі oо pр sѕ xх yу jј AА BВ CС EЕ HН IІ KК MМ OО PР SЅ TТ XХ";
/// Greek letters that look like Latin ones.
const GREEK: &str = "oο vν uυ AΑ BΒ EΕ HΗ IΙ KΚ MΜ NΝ OΟ PΡ TΤ XΧ YΥ ZΖ";

/// The simplified characters of ordinary business words with their traditional forms, from OpenCC's table of characters
/// (Apache-2.0). A simplified character that stands for several has the one that such words use.
const TRADITIONAL: &str = "赚賺稳穩亏虧险險财財发發转轉账賬户戶汇匯钱錢银銀证證码碼验驗请請团團贷貸债債价價费費还還礼禮红紅万萬亿億买買卖賣单單网網络絡电電\
    话話联聯系係资資产產业業风風专專务務员員机機构構场場开開关關门門时時间間问問题題这這说說让讓给給过過进進远遠运運连連选選对對带帶帮幫应應当當\
    总總战戰戏戲护護报報无無术術样樣极極标標检檢楼樓权權条條来來杀殺济濟满滿灵靈点點热熱爱愛独獨现現画畫盘盤监監确確离離种種积積笔筆签簽简簡\
    级級纪紀约約经經结結绝絕统統继繼续續缴繳罚罰职職肃肅节節获獲虑慮规規视視觉覺订訂认認讨討议議记記许許论論设設访訪评評识識诉訴词詞试試询詢\
    该該详詳误誤调調谁誰谈談谢謝责責质質购購贵貴贿賄赔賠赎贖车車软軟轻輕载載输輸达達适適递遞遗遺邮郵释釋里裡链鏈销銷锁鎖错錯键鍵闻聞队隊阶階\
    际際陆陸难難隐隱须須预預领領频頻额額饭飯个個为為义義乐樂习習书書从從众眾优優会會传傳体體余餘兑兌党黨减減冻凍净淨准準划劃则則创創删刪办辦\
    动動劳勞华華协協卫衛厅廳压壓参參双雙变變号號听聽启啟园園图圖处處备備复復头頭夹夾奖獎妇婦宝寶实實审審宽寬导導岁歲币幣师師张張强強归歸录錄\
    忆憶怀懷态態惊驚惯慣执執扩擴择擇担擔拟擬挂掛损損换換据據数數断斷旧舊显顯暂暫杂雜";

/// The pair's other half, in a table of pairs with or without spaces between them.
fn paired(table: &str, c: char) -> Option<char> {
    let mut chars = table.chars().filter(|c| !c.is_whitespace());
    while let (Some(one), Some(other)) = (chars.next(), chars.next()) {
        if one == c {
            return Some(other);
        }
    }
    None
}

pub(super) fn cyrillic(c: char) -> Option<char> {
    paired(CYRILLIC, c)
}

pub(super) fn greek(c: char) -> Option<char> {
    paired(GREEK, c)
}

pub(super) fn traditional(c: char) -> Option<char> {
    paired(TRADITIONAL, c)
}

/// `ａ`, `１`, `！`; a space stays.
pub(super) fn full_width(c: char) -> Option<char> {
    moved(c, '!'..='~', '！')
}

/// Bold letters and digits of the mathematical block.
pub(super) fn mathematical(c: char) -> Option<char> {
    moved(c, 'A'..='Z', '\u{1d400}')
        .or_else(|| moved(c, 'a'..='z', '\u{1d41a}'))
        .or_else(|| moved(c, '0'..='9', '\u{1d7ce}'))
}

/// `ⓐ`, `Ⓐ`, `①`, `⓪`.
pub(super) fn circled(c: char) -> Option<char> {
    moved(c, 'A'..='Z', 'Ⓐ')
        .or_else(|| moved(c, 'a'..='z', 'ⓐ'))
        .or_else(|| moved(c, '1'..='9', '①'))
        .or_else(|| (c == '0').then_some('⓪'))
}

fn moved(c: char, from: std::ops::RangeInclusive<char>, to: char) -> Option<char> {
    let offset = u32::from(c).checked_sub(u32::from(*from.start()))?;
    if from.contains(&c) {
        char::from_u32(u32::from(to) + offset)
    } else {
        None
    }
}

/// A character as an HTML entity: `&#20445;` or `&#x4fdd;`.
pub(super) fn entity(c: char, draw: &mut Draw) -> String {
    if draw.below(2) == 0 {
        format!("&#{};", u32::from(c))
    } else {
        format!("&#x{:x};", u32::from(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;
    use std::collections::HashSet;

    #[test]
    fn each_table_has_its_letters() {
        each_row(
            [
                (full_width as fn(char) -> Option<char>, "aZ9%", "ａＺ９％"),
                (mathematical, "aZ9", "𝐚𝐙𝟗"),
                (circled, "aZ90", "ⓐⓏ⑨⓪"),
                (cyrillic, "aeT", "\u{430}\u{435}\u{422}"),
                (greek, "oAT", "\u{3bf}\u{391}\u{3a4}"),
                (traditional, "赚亏转账杂", "賺虧轉賬雜"),
            ]
            .map(|(change, from, to)| (from, change, to)),
            |(from, change, to)| assert_eq!(from.chars().filter_map(change).collect::<String>(), to),
        );
        each_row(
            [
                (full_width as fn(char) -> Option<char>, '保'),
                (mathematical, '!'),
                (circled, '本'),
                (traditional, '本'),
            ],
            |(change, c)| {
                assert_eq!(change(c), None);
            },
        );
    }

    #[test]
    fn tables_are_pairs_of_different_characters_each_named_once() {
        each_row([CYRILLIC, GREEK, TRADITIONAL], |table| {
            let chars: Vec<char> = table.chars().filter(|c| !c.is_whitespace()).collect();
            assert!(chars.len().is_multiple_of(2));
            let mut seen = HashSet::new();
            for pair in chars.chunks(2) {
                assert_ne!(pair[0], pair[1]);
                assert!(seen.insert(pair[0]), "{} stands twice", pair[0]);
            }
        });
    }
}
