//! Drops what a component says about itself and nobody runs: names, debug information, whatever a tool put into custom
//! sections. The compiler never sees it, so that it cannot cost anything there.

/// Id of a custom section, in modules and components.
const CUSTOM: u8 = 0;
/// Ids of the sections of a component that hold a module, and a component.
const NESTED: [u8; 2] = [1, 4];
/// Bytes before the first section: the magic number, the version and the layer.
const HEADER_BYTES: usize = 8;

/// The same component or module without its custom sections, or nothing if its sections do not parse.
pub(crate) fn without_custom_sections(bytes: &[u8]) -> Option<Vec<u8>> {
    let (header, mut rest) = bytes.split_at_checked(HEADER_BYTES)?;
    let is_component = header[6] != 0;
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend_from_slice(header);
    while let Some((&id, after)) = rest.split_first() {
        let (size, after) = read_u32(after)?;
        let (content, after) = after.split_at_checked(size as usize)?;
        rest = after;
        if id == CUSTOM {
            continue;
        }
        kept.push(id);
        if is_component && NESTED.contains(&id) {
            let content = without_custom_sections(content)?;
            write_u32(&mut kept, u32::try_from(content.len()).ok()?);
            kept.extend_from_slice(&content);
        } else {
            write_u32(&mut kept, size);
            kept.extend_from_slice(content);
        }
    }
    Some(kept)
}

/// Reads a number in LEB128.
fn read_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()?, &bytes[index + 1..]));
        }
    }
    None
}

/// Writes a number in LEB128.
fn write_u32(to: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_custom_sections_are_gone_at_every_level_and_nothing_else() {
        let text = |custom: &str, name: &str| {
            format!(
                r#"(component {custom} (core module {custom} (func {name} (export "f") (result i32) i32.const 300)
                    (memory 1) (data (i32.const 0) "{}") {custom})
                    (component {custom} (type (func))) {custom})"#,
                "x".repeat(200)
            )
        };
        let named = wat::parse_str(text(r#"(@custom "note" "remark")"#, "$named")).unwrap();
        let bare = wat::parse_str(text("", "")).unwrap();
        assert!(named.len() > bare.len());
        assert_eq!(without_custom_sections(&named).unwrap(), bare);
        assert_eq!(without_custom_sections(&bare).unwrap(), bare);
    }

    #[test]
    fn what_does_not_parse_gives_nothing() {
        let bytes = wat::parse_str("(component (core module (memory 1)))").unwrap();
        for length in (0..8).chain(9..bytes.len()) {
            assert_eq!(without_custom_sections(&bytes[..length]), None, "{length} bytes");
        }
        assert_eq!(
            without_custom_sections(b"\0asm\x0d\0\x01\0\x01\xff\xff\xff\xff\xff"),
            None
        );
    }
}
