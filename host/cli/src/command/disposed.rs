//! What is left of a message that was disposed of.

use crate::cli::OutputFormat;
use crate::looking::Looking;
use proviso_daemon::wire::DisposedV1;
use proviso_model::MessageId;
use serde_json::{Value, json};

/// What is left of a message that was disposed of; `None` of any other. It is known by its whole name alone.
pub(crate) async fn find(looking: &Looking, name: &str) -> anyhow::Result<Option<DisposedV1>> {
    match MessageId::of_text(name) {
        Some(id) => looking.disposed(&id).await,
        None => Ok(None),
    }
}

pub(crate) fn print(name: &str, disposed: &DisposedV1, format: OutputFormat) -> anyhow::Result<()> {
    let said: Value = serde_json::from_str(&disposed.said)?;
    match format {
        OutputFormat::Json => {
            let json = json!({ "disposed": {
                "message": name, "at": disposed.at.to_string(), "by": disposed.by, "leaf": disposed.leaf, "place": disposed.place,
                "said": said,
            } });
            crate::show::json(format_args!("{}", serde_json::to_string_pretty(&json)?));
        }
        OutputFormat::Table => {
            let (at, by) = (disposed.at, &disposed.by);
            crate::show::line(format_args!(
                "{name} was disposed of at {at} by {by}; entry {} of leaf {} of the log",
                disposed.place, disposed.leaf
            ));
            for (key, how) in [
                ("again", "again, when a backup was restored: first"),
                (
                    "elsewhere",
                    "a backup was restored that never had it: it was disposed of",
                ),
            ] {
                let Some(first) = said.get(key) else { continue };
                crate::show::line(format_args!(
                    "  {how} by entry {} of leaf {} of the log {}, which proves it",
                    first["place"],
                    first["leaf"],
                    first["log"].as_str().unwrap_or_default()
                ));
            }
            for statute in said["statutes"].as_array().into_iter().flatten() {
                let text = |name: &str| statute[name].as_str().unwrap_or_default();
                crate::show::line(format_args!(
                    "  {} {} {} ({})",
                    text("law"),
                    text("article"),
                    text("period"),
                    text("bound")
                ));
            }
        }
    }
    Ok(())
}
