//! `proviso archive search`: messages by what they say, who took part, and what became of them.

use crate::cli::{OutputFormat, SearchArgs, SortBy, SortOrder};
use crate::exit::{Ending, Usage};
use crate::looking::{Looking, Writing};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip};
use anyhow::{Context as _, anyhow};
use proviso_archive::SEARCH_LISTED_MAX;
use proviso_daemon::config::Config;
use proviso_daemon::searching::{self, SearchError};
use proviso_daemon::wire::{CountedV1, ExcerptV1, FoundV1, MatchV1, NotOpenedV1, OrderV1, SearchV1, SortV1};
use proviso_search::Query;
use proviso_search::query::QueryError;
use serde::de::DeserializeOwned;
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

/// Columns that an excerpt may take in a table.
const EXCERPT_COLUMNS: usize = 72;

pub(crate) async fn search(args: &SearchArgs, colour: bool) -> anyhow::Result<Ending> {
    // Before anything is opened: what is wrong with a query is told with its place.
    if let Some(query) = &args.query {
        Query::parse(query).map_err(|error| Usage(pointed_at(query, &error)))?;
    }
    let config = Config::read(&args.archive.config)?;
    let looking = Looking::begin(&config, &args.archive.token).await?;
    // The log is told, and so the archive is written.
    let writing = Writing::begin(&config, &args.archive.token, looking).await?;
    let shown = if args.count {
        count(args, &writing).await
    } else {
        pages(args, &writing, colour).await
    };
    writing.close().await;
    shown
}

fn asked(args: &SearchArgs) -> SearchV1 {
    SearchV1 {
        query: args.query.clone(),
        saved: args.saved.clone(),
        reason: args.reason.clone(),
        tenant: args.tenant.clone(),
        before: args.before,
        sort: args.sort.map(|sort| match sort {
            SortBy::Arrived => SortV1::Arrived,
            SortBy::Sent => SortV1::Sent,
            SortBy::Severity => SortV1::Severity,
        }),
        order: args.order.map(|order| match order {
            SortOrder::Asc => OrderV1::Ascending,
            SortOrder::Desc => OrderV1::Descending,
        }),
        after: args.after.clone(),
        masked: args.mask,
        limit: None,
        zone: args.zone.clone(),
    }
}

async fn count(args: &SearchArgs, writing: &Writing) -> anyhow::Result<Ending> {
    let asked = asked(args);
    let counted: CountedV1 = match writing {
        Writing::Daemon(client) => answered(client.post("/v1/archive/count", &json!(asked))?)?,
        Writing::Here(archive) => {
            let counted = searching::count(archive, &asked, &crate::who::runs_this()).await;
            counted.map_err(of_whom)?
        }
    };
    match args.archive.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", json!(counted))),
        OutputFormat::Table => {
            let least = if counted.is_cut_short { "at least " } else { "" };
            crate::show::line(format_args!(
                "{least}{} {}",
                counted.messages,
                messages(counted.messages)
            ));
        }
    }
    crate::show::error_line(format_args!("{} looked at", counted.looked_at));
    ending(counted.unreadable)
}

fn messages(count: u64) -> &'static str {
    if count == 1 { "message" } else { "messages" }
}

fn ending(unreadable: Option<NotOpenedV1>) -> anyhow::Result<Ending> {
    match unreadable {
        None => Ok(Ending::Well),
        Some(NotOpenedV1 { messages: count, first }) => Err(anyhow!(
            "{count} {} could not be opened, and may be what is looked for: {first}",
            messages(count)
        )),
    }
}

/// Where the next page begins.
enum Next {
    Before(i64),
    After(String),
}

async fn pages(args: &SearchArgs, writing: &Writing, colour: bool) -> anyhow::Result<Ending> {
    let mut asked = asked(args);
    let is_sorted = args.sort.is_some_and(|sort| sort != SortBy::Arrived) || args.order == Some(SortOrder::Asc);
    let progress = Progress::open("messages looked at:");
    let (mut found, mut count, mut looked_at) = (Vec::new(), 0, 0);
    let mut unreadable: Option<NotOpenedV1> = None;
    let next = loop {
        asked.limit = Some((args.limit - count).min(SEARCH_LISTED_MAX));
        let page = page(writing, &asked).await?;
        looked_at += page.looked_at;
        progress.advance(page.looked_at);
        count += page.found.len() as u32;
        match args.archive.format {
            // Each page as it comes: nobody keeps them all.
            OutputFormat::Json => {
                for one in &page.found {
                    crate::show::json(format_args!("{}", json!(one)));
                }
            }
            OutputFormat::Table => found.extend(page.found),
        }
        if is_sorted {
            // Each page looks at all of them.
            unreadable = page.unreadable;
        } else if let Some(more) = page.unreadable {
            let first = NotOpenedV1 { messages: 0, ..more };
            unreadable.get_or_insert(first).messages += more.messages;
        }
        let next = match (page.next, page.next_place) {
            (Some(next), _) => Some(Next::Before(next)),
            (None, Some(place)) => Some(Next::After(place)),
            (None, None) => None,
        };
        if count == args.limit || next.is_none() {
            break next;
        }
        match next {
            Some(Next::Before(next)) => asked.before = Some(next),
            Some(Next::After(place)) => asked.after = Some(place),
            None => {}
        }
    };
    progress.finish();
    print(&found, args.sort == Some(SortBy::Severity), colour)?;
    let more = next.map_or_else(
        || "there are no more".to_owned(),
        |next| match next {
            Next::Before(next) => format!("--before {next} goes on"),
            Next::After(place) => format!("--after {place} goes on"),
        },
    );
    let found = messages(count.into());
    crate::show::error_line(format_args!("{count} {found} found, {looked_at} looked at; {more}"));
    ending(unreadable)
}

