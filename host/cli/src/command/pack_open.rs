//! Opens the packs that a command is given: to look at, to judge, or built anew.

use crate::building;
use crate::cli::TrustArgs;
use proviso_author::build_plugin;
use proviso_model::{Problem, Problems};
use proviso_pack::trust::Load;
use proviso_pack::{Pack, PluginPath, TrustedPack, UnreadPack};
use proviso_pipeline::loading::build;
use proviso_pipeline::loading::trust::Accepting;
use std::path::Path;
use std::sync::Arc;

/// Opens a pack to look at it, whoever made it.
pub(crate) fn open(path: &Path) -> anyhow::Result<Pack> {
    Ok(Pack::open(path, &PluginPath::of_this_process()).map_err(|error| Problems(error.problems))?)
}

/// Opens a pack that is to judge, if the trust that counts here accepts it: asked before the pack is interpreted.
pub(crate) fn open_trusted(path: &Path, trust: Option<&Path>) -> anyhow::Result<Arc<TrustedPack>> {
    let pack = UnreadPack::open(path, &PluginPath::of_this_process()).map_err(|error| Problems(error.problems))?;
    let accepting = Accepting::without_memory(trust, None).map_err(Problems)?;
    Ok(accepting.accept(pack, &Load::New).map_err(Problems)?)
}

/// Builds the plugins of a folder, and the pack.
pub(crate) fn built(folder: &Path, trust: &TrustArgs) -> anyhow::Result<Arc<TrustedPack>> {
    let built = build_plugin::build_all(folder, &|what| crate::show::error_line(format_args!("{what}")));
    if let Err(error) = built {
        let is_of_the_source = error
            .chain()
            .any(<dyn std::error::Error>::is::<build_plugin::SourceProblem>);
        return Err(if is_of_the_source {
            Problems(vec![Problem::in_file(folder, format!("{error:#}"))]).into()
        } else {
            error
        });
    }
    let pack = open_trusted(folder, trust.trust.as_deref())?;
    // A pack that no host would take is not worth writing: lists, settings and plugins are tried as a host would.
    building::of_packs(&build::engine(None)?, &[Arc::clone(&pack)])?;
    Ok(pack)
}
