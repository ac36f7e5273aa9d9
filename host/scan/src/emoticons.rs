//! Emoticon codes: what the clients of WeCom, WeChat, QQ and DingTalk send for a small picture, and show as one.
//!
//! `[微笑]` and `[Smile]` are codes because these names are known; `[附件]` is text. The older codes begin with a slash: `/::)`,
//! `/:rose`, `/微笑`.

use proviso_chars::{self as chars, CASE, VARIANTS, WIDTH};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Characters of a name, at most.
const NAME_CHARS_MAX: usize = 12;
/// Characters of a name that may stand behind a slash: shorter ones are words that people put a slash before.
const SLASH_NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=4;

/// The bytes that a code at the beginning of `text`, which is a `[` or a `/`, takes.
pub(crate) fn code(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'[', ..] => bracketed(text),
        [b'/', b':', ..] => {
            let codes = SLASH_CODES.iter().filter(|code| text[1..].starts_with(**code));
            codes.map(|code| code.len() + 1).max()
        }
        [b'/', 0xe4..=0xe9, ..] => slashed(text),
        _ => None,
    }
}

fn bracketed(text: &str) -> Option<usize> {
    let mut name = ['\0'; NAME_CHARS_MAX];
    for (count, (at, c)) in text.char_indices().skip(1).take(NAME_CHARS_MAX + 1).enumerate() {
        if c == ']' {
            return NAMES.contains(&name[..count]).then_some(at + 1);
        }
        *name.get_mut(count)? = folded(c);
    }
    None
}

fn slashed(text: &str) -> Option<usize> {
    let mut name = ['\0'; NAME_CHARS_MAX];
    let mut longest = None;
    for (count, (at, c)) in text.char_indices().skip(1).take(*SLASH_NAME_CHARS.end()).enumerate() {
        name[count] = folded(c);
        if SLASH_NAME_CHARS.contains(&(count + 1)) && NAMES.contains(&name[..=count]) {
            longest = Some(at + c.len_utf8());
        }
    }
    longest
}

fn folded(c: char) -> char {
    chars::relation(CASE + WIDTH + VARIANTS).fold(c)
}

/// Names, folded: case, width and traditional characters do not matter.
static NAMES: LazyLock<HashSet<Vec<char>>> = LazyLock::new(|| {
    let names = CHINESE.split_whitespace().chain(ENGLISH.split_whitespace());
    let more = ["TaiChi L", "TaiChi R", "Let Down"];
    names
        .chain(more)
        .map(|name| name.chars().map(folded).collect())
        .collect()
});

const CHINESE: &str = "
微笑 撇嘴 色 发呆 得意 流泪 害羞 闭嘴 睡 大哭 尴尬 发怒 调皮 呲牙 龇牙 惊讶 难过 酷 冷汗 囧 抓狂 吐 偷笑 愉快 可爱 白眼 傲慢 饥饿 困 惊恐 流汗 憨笑
悠闲 大兵 奋斗 咒骂 疑问 嘘 晕 折磨 疯了 衰 骷髅 敲打 再见 擦汗 抠鼻 鼓掌 糗大了 坏笑 左哼哼 右哼哼 哈欠 鄙视 委屈 快哭了 阴险 亲亲 吓 可怜 菜刀
西瓜 啤酒 篮球 乒乓 咖啡 饭 猪头 玫瑰 凋谢 枯萎 嘴唇 示爱 爱心 心碎 蛋糕 闪电 炸弹 刀 足球 瓢虫 便便 月亮 太阳 礼物 拥抱 强 弱 握手 胜利 抱拳 勾引
拳头 差劲 爱你 爱情 飞吻 跳跳 发抖 怄火 转圈 磕头 回头 跳绳 投降 挥手 激动 乱舞 街舞 献吻 左太极 右太极
嘿哈 捂脸 奸笑 机智 皱眉 耶 红包 发 福 吃瓜 加油 汗 天啊 社会社会 旺柴 好的 打脸 哇 翻白眼 666 让我看看 叹气 苦涩 裂开 合十 烟花 爆竹 庆祝 鸡 笑脸
生病 破涕为笑 恐惧 脸红 失望 无语 鬼魂 强壮 吐舌 蜡烛 双喜 灯笼 嘻嘻 哈哈 加油加油 加油必胜 加油抱抱 口罩护体 苦瓜 凋零 心 火 赞 比心 点赞 收到
惊喜 骚扰 酸Q 我最美 河蟹 羊驼 栗子 幽灵 蛋 菊花 肥皂 棒棒糖 沧桑 卖萌 小样儿 喷血 斜眼笑 无奈 托腮 泪奔 拜托 笑哭 脑阔疼 辣眼睛 呵呵 头秃 问号脸
暗中观察 吃糖 鞭炮 狗头 流鼻血 睁眼 敬礼 面无表情 摸鱼 魔鬼笑 哦 请 大怨种 捏脸 敲敲 坚强 天使 狂笑 开心 对不起 拍手 允悲 二哈 笑cry 吃惊 太开心 挤眼
馋嘴 黑线 钱 爱慕 鲜花 送花 干杯 茶 雪花 圣诞树 老板 思考 感谢 专注 推眼镜 灵感 对勾 暗送秋波 跪了 握拳 拥抱 三多 举手 抱大腿 忍者 算账 回头 虚 发红包
送花花 鞠躬 开枪 彩虹 冷笑 亲吻 微笑脸 花痴 尴尬笑 抱抱 撒花 鲜花花
";

