//! The schema of the settings, as the host uses it, and small models.

use std::sync::LazyLock;

use jsonschema::Validator;
use proviso_sdk::testing::TestLists;
use proviso_text_features::fragments::{self, Sink};
use proviso_text_features::{Model, Rate, carry};
use serde_json::Value;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../settings.schema.json")).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
});

/// What the plugin takes, the schema must take as well.
pub(crate) fn assert_schema_accepts(settings: &Value) {
    let errors: Vec<String> = SCHEMA.iter_errors(settings).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "the schema refuses {settings}: {errors:?}");
}

/// A model that gives every fragment of the heavy texts this weight and those of the light ones its opposite.
pub(crate) fn model(heavy: &[&str], light: &[&str], weight: i8) -> Model {
    let mut weights = vec![0; 1 << BITS];
    for (texts, weight) in [(light, -weight), (heavy, weight)] {
        for text in texts {
            let mut setting = Setting {
                weights: &mut weights,
                weight,
            };
            fragments::cut(text, &mut setting);
        }
    }
    let rate = |false_alarms_ppm, threshold| Rate {
        false_alarms_ppm,
        threshold,
        recall_ppm: 500_000,
    };
    Model::new(
        BITS,
        -1_000,
        weights,
        vec![rate(500, 40_000), rate(1_000, 4_000), rate(10_000, 0)],
    )
}

/// As many as there can be, so that in these tests no two fragments share a weight.
const BITS: u8 = 18;

struct Setting<'w> {
    weights: &'w mut [i8],
    weight: i8,
}

impl Sink for Setting<'_> {
    fn fragment(&mut self, there: bool, hash: u64, _start: usize, _end: usize) {
        if there {
            self.weights[Model::slot(hash, BITS)] = self.weight;
        }
    }

    fn passage(&mut self, _bytes: std::ops::Range<usize>, _chars: u32) {}
}

/// The lists of a pack that has the model, a lexicon and patterns, by way of the model's file.
pub(crate) fn lists(model: &Model) -> TestLists {
    let file = carry::to_lexicon(model, &["for a test".to_owned()]);
    let lines: Vec<(&str, Vec<&str>)> = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').expect("a term and tags"))
        .map(|(term, tags)| (term, tags.split(',').collect()))
        .collect();
    let terms: Vec<&str> = lines.iter().map(|(term, _)| *term).collect();
    let lists = TestLists::new()
        .lexicon("promises", &["保本"])
        .note("保本", &["promise"], Some(0.5))
        .patterns("numbers", &[("card", "6222")])
        .lexicon("fraud-model", &terms);
    lines
        .iter()
        .fold(lists, |lists, (term, tags)| lists.note(term, tags, None))
}
