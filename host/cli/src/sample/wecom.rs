//! The bank's half: decrypted WeCom messages of every type.

use super::{Phrases, Random, START_MILLIS, Speaker, Tenant, next_moment};
use serde_json::{Value, json};

/// Members of the bank, as `policies/demo.toml` has them in its departments.
const EMPLOYEES: [&str; 8] = [
    "zhang.wei",
    "li.na",
    "wang.fang",
    "liu.yang",
    "chen.jie",
    "zhao.min",
    "sun.lei",
    "zhou.ting",
];
const CUSTOMERS: [&str; 6] = [
    "wmDemoCustomerA00010000000000000",
    "wmDemoCustomerB00020000000000000",
    "wmDemoCustomerC00030000000000000",
    "wmDemoCustomerD00040000000000000",
    "woDemoPartnerE000500000000000000",
    "wmDemoCustomerF00060000000000000",
];
const ROBOT: &str = "wbDemoRobot000100000000000000000";
/// The customer that refuses archiving early on.
const REFUSING: &str = "wmDemoCustomerF00060000000000000";

/// Every message type that WeCom knows, beside plain text.
const OTHER_TYPES: [&str; 27] = [
    "image",
    "voice",
    "video",
    "card",
    "location",
    "emotion",
    "file",
    "link",
    "weapp",
    "chatrecord",
    "todo",
    "vote",
    "collect",
    "redpacket",
    "external_redpacket",
    "meeting",
    "docmsg",
    "markdown",
    "news",
    "calendar",
    "mixed",
    "meeting_voice_call",
    "voip_doc_share",
    "sphfeed",
    "voiptext",
    "qydiskfile",
    "hologram",
];

pub(super) fn messages(phrases: &Phrases, random: &mut Random, number: u32) -> Vec<String> {
    let mut lines = Vec::with_capacity(number as usize);
    let mut at = START_MILLIS;
    let mut sent: Vec<String> = Vec::new();
    lines.push(event("agree", CUSTOMERS[0], EMPLOYEES[0], at));
    lines.push(event("disagree", REFUSING, EMPLOYEES[2], at + 1_000));
    lines.push(
        json!({"msgid": "demo-switch-1", "action": "switch", "time": at + 2_000, "user": EMPLOYEES[7]}).to_string(),
    );
    let mut rotation = 0;
    while lines.len() < number as usize {
        at = next_moment(random, at);
        let serial = lines.len();
        if serial.is_multiple_of(400) {
            // A burst of red packets to one customer within minutes.
            for step in 0..6 {
                let id = format!("demo-{serial}-{step}_external");
                let wish = phrases.wish(random);
                let payload = json!({"type": 1, "wish": wish, "totalcnt": 1, "totalamount": 20_000});
                let envelope = Envelope {
                    id: &id,
                    from: EMPLOYEES[1],
                    to: &[CUSTOMERS[1]],
                    room: "",
                    at: at + step * 60_000,
                };
                lines.push(envelope.of("external_redpacket", "redpacket", payload));
            }
            continue;
        }
        let talk = Talk::pick(random);
        let risky = random.one_in(14);
        let text = phrases.line(random, Tenant::Bank, talk.speaker, risky).to_owned();
        let id = format!("demo-{serial}{}", talk.suffix);
        let envelope = Envelope {
            id: &id,
            from: talk.from,
            to: &talk.to,
            room: talk.room,
            at,
        };
        let line = if serial % 150 == 149 && !sent.is_empty() {
            let recalled = random.of(&sent).clone();
            envelope.recall(&recalled)
        } else if serial.is_multiple_of(8) {
            rotation += 1;
            let carried = Carried {
                phrases,
                text: &text,
                risky,
            };
            other(&envelope, OTHER_TYPES[rotation % OTHER_TYPES.len()], &carried, random)
        } else {
            sent.push(id.clone());
            envelope.of("text", "text", json!({ "content": text }))
        };
        lines.push(line);
    }
    lines.truncate(number as usize);
    lines
}

