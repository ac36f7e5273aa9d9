//! Tiles, bundles and the right edge.

use proptest::prelude::*;
use proviso_proof::Hash;
use proviso_proof::tree::edge::{Edge, EdgeError, tile_root};
use proviso_proof::tree::node::SIZE_MAX;
use proviso_proof::tree::proof::{ConsistencyProof, InclusionProof, MakeError};
use proviso_proof::tree::tile::{self, TileError, TileId};
use proviso_proof::tree::tiled::{Tiled, TiledError, Tiles};
use proviso_proof::tree::{Nodes, Position, Tree};
use proviso_rows::each_row;
use std::collections::BTreeMap;

fn leaf(at: u64) -> Hash {
    Hash::of_leaf(&at.to_be_bytes())
}

/// Paths of C2SP's text and of Go's `tlog` tests, which have height 8 alone here.
#[test]
fn paths_are_those_of_the_standard() {
    let tile = |level, index, width| TileId::new(level, index, width).unwrap();
    each_row(
        [
            (tile(0, 0, 256), "tile/0/000", "tile/entries/000"),
            (tile(0, 1, 256), "tile/0/001", "tile/entries/001"),
            (tile(0, 1, 5), "tile/0/001.p/5", "tile/entries/001.p/5"),
            (
                tile(0, 1_234_067, 256),
                "tile/0/x001/x234/067",
                "tile/entries/x001/x234/067",
            ),
            (
                tile(0, 123_456_078, 2),
                "tile/0/x123/x456/078.p/2",
                "tile/entries/x123/x456/078.p/2",
            ),
            (
                tile(0, 3_057_500, 255),
                "tile/0/x003/x057/500.p/255",
                "tile/entries/x003/x057/500.p/255",
            ),
            (tile(6, 0, 30), "tile/6/000.p/30", "tile/entries/000.p/30"),
        ],
        |(id, path, bundle): (TileId, &str, &str)| {
            assert_eq!((id.path().as_str(), id.bundle_path().as_str()), (path, bundle));
            assert_eq!(path.parse(), Ok(id));
            let beside = TileId::new(0, id.index(), id.width()).unwrap();
            assert_eq!(TileId::from_bundle_path(bundle), Ok(beside));
        },
    );
    for bad in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/00/001",
        "tile/64/001",
        "tile/7/001",
        "tile/-1/001",
        "tile/+1/001",
        "tile/0/1",
        "tile/0/0001",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/x000/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/05",
        "tile/0/001.p/",
        "tile/0/001.p",
        "tile/0/001/",
        "/tile/0/001",
        "tile/data/001",
        "tile/entries/001",
        "tile/0/x999/x999/x999/x999/x999/999",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/00１",
        "tile/6/x001/000",
        "tile/0/x123/456/078",
    ] {
        assert!(matches!(TileId::from_path(bad), Err(TileError::Path(_))), "{bad:?}");
    }
    let long = format!("tile/0/{}", "x001/".repeat(10_000));
    let Err(TileError::Path(shown)) = TileId::from_path(&long) else {
        panic!("{long} was read")
    };
    assert_eq!(shown.len(), 64);
}

