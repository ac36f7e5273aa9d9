//! Sentences of this crate, and of what it stands on, in Chinese.

/// English, with `{}` where something stands that another fault has otherwise; and Chinese, with the same in the same order.
const SENTENCES: &[(&str, &str)] = &[
    // The file.
    ("the file could not be read", "文件无法读取"),
    ("{} could not be read", "{} 无法读取"),
    (
        "byte {} of the file is not what stands there in an export",
        "文件的第 {} 字节与导出文件应有的不符",
    ),
    ("the file is empty: expected an export", "文件是空的：应为一份导出文件"),
    ("the file is cut off at byte {}", "文件在第 {} 字节处被截断"),
    (
        "something stands behind the end, from byte {} on",
        "文件结尾之后从第 {} 字节起还有内容",
    ),
    (
        "the member at byte {} is one too many, or too large: expected at most {} of {} bytes",
        "第 {} 字节处的成员文件超出数量或过大：至多 {} 个，每个至多 {} 字节",
    ),
    ("{} stands in the file twice", "{} 在文件中出现两次"),
    // Members.
    ("it is missing", "缺失"),
    ("byte {} is not UTF-8", "第 {} 字节不是 UTF-8"),
    ("it is not of its form at column {}", "第 {} 列不合其格式"),
    ("it says that it is {}: expected {}", "自称为 {}：应为 {}"),
    ("it is spelled otherwise than it was written", "写法与写成时不同"),
    (
        "there are {} members: at most {} may be",
        "有 {} 个成员文件：至多 {} 个",
    ),
    ("it lists a member twice", "同一成员文件列了两次"),
    ("the manifest does not list it", "清单未列此文件"),
    (
        "the members do not stand in the order in which they were written",
        "成员文件的次序与写成时不同",
    ),
    ("no member that is listed may be called so", "所列成员文件不得如此命名"),
    ("it has {} bytes: the manifest says {}", "有 {} 字节：清单所载为 {}"),
    (
        "its SHA-256 is not the one that the manifest has",
        "其 SHA-256 与清单所载不符",
    ),
    ("it is not of its form", "不合其格式"),
    // The log.
    ("it is no public key of a log, in one line", "不是一行写成的日志公钥"),
    ("it is another key than {}", "与 {} 不是同一公钥"),
    (
        "it names another log than the checkpoint is of",
        "所称日志与检查点不是同一个",
    ),
    (
        "it has another spelling, or other signatures than the log's one",
        "写法不同，或者除日志的一个签名外还有其他签名",
    ),
    (
        "it is no entry of a log, in its one spelling",
        "不是按唯一写法写成的日志条目",
    ),
    ("the entry is not about an export", "该条目记载的不是导出"),
    ("the log has another {} than the manifest", "日志所载的 {} 与清单不同"),
    (
        "the entry says more or less than an export's",
        "该条目的内容多于或少于导出条目应有的",
    ),
    ("its last line has no end", "最后一行没有结束"),
    (
        "it is no leaf of a log, in its one spelling",
        "不是按唯一写法写成的日志叶",
    ),
    (
        "no message of the export is in that leaf, or another should stand here",
        "导出中没有消息在这个叶里，或者此处应为另一个叶",
    ),
    (
        "the entries that the export names are not those of this leaf",
        "导出所称的条目不是这个叶的条目",
    ),
    (
        "leaves are missing that have entries of the export",
        "缺少载有导出条目的叶",
    ),
    ("it is no list of hashes, one in a line", "不是一行一个的哈希列表"),
    (
        "the leaves do not lead to the root that the checkpoint has",
        "这些叶推不出检查点所载的根",
    ),
    (
        "the tree of {} leaves has no leaf {}: expected an index below its size",
        "有 {} 个叶的树没有第 {} 个叶",
    ),
    ("the proof has {} hashes: expected {}", "证明有 {} 个哈希：应为 {} 个"),
    (
        "leaf {} of the proof stands out of order: expected at least one leaf, and indices that ascend",
        "证明中的叶 {} 次序不对：应至少有一个叶，且序号递增",
    ),
    (
        "the export has no checkpoint that a witness signed",
        "导出中没有见证方签名的检查点",
    ),
    ("the witness {} did not sign it", "见证方 {} 没有签名"),
    (
        "the export's checkpoint does not continue the one that witnesses signed",
        "导出的检查点不是见证方所签检查点的延续",
    ),
    // The signed note.
    (
        "a note of {} bytes: expected at most {}",
        "签名文书有 {} 字节：至多 {} 字节",
    ),
    (
        "byte {} of the note is no text: expected UTF-8 without control characters other than newlines",
        "签名文书的第 {} 字节不是文字",
    ),
    (
        "the note has no text, a blank line and signatures: expected all three, each line with its newline",
        "签名文书缺少正文、空行或签名",
    ),
    (
        "line {} behind the note's text is no signature: expected {}",
        "签名文书正文之后的第 {} 行不是签名：应为 {}",
    ),
    ("the note has more than {} signatures", "签名文书有 {} 个以上的签名"),
    ("the signature of {} does not hold", "{} 的签名不成立"),
    (
        "none of the note's signatures is by a key that is known here",
        "签名文书没有一个签名出自此处已知的公钥",
    ),
    (
        "the checkpoint has no signature of the log's key {}",
        "检查点没有日志公钥 {} 的签名",
    ),
    ("the checkpoint is of {}: expected {}", "检查点属于 {}：应为 {}"),
    (
        "{} is no size of a log: expected a decimal number below 2^53 without zeros before it",
        "{} 不是日志的叶数",
    ),
    ("{} is no root of a log: expected 32 bytes in base64", "{} 不是日志的根"),
    (
        "the key {} is of the wrong kind: expected 0x01 for a log and 0x04 for a witness",
        "公钥 {} 的种类不对",
    ),
    // The key that a reader names.
    (
        "{} is no verifier key: expected NAME+ID+KEY, an ID of 8 hexadecimal digits and a KEY in base64",
        "{} 不是日志公钥：应为 名称+编号+公钥，编号为 8 位十六进制数字，公钥为 base64",
    ),
    (
        "the key {} has the id {}: expected {}, which its name and bytes give",
        "公钥 {} 的编号为 {}：按其名称与字节应为 {}",
    ),
    (
        "the key {} is of kind {}: expected 0x01 (Ed25519) or 0x04 (cosignature by Ed25519)",
        "公钥 {} 的种类为 {}：应为 0x01（Ed25519）或 0x04（见证签名）",
    ),
    ("the key {} is no usable Ed25519 key", "公钥 {} 不是可用的 Ed25519 公钥"),
    // Messages.
    (
        "it lists other members of messages than of seals",
        "所列的消息文件与密封文件不对应",
    ),
    (
        "it lists other members of messages than of what they were judged with",
        "所列的消息文件与审查所用资料文件不对应",
    ),
    (
        "it has another number of lines than there are messages",
        "行数与消息条数不同",
    ),
    ("it has other lines than {}", "行数与 {} 不同"),
    ("the line has more than {} bytes", "该行超过 {} 字节"),
    (
        "it counts other messages, matches or conversations than there are",
        "所计的消息、命中或会话数与实有不符",
    ),
    ("its message was sent at no time", "消息的发送时间不是时间"),
    ("message {} is there twice", "消息 {} 出现两次"),
    ("it was received at no time", "收到时间不是时间"),
    ("its {} is not the one that the message has", "其 {} 与消息所载不符"),
    ("its seal is that of message {}", "其密封是消息 {} 的"),
    ("its commitment is no hash", "其承诺值不是哈希"),
    (
        "two of the export stand at place {} of leaf {}",
        "导出中有两项都在第 {} 位，叶 {}",
    ),
    ("its key is no key of 32 bytes", "其密钥不是 32 字节"),
    ("its sealed content is no base64", "其密封内容不是 base64"),
    ("its sealed judgement is no base64", "其密封裁定不是 base64"),
    ("its sealed {} does not open: {}", "其密封{}无法解封：{}"),
    (
        "its sealed content is not of a form that this program reads",
        "其密封内容的格式不是本程序所能读的",
    ),
    (
        "what is to be read of the message is not what was sealed",
        "所列的消息文字与密封的不同",
    ),
    ("its generation is no digest", "其策略代不是摘要"),
    ("its list of packs is none", "其策略包列表不合格式"),
    (
        "its sealed judgement is not one on this message, or its numbers stand for something else",
        "其密封裁定不是对这条消息作出的，或者其中编号另有所指",
    ),
    (
        "what is to be read of the verdict is not what was sealed",
        "所列的裁定与密封的不同",
    ),
    (
        "its round is not the one that its judgement was sealed in",
        "其轮次不是裁定密封时的轮次",
    ),
    (
        "its envelope is not the one that the log has",
        "其信封与审计日志所载不符",
    ),
    (
        "its sealed judgement is not the last one that the log has",
        "其密封裁定不是审计日志所载的最后一个",
    ),
    (
        "what stands beside its judgement is not what the log has",
        "裁定之外的记载与审计日志不符",
    ),
    ("its tag has not 16 bytes", "其标签不是 16 字节"),
    (
        "its sealed content is not the one that the log has",
        "其密封内容与审计日志所载不符",
    ),
    (
        "an entry of it is none, or spelled otherwise",
        "其一个条目不是条目，或写法不同",
    ),
    (
        "an entry of it is about another message",
        "其一个条目记载的是另一条消息",
    ),
    ("its entries do not stand in their order", "其条目次序不对"),
    (
        "its reviews are not those that the log has",
        "其复核记录与审计日志所载不符",
    ),
    (
        "its {} is not of the form of one at column {}",
        "其{}在第 {} 列不合格式",
    ),
    ("the {} of its entry is no digest", "其条目的 {} 不是摘要"),
    ("an entry of it has no {}", "其一个条目没有 {}"),
    (
        "what proposal {} stands for is not of its form",
        "编号 {} 所指的留存提议不合格式",
    ),
    // What a message was judged with, and judging again.
    (
        "what it was judged with is that of message {}",
        "审查所用资料是消息 {} 的",
    ),
    (
        "a state that it was judged with is no base64",
        "审查所用的某个状态不是 base64",
    ),
    (
        "the messages before it are not those that its verdict names",
        "其前文消息不是裁定所列的",
    ),
    ("judged again it has other {}", "重审结果的 {} 不同"),
    ("its packs have more than {} bytes", "其策略包超过 {} 字节"),
    ("its generation names it by no digest", "其策略代没有以摘要指称它"),
    ("the pack {} {} ({}) is not enclosed", "未附上策略包 {} {}（{}）"),
    (
        "it is no pack that this program reads: {}",
        "不是本程序所能读的策略包：{}",
    ),
    (
        "it holds the pack {}, and its generation names {}",
        "其中是策略包 {}，而其策略代所指的是 {}",
    ),
    ("this program cannot use the pack {}: {}", "本程序无法使用策略包 {}：{}"),
    (
        "its set and packs make the generation {}, and it calls itself {}",
        "其策略集与策略包构成策略代 {}，而自称为 {}",
    ),
    ("this program cannot read its set: {}", "本程序无法读取其策略集：{}"),
    (
        "its set applies {} packs, and it has {}",
        "其策略集使用 {} 个策略包，而有 {} 个",
    ),
    ("this program cannot build it: {}", "本程序无法构建：{}"),
    // What a message and its entry consist of, where a sentence has one of them.
    ("message", "消息"),
    ("seal", "密封"),
    ("content", "内容"),
    ("judgement", "裁定"),
    ("envelope", "信封"),
    ("verdict", "裁定"),
    ("standing", "裁定旁的记载"),
    ("line of what it was judged with", "审查所用资料的行"),
    // What is sealed.
    (
        "altered, or not sealed for this place under this key",
        "已被改动，或者不是以此密钥为此处密封的",
    ),
    ("packed by dictionary {}, which is not known", "以未知的字典 {} 压缩"),
    (
        "unpacked it would have {} bytes: at most {} are allowed",
        "解压后将有 {} 字节：至多 {} 字节",
    ),
    ("the packed bytes declare no length", "压缩数据没有声明长度"),
    (
        "unpacked it has {} bytes, and {} were declared",
        "解压后有 {} 字节，而声明为 {} 字节",
    ),
    ("zstd refuses what was packed", "zstd 无法解压"),
    (
        "{} bytes are too few: the shortest has a header of 3 and a tag of 16",
        "{} 字节太少：至少有 3 字节的头和 16 字节的标签",
    ),
    (
        "form {} is not known: expected 1; a newer Proviso may have sealed it",
        "未知的格式 {}：应为 1；可能由更新版本的 Proviso 密封",
    ),
    (
        "suite {} is not known: expected 1 (aes-256-gcm) or 2 (sm4-gcm)",
        "未知的密码套件 {}：应为 1（aes-256-gcm）或 2（sm4-gcm）",
    ),
    (
        "packing {} is not known: expected 0, 1 or 2",
        "未知的压缩方式 {}：应为 0、1 或 2",
    ),
    (
        "the header's number of a key or dictionary is malformed",
        "头部的密钥或字典编号不合格式",
    ),
];

