//! Plugins that do what they may not: the message at fault is held, its neighbours are judged, and the engine goes on.

use crate::support::*;
use proviso_engine::{Generation, Outcome};
use proviso_model::verdict::{FaultCause, Severity};
use proviso_rows::each_row;

/// What each first byte of a message makes the plugin do, and what becomes of the message.
const ACTS: [(&str, FaultCause); 21] = [
    ("Loops for ever", FaultCause::Fuel),
    ("Traps", FaultCause::Trap),
    ("Grows its memory", FaultCause::Memory),
    ("Recurses", FaultCause::Stack),
    ("Fills memory", FaultCause::Fuel),
    ("Outside its memory", FaultCause::Trap),
    ("Writes the log for ever", FaultCause::Fuel),
    ("Index out of range", FaultCause::BadAnswer),
    ("Span behind the end", FaultCause::BadAnswer),
    ("C保 a span that cuts a character", FaultCause::BadAnswer),
    ("B a span that ends before it begins", FaultCause::BadAnswer),
    ("Name that is none", FaultCause::BadAnswer),
    ("UTF-8 that is none", FaultCause::BadAnswer),
    ("E a severity that does not exist", FaultCause::BadAnswer),
    ("Q no reason", FaultCause::BadAnswer),
    ("K a reason of two lines", FaultCause::BadAnswer),
    ("J seventeen spans", FaultCause::BadAnswer),
    ("Y 65 findings", FaultCause::BadAnswer),
    ("Huge list", FaultCause::BadAnswer),
    ("X cannot judge this message", FaultCause::Refused),
    ("Z is at fault itself", FaultCause::Refused),
];

/// Little fuel, so that what loops ends soon.
fn generation() -> Generation {
    rules_generation_with(&engine(), "budget = { fuel_per_kib = 1_000_000 }")
}

fn assert_judged(outcome: &Outcome) {
    assert_eq!(
        (fault(outcome), outcome.verdict.held, rules(outcome)),
        (None, false, vec!["seen"])
    );
}

#[test]
fn the_message_at_fault_is_held_and_its_neighbours_are_judged() {
    let generation = generation();
    for (text, cause) in ACTS
        .into_iter()
        .chain([("D answers from outside its memory", FaultCause::BadAnswer)])
    {
        let outcomes = judge(&generation, &["first", text, "last"]);
        assert_judged(&outcomes[0]);
        assert_judged(&outcomes[2]);
        let verdict = &outcomes[1].verdict;
        assert_eq!(
            (fault(&outcomes[1]), verdict.held, rules(&outcomes[1])),
            (Some(cause), true, vec![]),
            "{text}"
        );
        let detail = &verdict.faults[0].detail;
        assert!(
            !detail.is_empty() && detail.len() <= 512 && !detail.contains(text),
            "{detail}"
        );
    }
    // And the engine goes on.
    assert_judged(&judge(&generation, &["after all that"])[0]);
}

#[test]
fn all_of_them_in_one_batch_change_nothing_for_each_other() {
    let generation = generation();
    let mut texts = Vec::new();
    for (number, (text, _)) in ACTS.iter().enumerate() {
        texts.extend(vec!["between".to_owned(); number % 7]);
        texts.push((*text).to_owned());
    }
    let together = judge(&generation, &texts);
    for (number, (text, outcome)) in texts.iter().zip(&together).enumerate() {
        let mut alone = inputs(&texts[..=number]).split_off(number);
        alone[0].withheld = None;
        let alone = judge_inputs(&generation, &alone);
        assert_eq!(
            alone[0].verdict.to_canonical_json(),
            outcome.verdict.to_canonical_json(),
            "{text}"
        );
    }
}

#[test]
fn fuel_is_the_same_every_time() {
    let generation = generation();
    for (text, _) in ACTS
        .into_iter()
        .chain([("judged", FaultCause::Trap), ("w a line of the log", FaultCause::Trap)])
    {
        let first = judge(&generation, &[text]).remove(0);
        assert!(first.fuel > 0, "{text}");
        for _ in 0..20 {
            assert_eq!(judge(&generation, &[text])[0], first, "{text}");
        }
    }
    // And for a generation that was built anew.
    let again = rules_generation_with(&engine(), "budget = { fuel_per_kib = 1_000_000 }");
    for (text, _) in ACTS {
        assert_eq!(
            judge(&generation, &[text])[0].fuel,
            judge(&again, &[text])[0].fuel,
            "{text}"
        );
    }
}

