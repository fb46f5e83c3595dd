//! Reads the lines that records are full of in the one form in which they are written, several times as fast as serde.
//!
//! Must not know: what numbers mean, what is done with a line.
//! Source: `gordian::record::format`, as serde_json writes it: no blanks, keys in the order of the fields.
//! INVARIANT: what it reads, serde reads the same; what it does not know, it leaves to serde.

use gordian::record::format::{Edge, Mode};

/// A line in its ordinary form.
#[derive(PartialEq, Debug)]
pub(super) enum Quick<'a> {
    Place {
        file: &'a str,
        line: u32,
        column: u32,
    },
    /// Its addresses are of use only to whoever resolves them.
    Stack,
    Edge(Edge),
}

/// Reads a line. `None` if it is of another kind or in another form.
pub(super) fn read(line: &[u8]) -> Option<Quick<'_>> {
    let mut rest = Rest(line.strip_suffix(b"\n").unwrap_or(line));
    let quick = match rest.0.get(2)? {
        b'e' => rest.edge()?,
        b'p' => rest.place()?,
        b's' => rest.stack()?,
        _ => return None,
    };
    rest.0.is_empty().then_some(quick)
}

/// What is left of a line.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn edge(&mut self) -> Option<Quick<'a>> {
        let edge = Edge {
            from: self.after(b"{\"edge\":{\"from\":")?.number()?,
            to: self.after(b",\"to\":")?.number()?,
            held: self.after(b",\"held\":")?.mode()?,
            wanted: self.after(b",\"wanted\":")?.mode()?,
            held_at: self.after(b",\"held_at\":")?.number()?,
            wanted_at: self.after(b",\"wanted_at\":")?.number()?,
            gates: self.after(b",\"gates\":")?.gates()?,
            thread: self.after(b",\"thread\":")?.number()?,
            stack: self.after(b",\"stack\":")?.number_or_null()?,
        };
        self.after(b"}}")?;
        Some(Quick::Edge(edge))
    }

    fn place(&mut self) -> Option<Quick<'a>> {
        let text = self.after(b"{\"place\":{\"file\":\"")?.0;
        let end = text.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        let file = std::str::from_utf8(&text[..end]).ok()?;
        self.0 = &text[end..];
        let line = self.after(b"\",\"line\":")?.number()?;
        let column = self.after(b",\"column\":")?.number()?;
        self.after(b"}}")?;
        Some(Quick::Place { file, line, column })
    }

    fn stack(&mut self) -> Option<Quick<'a>> {
        self.after(b"{\"stack\":{\"addresses\":[")?;
        // At most 19 digits, which always fit; an address is written without leading zeros.
        let mut is_first = true;
        while self.after(b"]}}").is_none() {
            if !std::mem::take(&mut is_first) {
                self.after(b",")?;
            }
            let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let is_number = matches!(digits, 1..=19) && (digits == 1 || self.0[0] != b'0');
            self.0 = is_number.then(|| &self.0[digits..])?;
        }
        Some(Quick::Stack)
    }

    fn after(&mut self, text: &[u8]) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(text)?;
        Some(self)
    }

    fn number(&mut self) -> Option<u32> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // At most 9 digits, which always fit.
        if !matches!(digits, 1..=9) || (digits > 1 && self.0[0] == b'0') {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        Some(number.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    fn number_or_null(&mut self) -> Option<Option<u32>> {
        if self.after(b"null").is_some() { Some(None) } else { self.number().map(Some) }
    }

    fn mode(&mut self) -> Option<Mode> {
        let modes: [(&[u8], Mode); 3] = [
            (b"\"exclusive\"", Mode::Exclusive),
            (b"\"shared\"", Mode::Shared),
            (b"\"shared_recursive\"", Mode::SharedRecursive),
        ];
        modes.into_iter().find_map(|(word, mode)| self.after(word).map(|_| mode))
    }

    fn gates(&mut self) -> Option<Vec<(u32, Mode)>> {
        self.after(b"[")?;
        let mut gates = Vec::new();
        while self.after(b"]").is_none() {
            if !gates.is_empty() {
                self.after(b",")?;
            }
            let class = self.after(b"[")?.number()?;
            let mode = self.after(b",")?.mode()?;
            self.after(b"]")?;
            gates.push((class, mode));
        }
        Some(gates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gordian::record::format::Line;
    use proptest::prelude::*;
    use serde_json::json;

    /// What serde reads, if it is what this reads, too.
    fn by_serde(line: &[u8]) -> Option<String> {
        match serde_json::from_slice(line).ok()? {
            Line::Place(place) => Some(format!("{:?}", (place.file, place.line, place.column))),
            Line::Stack(_) => Some("stack".to_owned()),
            Line::Edge(edge) => Some(format!("{edge:?}")),
            _ => None,
        }
    }

    fn quickly(line: &[u8]) -> Option<String> {
        Some(match read(line)? {
            Quick::Place { file, line, column } => format!("{:?}", (file, line, column)),
            Quick::Stack => "stack".to_owned(),
            Quick::Edge(edge) => format!("{edge:?}"),
        })
    }

    fn mode() -> impl Strategy<Value = Mode> {
        prop_oneof![Just(Mode::Exclusive), Just(Mode::Shared), Just(Mode::SharedRecursive)]
    }

    fn line() -> impl Strategy<Value = String> {
        let number = || prop_oneof![0..20_u32, 0..1_000_000_000_u32];
        let gates = prop::collection::vec((number(), mode()), 0..3);
        let edge = (number(), number(), mode(), mode(), number(), gates, prop::option::of(number())).prop_map(
            |(from, to, held, wanted, held_at, gates, stack)| {
                let edge = Edge { from, to, held, wanted, held_at, wanted_at: to, gates, thread: 1, stack };
                serde_json::to_string(&Line::Edge(edge)).unwrap()
            },
        );
        let place = ("[a-zä /.]{0,12}", number(), number()).prop_map(|(file, line, column)| {
            // As the library writes it; `json!` would sort the keys.
            format!("{{\"place\":{{\"file\":{},\"line\":{line},\"column\":{column}}}}}", json!(file))
        });
        let stack = prop::collection::vec(0..10_000_000_000_000_000_000_u64, 0..4)
            .prop_map(|addresses| json!({ "stack": { "addresses": addresses } }).to_string());
        prop_oneof![edge, place, stack]
    }

    proptest! {
        #[test]
        fn what_the_library_writes_is_read_as_serde_reads_it(line in line()) {
            let read = quickly(line.as_bytes());
            prop_assert!(read.is_some(), "{}", line);
            prop_assert_eq!(read, by_serde(line.as_bytes()));
        }

        #[test]
        fn what_is_damaged_is_never_read_otherwise_than_by_serde(
            line in line(), at in any::<prop::sample::Index>(), byte in prop_oneof![any::<u8>(), Just(b'"'), Just(b'0'), Just(b',')],
            cut in any::<bool>(),
        ) {
            let mut line = line.into_bytes();
            let at = at.index(line.len());
            if cut { line.remove(at); } else { line[at] = byte; }
            if let Some(read) = quickly(&line) {
                prop_assert_eq!(Some(read), by_serde(&line));
            }
        }
    }

    #[test]
    fn other_forms_are_left_to_serde() {
        for line in [
            r#"{"place": {"file":"a","line":1,"column":2}}"#,
            r#"{"place":{"file":"a\n","line":1,"column":2}}"#,
            r#"{"place":{"file":"a","line":1,"column":2,"more":3}}"#,
            r#"{"stack":{"addresses":[12345678901234567890]}}"#,
            r#"{"stack":{"addresses":[1]}} "#,
        ] {
            assert_eq!(quickly(line.as_bytes()), None, "{line}");
            assert!(by_serde(line.as_bytes()).is_some(), "{line}");
        }
        assert_eq!(quickly(br#"{"stack":{"addresses":[01]}}"#), None);
        assert_eq!(quickly(b"\n"), None);
    }
}
