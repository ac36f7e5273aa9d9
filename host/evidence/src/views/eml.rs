//! A mail for each message, in zips of some thousands: `eml/0001.zip`.

use super::Full;
use super::mime;
use super::zip::{ZIP_BYTES_MAX, Zip};
use crate::about::About;
use crate::evidence::{Evidence, Role};
use crate::parts::part_path;
use proviso_model::time::Zone;
use std::fmt::Write as _;

/// Mails of one zip.
const FILES_MAX: u16 = 5_000;
/// Recipients that a mail names.
const RECIPIENTS_MAX: usize = 1_000;

pub(super) struct Eml {
    zone: Zone,
    log: String,
    zip: Zip,
    written: u32,
}

impl Eml {
    pub(super) fn new(about: &About) -> Self {
        Self {
            zone: about.zone.clone(),
            log: about.log.clone(),
            zip: Zip::default(),
            written: 0,
        }
    }

    pub(super) fn message(&mut self, evidence: &Evidence) -> Option<Full> {
        let mail = self.mail(evidence);
        self.zip.file(&format!("{:09}.eml", evidence.number), mail.as_bytes());
        if self.zip.files() == FILES_MAX || self.zip.bytes() >= ZIP_BYTES_MAX / 4 {
            return self.finish();
        }
        None
    }

    pub(super) fn finish(&mut self) -> Option<Full> {
        if self.zip.files() == 0 {
            return None;
        }
        self.written += 1;
        let zip = std::mem::take(&mut self.zip);
        Some((part_path("eml", self.written, "zip"), zip.finish()))
    }

    fn mail(&self, evidence: &Evidence) -> String {
        let message = &evidence.message;
        let channel = &message.id.channel;
        let mut mail = String::with_capacity(1024 + message.text.len() * 3 / 2);
        let _ = write!(mail, "Date: {}\r\n", mime::date(message.sent_at, &self.zone));
        let _ = write!(mail, "From: {}\r\n", mime::mailbox(&message.sender.id, channel));
        let recipients = message.recipients.iter().take(RECIPIENTS_MAX);
        let recipients: Vec<String> = recipients.map(|party| mime::mailbox(&party.id, channel)).collect();
        if recipients.is_empty() {
            mail.push_str("To: undisclosed-recipients:;\r\n");
        } else {
            let _ = write!(mail, "To: {}\r\n", recipients.join(",\r\n "));
        }
        let first = message.text.lines().next().unwrap_or_default();
        let subject = &first[..first.floor_char_boundary(100)];
        mime::header("Subject", subject, &mut mail);
        let log: String = self.log.chars().filter(char::is_ascii_alphanumeric).collect();
        let _ = write!(mail, "Message-ID: <{}@{log}.invalid>\r\n", evidence.number);
        mime::header("X-Proviso-Id", &message.id.to_string(), &mut mail);
        mime::header("X-Proviso-Conversation", &message.conversation, &mut mail);
        mime::header("X-Proviso-Kind", message.kind.name(), &mut mail);
        let role = match evidence.role {
            Role::Match => "match",
            Role::Context => "context",
        };
        mime::header("X-Proviso-Role", role, &mut mail);
        for finding in &evidence.verdict.findings {
            let said = format!(
                "{} {}:{}:{}",
                finding.severity, finding.pack, finding.policy, finding.rule
            );
            mime::header("X-Proviso-Finding", &said, &mut mail);
        }
        mail.push_str(
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        );
        let mut text = message.text.clone();
        for attachment in &message.attachments {
            let _ = write!(
                text,
                "\n[附件 attachment: {}, {} bytes, {}]",
                attachment.name, attachment.size_bytes, attachment.reference
            );
        }
        for link in &message.links {
            let _ = write!(text, "\n[链接 link: {link}]");
        }
        mime::body(text.as_bytes(), &mut mail);
        mail
    }
}
