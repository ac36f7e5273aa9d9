//! Entities of a text by what they say, in one form whatever way they were written.

use proviso_entities::{Entity, EntityKind, EntityValue, value};
use std::fmt::Write as _;

/// What an entity says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) kind: EntityKind,
    /// In one form, without the currency of a sum.
    pub(crate) value: String,
    /// ISO 4217, of a sum that names one.
    pub(crate) currency: Option<&'static str>,
}

impl Said {
    /// What an entity says that was found in this very text.
    pub(crate) fn of(text: &str, entity: &Entity) -> Self {
        let (mut said, mut currency) = (String::new(), None);
        match value(text, entity) {
            EntityValue::Code(text) | EntityValue::Phone(text) | EntityValue::Host(text) => said = text,
            EntityValue::Amount {
                minor_low,
                minor_high,
                currency: named,
            } => {
                currency = named;
                range(&mut said, minor_low, minor_high);
            }
            EntityValue::Percent {
                basis_points_low,
                basis_points_high,
            } => range(&mut said, basis_points_low, basis_points_high),
            EntityValue::Date { year, month, day } => {
                for part in [year, Some(month), day] {
                    let _ = match part {
                        Some(part) => write!(said, "-{part:02}"),
                        None => write!(said, "-"),
                    };
                }
            }
            EntityValue::Contact { service, id } => {
                let _ = write!(said, "{service}:{}", id.to_lowercase());
            }
        }
        Self {
            kind: entity.kind,
            value: said,
            currency,
        }
    }

    /// What a text says that is one entity from its first to its last byte.
    pub(crate) fn of_whole(text: &str) -> Option<Self> {
        let mut found = Vec::new();
        proviso_entities::find(text, &mut found);
        match found[..] {
            [entity] if entity.start == 0 && entity.end as usize == text.len() => Some(Self::of(text, &entity)),
            _ => None,
        }
    }

    /// What somebody means who looks for an entity of that kind with that value.
    pub(crate) fn sought(kind: EntityKind, text: &str) -> Self {
        if let Some(said) = Self::of_whole(text).filter(|said| said.kind == kind) {
            return said;
        }
        let value = match kind {
            EntityKind::CnMobile | EntityKind::CnLandline | EntityKind::Phone => {
                text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
            }
            EntityKind::Email | EntityKind::IpAddress | EntityKind::Url | EntityKind::Messenger => text.to_lowercase(),
            EntityKind::CryptoAddress => text.to_owned(),
            _ => text
                .chars()
                .filter(|c| c.is_alphanumeric())
                .map(|c| c.to_ascii_uppercase())
                .collect(),
        };
        Self {
            kind,
            value,
            currency: None,
        }
    }

    /// True if this, of a text, is what is sought. A sum in no named currency is sought in all.
    pub(crate) fn is_sought(&self, sought: &Self) -> bool {
        self.kind == sought.kind
            && self.value == sought.value
            && (sought.currency.is_none() || sought.currency == self.currency)
    }
}

fn range(said: &mut String, low: u64, high: u64) {
    let _ = write!(said, "{low}");
    if high != low {
        let _ = write!(said, "-{high}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn the_same_is_said_in_many_ways() {
        each_row(
            [
                ("13800138000", "138-0013-8000", EntityKind::CnMobile),
                ("13800138000", "+86 138 0013 8000", EntityKind::CnMobile),
                ("1000万元", "1,000万元", EntityKind::Amount),
                ("2026-01-31", "2026年1月31日", EntityKind::Date),
                ("8.5%", "百分之八点五", EntityKind::Percent),
                ("A@Example.org", "a@example.org", EntityKind::Email),
            ],
            |(one, other, kind)| {
                let (one, other) = (Said::of_whole(one).unwrap(), Said::of_whole(other).unwrap());
                assert_eq!((one.kind, other.kind), (kind, kind));
                assert!(one.is_sought(&other) && other.is_sought(&one), "{one:?} {other:?}");
            },
        );
        assert_eq!(Said::of_whole("call 13800138000"), None);
    }

    #[test]
    fn a_value_that_no_text_would_show_alone_is_sought_in_its_plain_form() {
        let sought = |kind, text| Said::sought(kind, text).value;
        assert_eq!(sought(EntityKind::OrderNumber, "ab-12 34"), "AB1234");
        assert_eq!(sought(EntityKind::Phone, "+44 (20) 1"), "+44201");
        assert_eq!(sought(EntityKind::Url, "Example.ORG"), "example.org");
    }
}
