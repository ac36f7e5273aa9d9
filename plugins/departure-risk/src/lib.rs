//! x
use proviso_sdk::*;
#[derive(serde::Deserialize)]
struct S {}
struct P;
impl Configure for P { type Settings = S; fn configure(_: S, _: &Lists) -> Result<Self, Problems> { Ok(P) } }
impl Rules for P { fn evaluate(&self, m: &Message) -> Result<Vec<Finding>, Failed> { Ok(vec![Finding::new("a", Severity::Low).reason_en(m.text.clone())]) } }
impl Fold for P { type State = u8; const STATE_VERSION: u8 = 1; fn advance(&self, _: &mut u8, _: &Message) -> Result<Step, Failed> { Ok(Step::default()) } }
proviso_sdk::export!(P: rules, fold);
