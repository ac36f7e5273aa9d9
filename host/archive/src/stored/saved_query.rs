//! What a saved query asks for, as JSON that is sealed.

use serde::{Deserialize, Serialize};

/// A query, and the zone whose days and months it means.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredQuery {
    pub(crate) query: String,
    pub(crate) zone: String,
}

impl StoredQuery {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("the form has string keys")
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_was_written() {
        let golden = include_str!("golden/saved-query-v1.json").trim_end();
        let query = StoredQuery {
            query: "保本 from:wei -is:held".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
        };
        assert_eq!(String::from_utf8(query.to_bytes()).unwrap(), golden);
        assert_eq!(StoredQuery::from_bytes(golden.as_bytes()).unwrap(), query);
        assert!(StoredQuery::from_bytes(br#"{"query":"x","zone":"UTC","later":1}"#).is_err());
    }
}