#[test]
fn a_budget_is_the_messages_own() {
    // A long message has the fuel of its length: filling 64 KiB a time, it gets further, and still ends.
    let generation = generation();
    let long = format!("Loops{}", " ".repeat(4096));
    let outcomes = judge(&generation, &["Loops", &long]);
    assert_eq!(
        (fault(&outcomes[0]), fault(&outcomes[1])),
        (Some(FaultCause::Fuel), Some(FaultCause::Fuel))
    );
    let one_kib = judge(&generation, &["Loops"])[0].fuel;
    let five_kib = judge(&generation, &[&long])[0].fuel;
    assert_eq!(one_kib, 1_000_000);
    assert_eq!(five_kib, 5_000_000);
}

#[test]
fn nobody_lends_fuel_to_a_neighbour() {
    // 1.5 million are too much for one KiB and little for five, whoever stands beside it in the batch.
    let generation = generation();
    let rich = format!("x{}", " ".repeat(4096));
    let enough = format!("#{}", " ".repeat(4096));
    for texts in [["#", &rich, &enough], ["#", "x", &enough], [&enough, &rich, "#"]] {
        for (text, outcome) in texts.iter().zip(judge(&generation, &texts)) {
            let expected = (*text == "#").then_some(FaultCause::Fuel);
            assert_eq!((fault(&outcome), outcome.verdict.held), (expected, expected.is_some()));
        }
    }
}

#[test]
fn nothing_is_remembered_from_call_to_call() {
    let generation = generation();
    // A guest that peeks finds nothing, whatever was judged in the same place before, whether that ended well or not.
    for round in 0..2_000 {
        let before = ["seen", "Grows its memory", "Traps"][round % 3];
        let _ = judge(&generation, &[before]);
        let outcome = &judge(&generation, &["Peeks"])[0];
        assert_eq!(rules(outcome), ["seen"], "round {round}");
    }
    // The peek does see what is there: what `configure` left in the same place is in every instance.
    let marked = rules_component("(i32.store (i32.const 128) (i32.const 1))");
    let pack = pack(&format!("{HEAD}{RULES_POLICY}"), &marked, &[]);
    let marked = build(&engine(), &proviso_engine::ResolvedSet::of_pack(pack)).unwrap();
    assert_eq!(rules(&judge(&marked, &["Peeks"])[0]), ["leak"]);
}

#[test]
fn threads_do_not_meet() {
    let generation = generation();
    let expected = judge(&generation, &["Peeks", "Traps", "seen"]);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let outcomes = judge(&generation, &["Peeks", "Traps", "seen"]);
                    assert!(
                        outcomes
                            .iter()
                            .zip(&expected)
                            .all(|(one, other)| one.verdict == other.verdict)
                    );
                }
            });
        }
    });
}

#[test]
fn a_plugin_that_fails_in_company_alone_is_judged_alone() {
    let generation = generation();
    for outcome in judge(&generation, &["Many"; 9]) {
        assert_judged(&outcome);
    }
}

#[test]
fn a_deadline_ends_what_fuel_does_not() {
    // As much fuel as there can be, spent on instructions that take long: the neighbour waits, and is judged.
    let generation = rules_generation_with(&engine(), "budget = { fuel_per_kib = 500_000_000 }");
    let slow = format!("A{}", " ".repeat(8 << 10));
    let outcomes = judge(&generation, &["quick", &slow]);
    assert_judged(&outcomes[0]);
    assert_eq!(
        (fault(&outcomes[1]), outcomes[1].verdict.held),
        (Some(FaultCause::Deadline), true)
    );
}

#[test]
fn a_fault_only_flags_where_the_set_says_so() {
    use proviso_model::set::{Mode, OnFault};
    let engine = engine();
    let pack = pack(&format!("{HEAD}{RULES_POLICY}"), &rules_component(""), &[]);
    let table = [
        (Mode::Enforce, OnFault::Hold, true, false),
        (Mode::Enforce, OnFault::Flag, false, false),
        (Mode::Shadow, OnFault::Hold, false, true),
    ];
    each_row(table, |(mode, on_fault, held, shadow)| {
        let mut set = proviso_engine::ResolvedSet::of_pack(pack.clone());
        set.set.apply[0].mode = mode;
        set.set.apply[0].on_fault = on_fault;
        let outcomes = judge(&build(&engine, &set).unwrap(), &["Traps", "V"]);
        assert_eq!(
            (outcomes[0].verdict.held, fault(&outcomes[0])),
            (held, Some(FaultCause::Trap))
        );
        let finding = &outcomes[1].verdict.findings[0];
        assert_eq!((finding.shadow, finding.severity), (shadow, Severity::Low));
    });
}
