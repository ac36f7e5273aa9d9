//! What holds for every source.

use crate::support::{origin, read, read_in_pieces, samples};
use proptest::prelude::*;
use proviso_model::canonical::{Defaults, from_json, to_json};
use proviso_sources::{Format, Item, Reader};
use std::sync::LazyLock;

static SAMPLES: LazyLock<Vec<String>> = LazyLock::new(|| samples().into_iter().map(|(_, json)| json).collect());

/// Stretches that sources are made of: whole messages, pieces of them, and what comes between.
fn stretch() -> impl Strategy<Value = Vec<u8>> {
    let sample = || proptest::sample::select(&**SAMPLES).prop_map(String::into_bytes);
    let canonical = (0..1000u32).prop_map(|n| {
        format!("{{\"id\":\"c{n}\",\"sent_at\":1700000000,\"from\":\"a\",\"to\":[\"b\"],\"text\":\"第{n}句\"}}\n")
            .into_bytes()
    });
    let between = proptest::sample::select(vec![
        "\n",
        "\r\n",
        " ",
        ",",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\\",
        ":",
        "x\n",
        "\u{feff}",
        "\0",
        "{\"errcode\":0,\"chatdata\":[",
        "]}\n",
        ",\"errmsg\":\"ok\"}\n",
        "{\"errcode\":40001,\"errmsg\":\"no\",\"chatdata\":[",
        "{\"a\":1,\"a\":2}\n",
        "{\"a\":\n",
        "{\"msgid\":\"m\",\"encrypt_chat_msg\":\"x\"},",
    ]);
    prop_oneof![
        4 => sample(),
        3 => canonical,
        2 => (sample(), any::<proptest::sample::Index>()).prop_map(|(mut json, at)| { json.truncate(at.index(json.len())); json }),
        1 => (sample(), any::<proptest::sample::Index>(), any::<u8>()).prop_map(|(mut json, at, byte)| {
            let at = at.index(json.len());
            json[at] = byte;
            json
        }),
        3 => between.prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ]
}

fn source() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(stretch(), 0..12).prop_map(|stretches| stretches.concat())
}

/// Any JSON, nested this deep, and JSON in strings.
fn value(depth: u32) -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,8}".prop_map(Into::into),
    ];
    let key = proptest::sample::select(vec!["content", "type", "item", "title", "filename", "sdkfileid", "x"]);
    leaf.prop_recursive(depth, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::vec((key.clone(), inner.clone()), 0..4).prop_map(|fields| fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
            inner.prop_map(|value| value.to_string().into()),
        ]
    })
}

fn format() -> impl Strategy<Value = Format> {
    proptest::sample::select(&Format::ALL[..])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn items_do_not_depend_on_how_the_bytes_arrive(
        format in format(),
        source in source(),
        sizes in proptest::collection::vec(1usize..64, 1..6),
    ) {
        let whole = read(format, &source);
        prop_assert!(read_in_pieces(format, &source, &sizes) == whole);
        prop_assert!(read_in_pieces(format, &source, &[1]) == whole);
    }

    #[test]
    fn places_are_in_the_source_and_go_forward(format in format(), source in source()) {
        let lines = source.split(|byte| *byte == b'\n').count() as u64;
        let mut before = (0, 0);
        for item in read(format, &source) {
            prop_assert!((1..=lines).contains(&item.line), "line {}", item.line);
            prop_assert!(item.line >= before.0 && item.offset_end >= before.1, "{:?} behind {:?}", item, before);
            prop_assert!(item.offset_end <= source.len() as u64);
            before = (item.line, item.offset_end);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(format in format(), source in proptest::collection::vec(any::<u8>(), 0..400)) {
        let items = read(format, &source);
        let blank = source.trim_ascii().is_empty();
        let only_brackets = source.iter().all(|byte| b" \t\r\n[],\xef\xbb\xbf\x0c".contains(byte));
        prop_assert!(!items.is_empty() || blank || only_brackets, "nothing is lost silently");
    }

    #[test]
    fn reading_goes_on_behind_any_item(
        format in format(),
        messages in proptest::collection::vec(proptest::sample::select(&**SAMPLES), 1..6),
        around in 0..4usize,
        at in any::<proptest::sample::Index>(),
    ) {
        let messages: Vec<_> = messages.iter().map(|json| json.trim_end()).collect();
        let source = match around {
            0 => messages.join("\n"),
            1 => format!("[{}]\n", messages.join(",\n")),
            2 => format!("{{\"errcode\":0,\"chatdata\":[{}],\"errmsg\":\"ok\"}}", messages.join(",")),
            _ => format!("{{\"chatdata\":[\n{}\n]}}\n{}", messages.join(","), messages.join("\n")),
        };
        let all = read(format, &source);
        let place = at.index(all.len());
        let mut reader = Reader::new(format, origin());
        reader.push(source.as_bytes());
        let taken = std::iter::from_fn(|| reader.next_item()).take(place + 1).count();
        if taken <= place {
            // The last line has no line feed: there is nothing behind it.
            return Ok(());
        }
        let (offset, lines) = reader.position();
        prop_assert_eq!(offset, all[place].offset_end);
        let mut later = Reader::resume(format, origin(), offset, lines);
        later.push(&source.as_bytes()[offset as usize..]);
        let rest: Vec<Item> = std::iter::from_fn(|| later.next_item()).collect();
        let rest: Vec<Item> = rest.into_iter().chain(later.finish()).collect();
        prop_assert_eq!(rest, &all[place + 1..]);
    }

    #[test]
    fn any_payload_gives_a_message(
        sample in proptest::sample::select(&**SAMPLES),
        values in proptest::collection::vec(value(3), 1..8),
        flat in any::<bool>(),
    ) {
        // The payload's fields, each with any value, or any value in place of the payload.
        let mut json: serde_json::Value = serde_json::from_str(&sample).expect("samples are JSON");
        let message = json.as_object_mut().expect("samples are objects");
        let mut values = values.into_iter().cycle();
        let common = ["msgid", "msgtime", "time", "msgtype", "action"];
        for (key, field) in message.iter_mut().filter(|(key, _)| !common.contains(&key.as_str())) {
            match field {
                serde_json::Value::Object(fields) if flat => fields.values_mut().for_each(|field| *field = values.next().expect("endless")),
                _ if key == "tolist" && flat => {}
                _ => *field = values.next().expect("endless"),
            }
        }
        let items = read(Format::Wecom, json.to_string());
        prop_assert_eq!(items.len(), 1);
        prop_assert!(items[0].result.is_ok(), "{:?}", items);
    }

    #[test]
    fn what_wecom_becomes_has_a_canonical_form(source in source()) {
        for message in read(Format::Wecom, &source).into_iter().filter_map(|item| item.result.ok()) {
            let mut again = from_json(&to_json(&message), &Defaults::default()).expect("a canonical message");
            again.raw.clone_from(&message.raw);
            prop_assert_eq!(again, message);
        }
    }
}