/// Who speaks to whom.
struct Talk {
    from: &'static str,
    to: Vec<&'static str>,
    room: &'static str,
    suffix: &'static str,
    speaker: Speaker,
}

impl Talk {
    fn pick(random: &mut Random) -> Self {
        let employee = *random.of(&EMPLOYEES);
        let customer = *random.of(&CUSTOMERS);
        match random.below(10) {
            0..=3 => Self {
                from: employee,
                to: vec![customer],
                room: "",
                suffix: "_external",
                speaker: Speaker::ToCustomer,
            },
            4..=6 => Self {
                from: customer,
                to: vec![employee],
                room: "",
                suffix: "_external",
                speaker: Speaker::Customer,
            },
            7 => {
                let to = vec![customer, EMPLOYEES[0], EMPLOYEES[3]];
                Self {
                    from: employee,
                    to,
                    room: "wrDemoGroup0001",
                    suffix: "_external",
                    speaker: Speaker::ToCustomer,
                }
            }
            8 if random.one_in(4) => Self {
                from: ROBOT,
                to: vec![employee],
                room: "",
                suffix: "",
                speaker: Speaker::ToColleague,
            },
            8 => Self {
                from: employee,
                to: EMPLOYEES[4..8].to_vec(),
                room: "wrDemoGroup0002",
                suffix: "",
                speaker: Speaker::ToColleague,
            },
            _ => Self {
                from: employee,
                to: vec![*random.of(&EMPLOYEES)],
                room: "",
                suffix: "",
                speaker: Speaker::ToColleague,
            },
        }
    }
}

struct Envelope<'a> {
    id: &'a str,
    from: &'a str,
    to: &'a [&'a str],
    room: &'a str,
    at: i64,
}

impl Envelope<'_> {
    fn of(&self, msgtype: &str, key: &str, payload: Value) -> String {
        let mut value = json!({
            "msgid": self.id, "action": "send", "from": self.from, "tolist": self.to, "roomid": self.room,
            "msgtime": self.at, "msgtype": msgtype,
        });
        value[key] = payload;
        value.to_string()
    }

    fn recall(&self, recalled: &str) -> String {
        let line = self.of("revoke", "revoke", json!({ "pre_msgid": recalled }));
        line.replacen(r#""action":"send""#, r#""action":"recall""#, 1)
    }
}

fn event(what: &str, customer: &str, employee: &str, at: i64) -> String {
    let id = format!("demo-{what}-{customer}");
    let envelope = Envelope {
        id: &id,
        from: customer,
        to: &[employee],
        room: "",
        at,
    };
    let mut payload = json!({ "userid": customer });
    payload[format!("{what}_time")] = json!(at);
    envelope.of(what, what, payload)
}

/// What a message of another type than text carries.
struct Carried<'a> {
    phrases: &'a Phrases,
    text: &'a str,
    risky: bool,
}