/// The Chinese of a sentence; `None` where there is none.
pub(super) fn sentence(english: &str) -> Option<String> {
    SENTENCES.iter().find_map(|(from, to)| {
        let held = held(from, english)?;
        let mut text = String::new();
        let mut pieces = to.split("{}");
        text.push_str(pieces.next().unwrap_or_default());
        for (piece, value) in pieces.zip(held) {
            // A sentence within a sentence: why something does not open.
            text.push_str(&sentence(value).unwrap_or_else(|| value.to_owned()));
            text.push_str(piece);
        }
        Some(text)
    })
}

/// What stands at each `{}`; `None` if the text is another sentence.
fn held<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next().unwrap_or_default())?;
    let mut held = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let end = if pieces.peek().is_none() {
            rest.len().checked_sub(piece.len()).filter(|_| rest.ends_with(piece))
        } else {
            rest.find(piece)
        }?;
        held.push(&rest[..end]);
        rest = &rest[end + piece.len()..];
    }
    rest.is_empty().then_some(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;
    use std::collections::BTreeSet;

    #[test]
    fn a_sentence_is_found_by_what_stands_around_its_values() {
        each_row(
            [
                ("it is missing", Some("缺失")),
                ("it is missing a line", None),
                ("it has 3 bytes: the manifest says 4", Some("有 3 字节：清单所载为 4")),
                (
                    "its sealed content does not open: form 2 is not known: expected 1; a newer Proviso may have sealed it",
                    Some("其密封内容无法解封：未知的格式 2：应为 1；可能由更新版本的 Proviso 密封"),
                ),
                ("another sentence", None),
            ],
            |(english, expected)| assert_eq!(sentence(english).as_deref(), expected),
        );
    }

    /// What the sentences of a source hold is a value: `{path}` and `{0:?}` are `{}`.
    fn without_names(literal: &str) -> String {
        let mut text = String::new();
        let mut rest = literal;
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            text.push_str("{}");
            rest = behind.split_once('}').map_or("", |(_, behind)| behind);
        }
        text + rest
    }

    /// Every text of a source that may be a sentence: three words and more, not in a comment, not of a test.
    fn sentences_of(source: &str) -> Vec<String> {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        let code = code.replace("\\\"", "\u{1}").replace("'\"'", "");
        let literals = code.split('"').skip(1).step_by(2);
        let literals = literals.map(|literal| without_names(literal).replace('\u{1}', "\""));
        literals
            .filter(|literal| literal.split_whitespace().count() > 2)
            .collect()
    }

    /// A new sentence without Chinese is found here.
    #[test]
    fn every_sentence_of_the_verifier_has_chinese() {
        let sources = [
            include_str!("../verify/fault.rs"),
            include_str!("../verify/judged.rs"),
            include_str!("../verify/judging.rs"),
            include_str!("../verify/log.rs"),
            include_str!("../verify/meanings.rs"),
            include_str!("../verify/members.rs"),
            include_str!("../verify/messages.rs"),
            include_str!("../tar.rs"),
            include_str!("../../../verify/src/judging.rs"),
            include_str!("../../../sealed/src/open.rs"),
            include_str!("../../../sealed/src/header.rs"),
            include_str!("../../../proof/src/note/signed.rs"),
        ];
        let known: BTreeSet<String> = SENTENCES.iter().map(|(english, _)| (*english).to_owned()).collect();
        let found: Vec<String> = sources.into_iter().flat_map(sentences_of).collect();
        assert!(found.len() > 60, "only {} sentences were found", found.len());
        let missing: Vec<&String> = found
            .iter()
            .filter(|sentence| {
                let values = sentence.replace("{}", "7");
                !known.contains(*sentence) && self::sentence(&values).is_none()
            })
            .collect();
        assert!(missing.is_empty(), "without Chinese: {missing:#?}");
    }

    #[test]
    fn both_languages_hold_the_same_values() {
        for (english, chinese) in SENTENCES {
            assert!(
                english.matches("{}").count() >= chinese.matches("{}").count(),
                "{english}"
            );
            assert!(!chinese.is_ascii(), "{english}");
        }
    }
}
