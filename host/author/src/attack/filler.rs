//! Harmless text around what matters, up to the limits of a text.

use super::target::Target;
use proviso_model::limits::MESSAGE_TEXT_BYTES_MAX;

/// A filler: its name, how many bytes the text then has at most, where the filler stands, and of what it is.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) name: &'static str,
    pub(super) bytes: usize,
    side: Side,
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Behind,
    Around,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Sentences of ordinary days.
    Chat,
    /// The texts of the pack's own cases that expect nothing, which are full of its words.
    OwnCases,
}

const fn filling(name: &'static str, bytes: usize, side: Side, of: Of) -> Filling {
    Filling { name, bytes, side, of }
}

/// Every filler.
pub(super) static ALL: [Filling; 9] = [
    filling("8 KiB before", 8 << 10, Side::Before, Of::Chat),
    filling("8 KiB behind", 8 << 10, Side::Behind, Of::Chat),
    filling("8 KiB around", 8 << 10, Side::Around, Of::Chat),
    filling("64 KiB before", 64 << 10, Side::Before, Of::Chat),
    filling("64 KiB behind", 64 << 10, Side::Behind, Of::Chat),
    filling("1 MiB before", MESSAGE_TEXT_BYTES_MAX, Side::Before, Of::Chat),
    filling("1 MiB behind", MESSAGE_TEXT_BYTES_MAX, Side::Behind, Of::Chat),
    filling("harmless hits before", 8 << 10, Side::Before, Of::OwnCases),
    filling("harmless hits behind", 8 << 10, Side::Behind, Of::OwnCases),
];

/// Sentences that no rule has business with.
const CHAT: &str = "今天天气不错，中午一起去食堂吃面。\n楼下的桂花开了，香味一直飘到走廊。\n周末打算带孩子去公园看鸭子。\n\
    It rained all morning and the garden is green again.\n我把会议室的投影仪修好了，可以用了。\nThe kettle in the kitchen is on the second shelf.\n\
    小猫睡了一下午，醒来又要吃鱼。\nWe walked along the river and watched the boats.\n";

impl Filling {
    /// True if none of it is the pack's own, so that it cannot make a finding where there is none.
    pub(super) fn is_plain(&self) -> bool {
        self.of == Of::Chat
    }

    /// The text with its filler; `None` where there is no room or nothing to fill with.
    pub(super) fn fill(&self, target: &Target<'_>, own_cases: &str) -> Option<String> {
        let line = match self.of {
            Of::Chat => CHAT,
            Of::OwnCases => own_cases,
        };
        let room = self.bytes.checked_sub(target.text.len() + 2)?;
        if line.is_empty() || room == 0 {
            return None;
        }
        let filler = |bytes: usize| {
            let mut filler = line.repeat(bytes / line.len() + 1);
            filler.truncate(filler.floor_char_boundary(bytes));
            filler
        };
        let text = target.text;
        Some(match self.side {
            Side::Before => format!("{}\n{text}", filler(room)),
            Side::Behind => format!("{text}\n{}", filler(room)),
            Side::Around => format!("{}\n{text}\n{}", filler(room / 2), filler(room / 2)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn the_text_stands_whole_in_its_filler_and_the_limit_is_kept() {
        let own = "上周的通知：不得承诺收益。\n";
        each_row(&ALL, |filling| {
            let target = Target::new("这个保本", Some(6..12)).unwrap();
            let text = filling.fill(&target, own).unwrap();
            assert!(text.contains("这个保本") && text.lines().any(|line| line == "这个保本"));
            assert!(
                text.len() <= filling.bytes && text.len() + 8 > filling.bytes,
                "{}",
                text.len()
            );
            assert_eq!(text.contains("不得承诺"), !filling.is_plain());
            assert_eq!(text.starts_with("这个保本"), filling.side == Side::Behind);
        });
    }

    #[test]
    fn what_has_no_room_or_no_filler_is_left() {
        let long = "字".repeat(4_000);
        let target = Target::new(&long, []).unwrap();
        assert_eq!(ALL[0].fill(&target, ""), None, "the text is longer than 8 KiB");
        let short = Target::new("字", []).unwrap();
        assert_eq!(ALL[7].fill(&short, ""), None, "the pack has no harmless cases");
    }
}
