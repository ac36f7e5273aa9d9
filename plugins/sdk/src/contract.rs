//! The generated bindings of the contract `proviso:policy@0.1.0`. Everything else in this crate makes them pleasant; nothing adds to them.
//!
//! Each interface has a world of its own here, so that a component exports exactly the interfaces that [`export!`](crate::export) names.
//! The shared types are generated once, in [`shared`].

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::all,
    clippy::unwrap_used,
    reason = "generated code"
)]

/// `types`.
pub mod shared {
    wit_bindgen::generate!({
        inline: "package proviso:sdk; world shared { import proviso:policy/types@0.1.0; }",
        path: "../../wit/v0.1.0",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        additional_type_attributes: {
            "proviso:policy/types@0.1.0/span": [
                #[derive(Eq, Hash)]
            ],
            "proviso:policy/types@0.1.0/severity": [
                #[derive(Hash, serde::Serialize, serde::Deserialize)] #[serde(rename_all = "kebab-case")]
            ],
            "proviso:policy/types@0.1.0/direction": [
                #[derive(Hash, serde::Serialize, serde::Deserialize)] #[serde(rename_all = "kebab-case")]
            ],
            "proviso:policy/types@0.1.0/party-class": [
                #[derive(Hash, serde::Serialize, serde::Deserialize)] #[serde(rename_all = "kebab-case")]
            ],
            "proviso:policy/types@0.1.0/kind": [
                #[derive(Hash, serde::Serialize, serde::Deserialize)] #[serde(rename_all = "kebab-case")]
            ],
        },
    });
    pub use self::proviso::policy::types;
}

/// `lifecycle`, and the import `log`.
pub mod lifecycle {
    wit_bindgen::generate!({
        inline: "package proviso:sdk; world lifecycle { import proviso:policy/log@0.1.0; export proviso:policy/lifecycle@0.1.0; }",
        path: "../../wit/v0.1.0",
        generate_all,
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_lifecycle",
    });
    pub use self::exports::proviso::policy::lifecycle::*;
    pub use self::proviso::policy::log;
}

/// `rules`.
pub mod rules {
    wit_bindgen::generate!({
        inline: "package proviso:sdk; world rules { export proviso:policy/rules@0.1.0; }",
        path: "../../wit/v0.1.0",
        with: { "proviso:policy/types@0.1.0": super::shared::proviso::policy::types },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_rules",
    });
    pub use self::exports::proviso::policy::rules::*;
}

/// `fold`.
pub mod fold {
    wit_bindgen::generate!({
        inline: "package proviso:sdk; world fold { export proviso:policy/fold@0.1.0; }",
        path: "../../wit/v0.1.0",
        with: { "proviso:policy/types@0.1.0": super::shared::proviso::policy::types },
        generate_all,
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_fold",
    });
    pub use self::exports::proviso::policy::fold::*;
}

/// `retention`.
pub mod retention {
    wit_bindgen::generate!({
        inline: "package proviso:sdk; world retention { export proviso:policy/retention@0.1.0; }",
        path: "../../wit/v0.1.0",
        with: { "proviso:policy/types@0.1.0": super::shared::proviso::policy::types },
        generate_all,
        additional_derives: [PartialEq],
        additional_type_attributes: {
            "proviso:policy/retention@0.1.0/clock-start": [
                #[derive(Hash, serde::Serialize, serde::Deserialize)] #[serde(rename_all = "kebab-case")]
            ],
            "proviso:policy/retention@0.1.0/period": [
                #[derive(Eq, Default)]
            ],
        },
        pub_export_macro: true,
        export_macro_name: "export_retention",
    });
    pub use self::exports::proviso::policy::retention::*;
}
