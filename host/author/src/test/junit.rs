//! The report that CI systems read: JUnit's XML, as its Ant task writes it. One suite a pack, one test a case.

use super::Tested;
use proviso_model::foreign::is_unseen;
use std::fmt::Write as _;

/// The report of packs that were tested.
pub fn junit(all: &[Tested]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for tested in all {
        let failures = tested.reports.iter().filter(|report| !report.passed()).count();
        let _ = writeln!(
            xml,
            "  <testsuite name={} tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{:.3}\">",
            quoted(tested.name()),
            tested.reports.len(),
            tested.took.as_secs_f64()
        );
        for report in &tested.reports {
            let path = tested.pack.path_of(&report.file).display().to_string();
            let _ = write!(
                xml,
                "    <testcase classname={} name={} file={} line=\"{}\"",
                quoted(&format!("{}/{}", report.pack, report.file)),
                quoted(&report.case),
                quoted(&path),
                report.line
            );
            if report.passed() {
                xml.push_str("/>\n");
                continue;
            }
            let first = report.mismatches.first().map_or("", String::as_str);
            let _ = write!(xml, ">\n      <failure message={}>", quoted(first));
            for mismatch in &report.mismatches {
                let _ = writeln!(xml, "{}", escaped(&format!("{path}:{}: {mismatch}", report.line)));
            }
            xml.push_str("</failure>\n    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Characters that XML 1.0 has no way to write become U+FFFD; those that a reader does not see are written as `\u{202e}`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if is_unseen(c) => {
                let _ = write!(escaped, "{}", c.escape_unicode());
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            escaped("保<a b=\"c\">&\u{1}\n\u{202e}"),
            "保&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}&#10;\\u{202e}"
        );
    }
}
