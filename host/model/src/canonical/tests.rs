use super::*;
use proptest::prelude::*;
use proviso_rows::each_row;
use serde_json::{Value, json};

fn defaults() -> Defaults {
    Defaults {
        tenant: Some("bank".into()),
        channel: Some("wecom".into()),
    }
}

fn read(text: &str) -> Result<Message, String> {
    from_json(text, &defaults()).map_err(|error| error.to_string())
}

/// The smallest message, with these fields over it; `null` takes a field away.
fn with(fields: &Value) -> String {
    let mut object = json!({"id": "m1", "sent_at": "2026-01-31T09:00:00+08:00", "from": "a", "to": ["b"]});
    for (key, value) in fields.as_object().unwrap() {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(key);
        } else {
            object[key] = value.clone();
        }
    }
    object.to_string()
}

#[test]
fn every_field_is_read() {
    let text = r#"{"id":"m1","tenant":"shop","channel":"mail","kind":"file","native_kind":"msg_file","sent_at":1603875610,
        "conversation":"g1","direction":"outbound","from":{"id":"zhang","class":"employee","department":"wealth"},
        "to":["wm1",{"id":"bot","class":"robot"}],"text":"保本\n第二行","amount":{"minor_units":12300,"currency":"CNY"},
        "attachments":[{"name":"a.xlsx","size_bytes":9,"reference":"sd1"},{}],"links":["https://example.org"],"recalls":"m0",
        "consent":{"party":"wm1","state":"default-agree","at":1603875610000},"notes":["cut"]}"#;
    let message = read(text).unwrap();
    let party = |id: &str, class, department: &str| Party {
        id: id.to_owned(),
        class,
        department: department.to_owned(),
    };
    assert_eq!(
        message,
        Message {
            id: Arc::new(MessageId {
                tenant: "shop".into(),
                channel: "mail".into(),
                native: "m1".into()
            }),
            kind: Kind::File,
            native_kind: "msg_file".into(),
            direction: Direction::Outbound,
            sender: party("zhang", PartyClass::Employee, "wealth"),
            recipients: vec![
                party("wm1", PartyClass::Unknown, ""),
                party("bot", PartyClass::Robot, "")
            ],
            conversation: "g1".into(),
            sent_at: Timestamp::from_rfc3339("2020-10-28T09:00:10Z").unwrap(),
            text: "保本\n第二行".into(),
            amount: Some(Money {
                minor_units: 12_300,
                currency: "CNY".into()
            }),
            attachments: vec![
                Attachment {
                    name: "a.xlsx".into(),
                    size_bytes: 9,
                    reference: "sd1".into()
                },
                Attachment {
                    name: String::new(),
                    size_bytes: 0,
                    reference: String::new()
                },
            ],
            links: vec!["https://example.org".into()],
            recalls: Some("m0".into()),
            consent: Some(ConsentEvent {
                party: "wm1".into(),
                state: ConsentState::DefaultAgree,
                at: Timestamp::from_millis(1_603_875_610_000).unwrap(),
            }),
            notes: vec!["cut".into()],
            raw: text.into(),
        }
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let message = read(r#"{"id":"m1","sent_at":"2026-01-31T09:00:00+08:00"}"#);
    assert_eq!(
        message,
        Err("`conversation`: missing, and no party to derive it from".to_owned())
    );
    let message = read(&with(&json!({}))).unwrap();
    assert_eq!(message.id.to_string(), "bank/wecom/m1");
    assert_eq!((message.kind, message.direction), (Kind::Text, Direction::Unknown));
    assert_eq!(message.conversation, "a|b");
    let consent = json!({"from": null, "to": null, "consent": {"party": "wm1", "state": "agree"}});
    let message = read(&with(&consent)).unwrap();
    assert_eq!(message.conversation, "wm1");
    assert_eq!(message.consent.unwrap().at, message.sent_at);
    let outbound = json!({"from": {"id": "a", "class": "employee"}, "to": [{"id": "b", "class": "external"}]});
    assert_eq!(read(&with(&outbound)).unwrap().direction, Direction::Outbound);
}

#[test]
fn a_conversation_is_the_same_whoever_writes() {
    let of = |from: &str, to: &[&str]| read(&with(&json!({"from": from, "to": to}))).unwrap().conversation;
    assert_eq!(of("b", &["a"]), of("a", &["b"]));
    assert_eq!(of("c", &["b", "a", "b"]), "a|b|c");
    assert_eq!(of("a", &[]), "a");
    // `|` in an id must not make two conversations one.
    assert_ne!(of("a|b", &["c"]), of("a", &["b|c"]));
    assert!(of("a|b", &["c"]).starts_with("sha256:"));
    let ids: Vec<String> = (0..2).map(|n| format!("{n}{}", "x".repeat(255))).collect();
    let long = of(&ids[0], &[&ids[1]]);
    assert!(long.starts_with("sha256:"), "{long}");
    let ids: Vec<String> = (0..2).map(|n| format!("{n}{}", "x".repeat(254))).collect();
    assert_eq!(of(&ids[0], &[&ids[1]]).len(), 511);
}

#[test]
fn every_error_names_its_field_what_it_found_and_what_it_wants() {
    let long = "x".repeat(257);
    let table = [
        (json!({"id": null}), "`id`: missing"),
        (json!({"sent_at": null}), "`sent_at`: missing"),
        (
            json!({"id": 7}),
            "`id`: invalid type: integer `7`, expected a string at line 1 column ",
        ),
        (json!({"id": ""}), "`id`: \"\" is 0 bytes long: expected 1 to 256"),
        (json!({"id": long}), "…\" is 257 bytes long: expected 1 to 256"),
        (
            json!({"id": "a\u{85}b"}),
            "`id`: \"a\\u{85}b\" holds a control character",
        ),
        (json!({"tenant": "a/b"}), "`tenant`: \"a/b\" holds a `/`"),
        (json!({"channel": "a/b"}), "`channel`: \"a/b\" holds a `/`"),
        (
            json!({"channel": "a\nb"}),
            "`channel`: \"a\\u{a}b\" holds a control character",
        ),
        (
            json!({"kind": "txt"}),
            "`kind`: \"txt\": expected one of \"text\", \"markdown\", ",
        ),
        (
            json!({"direction": "out"}),
            "`direction`: \"out\": expected one of \"internal\", \"outbound\", \"inbound\", \"unknown\"",
        ),
        (
            json!({"sent_at": "yesterday"}),
            "`sent_at`: \"yesterday\" is not a time: expected RFC 3339 with an offset",
        ),
        (
            json!({"sent_at": "2026-01-31T09:00:00"}),
            "`sent_at`: \"2026-01-31T09:00:00\" is not a time",
        ),
        (
            json!({"sent_at": 1.5}),
            "`sent_at`: invalid type: floating point `1.5`, expected a time: RFC 3339",
        ),
        (
            json!({"sent_at": u64::MAX}),
            "`sent_at`: invalid value: integer `18446744073709551615`, expected a time",
        ),
        (
            json!({"sent_at": i64::MIN}),
            "`sent_at`: -9223372036854775808 is not a time",
        ),
        (
            json!({"from": 3}),
            "`from`: invalid type: integer `3`, expected a party: its id as a string, or an object with",
        ),
        (
            json!({"from": {"id": 3}}),
            "`from.id`: invalid type: integer `3`, expected a string",
        ),
        (
            json!({"from": {"class": "boss"}}),
            "`from.class`: \"boss\": expected one of \"employee\", ",
        ),
        (json!({"from": long}), "`from`: \"xxx"),
        (
            json!({"from": {"id": "a", "name": "b"}}),
            "`from.name`: unknown field: expected one of `id`, `class`, `department`",
        ),
        (json!({"to": "b"}), "`to`: invalid type: string \"b\", expected a list"),
        (
            json!({"to": ["b", 3]}),
            "`to[1]`: invalid type: integer `3`, expected a party",
        ),
        (
            json!({"to": ["b", {"id": true}]}),
            "`to[1].id`: invalid type: boolean `true`, expected a string",
        ),
        (
            json!({"to": ["b", {"class": "x"}]}),
            "`to[1].class`: \"x\": expected one of",
        ),
        (json!({"to": ["b", long]}), "`to[1]`: \"xxx"),
        (
            json!({"text": ["a"]}),
            "`text`: invalid type: sequence, expected a string",
        ),
        (
            json!({"amount": 5}),
            "`amount`: invalid type: integer `5`, expected an amount: an object with `minor_units`",
        ),
        (
            json!({"amount": {"minor_units": -1}}),
            "`amount.minor_units`: invalid value: integer `-1`, expected a whole number, 0 or more",
        ),
        (json!({"amount": {"minor_units": 1}}), "`amount.currency`: missing"),
        (json!({"amount": {"currency": "CNY"}}), "`amount.minor_units`: missing"),
        (
            json!({"amount": {"minor_units": 1, "currency": "cny"}}),
            "`amount.currency`: \"cny\": expected three upper-case letters",
        ),
        (
            json!({"attachments": [{"size_bytes": "9"}]}),
            "`attachments[0].size_bytes`: invalid type: string \"9\", expected a whole number",
        ),
        (
            json!({"links": [{}]}),
            "`links[0]`: invalid type: map, expected a string",
        ),
        (json!({"recalls": ""}), "`recalls`: \"\" is 0 bytes long"),
        (json!({"consent": {"state": "agree"}}), "`consent.party`: missing"),
        (json!({"consent": {"party": "a"}}), "`consent.state`: missing"),
        (
            json!({"consent": {"party": "a", "state": "maybe"}}),
            "`consent.state`: \"maybe\": expected one of \"agree\", ",
        ),
        (
            json!({"consent": {"party": "a", "state": "agree", "at": "x"}}),
            "`consent.at`: \"x\" is not a time",
        ),
        (
            json!({"conversation": ""}),
            "`conversation`: \"\" is 0 bytes long: expected 1 to 512",
        ),
        (json!({"native_kind": long}), "`native_kind`: \"xxx"),
        (
            json!({"sender": "a"}),
            "`sender`: unknown field: expected one of `id`, `tenant`, ",
        ),
        (json!({"txet": "a"}), "`txet`: unknown field: did you mean `text`?"),
    ];
    each_row(table, |(fields, expected)| {
        let error = read(&with(&fields)).unwrap_err();
        assert!(error.contains(expected), "{fields}\n  {error}\n  {expected}");
    });
    let table = [
        ("", "EOF while parsing a value at line 1 column 0"),
        (
            "[]",
            "invalid type: sequence, expected a message: a JSON object at line 1 column 2",
        ),
        ("{\"id\":\"a\"} x", "trailing characters at line 1 column 12"),
        ("{\"id\":\"a\",\"id\":\"b\"}", "`id`: given twice at line 1 column "),
        (
            "{\"id\":null}",
            "`id`: invalid type: null, expected a string at line 1 column 10",
        ),
        ("{\"id\":\"a", "`id`: EOF while parsing a string at line 1 column 8"),
        (
            "{\"to\":[{\"class\":\"x\"",
            "`to[0]`: EOF while parsing an object at line 1 column 19",
        ),
    ];
    each_row(table, |(text, expected)| {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(expected), "{text}\n  {error}\n  {expected}");
    });
    let error = from_json(&with(&json!({})), &Defaults::default()).unwrap_err();
    assert_eq!(error.to_string(), "`tenant`: missing, and the source names no default");
    let error = read(&"x".repeat(SOURCE_VALUE_BYTES_MAX + 1)).unwrap_err();
    assert_eq!(error, "8388609 bytes: a message has at most 8388608");
    let deep = format!("{{\"x\":{}", "[".repeat(100_000));
    assert!(
        read(&deep).unwrap_err().contains("EOF while parsing a list"),
        "skipped without recursion"
    );
}