async fn page(writing: &Writing, asked: &SearchV1) -> anyhow::Result<FoundV1> {
    match writing {
        Writing::Daemon(client) => answered(client.post("/v1/archive/search", &json!(asked))?),
        Writing::Here(archive) => {
            let found = searching::search(archive, asked, &crate::who::runs_this()).await;
            found.map_err(of_whom)
        }
    }
}

fn answered<T: DeserializeOwned>(answer: serde_json::Value) -> anyhow::Result<T> {
    serde_json::from_value(answer)
        .context("the daemon's answer cannot be understood: is it of another version than this command?")
}

/// What whoever asked can mend is wrong use.
fn of_whom(error: SearchError) -> anyhow::Error {
    if error.is_of_the_caller() {
        Usage(error.to_string()).into()
    } else {
        error.into()
    }
}

fn print(found: &[MatchV1], with_severity: bool, colour: bool) -> std::io::Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let headings = [">arrival", "sent", "severity", "from", "message", "text"];
    let shown = |column: &usize| with_severity || headings[*column] != "severity";
    let columns: Vec<usize> = (0..headings.len()).filter(shown).collect();
    let headings: Vec<&str> = columns.iter().map(|column| headings[*column]).collect();
    let mut table = Columns::new(colour, &headings);
    for one in found {
        let mut excerpts = one.excerpts.iter();
        let mut row = |start: [String; 5], excerpt: Option<&ExcerptV1>| {
            let text = excerpt.map_or_else(String::new, |excerpt| clip(&marked(excerpt), EXCERPT_COLUMNS));
            let cells: Vec<String> = start.into_iter().chain([text]).collect();
            table.row(columns.iter().map(|column| cells[*column].clone()));
        };
        let start = [
            one.arrival.to_string(),
            one.sent_at.to_string(),
            one.severity.map_or("-", |severity| severity.name()).to_owned(),
            clip(&one.sender, 24),
            one.id.to_string(),
        ];
        row(start, excerpts.next());
        for excerpt in excerpts {
            row(Default::default(), Some(excerpt));
        }
    }
    table.print(&mut std::io::stdout())
}

/// An excerpt with what the query names between marks.
fn marked(excerpt: &ExcerptV1) -> String {
    let mut shown = String::new();
    if excerpt.of != "text" {
        shown.push_str(&excerpt.of);
        shown.push_str(": ");
    }
    if excerpt.start > 0 {
        shown.push('…');
    }
    let mut at = 0;
    for (start, end) in &excerpt.marks {
        let (start, end) = (*start as usize, *end as usize);
        // One within another is shown by the outer one alone.
        let (Some(before), Some(within)) = (excerpt.text.get(at..start), excerpt.text.get(start..end)) else {
            continue;
        };
        shown.push_str(before);
        shown.extend(["«", within, "»"]);
        at = end;
    }
    shown.push_str(excerpt.text.get(at..).unwrap_or_default());
    shown
}

/// What is wrong with a query, with the place below it.
pub(crate) fn pointed_at(query: &str, error: &QueryError) -> String {
    let shown = |text: &str| -> String { text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
    let before = shown(&query[..error.span.start]).width();
    let wide = shown(&query[error.span.clone()]).width().max(1);
    format!("{error}\n{}\n{}{}", shown(query), " ".repeat(before), "^".repeat(wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_query_is_pointed_at_by_columns() {
        let query = "保本 frm:wei";
        let error = Query::parse(query).unwrap_err();
        let shown = pointed_at(query, &error);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1], query);
        assert!(lines[2].starts_with("     ^^^"), "{shown}");
    }

    #[test]
    fn what_a_query_names_stands_between_marks() {
        let excerpt = ExcerptV1 {
            of: "text".into(),
            start: 3,
            text: "这款保本保息".into(),
            marks: vec![(6, 12), (6, 9), (12, 18)],
        };
        assert_eq!(marked(&excerpt), "…这款«保本»«保息»");
    }
}
