//! The same messages for people and for other programs: a page to be read, a table, mail, and Relativity's short messages. The manifest
//! vouches for them as for every member.

mod csv;
mod eml;
mod html;
mod mime;
mod rsmf;
mod zip;

use crate::about::About;
use crate::evidence::Evidence;
use crate::form::CountsV1;
use csv::Csv;
use eml::Eml;
use html::Html;
use rsmf::Rsmf;

/// Which of them are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each form is written or not, whatever the others are"
)]
pub struct Views {
    /// Pages that open offline, without a script.
    pub html: bool,
    /// A table (RFC 4180).
    pub csv: bool,
    /// A mail for each message (RFC 5322), in zips.
    pub eml: bool,
    /// Relativity Short Message Format 1.0.0.
    pub rsmf: bool,
}

impl Views {
    /// All of them.
    pub const ALL: Self = Self {
        html: true,
        csv: true,
        eml: true,
        rsmf: true,
    };
    /// None of them.
    pub const NONE: Self = Self {
        html: false,
        csv: false,
        eml: false,
        rsmf: false,
    };
}

/// A member that is full.
pub(crate) type Full = (String, Vec<u8>);

/// What is written beside the lines.
pub(crate) struct Written {
    html: Option<Html>,
    csv: Option<Csv>,
    eml: Option<Eml>,
    rsmf: Option<Rsmf>,
}

impl Written {
    pub(crate) fn new(views: Views, about: &About) -> Self {
        Self {
            html: views.html.then(|| Html::new(about)),
            csv: views.csv.then(|| Csv::new(about)),
            eml: views.eml.then(|| Eml::new(about)),
            rsmf: views.rsmf.then(|| Rsmf::new(about)),
        }
    }

    /// Adds a message; the members that are full by it. `begins`: it is the first of its conversation.
    pub(crate) fn message(&mut self, evidence: &Evidence, begins: bool) -> Vec<Full> {
        let mut full = Vec::new();
        full.extend(self.html.as_mut().and_then(|html| html.message(evidence, begins)));
        full.extend(self.csv.as_mut().and_then(|csv| csv.message(evidence)));
        full.extend(self.eml.as_mut().and_then(|eml| eml.message(evidence)));
        full.extend(self.rsmf.as_mut().and_then(|rsmf| rsmf.message(evidence, begins)));
        full
    }

    pub(crate) fn finish(&mut self, counts: &CountsV1) -> Vec<Full> {
        let mut full = Vec::new();
        full.extend(self.html.take().map(|html| html.finish(counts)).unwrap_or_default());
        full.extend(self.csv.as_mut().and_then(Csv::finish));
        full.extend(self.eml.as_mut().and_then(Eml::finish));
        full.extend(self.rsmf.as_mut().and_then(Rsmf::finish));
        full
    }
}
