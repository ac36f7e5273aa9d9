//! What is wrong is told with its line; the others go on; nothing is lost silently.

use crate::support::{outcomes, read};
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use proviso_rows::each_row;
use proviso_sources::Format;

/// A message of WeCom on one line.
fn message(id: &str) -> String {
    format!(
        r#"{{"msgid":"{id}","from":"ken","tolist":["wmX"],"msgtime":1603875657905,"msgtype":"text","text":{{"content":"c"}}}}"#
    )
}

/// A canonical message on one line.
fn canonical(id: &str) -> String {
    format!(r#"{{"id":"{id}","sent_at":1603875657905,"from":"ken","to":["wmX"],"text":"c"}}"#)
}

#[track_caller]
fn check(format: Format, source: impl AsRef<[u8]>, expected: &[&str]) {
    let source = source.as_ref();
    let shown = String::from_utf8_lossy(&source[..source.len().min(400)]);
    assert_eq!(outcomes(&read(format, source)), expected, "{format}: {shown}");
}

#[track_caller]
fn check_wecom(source: impl AsRef<[u8]>, expected: &[&str]) {
    check(Format::Wecom, source, expected);
}

#[test]
fn every_form_of_a_source_of_wecom_is_read() {
    let (a, b) = (message("a"), message("b"));
    let indented = a.replace(",\"", ",\n  \"");
    check_wecom(format!("{a}\n{b}\n"), &["1 ok a", "2 ok b"]);
    check_wecom(format!("{a}{b}"), &["1 ok a", "1 ok b"]);
    check_wecom(format!("\u{feff}{a}\r\n\r\n{b}"), &["1 ok a", "3 ok b"]);
    check_wecom(format!("{indented}\n{indented}\n{b}"), &["1 ok a", "7 ok a", "13 ok b"]);
    check_wecom(format!("[{a},{b}]"), &["1 ok a", "1 ok b"]);
    check_wecom(format!("[\n{indented},\n{b}\n]\n{b}"), &["2 ok a", "8 ok b", "10 ok b"]);
    check_wecom(
        format!("{{\"errcode\":0,\"errmsg\":\"ok\",\"chatdata\":[{a},\n{b}]}}\n"),
        &["1 ok a", "2 ok b"],
    );
    check_wecom(
        format!("{{\"chatdata\":[{a}],\"errcode\":0}}{{\"chatdata\":[]}}\n{b}"),
        &["1 ok a", "2 ok b"],
    );
    check_wecom("", &[]);
    check_wecom(" \r\n\t\n", &[]);
    check_wecom("[]", &[]);
}

#[test]
fn a_page_may_hold_errors() {
    let a = message("a");
    let page = r#"{"errcode":301052,"errmsg":"archive expired","chatdata":[]}"#;
    let expired = "1: the platform answered with error 301052: \"archive expired\"";
    check_wecom(page, &[expired]);
    check_wecom(
        r#"{"chatdata":[],"errcode":301052,"errmsg":"archive expired"}"#,
        &[expired],
    );
    check_wecom(
        format!("{{\"chatdata\":[{a}],\"errcode\":\"x\"}}"),
        &["1 ok a", "1: `errcode` is a string: expected a number"],
    );
    check_wecom(
        r#"{"errcode":301052,"errmsg":"x"}"#,
        &["1: the platform answered with error 301052, and no messages"],
    );
    check_wecom(
        format!(
            r#"{{"errcode":0,"chatdata":[{{"seq":1,"msgid":"x","publickey_ver":3,"encrypt_random_key":"k","encrypt_chat_msg":"m"}},{a}]}}"#
        ),
        &[
            "1: still encrypted (`encrypt_chat_msg`): decrypt the page first",
            "1 ok a",
        ],
    );
    check_wecom(
        format!("{{\"chatdata\":[{a}],\"errcode\":}}\n{a}"),
        &[
            "1 ok a",
            "1: not a page of messages: expected value at line 1 column 12",
            "2 ok a",
        ],
    );
    check_wecom(
        format!("{{\"chatdata\":[{a}]\n{a}"),
        &["1 ok a", "2: the page before it is not closed", "2 ok a"],
    );
    check_wecom(
        format!("{{\"chatdata\":[\n{a},\n"),
        &["2 ok a", "3: the source ends inside the list that begins on line 1"],
    );
    check_wecom(
        format!("[{a}"),
        &["1 ok a", "1: the source ends inside the list that begins on line 1"],
    );
}

#[test]
fn a_broken_value_costs_no_other() {
    let (a, b) = (message("a"), message("b"));
    let not_closed = "1: a string is not closed before the end of its line";
    check_wecom(format!("{{\"msgid\":\"x\n{a}\n{b}"), &[not_closed, "2 ok a", "3 ok b"]);
    check_wecom(format!("{{\"msgid\":\"x\\\n{a}"), &[not_closed, "2 ok a"]);
    check_wecom(
        format!("{{\"msgid\":\"x\"\n{a}\n{b}"),
        &["1: it is not closed before another value begins", "2 ok a", "3 ok b"],
    );
    check_wecom(
        format!("{{\"x\":\n{a}\n{b}"),
        &["1: it is not closed before another value begins", "2 ok a", "3 ok b"],
    );
    check_wecom(
        format!("{{\"x\":\n  1\n  y\n{a}\n{b}"),
        &["1: it is not closed before another value begins", "4 ok a", "5 ok b"],
    );
    check_wecom(format!("{{\"x\":[1}}\n{a}"), &["1: '[' is closed by '}'", "2 ok a"]);
    check_wecom(
        format!("[{{\"x\":tru}},{a}]"),
        &["1: not JSON: expected ident (line 1, byte 9)", "1 ok a"],
    );
    check_wecom(
        format!("[{{\"x\" 1,}},{a}]"),
        &["1: not JSON: expected `:` (line 1, byte 6)", "1 ok a"],
    );
    check_wecom(
        format!("[1,{a},\"x\",[{b}]]"),
        &[
            "1: expected an object, found a number",
            "1 ok a",
            "1: expected an object, found a string",
            "1: expected an object, found a list",
        ],
    );
    check_wecom(
        format!("{a} trailing\n{b}}}\n{b},\n"),
        &[
            "1 ok a",
            "1: expected an object, found other text",
            "2 ok b",
            "2: expected an object, found a bracket, comma or colon that belongs to no value",
            "3 ok b",
            "3: expected an object, found a bracket, comma or colon that belongs to no value",
        ],
    );
    check_wecom(
        format!("{a}\n{{\"msgid\":\"x\",\"text\":{{"),
        &["1 ok a", "2: the source ends inside it"],
    );
    check_wecom(
        format!("{{\"msgid\":\n{a}"),
        &["1: the source ends inside it", "2 ok a"],
    );
}

#[test]
fn bytes_that_are_no_text_are_told() {
    let a = message("a");
    let around = |bytes: &[u8]| [bytes, b"\n", a.as_bytes()].concat();
    check_wecom(around(b"\0\0"), &["1: expected an object, found a zero byte", "2 ok a"]);
    check_wecom(
        around(b"\xff\xfe{\0"),
        &["1: it is UTF-16: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"],
    );
    check_wecom(
        [a.as_bytes(), b"\n\xff\xfe{\0\n", a.as_bytes()].concat(),
        &[
            "1 ok a",
            "2: expected an object, found a byte that UTF-8 does not have (is it UTF-16?)",
            "3 ok a",
        ],
    );
    check_wecom(
        around(b"{\"msgid\":\"\xff\"}"),
        &["1: byte 11 of the value is not UTF-8", "2 ok a"],
    );
    check_wecom(
        around(b"{\"msgid\":\"\0\"}"),
        &["1: `msgid` is not 1 to 256 bytes without control characters", "2 ok a"],
    );
    check_wecom(
        around(b"{\"msgid\":\"\\ud800\"}"),
        &["1: no `msgtime`: expected milliseconds since 1970", "2 ok a"],
    );
    check_wecom(format!("{a}\n\u{feff}{a}"), &["1 ok a", "2 ok a"]);
    check_wecom(
        around("{\"msgid\":\"a\u{2028}\"".as_bytes()),
        &["1: it is not closed before another value begins", "2 ok a"],
    );
}

#[test]
fn values_have_limits() {
    let a = message("a");
    let too_long = format!("longer than {SOURCE_VALUE_BYTES_MAX} bytes: skipped");
    let padded = |bytes: usize| {
        let frame = message("long").replace("\"c\"", "\"\"");
        frame.replace(
            "\"content\":\"\"",
            &format!("\"content\":\"{}\"", "x".repeat(bytes - frame.len())),
        )
    };
    check_wecom(
        format!("{}\n{a}", padded(SOURCE_VALUE_BYTES_MAX)),
        &["1 ok long", "2 ok a"],
    );
    check_wecom(
        format!("{}\n{a}", padded(SOURCE_VALUE_BYTES_MAX + 1)),
        &[&format!("1: {too_long}"), "2 ok a"],
    );
    let lines = "{\n\"x\": [".to_owned() + &"1,\n".repeat(SOURCE_VALUE_BYTES_MAX / 3);
    check_wecom(
        format!("{lines}1]}}\n{a}"),
        &[
            &format!("1: {too_long}"),
            &format!("{} ok a", SOURCE_VALUE_BYTES_MAX / 3 + 3),
        ],
    );
    let broken = format!("{} ok a", SOURCE_VALUE_BYTES_MAX / 3 + 3);
    check_wecom(
        format!("{lines}1]\n{a}"),
        &["1: it is not closed before another value begins", &broken],
    );
    let deep = |levels: usize| {
        format!(
            "{{\"msgid\":\"x\",\"msgtime\":1,\"deep\":{}{}}}\n{a}",
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    check_wecom(deep(126), &["1 ok x", "2 ok a"]);
    check_wecom(deep(127), &["1: nested deeper than 127 levels", "2 ok a"]);
    check_wecom(deep(100_000), &["1: nested deeper than 127 levels", "2 ok a"]);

    let long_line = canonical("long").replace("\"c\"", &format!("\"{}\"", "x".repeat(SOURCE_VALUE_BYTES_MAX)));
    let source = format!("{long_line}\n{}", canonical("a"));
    check(Format::Ndjson, source, &[&format!("1: {too_long}"), "2 ok a"]);
}

#[test]
fn fields_that_a_message_cannot_do_without_are_told() {
    let table = [
        ("{}", "no `msgid`"),
        (r#"{"msgid":null}"#, "no `msgid`"),
        (r#"{"msgid":7}"#, "`msgid` is a number: expected a string"),
        (
            r#"{"msgid":""}"#,
            "`msgid` is not 1 to 256 bytes without control characters",
        ),
        (
            r#"{"msgid":"a\u0000"}"#,
            "`msgid` is not 1 to 256 bytes without control characters",
        ),
        (r#"{"msgid":"m"}"#, "no `msgtime`: expected milliseconds since 1970"),
        (
            r#"{"msgid":"m","msgtime":"soon"}"#,
            "`msgtime` is a string: expected milliseconds since 1970",
        ),
        (
            r#"{"msgid":"m","msgtime":1.5}"#,
            "`msgtime` is a number with a fraction, or out of range: expected milliseconds since 1970",
        ),
        (
            r#"{"msgid":"m","msgtime":18446744073709551615}"#,
            "`msgtime` is a number out of range: expected milliseconds since 1970",
        ),
        (
            r#"{"msgid":"m","msgtime":9223372036854775807}"#,
            "`msgtime` is 9223372036854775807: out of range",
        ),
        (
            r#"{"msgid":"m","msgtime":1e999}"#,
            "not JSON: number out of range (line 1, byte 28)",
        ),
        (
            r#"{"msgid":"m","msgid":"m"}"#,
            "key \"msgid\" occurs twice (line 1, byte 20)",
        ),
        (
            r#"{"msgid":"m","msgtime":1,"text":{"content":"a","content":"b"}}"#,
            "key \"content\" occurs twice (line 1, byte 56)",
        ),
    ];
    each_row(table, |(json, expected)| {
        check_wecom(json, &[&format!("1: {expected}")]);
    });
}

#[test]
fn lines_of_canonical_messages_are_told_apart() {
    let (a, b) = (canonical("a"), canonical("b"));
    let check = |source: &str, expected: &[&str]| check(Format::Ndjson, source, expected);
    check(&format!("\u{feff}{a}\r\n\r\n  {b}  "), &["1 ok a", "3 ok b"]);
    check("", &[]);
    let lines = |bad: &str| {
        let items = read(Format::Ndjson, format!("{a}\n{bad}\n{b}"));
        assert_eq!(
            (items.len(), items[0].result.is_ok(), items[2].result.is_ok()),
            (3, true, true),
            "{bad:?}"
        );
        assert_eq!(items[1].line, 2);
        items[1].result.as_ref().unwrap_err().reason.clone()
    };
    for bad in [
        "{",
        "}",
        "nonsense",
        "[]",
        "\0",
        "{\"id\":1}",
        "{\"id\":\"x\"}",
        &format!("{a}{b}"),
        &format!("{a},"),
        "{\"id\":\"x\",\"id\":\"x\"}",
    ] {
        assert!(!lines(bad).is_empty(), "{bad:?}");
    }
    let items = read(
        Format::Ndjson,
        [a.as_bytes(), b"\n{\"id\":\"\xff\"}\n", b.as_bytes()].concat(),
    );
    assert_eq!(
        items[1].result.as_ref().unwrap_err().reason,
        "byte 8 of the value is not UTF-8"
    );
}

#[test]
fn half_a_character_and_bare_control_characters_cost_no_message() {
    let note = |item: &proviso_sources::Item| item.result.as_ref().unwrap().notes.join("; ");
    let surrogate = "half of a character (a lone surrogate) in the source: read as U+FFFD";
    let control = "a control character in the source without its escape: taken as it is";
    let wecom = |content: &str| message("m").replace("\"c\"", &format!("\"{content}\""));
    let nested = r#"{"content":"\u4fdd\u672c\ud83d"}"#.replace('\\', "\\\\").replace('"', "\\\"");
    let record = message("m")
        .replace("\"text\",\"text\"", "\"chatrecord\",\"chatrecord\"")
        .replace(
            "\"content\":\"c\"",
            &format!("\"title\":\"t\",\"item\":[{{\"type\":\"ChatRecordText\",\"content\":\"{nested}\"}}]"),
        );
    // The source; then the text of the message and its note.
    let table = [
        (Format::Wecom, wecom(r"保本\ud83d"), "保本\u{fffd}", surrogate),
        (Format::Wecom, wecom("保\u{1}本"), "保\u{1}本", control),
        (Format::Wecom, record, "t\n保本\u{fffd}", surrogate),
        (
            Format::Ndjson,
            canonical("m").replace("\"c\"", r#""\ude00保本""#),
            "\u{fffd}保本",
            surrogate,
        ),
    ];
    for (format, source, text, noted) in table {
        let items = read(format, &source);
        assert_eq!(items.len(), 1, "{source}");
        let message = items[0].result.as_ref().expect("it is read");
        assert_eq!(
            (message.text.as_str(), &*message.raw),
            (text, source.as_str()),
            "{source}"
        );
        assert_eq!(note(&items[0]), noted, "{source}");
    }
}
