//! The page that explains every code.

const PAGE: &str = include_str!("../../../../docs/lint.md");

/// The text below the heading of a code, with it. Every code has one.
pub fn section(id: &str) -> Option<&'static str> {
    let start = PAGE.find(&format!("\n### {id} "))? + 1;
    let rest = &PAGE[start..];
    let end = ["\n### ", "\n## "].iter().filter_map(|head| rest.find(head)).min();
    Some(&rest[..end.unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::super::codes;
    use super::*;

    #[test]
    fn every_code_has_its_section_and_every_section_its_code() {
        for code in codes::ALL {
            let section = section(code.id).unwrap_or_else(|| panic!("docs/lint.md has no section {}", code.id));
            let heading = format!("### {} {} ({})", code.id, code.title, code.grade);
            assert!(section.starts_with(&heading), "expected {heading:?}, found {section:?}");
            assert!(section.len() > heading.len() + 80, "{} is not explained", code.id);
        }
        let headings = PAGE.lines().filter_map(|line| line.strip_prefix("### "));
        for heading in headings {
            let id = heading.split(' ').next().unwrap_or_default();
            assert!(codes::ALL.iter().any(|code| code.id == id), "{id} is no code");
        }
    }
}