#[test]
fn the_documentation_is_true() {
    let page = include_str!("../../../../docs/message-format.md");
    let mut examples = 0;
    for block in page.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for line in block.lines() {
            let message = from_json(line, &Defaults::default()).unwrap_or_else(|error| panic!("{line}\n{error}"));
            let again = from_json(&to_json(&message), &Defaults::default()).unwrap();
            assert_eq!(
                Message {
                    raw: again.raw.clone(),
                    ..message
                },
                again
            );
            examples += 1;
        }
    }
    assert!(examples >= 4, "{examples} examples");
    for name in wire::NAMES {
        assert!(
            page.contains(&format!("| `{name}` |")),
            "docs/message-format.md does not describe `{name}`"
        );
    }
    for name in Kind::ALL.map(Kind::name) {
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/message-format.md does not name the kind `{name}`"
        );
    }
}

fn party() -> impl Strategy<Value = Party> {
    let class = prop::sample::select(vec![
        PartyClass::Employee,
        PartyClass::External,
        PartyClass::Robot,
        PartyClass::Unknown,
    ]);
    ("[a-z|保/ ]{0,6}", class, "[a-z保]{0,3}").prop_map(|(id, class, department)| Party { id, class, department })
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![-377_705_023_201_000_i64..=253_402_207_200_000, 0..2_000_000_000_000_i64]
        .prop_map(|millis| Timestamp::from_millis(millis).unwrap())
}

