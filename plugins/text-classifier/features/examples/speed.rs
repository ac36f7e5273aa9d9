//! What judging takes natively, in nanoseconds for a message of 330 bytes:
//! `cargo run --release -p proviso-text-features --example speed`. The least of many rounds, since a machine has other work.

use proviso_text_features::Model;
use std::hint::black_box;
use std::time::Instant;

const MESSAGE_BYTES: usize = 330;
const MESSAGES: usize = 500;
const ROUNDS: usize = 50;

const ZH: &[&str] = &[
    "您好，您预约的讲座改到周五下午两点，",
    "请把合同第三条的意见在下班之前发给我。",
    "快递放在门口的柜子里了，取件码是八三二一。",
    "这款产品有风险，看完说明书再决定吧！",
    "周末一起去爬山吗？天气预报说是晴天，",
];
const EN: &[&str] = &[
    "the meeting moved to room four, see you at ten. ",
    "Please send me the invoice for the 12 chairs when you have it; ",
    "could you review the draft before lunch? ",
    "your statement for March is ready in the app, ",
    "I finished the slides and will be late today. ",
];

fn main() {
    // Every third slot has a weight, as in a model that is full.
    let weights = (0..1u32 << 16).map(|slot| if slot % 3 == 0 { (slot % 251) as i8 } else { 0 });
    let model = Model::new(16, -5_000, weights.collect(), Vec::new());
    for (name, sentences) in [("zh", ZH), ("en", EN)] {
        let messages: Vec<String> = (0..MESSAGES).map(|number| message(sentences, number)).collect();
        let round = || {
            let began = Instant::now();
            for message in &messages {
                black_box(model.judge(black_box(message), 12));
            }
            began.elapsed().as_nanos() / MESSAGES as u128
        };
        let least = (0..ROUNDS).map(|_| round()).min().unwrap_or_default();
        println!("{name}: {least} ns for a message of {MESSAGE_BYTES} bytes");
    }
}

/// Sentences in an order that the number gives, cut to length.
fn message(sentences: &[&str], number: usize) -> String {
    let mut text = String::new();
    let mut at = number;
    while text.len() < MESSAGE_BYTES {
        text.push_str(sentences[at % sentences.len()]);
        at += 1 + at / 7 % 3;
    }
    let end = (0..=MESSAGE_BYTES).rev().find(|&end| text.is_char_boundary(end));
    text.truncate(end.unwrap_or_default());
    text
}
