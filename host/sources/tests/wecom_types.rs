//! What each type of message of WeCom becomes, and the traps of the format.

use crate::support::{one, samples};
use proviso_model::canonical::{Defaults, from_json, to_json};
use proviso_model::consent::ConsentState;
use proviso_model::limits::{NESTED_DEPTH_MAX, NESTED_NODES_MAX};
use proviso_model::message::{Direction, Kind, PartyClass};
use std::fmt::Write as _;

#[test]
fn each_sample_becomes_this() {
    let mut table = String::new();
    for (name, json) in samples() {
        let message = one(&json);
        let canonical = to_json(&message);
        writeln!(table, "{name}\n  {canonical}").unwrap();
        let mut again = from_json(&canonical, &Defaults::default()).expect(&name);
        again.raw.clone_from(&message.raw);
        assert_eq!(again, message, "{name}: the canonical form says the same");
        assert_eq!(&*message.raw, json.trim_end(), "{name}: the original is kept");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_type_of_the_platform_has_a_sample() {
    let types = "text image revoke agree disagree voice video card location emotion file link weapp chatrecord todo vote \
                 collect redpacket external_redpacket meeting docmsg markdown news calendar mixed meeting_voice_call \
                 voip_doc_share sphfeed voiptext qydiskfile switch";
    let samples = samples();
    for name in types.split_whitespace() {
        let (_, json) = samples.iter().find(|(sample, _)| sample == name).expect(name);
        let message = one(json);
        assert_eq!(message.native_kind, name);
        assert_ne!(message.kind, Kind::Other, "{name}");
        assert!(message.notes.is_empty(), "{name}: {:?}", message.notes);
    }
}

/// A message with this payload, and possibly other fields, from an employee to an external contact.
fn with(rest: &str) -> String {
    format!(
        r#"{{"msgid":"m1","action":"send","from":"ken","tolist":["wmXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"],"msgtime":1603875657905,{rest}}}"#
    )
}

#[test]
fn consent_is_an_event_of_the_contact() {
    let json = with(
        r#""msgtype":"disagree","disagree":{"userid":"wmYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY","disagree_time":1603875944122}"#,
    );
    let consent = one(&json).consent.unwrap();
    assert_eq!(
        (consent.party.as_str(), consent.state),
        ("wmYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY", ConsentState::Disagree)
    );
    assert_eq!(consent.at.as_millis(), 1_603_875_944_122);
    let consent = one(&with(r#""msgtype":"agree","agree":{}"#)).consent.unwrap();
    assert_eq!(
        (consent.party.as_str(), consent.state),
        ("ken", ConsentState::Agree),
        "the sender, without a userid"
    );
    assert_eq!(
        consent.at.as_millis(),
        1_603_875_657_905,
        "the time of the message, without one of its own"
    );
}

#[test]
fn a_recall_names_what_it_recalls() {
    let message = one(&with(r#""msgtype":"revoke","revoke":{"pre_msgid":"m0"}"#));
    assert_eq!((message.kind, message.recalls.as_deref()), (Kind::Recall, Some("m0")));
    let message = one(&with(r#""msgtype":"revoke","revoke":{}"#));
    assert_eq!(
        message.notes,
        ["no `pre_msgid`: the message that this recalls is not known"]
    );
    let forwarded =
        r#""msgtype":"chatrecord","chatrecord":{"item":[{"type":"revoke","content":"{\"pre_msgid\":\"m0\"}"}]}"#;
    assert_eq!(
        one(&with(forwarded)).recalls,
        None,
        "a forwarded recall recalls nothing"
    );
}

#[test]
fn money_is_in_fen() {
    let message = one(&with(
        r#""msgtype":"redpacket","redpacket":{"wish":"w","totalamount":18446744073709551615}"#,
    ));
    assert_eq!(
        message.amount.map(|money| (money.minor_units, money.currency)),
        Some((u64::MAX, "CNY".to_owned()))
    );
    let message = one(&with(
        r#""msgtype":"redpacket","redpacket":{"wish":"w","totalamount":-5}"#,
    ));
    assert_eq!((message.amount, message.text.as_str()), (None, "w"));
    assert_eq!(
        message.notes,
        ["`totalamount` is a negative number: left in the original"]
    );
    let forwarded = r#""msgtype":"mixed","mixed":{"item":[{"type":"redpacket","content":"{\"totalamount\":5}"}]}"#;
    assert_eq!(
        one(&with(forwarded)).amount,
        None,
        "a forwarded red packet moves no money"
    );
}

#[test]
fn payloads_may_stand_under_the_key_of_their_type_too() {
    for (name, key) in [
        ("markdown", "markdown"),
        ("docmsg", "docmsg"),
        ("news", "news"),
        ("external_redpacket", "external_redpacket"),
    ] {
        let json = with(&format!(
            r#""msgtype":"{name}","{key}":{{"content":"c","title":"t","wish":"w","item":[{{"title":"i"}}]}}"#
        ));
        let message = one(&json);
        assert!(
            !message.text.is_empty() && message.notes.is_empty(),
            "{name}: {message:?}"
        );
    }
}

#[test]
fn parties_have_classes_and_the_sender_is_no_recipient() {
    let json =
        with(r#""msgtype":"text","text":{"content":"c"}"#).replace(r#"["wmXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"]"#, r#"["wmXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","ken","wbRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR","li","woYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY"]"#);
    let message = one(&json);
    let classes: Vec<_> = message
        .recipients
        .iter()
        .map(|party| (party.id.as_str(), party.class))
        .collect();
    assert_eq!(
        classes,
        [
            ("wmXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", PartyClass::External),
            ("wbRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR", PartyClass::Robot),
            ("li", PartyClass::Employee),
            ("woYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY", PartyClass::External)
        ]
    );
    assert_eq!(
        (message.sender.class, message.direction),
        (PartyClass::Employee, Direction::Outbound)
    );
}

#[test]
fn the_same_id_with_another_content_has_another_digest() {
    let meeting = |id: &str| {
        with(&format!(
            r#""msgtype":"meeting","meeting":{{"topic":"t","meetingid":{id}}}"#
        ))
    };
    let digest = |json: &str| one(json).content_digest();
    assert_ne!(digest(&meeting("11101571002822706744")), digest(&meeting("1210342560")));
    assert_ne!(
        digest(&meeting("11101571002822706744")),
        digest(&meeting("11101571002822706745"))
    );
    assert_eq!(digest(&meeting("1")), digest(&meeting("1").replace(':', " : ")));
}

#[test]
fn identifiers_are_made_to_fit() {
    let long = "x".repeat(300);
    let json = with(r#""msgtype":"text","text":{"content":"c"}"#).replace("\"ken\"", &format!("\"{long}\""));
    let message = one(&json.replace("wmXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", r"wm\u0000X"));
    assert_eq!(message.sender.id.len(), 256);
    assert_eq!(message.recipients[0].id, "wm?X");
    assert_eq!(message.notes.len(), 2, "{:?}", message.notes);
    let message = one(&with(&format!(r#""msgtype":"{long}""#)));
    assert_eq!((message.kind, message.native_kind.len()), (Kind::Other, 256));
}

/// JSON as the content of a JSON string.
fn quoted(json: &str) -> String {
    serde_json::to_string(json).expect("a text has a JSON form")
}

#[test]
fn nesting_ends_at_its_depth() {
    // A text in as many records as are unpacked: the text is one part more.
    let nested = |levels: usize| {
        let mut inner = r#"{"content":"innermost"}"#.to_owned();
        let mut name = "ChatRecordText";
        for _ in 0..levels {
            inner = format!(
                r#"{{"title":"t","item":[{{"type":"{name}","content":{}}}]}}"#,
                quoted(&inner)
            );
            name = "chatrecord";
        }
        one(&with(&format!(r#""msgtype":"chatrecord","chatrecord":{inner}"#)))
    };
    let deepest = nested(NESTED_DEPTH_MAX);
    assert!(
        deepest.text.ends_with("\ninnermost") && deepest.notes.is_empty(),
        "{deepest:?}"
    );
    let deeper = nested(NESTED_DEPTH_MAX + 1);
    assert!(
        deeper.text.contains("innermost\\"),
        "the words are still there: {}",
        deeper.text
    );
    assert_eq!(deeper.notes, ["nested content deeper than 8 levels kept as raw text"]);
}

#[test]
fn nesting_ends_at_its_number_of_parts() {
    let parts = |count: usize| {
        let items: Vec<_> = (0..count)
            .map(|n| {
                format!(
                    r#"{{"type":"text","content":{}}}"#,
                    quoted(&format!(r#"{{"content":"part {n}."}}"#))
                )
            })
            .collect();
        one(&with(&format!(
            r#""msgtype":"mixed","mixed":{{"item":[{}]}}"#,
            items.join(",")
        )))
    };
    let most = parts(NESTED_NODES_MAX);
    assert_eq!((most.text.lines().count(), most.notes.len()), (NESTED_NODES_MAX, 0));
    let more = parts(NESTED_NODES_MAX + 2);
    assert!(more.text.contains("part 201."), "the words are still there");
    assert_eq!(more.notes, ["nested content beyond 200 parts kept as raw text"]);
}
