//! The messages that are judged.

use proviso_engine::Input;
use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;

/// Messages, admitted and ready to be judged; at least one.
pub struct Material {
    pub(super) inputs: Vec<Input>,
    pub(super) from: String,
    digest: Digest,
}

impl Material {
    /// `from` says where they are from, for people. `None` if there is no message: then there is nothing to measure.
    pub fn new(inputs: Vec<Input>, from: impl Into<String>) -> Option<Self> {
        if inputs.is_empty() {
            return None;
        }
        let mut digest = DigestBuilder::new("proviso bench 1");
        for input in &inputs {
            digest.part(input.message.digest().as_bytes());
        }
        Some(Self {
            inputs,
            from: from.into(),
            digest: digest.finish(),
        })
    }

    /// Of the contents in order: two measurements with the same digest judged the same messages.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }
}
