//! Speaks to a witness elsewhere, for the daemon.

use proviso_daemon::WitnessElsewhere;
use proviso_daemon::witness::{AskWitness, Witness, WitnessAnswer};
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::TlsConfig;

/// How long a witness may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// An answer in bytes, at most: signatures on a few lines.
const ANSWER_BYTES_MAX: u64 = 16 << 10;

/// The way to a witness.
struct WitnessClient {
    agent: ureq::Agent,
    url: String,
}

/// A witness of the configuration, with the way to it.
pub(crate) fn witness(elsewhere: WitnessElsewhere) -> Witness {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .build();
    let settings = ureq::Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(ANSWER_WITHIN))
        .max_redirects(0)
        .http_status_as_error(false);
    let asker = Arc::new(WitnessClient {
        agent: settings.build().into(),
        url: format!("{}/add-checkpoint", elsewhere.url),
    });
    Witness { elsewhere, asker }
}

impl AskWitness for WitnessClient {
    fn ask(&self, body: &str) -> Result<WitnessAnswer, String> {
        let request = self.agent.post(&self.url).content_type("text/plain; charset=utf-8");
        let mut answer = request.send(body).map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let text = text.map_err(|error| error.to_string())?;
        match status {
            200 => Ok(WitnessAnswer::Signed(text)),
            409 => match text.trim_end().parse() {
                Ok(leaves) => Ok(WitnessAnswer::Has(leaves)),
                Err(_) => Err("it answered 409 without a size".to_owned()),
            },
            other => Ok(WitnessAnswer::Refused(other)),
        }
    }
}
