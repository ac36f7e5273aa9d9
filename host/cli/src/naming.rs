//! Which message of an archive a person means.

use crate::exit::Usage;
use crate::looking::Looking;
use proviso_model::MessageId;

/// The one message that a person means.
pub(crate) async fn find(looking: &Looking, text: &str) -> anyhow::Result<MessageId> {
    let mut found = looking.find(text).await?;
    match found.len() {
        1 => Ok(found.remove(0).id),
        0 => Err(Usage(format!("no message is called {text:?}")).into()),
        _ => {
            let names: Vec<_> = found.iter().map(|numbered| numbered.id.to_string()).collect();
            Err(Usage(format!(
                "{text:?} is the name of several messages; say which: {}",
                names.join(", ")
            ))
            .into())
        }
    }
}
