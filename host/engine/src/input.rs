//! What is given to be judged.

use proviso_model::basis::Applied;
use proviso_model::directory::Directory;
use proviso_model::id::PolicyId;
use proviso_model::limits;
use proviso_model::message::{Addressed, Message};
use proviso_model::retention::Moments;
use proviso_model::verdict::Withheld;
use proviso_pack::Case;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One message to be judged, and what is known around it.
#[derive(Debug, Clone)]
pub struct Input {
    /// The message.
    pub message: Arc<Addressed>,
    /// Earlier messages of its conversation, the oldest first; the last five are used, and only by policies that ask for
    /// them. Leave out those whose content is withheld.
    pub preceding: Vec<Arc<Addressed>>,
    /// Why no policy may see the content (`proviso_model::consent::visible`).
    pub withheld: Option<Withheld>,
    /// The lawful basis that was found for it; kept beside the verdict, which says nothing of it.
    pub basis: Option<Arc<Applied>>,
    /// The moments from which its retention clocks run, beside its own time.
    pub moments: Moments,
    /// Policies that are not to be called; where one would have run, its fault says so. A replay gives those that the
    /// recorded verdict names.
    pub quarantined: Option<Arc<BTreeSet<PolicyId>>>,
    /// The directory that says to which departments the parties belong. A replay gives the version that was recorded.
    pub directory: Option<Arc<Directory>>,
}

impl Input {
    /// A message alone.
    pub fn new(message: Message) -> Self {
        Self {
            message: Arc::new(Addressed::from(message)),
            preceding: Vec::new(),
            withheld: None,
            basis: None,
            moments: Moments::default(),
            quarantined: None,
            directory: None,
        }
    }

    /// The messages of a case, each preceded by those before it in its conversation: the last one is what the case is about.
    pub fn of_case(case: &Case) -> Vec<Self> {
        let messages = case.messages.iter().cloned();
        let messages: Vec<Arc<_>> = messages.map(|message| Arc::new(Addressed::from(message))).collect();
        let input = |(index, message): (usize, &Arc<Addressed>)| {
            let earlier = messages[..index]
                .iter()
                .filter(|earlier| earlier.conversation == message.conversation);
            let mut preceding: Vec<Arc<_>> = earlier.rev().take(limits::PRECEDING_MESSAGES_MAX).cloned().collect();
            preceding.reverse();
            Self {
                message: Arc::clone(message),
                preceding,
                withheld: None,
                basis: None,
                moments: Moments::default(),
                quarantined: None,
                directory: None,
            }
        };
        messages.iter().enumerate().map(input).collect()
    }
}
