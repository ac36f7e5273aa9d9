//! Mends what can be mended without a doubt.

use super::Remark;
use crate::edits::{EditError, difference, rewrite};
use proviso_pack::Pack;
use std::collections::BTreeMap;

/// Makes the changes of the remarks that have any, in the folder that the pack was read from. Returns what was done, line by line,
/// for people.
pub fn mend(pack: &Pack, remarks: &[Remark]) -> Result<Vec<String>, EditError> {
    let mut by_part: BTreeMap<&str, Vec<&Remark>> = BTreeMap::new();
    for remark in remarks.iter().filter(|remark| !remark.edits.is_empty()) {
        by_part.entry(&remark.part).or_default().push(remark);
    }
    let mut told = Vec::new();
    for (part, remarks) in by_part {
        let text = rewrite(pack, part, remarks.iter().flat_map(|remark| &remark.edits).collect())?;
        let path = pack.path_of(part);
        for remark in remarks {
            told.push(format!(
                "mended {}:{}: {} {}",
                path.display(),
                remark.line,
                remark.code.id,
                remark.message
            ));
            told.extend(difference(&text, &remark.edits));
        }
    }
    Ok(told)
}
