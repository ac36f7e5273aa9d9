//! The messages of cases: the canonical form (docs/message-format.md), with a default for every field.

use proviso_model::canonical::{self, FieldError};
use proviso_model::{Message, Timestamp};
use serde_json::{Map, Value, json};

/// Tenant and channel of every message of a case, if it does not say.
const PLACE: &str = "case";

/// What a message of a case has where it does not say.
pub(super) struct Defaults {
    /// The native identifier.
    pub(super) native_id: String,
    /// The conversation.
    pub(super) conversation: String,
    /// When it was sent.
    pub(super) sent_at: Timestamp,
}

/// What is wrong with a message: where (a JSON Pointer into it), and what.
pub(super) type FieldProblem = (String, String);

/// Reads a message: a text, or a table of canonical fields. The first field that is wrong is told.
pub(super) fn message(value: &Value, defaults: &Defaults) -> Result<Message, FieldProblem> {
    let mut fields = match value {
        Value::String(text) => Map::from_iter([("text".to_owned(), Value::String(text.clone()))]),
        Value::Object(table) => table.clone(),
        _ => return Err((String::new(), "a message is a text or a table".to_owned())),
    };
    let employee = json!({ "id": "employee-1", "class": "employee" });
    let customer = json!({ "id": "customer-1", "class": "external" });
    let mut default = |key: &str, value: Value| fields.entry(key).or_insert(value).clone();
    default("tenant", PLACE.into());
    default("channel", PLACE.into());
    default("id", defaults.native_id.as_str().into());
    default("conversation", defaults.conversation.as_str().into());
    default("sent_at", defaults.sent_at.to_string().into());
    let sender = default("from", employee.clone());
    let inbound = sender.get("class").and_then(Value::as_str) == Some("external");
    default("to", json!([if inbound { employee } else { customer }]));
    let text = Value::Object(fields).to_string();
    canonical::from_json(&text, &canonical::Defaults::default()).map_err(|FieldError { field, problem }| {
        // A place in the JSON made here says nothing to the author of the case.
        let problem = problem
            .rsplit_once(" at line ")
            .map_or(problem.as_str(), |(problem, _)| problem);
        let message = if field.is_empty() {
            problem.to_owned()
        } else {
            format!("`{field}`: {problem}")
        };
        (pointer_of(&field), message)
    })
}

/// The JSON Pointer of a field: `/to/2/class` of `to[2].class`.
fn pointer_of(field: &str) -> String {
    let steps = field.split(['.', '[', ']']).filter(|step| !step.is_empty());
    steps.fold(String::new(), |pointer, step| pointer + "/" + step)
}
