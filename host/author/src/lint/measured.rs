//! What the cases show when they are run: fields that no policy is seen to read, budgets and orders that no case needs.

use super::codes::{LARGE_BUDGET, ORDER_WITHOUT_CASE, UNREAD_FIELD};
use super::conditions::ordered;
use super::rules::LEXICON_RULES;
use super::{Code, LintError, Places, Remark};
use proviso_engine::{CaseReport, Engine, FoldStates, Generation, Input};
use proviso_model::Problems;
use proviso_model::limits::{self, FUEL_PER_KIB_DEFAULT};
use proviso_pack::manifest::{Field, Policy};
use proviso_pack::{Pack, TrustedPack};
use proviso_pipeline::judge_with;
use proviso_pipeline::loading::build::{self, Tell};
use std::fmt::Write as _;
use std::sync::Arc;

/// A raised budget is large if it is so many times what any case uses: four times what a full batch of such messages takes,
/// since a batch has the budget of its smallest message.
const BUDGET_TIMES_USE: u64 = 4 * limits::BATCH_MESSAGES_MAX as u64;

pub(super) fn check(pack: &Arc<TrustedPack>, tell: Tell<'_>) -> Result<Vec<Remark>, LintError> {
    if pack.cases().is_empty() {
        return Ok(Vec::new());
    }
    let engine = build::engine(None)?;
    let generation = build::of_packs(&engine, &[Arc::clone(pack)], tell)?;
    let mut remarks = budgets(pack, &generation);
    remarks.extend(orders(pack, &generation));
    remarks.extend(fields(&engine, pack, &generation, tell)?);
    Ok(remarks)
}

/// Budgets above the default that no case comes near.
fn budgets(pack: &Pack, generation: &Generation) -> Vec<Remark> {
    let raised = |policy: &&Policy| policy.fuel_per_kib > FUEL_PER_KIB_DEFAULT;
    if !pack.manifest().policies.iter().any(|policy| raised(&policy)) {
        return Vec::new();
    }
    let metered = generation.metered();
    let names: Vec<String> = metered.policies().map(|id| id.policy.to_string()).collect();
    let mut most = vec![0_u64; names.len()];
    for case in pack.cases() {
        let mut states = FoldStates::new();
        for input in &Input::of_case(case) {
            let one = std::slice::from_ref(input);
            judge_with(metered.generation(), one, &mut states);
            for (most, cost) in most.iter_mut().zip(metered.take()) {
                *most = (*most).max(cost.fuel);
            }
        }
    }
    let mut remarks = Vec::new();
    for policy in pack.manifest().policies.iter().filter(raised) {
        let used = names
            .iter()
            .position(|name| *name == policy.name)
            .map_or(0, |at| most[at]);
        if used > 0 && policy.fuel_per_kib / BUDGET_TIMES_USE > used {
            let message = format!(
                "{} may use {} fuel for each KiB, and its dearest case used {used}: at {BUDGET_TIMES_USE} times that it would still \
                 be far below; the default is {FUEL_PER_KIB_DEFAULT}",
                policy.name, policy.fuel_per_kib
            );
            remarks.push(at_key(pack, policy, "budget", LARGE_BUDGET, message));
        }
    }
    remarks
}

/// Conditions that ask for an order, and no case has another verdict without it. What cannot be tried is not told: the coverage of
/// `pack test` says why.
fn orders(pack: &Pack, generation: &Generation) -> Vec<Remark> {
    let policies = || {
        let all = pack.manifest().policies.iter().enumerate();
        all.filter(|(_, policy)| policy.plugin == LEXICON_RULES)
    };
    let is_order = |policy: &str, pointer: &str| {
        pointer.ends_with("/ordered")
            && policies()
                .any(|(_, of)| of.name == policy && ordered(&of.settings).iter().any(|order| order.pointer == pointer))
    };
    let branches = generation.branches_of(&is_order, 1, &|_, _| {}).unwrap_or_default();
    let places = Places::of(pack);
    let mut remarks = Vec::new();
    for (index, policy) in policies() {
        for order in ordered(&policy.settings) {
            let mut of_policy = branches.iter().filter(|branch| branch.policy == policy.name);
            if of_policy.any(|branch| branch.pointer == order.pointer && !branch.reached) {
                let message = format!(
                    "{:?} of {} asks for its parts in one order, and every case is the same without: leave `ordered` out if people also \
                     say it the other way round, or write the case that needs it",
                    order.rule, policy.name
                );
                remarks.push(places.at(ORDER_WITHOUT_CASE, index, &order.pointer, message));
            }
        }
    }
    remarks
}

/// Fields whose absence changes nothing in what a policy says of any case, and a policy that says something of one.
fn fields(
    engine: &Engine,
    pack: &Arc<TrustedPack>,
    generation: &Generation,
    tell: Tell<'_>,
) -> Result<Vec<Remark>, Problems> {
    let with = generation.self_test();
    let mut remarks = Vec::new();
    for field in Field::ALL {
        let asking: Vec<&Policy> = pack
            .manifest()
            .policies
            .iter()
            .filter(|policy| policy.asks_for(field))
            .collect();
        if asking.is_empty() {
            continue;
        }
        let without = build::of_packs(engine, &[Arc::new(pack.without_field(field))], tell)?.self_test();
        for policy in asking {
            let says = |reports: &[CaseReport]| -> Vec<String> {
                reports.iter().map(|report| said(report, &policy.name)).collect()
            };
            let before = says(&with);
            if before.iter().any(|said| !said.is_empty()) && before == says(&without) {
                let message = format!(
                    "{} asks for `{}`, and says the same of all {} cases without it: leave it out, or write a case that needs it",
                    policy.name,
                    field.name(),
                    with.len()
                );
                remarks.push(at_key(pack, policy, "fields", UNREAD_FIELD, message));
            }
        }
    }
    Ok(remarks)
}

/// All that a policy said of a case's last message.
fn said(report: &CaseReport, policy: &str) -> String {
    let mut text = String::new();
    let Some(verdict) = &report.verdict else { return text };
    let is = |named: &str| named == policy;
    for finding in verdict.findings.iter().filter(|finding| is(&finding.policy)) {
        let _ = write!(text, "{finding:?}");
    }
    for proposal in verdict.proposals.iter().filter(|proposal| is(&proposal.policy)) {
        let _ = write!(text, "{proposal:?}");
    }
    for score in verdict.scores.iter().filter(|score| is(&score.policy)) {
        let _ = write!(text, "{score:?}");
    }
    for fault in verdict.faults.iter().filter(|fault| is(&fault.policy)) {
        let _ = write!(text, "{fault:?}");
    }
    text
}

/// A remark at a key of a policy's table, or at the table where it does not have the key.
fn at_key(pack: &Pack, policy: &Policy, key: &str, code: Code, message: String) -> Remark {
    let manifest = pack.files().find(|(part, _)| *part == "pack.toml");
    let text = manifest
        .and_then(|(_, bytes)| std::str::from_utf8(bytes).ok())
        .unwrap_or_default();
    let table = text.lines().enumerate().skip(policy.line.saturating_sub(1));
    let line = table
        .take_while(|(index, line)| index + 1 == policy.line || !line.trim_start().starts_with("[["))
        .find(|(_, line)| {
            line.trim_start()
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        })
        .map_or(policy.line, |(index, _)| index + 1);
    Remark::on_line(code, "pack.toml", line, message)
}
