//! `proviso pack inspect --diff OLD`: what an upgrade changes, and before all else what it may do that the old one may not.

use crate::cli::OutputFormat;
use crate::exit::{Ending, Usage};
use crate::show::table::{Columns, clip};
use proviso_author::diff::Difference;
use proviso_pack::Pack;

pub(super) fn run(old: &Pack, new: &Pack, format: OutputFormat, colour: bool) -> anyhow::Result<Ending> {
    let difference = Difference::between(old, new).map_err(|error| Usage(error.to_string()))?;
    match format {
        OutputFormat::Json => crate::show::json(format_args!("{}", serde_json::to_string_pretty(&difference)?)),
        OutputFormat::Table => print(&difference, colour)?,
    }
    Ok(Ending::Well)
}

fn print(difference: &Difference, colour: bool) -> std::io::Result<()> {
    let Difference {
        old,
        new,
        permissions,
        changes,
    } = difference;
    crate::show::line(format_args!("{}: {} to {}", new.name, old.version, new.version));
    let mut out = std::io::stdout();
    for (title, changes) in [("May do more than before", permissions), ("Changes", changes)] {
        crate::show::line(format_args!("\n{title}"));
        let mut table = Columns::new(colour, &["of", "what", "before", "after"]);
        for change in changes {
            let side = |text: &Option<String>| clip(text.as_deref().unwrap_or("-"), 40);
            table.row([
                clip(&change.of, 40),
                change.what.to_owned(),
                side(&change.before),
                side(&change.after),
            ]);
        }
        table.print(&mut out)?;
    }
    Ok(())
}
