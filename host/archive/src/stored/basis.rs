//! A lawful basis as it applied, as JSON.

use proviso_model::basis::Applied;

pub(crate) fn write(applied: &Applied) -> String {
    serde_json::to_string(applied).expect("names and texts have no map keys")
}

pub(crate) fn read(json: &str) -> Result<Applied, serde_json::Error> {
    serde_json::from_str(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written first. The file never changes.
    const GOLDEN: &str = include_str!("golden/basis-v1.json");

    #[test]
    fn a_basis_of_before_is_read_by_every_later_program() {
        let applied = read(GOLDEN.trim()).unwrap();
        assert_eq!(write(&applied), GOLDEN.trim());
        assert_eq!(applied.grounds.len(), 2);
    }
}