fn message() -> impl Strategy<Value = Message> {
    let direction = prop::sample::select(vec![
        Direction::Internal,
        Direction::Outbound,
        Direction::Inbound,
        Direction::Unknown,
    ]);
    let consent = (
        "[a-z]{1,3}",
        prop::sample::select(vec![
            ConsentState::Agree,
            ConsentState::Disagree,
            ConsentState::DefaultAgree,
        ]),
        time(),
    );
    let head = (
        "[^/\\pC]{1,9}",
        "[^/\\pC]{1,9}",
        "\\PC{1,9}",
        prop::sample::select(Kind::ALL.to_vec()),
        "\\PC{0,9}",
        direction,
        party(),
    );
    let attachment = (any::<String>(), any::<u64>(), any::<String>());
    let attachment = attachment.prop_map(|(name, size_bytes, reference)| Attachment {
        name,
        size_bytes,
        reference,
    });
    let body = (
        prop::collection::vec(party(), 0..4),
        "\\PC{1,9}",
        time(),
        any::<String>(),
        prop::option::of((any::<u64>(), "[A-Z]{3}")),
        prop::collection::vec(attachment, 0..3),
        prop::collection::vec(any::<String>(), 0..3),
        prop::option::of("\\PC{1,9}"),
        prop::option::of(consent),
        prop::collection::vec(any::<String>(), 0..3),
    );
    (head, body).prop_map(|(head, body)| {
        let (tenant, channel, native, kind, native_kind, direction, sender) = head;
        let (recipients, conversation, sent_at, text, amount, attachments, links, recalls, consent, notes) = body;
        Message {
            id: Arc::new(MessageId {
                tenant,
                channel,
                native,
            }),
            kind,
            native_kind,
            direction,
            sender,
            recipients,
            conversation,
            sent_at,
            text,
            amount: amount.map(|(minor_units, currency)| Money { minor_units, currency }),
            attachments,
            links,
            recalls,
            consent: consent.map(|(party, state, at)| ConsentEvent { party, state, at }),
            notes,
            raw: "".into(),
        }
    })
}

proptest! {
    #[test]
    fn writing_and_reading_agree(message in message()) {
        let text = to_json(&message);
        prop_assert!(!text.contains('\n'), "one line");
        let read = from_json(&text, &Defaults::default());
        prop_assert_eq!(read, Ok(Message { raw: text.into(), ..message }));
    }

    #[test]
    fn control_characters_are_found_as_by_characters(text in any::<String>()) {
        prop_assert_eq!(has_control(&text), text.contains(char::is_control));
    }

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        let _ = read(&text);
    }

    /// A good message with a piece cut out and another put in is far more often nearly right than arbitrary text.
    #[test]
    fn a_damaged_message_is_read_without_panic(message in message(), at in any::<prop::sample::Index>(), cut in 0usize..9, put in "[\\[\\]{}\":,0-9a-z\\\\]{0,4}") {
        let mut characters: Vec<char> = to_json(&message).chars().collect();
        let start = at.index(characters.len());
        let end = (start + cut).min(characters.len());
        characters.splice(start..end, put.chars());
        let text: String = characters.into_iter().collect();
        if let Ok(read) = from_json(&text, &defaults()) {
            prop_assert_eq!(&*read.raw, text);
        }
    }
}
