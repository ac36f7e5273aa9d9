//! How names and identifiers are compared: in small letters.

/// A name in small letters, character by character: what stands around a character changes nothing of it.
pub(crate) fn small(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().flat_map(char::to_lowercase)
}

/// True if a name is one that is in small letters already. What has no name is not called by any.
pub(crate) fn is(name: &str, sought: &str) -> bool {
    !name.is_empty() && small(name).eq(sought.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter() {
        let sought: String = small("Wei.ΣΑΣ").collect();
        assert!(is("wEI.σας", "wei.σας") && is("WEI.ΣΑΣ", &sought) && !is("", "") && !is("wei", "wei.x"));
    }
}
