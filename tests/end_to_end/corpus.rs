//! The project's own corpus under the demonstration's set: what is said of a message does not depend on the form in which it came.

use super::support::{json_lines, project, run, stderr, stdout};
use serde_json::Value;

#[test]
fn both_forms_of_the_corpus_get_the_same_verdicts() {
    let verdicts = |format: &str| -> Vec<Value> {
        let form = if format == "ndjson" { "canonical" } else { format };
        let file = project().join("tests/corpus").join(form).join("dialogues.ndjson");
        let set = project().join("policies/demo.toml");
        let [set, file] = [&set, &file].map(|path| path.to_str().unwrap());
        let output = run(&[
            "eval",
            "--set",
            set,
            "--format",
            "json",
            "--tenant",
            "bank",
            "--input-format",
            format,
            file,
        ]);
        assert!(output.status.success(), "{}", stderr(&output));
        let mut verdicts = json_lines(&stdout(&output));
        for verdict in &mut verdicts {
            // The identifier is the form's own.
            verdict.as_object_mut().unwrap().remove("message");
        }
        verdicts
    };
    let (canonical, wecom) = (verdicts("ndjson"), verdicts("wecom"));
    assert_eq!(canonical.len(), 140);
    assert_eq!(canonical, wecom);
    let found = |verdict: &&Value| verdict["findings"] != serde_json::json!([]);
    let found = canonical.iter().filter(found).count();
    assert!((5..40).contains(&found), "{found} messages have a finding");
}
