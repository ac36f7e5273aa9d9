//! A closed archive has its generations, and they are found by their first digits.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, activation, fresh, generation};
use proviso_archive::Archive;
use proviso_model::Digest;

#[tokio::test]
async fn recorded_generations_are_found_by_their_first_digits() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.activate(&activation(generation("second"), 1)).await.unwrap();
    archive.close().await;

    let reader = Archive::open_readonly(&path).await.unwrap();
    assert_eq!(
        reader.generations().await.unwrap(),
        [generation("second"), generation("first")]
    );
    assert_eq!(
        reader.generation(&Digest::of(b"first")).await.unwrap(),
        Some(generation("first"))
    );
    assert_eq!(reader.generation(&Digest::of(b"third")).await.unwrap(), None);
    let first = Digest::of(b"first");
    for prefix in [first.to_string(), first.short(), first.hex()[..4].to_uppercase()] {
        assert_eq!(
            reader.find_generations(&prefix).await.unwrap(),
            [generation("first")],
            "{prefix}"
        );
    }
    for prefix in ["", "sha256:", "*", "[a-f]"] {
        assert_eq!(reader.find_generations(prefix).await.unwrap(), [], "{prefix}");
    }
}
