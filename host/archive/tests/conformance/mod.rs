//! What every store of an archive must do. The suite is a list of functions that are given a fresh archive; a second store is
//! held to it by one more `store_conforms!` with a factory of its own. What only SQLite has (its file, its log, its schema)
//! is tried in the files beside this folder.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod alerts;
mod batches;
pub(crate) mod facts;
mod generations;
mod lists;
mod reading;
mod rejudging;
mod reviews;
mod trust;

use proviso_archive::Archive;
use tempfile::TempDir;

/// A fresh archive in SQLite with one generation in force, and the folder that goes with it.
async fn fresh_sqlite() -> (TempDir, Archive) {
    let folder = tempfile::tempdir().unwrap();
    let archive = crate::support::fresh(&folder).await;
    (folder, archive)
}

macro_rules! store_conforms {
    ($store:ident, $fresh:ident: $($group:ident::$behaviour:ident,)+) => {
        mod $store {
            $(
                #[tokio::test]
                async fn $behaviour() {
                    let (_folder, archive) = super::$fresh().await;
                    super::$group::$behaviour(archive).await;
                }
            )+
        }
    };
}

store_conforms! {
    sqlite, fresh_sqlite:
    reviews::a_decision_closes_an_alert_and_is_taken_back,
    alerts::a_mended_message_has_the_alerts_of_its_new_verdict,
    reviews::an_item_has_all_that_a_reviewer_needs,
    lists::an_overview_counts_the_last_days,
    alerts::another_verdict_opens_withdraws_and_marks,
    reviews::each_refusal_changes_nothing,
    lists::lists_are_filtered_sorted_and_turned_page_by_page,
    reviews::many_are_reviewed_at_once_or_none,
    lists::views_and_their_counts_are_of_one_moment,
    alerts::what_is_severe_enough_becomes_an_alert_once,
    lists::what_may_not_be_seen_is_not_there,
    batches::a_conflict_is_recorded_beside_what_is_kept,
    batches::a_held_message_waits_until_somebody_releases_it,
    batches::a_message_is_new_once,
    batches::all_that_a_contact_said_is_known_and_the_last_word_counted,
    batches::a_statement_from_the_future_counts_when_it_came,
    batches::everything_is_counted,
    batches::folds_go_on_from_batch_to_batch,
    batches::sources_are_counted_without_messages,
    batches::the_state_before_each_of_many_messages_is_found_again,
    batches::writers_wait_for_each_other,
    facts::a_directory_has_versions_that_never_change,
    facts::a_directory_that_contradicts_itself_is_refused,
    facts::consent_is_a_ledger_to_which_lines_are_added,
    facts::what_may_be_kept_of_a_message_is_all_that_is_kept,
    facts::ends_are_a_ledger_and_change_decisions_in_one_change,
    facts::each_verdict_names_the_version_that_it_was_given_by,
    generations::a_generation_its_trust_file_and_the_history_are_one_change,
    generations::the_history_tells_what_is_in_force_and_what_failed,
    reading::a_judged_message_comes_with_all_that_a_replay_needs,
    reading::all_that_was_said_is_shown,
    reading::conversations_give_their_last_messages_by_arrival,
    reading::messages_are_found_listed_and_sampled,
    rejudging::a_message_meets_again_the_states_and_messages_that_it_met,
    rejudging::a_message_that_is_held_again_waits_on,
    rejudging::a_quarantine_lasts_until_a_retry_or_another_activation,
    trust::a_trust_file_is_recorded_when_it_changes,
    trust::packs_that_were_live_are_known_by_their_first_time_and_last_entry,
}