/// The example of C2SP's tlog-tiles, and `TestNewTilesForSize` of Go's `tlog` for height 8.
#[test]
fn a_tree_of_70000_has_the_tiles_of_the_standard() {
    let tiles: Vec<TileId> = TileId::of_tree(70_000).collect();
    let count = |level, full| {
        tiles
            .iter()
            .filter(|id| id.level() == level && id.is_full() == full)
            .count()
    };
    assert_eq!((count(0, true), count(1, true), count(2, true)), (273, 1, 0));
    let partial: Vec<_> = tiles.iter().filter(|id| !id.is_full()).map(|id| id.path()).collect();
    assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    let of_256: Vec<_> = TileId::of_tree(256).map(TileId::path).collect();
    assert_eq!(of_256, ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(TileId::of_tree(0).count(), 0);
    let between: Vec<_> = TileId::between(255, 257).map(TileId::path).collect();
    assert_eq!(between, ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
    assert_eq!(TileId::between(70_000, 70_000).count(), 0);
}

#[test]
fn bytes_of_tiles_and_bundles_are_read_again_and_nothing_else_is() {
    let hashes: Vec<Hash> = (0..256).map(leaf).collect();
    for width in [1_u16, 2, 255, 256] {
        let bytes = tile::to_bytes(&hashes[..usize::from(width)]);
        assert_eq!(bytes.len(), usize::from(width) * 32);
        assert_eq!(tile::from_bytes(&bytes, width).unwrap(), hashes[..usize::from(width)]);
        for bad in [&bytes[1..], &[&bytes[..], &[0]].concat(), &[]] {
            let refused = Err(TileError::Bytes {
                expected: bytes.len(),
                found: bad.len(),
            });
            assert_eq!(tile::from_bytes(bad, width), refused);
        }
    }
    let longest = vec![9; tile::LEAF_BYTES_MAX];
    let leaves: [&[u8]; 4] = [b"", b"a", &[7; 300], &longest];
    let bundle = tile::to_bundle(leaves).unwrap();
    assert_eq!(&bundle[..5], [0, 0, 0, 1, b'a']);
    assert_eq!(tile::from_bundle(&bundle, 4).unwrap(), leaves);
    let too_long = tile::to_bundle([&vec![0; tile::LEAF_BYTES_MAX + 1][..]]);
    assert_eq!(too_long, Err(TileError::EntryTooLong(65_536)));
    for (bad, width) in [
        (&bundle[..], 3),
        (&bundle[..], 5),
        (&bundle[..bundle.len() - 1], 4),
        (&[&bundle[..], &[0]].concat()[..], 4),
        (&[][..], 1),
    ] {
        let refused = tile::from_bundle(bad, width);
        assert!(matches!(refused, Err(TileError::Bundle { .. })), "{width}: {refused:?}");
    }
}

/// Full tiles in memory, as an archive has them in a table.
#[derive(Default)]
struct Stored(BTreeMap<TileId, Vec<Hash>>);

impl Tiles for &Stored {
    type Error = &'static str;

    fn full_tile(&self, id: TileId) -> Result<Vec<Hash>, Self::Error> {
        self.0.get(&id).cloned().ok_or("no such tile")
    }
}

/// A log of that many leaves: its edge and its full tiles.
fn grown(size: u64) -> (Edge, Stored) {
    let (mut edge, mut stored) = (Edge::new(), Stored::default());
    for at in 0..size {
        let appended = edge.append(leaf(at)).unwrap();
        stored.0.extend(appended.full_tiles().iter().cloned());
        edge.accept(appended).unwrap();
    }
    (edge, stored)
}

fn rebuilt(size: u64, stored: &Stored) -> Result<Edge, EdgeError> {
    Edge::rebuild(size, |level, first| {
        let (_, count) = Edge::hashes_behind(size, level);
        let hashes = (first..first + count).map(|at| match level.checked_sub(1) {
            None => leaf(at),
            Some(below) => tile_root(&stored.0[&TileId::new(below, at, 256).unwrap()]),
        });
        Ok::<_, EdgeError>(hashes.collect())
    })
}

#[test]
fn the_edge_has_the_root_and_the_tiles_of_its_tree() {
    let (mut edge, mut stored, mut tree) = (Edge::new(), Stored::default(), Tree::default());
    for size in 1..=66_100 {
        let hash = leaf(size - 1);
        let appended = edge.append(hash).unwrap();
        tree.push(hash);
        let filled = TileId::between(size - 1, size).filter(|id| id.is_full());
        let told: Vec<TileId> = appended.full_tiles().iter().map(|(id, _)| *id).collect();
        assert_eq!(told, filled.collect::<Vec<_>>(), "{size}");
        stored.0.extend(appended.full_tiles().iter().cloned());
        // Nothing has happened yet.
        assert_eq!(edge.size(), size - 1);
        let root = appended.root();
        edge.accept(appended).unwrap();
        if size < 1_000 || size % 997 == 0 || size % 256 < 2 {
            assert_eq!((edge.root(), root), (tree.root(), tree.root()), "{size}");
            assert_eq!(rebuilt(size, &stored).as_ref(), Ok(&edge), "{size}");
        }
    }
    // Every hash of every tile is the node that the standard says it is.
    let partial: Vec<(TileId, &[Hash])> = edge.partial_tiles().collect();
    let full = stored.0.iter().map(|(id, hashes)| (*id, hashes.as_slice()));
    let mut tiles: Vec<(TileId, &[Hash])> = full.chain(partial).collect();
    tiles.sort_by_key(|(id, _)| *id);
    assert_eq!(
        tiles.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        TileId::of_tree(66_100).collect::<Vec<_>>()
    );
    for (id, hashes) in tiles {
        assert_eq!(hashes.len(), usize::from(id.width()));
        for (at, hash) in hashes.iter().enumerate() {
            let index = id.index() * 256 + at as u64;
            assert_eq!(
                tree.node(Position {
                    level: id.level() * 8,
                    index
                }),
                Ok(*hash)
            );
        }
    }
}

#[test]
fn an_edge_takes_over_what_follows_it_and_nothing_else() {
    let (mut edge, _) = grown(300);
    let (one, other) = (edge.append(leaf(300)).unwrap(), edge.append(leaf(9_999)).unwrap());
    assert_ne!(one.root(), other.root());
    let before = edge.clone();
    edge.accept(one).unwrap();
    let refused = edge.accept(other);
    assert_eq!(refused, Err(EdgeError::NotNext { size: 301, found: 301 }));
    assert_ne!(edge, before);
    let (_, stored) = grown(300);
    let short = Edge::rebuild(300, |_, _| Ok::<_, EdgeError>(Vec::new()));
    assert_eq!(
        short,
        Err(EdgeError::Hashes {
            level: 0,
            size: 300,
            expected: 44,
            found: 0
        })
    );
    assert_eq!(Edge::rebuild(SIZE_MAX + 1, |_, _| Ok(Vec::new())), Err(EdgeError::Full));
    assert!(rebuilt(300, &stored).is_ok());
}

#[test]
fn proofs_are_made_of_stored_tiles_and_the_edge() {
    let size = 66_000;
    let (edge, stored) = grown(size);
    let nodes = Tiled {
        tiles: &stored,
        edge: &edge,
    };
    let root = edge.root();
    assert_eq!(proviso_proof::tree::node::root(size, &nodes), Ok(root));
    for at in [0, 1, 255, 256, 65_279, 65_535, 65_536, 65_999] {
        let proof = InclusionProof::make(at, size, &nodes).unwrap();
        proof.verify(at, size, leaf(at), root).unwrap();
        let old = proviso_proof::tree::node::root(at, &nodes).unwrap();
        let proof = ConsistencyProof::make(at, size, &nodes).unwrap();
        proof.verify((at, old), (size, root)).unwrap();
    }
    let outside = nodes.node(Position {
        level: 3,
        index: size >> 3,
    });
    assert!(matches!(outside, Err(TiledError::Outside { .. })), "{outside:?}");
    // A tile that is not there, or not whole, is an error and no other hash.
    let empty = Stored::default();
    let nothing = InclusionProof::make(
        5,
        size,
        &Tiled {
            tiles: &empty,
            edge: &edge,
        },
    );
    assert!(
        matches!(nothing, Err(MakeError::Node(TiledError::Tile { .. }))),
        "{nothing:?}"
    );
    let mut narrow = Stored(stored.0.clone());
    narrow.0.get_mut(&TileId::new(0, 0, 256).unwrap()).unwrap().pop();
    let refused = InclusionProof::make(
        5,
        size,
        &Tiled {
            tiles: &narrow,
            edge: &edge,
        },
    );
    assert!(
        matches!(refused, Err(MakeError::Node(TiledError::Width { found: 255, .. }))),
        "{refused:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_edge_of_any_size_is_rebuilt(size in 0_u64..5_000) {
        let (edge, stored) = grown(size);
        prop_assert_eq!(rebuilt(size, &stored), Ok(edge));
    }

    #[test]
    fn a_path_is_read_as_it_is_written(level in 0_u8..=6, index in 0_u64..1 << 45, width in 1_u16..=256) {
        let Ok(id) = TileId::new(level, index, width) else { return Ok(()) };
        prop_assert_eq!(id.path().parse(), Ok(id));
    }

    #[test]
    fn any_text_is_a_path_or_refused(text in "(tile/)?[0-9x/.p]{0,40}") {
        if let Ok(id) = TileId::from_path(&text) {
            prop_assert_eq!(id.path(), text);
        }
    }

    #[test]
    fn any_bytes_are_a_bundle_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), width in 1_u16..=8) {
        if let Ok(leaves) = tile::from_bundle(&bytes, width) {
            prop_assert_eq!(tile::to_bundle(leaves).unwrap(), bytes);
        }
    }
}