/// A message of another type than text, with words where such a message has them.
fn other(envelope: &Envelope<'_>, msgtype: &str, carried: &Carried<'_>, random: &mut Random) -> String {
    let Carried { phrases, text, risky } = carried;
    let title = phrases.title(random, Tenant::Bank);
    let media = format!("{:032x}", u128::from(random.next()));
    let seconds = envelope.at / 1_000;
    let (key, payload) = match msgtype {
        "image" => (
            "image",
            json!({"md5sum": media, "filesize": 70_961, "sdkfileid": media}),
        ),
        "voice" => (
            "voice",
            json!({"md5sum": media, "voice_size": 3_410, "play_length": 2, "sdkfileid": media}),
        ),
        "video" => (
            "video",
            json!({"md5sum": media, "filesize": 391_920, "play_length": 20, "sdkfileid": media}),
        ),
        "card" => ("card", json!({"corpname": "示例银行", "userid": EMPLOYEES[3]})),
        "location" => (
            "location",
            json!({"longitude": 121.49, "latitude": 31.24, "address": "上海市黄浦区", "title": "网点", "zoom": 15}),
        ),
        "emotion" => (
            "emotion",
            json!({"type": 1, "width": 240, "height": 240, "imagesize": 2_962, "md5sum": media, "sdkfileid": media}),
        ),
        "file" => {
            let name = phrases.file(random, Tenant::Bank, *risky);
            let extension = name.rsplit('.').next().unwrap_or_default();
            (
                "file",
                json!({"md5sum": media, "filename": name, "fileext": extension, "filesize": 30_480, "sdkfileid": media}),
            )
        }
        "link" => {
            let (title, url) = phrases.link(random, Tenant::Bank, *risky);
            (
                "link",
                json!({"title": title, "description": "点击查看", "link_url": url, "image_url": ""}),
            )
        }
        "weapp" => {
            let payload = json!({"title": text, "description": "", "username": "gh_demo", "displayname": "示例银行"});
            ("weapp", payload)
        }
        "chatrecord" => {
            let inner = |content: &str| json!({ "content": content }).to_string();
            let items = json!([
                {"type": "ChatRecordText", "msgtime": seconds - 60, "content": inner("在吗"), "from_chatroom": false},
                {"type": "ChatRecordText", "msgtime": seconds - 30, "content": inner(text), "from_chatroom": false},
            ]);
            ("chatrecord", json!({ "title": "聊天记录", "item": items }))
        }
        "todo" => ("todo", json!({"title": title, "content": text})),
        "vote" => (
            "vote",
            json!({"votetitle": title, "voteitem": ["同意", "不同意"], "votetype": 101, "voteid": media}),
        ),
        "collect" => (
            "collect",
            json!({"room_name": "理财部", "creator": envelope.from, "create_time": "2026-10-12 09:00:00", "title": title,
                   "details": [{"id": 1, "ques": "姓名", "type": "Text"}]}),
        ),
        "redpacket" | "external_redpacket" => (
            "redpacket",
            json!({"type": 1, "wish": phrases.wish(random), "totalcnt": 1, "totalamount": 3_000}),
        ),
        "meeting" => (
            "meeting",
            json!({"topic": title, "starttime": seconds, "endtime": seconds + 1_800, "address": "", "remarks": "",
                   "meetingtype": 101, "meetingid": 11_101_571_002_822_706_744_u64, "status": 1}),
        ),
        "docmsg" => (
            "doc",
            json!({"title": title, "doc_creator": envelope.from, "link_url": "https://doc.example/abc"}),
        ),
        "markdown" => ("info", json!({ "content": format!("**通知** {text}") })),
        "news" => {
            let article = json!({"title": text, "description": "", "url": "https://bank.example/a", "picurl": ""});
            ("info", json!({ "item": [article] }))
        }
        "calendar" => (
            "calendar",
            json!({"title": title, "creatorname": envelope.from, "attendeename": ["li.na"], "starttime": seconds,
                   "endtime": seconds + 600, "place": "", "remarks": ""}),
        ),
        "mixed" => {
            let part = json!({ "content": text }).to_string();
            let picture = json!({ "md5sum": media, "filesize": 1 }).to_string();
            (
                "mixed",
                json!({"item": [{"type": "text", "content": part}, {"type": "image", "content": picture}]}),
            )
        }
        "meeting_voice_call" => (
            "meeting_voice_call",
            json!({"endtime": seconds, "sdkfileid": media, "demofiledata": [{"filename": "季度汇报.pptx",
                   "demooperator": envelope.from, "starttime": seconds - 50, "endtime": seconds}], "sharescreendata": []}),
        ),
        "voip_doc_share" => (
            "voip_doc_share",
            json!({"filename": "合同样本.docx", "md5sum": media, "filesize": 1_024, "sdkfileid": media}),
        ),
        "sphfeed" => (
            "sphfeed",
            json!({"feed_type": 4, "sph_name": "示例银行", "feed_desc": text}),
        ),
        "voiptext" => ("info", json!({"callduration": 9, "invitetype": 2})),
        "qydiskfile" => ("info", json!({"filename": "客户回访模板.xlsx"})),
        _ => (
            "hologram",
            json!({"content": text, "shape": "a type that nobody knows yet"}),
        ),
    };
    envelope.of(msgtype, key, payload)
}