const ENGLISH: &str = "
Smile Grimace Drool Scowl CoolGuy Sob Shy Silent Sleep Cry Awkward Angry Tongue Grin Surprise Frown Ruthless Blush Scream Puke Chuckle
Joyful Slight Smug Hungry Drowsy Panic Sweat Laugh Commando Determined Scold Shocked Shhh Dizzy Tormented Toasted Skull Hammer Wave
Speechless NosePick Clap Shame Trick Bah!L Bah!R Yawn Pooh-pooh Shrunken TearingUp Sly Kiss Wrath Whimper Cleaver Watermelon Beer
Basketball PingPong Coffee Rice Pig Rose Wilt Lips Heart BrokenHeart Cake Lightning Bomb Dagger Soccer Ladybug Poop Moon Sun Gift Hug
ThumbsUp ThumbsDown Shake Peace Fight Beckon Fist Pinky RockOn Nuh-uh OK NO InLove Blowkiss Waddle Tremble Aaagh! Twirl Kotow Dramatic
JumpRope Surrender Hooray Meditate Smooch Hey Facepalm Smirk Smart Concerned Yeah! Packet Rich Blessing Onlooker GoForIt Sweats OMG
Emm Respect Doge NoProb MyBad Wow Boring Awesome LetMeSee Sigh Hurt Broken Flushed Terror LetDown Duh Worship Firecracker Fireworks
Party Candle Strong Ghost Salute Happy Sick Lol Joy Celebrate Lightbulb Victory Handshake Applause RedPacket Thumbsup
";

/// What stands behind the slash of the codes that begin with a colon.
const SLASH_CODES: [&str; 105] = [
    "::)",
    "::~",
    "::B",
    "::|",
    ":8-)",
    "::<",
    "::$",
    "::X",
    "::Z",
    "::'(",
    "::-|",
    "::@",
    "::P",
    "::D",
    "::O",
    "::(",
    "::+",
    ":--b",
    "::Q",
    "::T",
    ":,@P",
    ":,@-D",
    "::d",
    ":,@o",
    "::g",
    ":|-)",
    "::!",
    "::L",
    "::>",
    "::,@",
    ":,@f",
    "::-S",
    ":?",
    ":,@x",
    ":,@@",
    "::8",
    ":,@!",
    ":!!!",
    ":xx",
    ":bye",
    ":wipe",
    ":dig",
    ":handclap",
    ":&-(",
    ":B-)",
    ":<@",
    ":@>",
    "::-O",
    ":>-|",
    ":P-(",
    "::'|",
    ":X-)",
    "::*",
    ":@x",
    ":8*",
    ":pd",
    ":<W>",
    ":beer",
    ":basketb",
    ":oo",
    ":coffee",
    ":eat",
    ":pig",
    ":rose",
    ":fade",
    ":showlove",
    ":heart",
    ":break",
    ":cake",
    ":li",
    ":bome",
    ":kn",
    ":footb",
    ":ladybug",
    ":shit",
    ":moon",
    ":sun",
    ":gift",
    ":hug",
    ":strong",
    ":weak",
    ":share",
    ":v",
    ":@)",
    ":jj",
    ":@@",
    ":bad",
    ":lvu",
    ":no",
    ":ok",
    ":love",
    ":<L>",
    ":jump",
    ":shake",
    ":<O>",
    ":circle",
    ":kotow",
    ":turn",
    ":skip",
    ":oY",
    ":#-0",
    ":hiphot",
    ":kiss",
    ":<&",
    ":&>",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_are_read_and_other_words_stay_text() {
        let table = [
            ("[玫瑰]本", Some(8)),
            ("[發呆]", Some(8)),
            ("[Rose]x", Some(6)),
            ("[rose]", Some(6)),
            ("[TaiChi L]", Some(10)),
            ("[强]", Some(5)),
            ("[]", None),
            ("[", None),
            ("[附件]", None),
            ("[保本保息]", None),
            ("[玫瑰", None),
            ("[[玫瑰]", None),
            ("/::)赚", Some(4)),
            ("/::'(x", Some(5)),
            ("/:rose本", Some(6)),
            ("/:handclap", Some(10)),
            ("/微笑本", Some(7)),
            ("/糗大了", Some(10)),
            ("/强", None),
            ("/保本", None),
            ("/home", None),
            ("//", None),
            ("/", None),
        ];
        for (text, expected) in table {
            assert_eq!(code(text), expected, "{text}");
        }
        let longest = NAMES.iter().map(Vec::len).max();
        assert!(
            longest <= Some(NAME_CHARS_MAX) && NAMES.len() > 350,
            "{longest:?} {}",
            NAMES.len()
        );
    }
}
