//! The macro that turns a type into a component.

/// Exports a plugin: `proviso_sdk::export!(MyPlugin: rules, fold);` with any of `rules`, `fold`, `retention`, each once.
///
/// The component exports exactly these and `lifecycle`; the host reads off its type what it does. Natively the macro only checks that the traits are
/// implemented, so that several plugins can be linked into one program.
#[macro_export]
macro_rules! export {
    ($plugin:ty: $($interface:ident),+ $(,)?) => {
        const _: fn() = || {
            fn configurable<P: $crate::Configure>() {}
            configurable::<$plugin>();
            $($crate::__check_interface!($plugin, $interface);)+
        };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            ::std::thread_local! {
                static PLUGIN: ::std::cell::RefCell<Option<$plugin>> = const { ::std::cell::RefCell::new(None) };
            }

            struct Component;

            impl $crate::contract::lifecycle::Guest for Component {
                fn configure(settings: String, lists: Vec<$crate::ListInfo>) -> Result<(), Vec<$crate::Problem>> {
                    let plugin = $crate::configure_from_json::<$plugin>(&settings, lists).map_err($crate::Problems::into_vec)?;
                    PLUGIN.set(Some(plugin));
                    $crate::open_arena();
                    Ok(())
                }
            }
            $crate::contract::lifecycle::export_lifecycle!(Component with_types_in $crate::contract::lifecycle);

            $($crate::__export_interface!($interface);)+
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __check_interface {
    ($plugin:ty, rules) => {
        fn judges_messages<P: $crate::Rules>() {}
        judges_messages::<$plugin>();
    };
    ($plugin:ty, fold) => {
        fn judges_sequences<P: $crate::Fold>() {}
        judges_sequences::<$plugin>();
    };
    ($plugin:ty, retention) => {
        fn proposes_retention<P: $crate::Retention>() {}
        proposes_retention::<$plugin>();
    };
    ($plugin:ty, $other:ident) => {
        compile_error!(concat!(
            "no interface `",
            stringify!($other),
            "`: there are `rules`, `fold` and `retention`"
        ));
    };
}

// The messages are forgotten rather than freed: the host throws the instance away behind the call, with all its memory.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_interface {
    (rules) => {
        impl $crate::contract::rules::Guest for Component {
            fn evaluate(messages: Vec<$crate::Message>) -> Result<Vec<$crate::Finding>, $crate::Failure> {
                let messages = ::std::mem::ManuallyDrop::new(messages);
                PLUGIN.with_borrow(|plugin| match plugin {
                    Some(plugin) => $crate::evaluate_batch(plugin, &messages),
                    None => Err($crate::Failure::NotConfigured),
                })
            }
        }
        $crate::contract::rules::export_rules!(Component with_types_in $crate::contract::rules);
    };
    (fold) => {
        impl $crate::contract::fold::Guest for Component {
            fn advance(
                subjects: Vec<$crate::contract::fold::Subject>,
            ) -> Result<Vec<Vec<$crate::contract::fold::Step>>, $crate::Failure> {
                let subjects = ::std::mem::ManuallyDrop::new(subjects);
                PLUGIN.with_borrow(|plugin| match plugin {
                    Some(plugin) => $crate::advance_batch(plugin, &subjects),
                    None => Err($crate::Failure::NotConfigured),
                })
            }
        }
        $crate::contract::fold::export_fold!(Component with_types_in $crate::contract::fold);
    };
    (retention) => {
        impl $crate::contract::retention::Guest for Component {
            fn schedule(messages: Vec<$crate::Message>) -> Result<Vec<$crate::Proposal>, $crate::Failure> {
                let messages = ::std::mem::ManuallyDrop::new(messages);
                PLUGIN.with_borrow(|plugin| match plugin {
                    Some(plugin) => $crate::schedule_batch(plugin, &messages),
                    None => Err($crate::Failure::NotConfigured),
                })
            }
        }
        $crate::contract::retention::export_retention!(Component with_types_in $crate::contract::retention);
    };
}
