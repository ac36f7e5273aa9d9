//! How many messages one core reads in a second. `cargo bench -p proviso-sources`.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use proviso_sources::{Format, Origin, Reader, SourceContext};
use std::sync::Arc;

fn main() {
    divan::main();
}

const MESSAGES: usize = 10_000;
const TEXT: &str = "您好，这款产品不承诺保本保收益，投资有风险，请您仔细阅读合同后再决定。";

fn wecom() -> String {
    (0..MESSAGES)
        .map(|n| {
            format!(
                r#"{{"msgid":"1354299838102555{n}_1603875658","action":"send","from":"lin.yue","tolist":["wmGAgeDQAAy2Dtr0F8aK4dTuatfm5Rg"],"roomid":"","msgtime":{},"msgtype":"text","text":{{"content":"{TEXT}"}}}}"#,
                1_603_875_657_905_i64 + n as i64
            ) + "\n"
        })
        .collect()
}

fn ndjson() -> String {
    (0..MESSAGES)
        .map(|n| {
            format!(
                r#"{{"id":"m{n}","sent_at":"2026-01-31T09:00:00+08:00","from":{{"id":"lin.yue","class":"employee"}},"to":[{{"id":"wmGAgeDQAAy2","class":"external"}}],"text":"{TEXT}"}}"#
            ) + "\n"
        })
        .collect()
}

#[divan::bench(args = [Format::Wecom, Format::Ndjson])]
fn read(bencher: Bencher, format: Format) {
    let source = match format {
        Format::Wecom => wecom(),
        Format::Ndjson => ndjson(),
    };
    let context = SourceContext::new("bank", format.channel().unwrap_or("chat")).expect("both are fit");
    let origin = Arc::new(Origin::bound("bench", context));
    bencher
        .counter(ItemsCount::new(MESSAGES))
        .counter(BytesCount::new(source.len()))
        .bench_local(|| {
            let mut reader = Reader::new(format, Arc::clone(&origin));
            let mut messages = 0;
            for piece in source.as_bytes().chunks(128 << 10) {
                reader.push(piece);
                while let Some(item) = reader.next_item() {
                    messages += usize::from(black_box(item).result.is_ok());
                }
            }
            assert_eq!(messages, MESSAGES);
        });
}
