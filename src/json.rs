//! Turns plain data into JSON.
//!
//! Must not know: what is told.
//! Source: RFC 8259; the text is that of `serde_json`, which the tests compare it with. We differ in being alone: a crate
//! that the overlay of `cargo gordian` is made of is seen by whatever is compiled against it, and serde_json's
//! `impl PartialEq<Value> for u32` makes `assert_eq!(n, list.iter().sum())` ambiguous in somebody else's test.
//! INVARIANT: a field or a variant that is not listed does not compile.

use std::borrow::Cow;
use std::fmt::Write;

/// What can be told as JSON.
pub(crate) trait Json {
    /// Adds it to a text.
    fn tell(&self, to: &mut String);
}

/// Returns a value as JSON, on one line.
pub(crate) fn to_json(value: &impl Json) -> String {
    let mut text = String::new();
    value.tell(&mut text);
    text
}

/// Implements [`Json`]: of a struct as an object of its fields, of an enum of words as text, of an enum of structs as an
/// object with one key.
macro_rules! json {
    (struct $type:ident $(<$life:lifetime>)? { $($field:ident),+ $(; if_some $optional:ident)? }) => {
        impl $(<$life>)? crate::json::Json for $type $(<$life>)? {
            fn tell(&self, to: &mut String) {
                let Self { $($field,)+ $($optional)? } = self;
                let mut object = crate::json::Object::begin(to);
                $(object.field(stringify!($field), $field);)+
                $(if $optional.is_some() {
                    object.field(stringify!($optional), $optional);
                })?
                object.end();
            }
        }
    };
    (words $type:ident { $($variant:ident = $word:literal),+ }) => {
        impl crate::json::Json for $type {
            fn tell(&self, to: &mut String) {
                crate::json::Json::tell(match self { $(Self::$variant => $word),+ }, to);
            }
        }
    };
    (lines $type:ident <$life:lifetime> { $($variant:ident = $key:literal),+ }) => {
        impl<$life> crate::json::Json for $type<$life> {
            fn tell(&self, to: &mut String) {
                let mut object = crate::json::Object::begin(to);
                match self {
                    $(Self::$variant(value) => object.field($key, value)),+
                }
                object.end();
            }
        }
    };
}
pub(crate) use json;

/// An object that is being written.
pub(crate) struct Object<'a> {
    to: &'a mut String,
    is_empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn begin(to: &'a mut String) -> Self {
        to.push('{');
        Self { to, is_empty: true }
    }

    pub(crate) fn field(&mut self, name: &str, value: &(impl Json + ?Sized)) {
        if !std::mem::take(&mut self.is_empty) {
            self.to.push(',');
        }
        name.tell(self.to);
        self.to.push(':');
        value.tell(self.to);
    }

    pub(crate) fn end(self) {
        self.to.push('}');
    }
}

impl Json for str {
    fn tell(&self, to: &mut String) {
        to.push('"');
        for char in self.chars() {
            match char {
                '"' => to.push_str("\\\""),
                '\\' => to.push_str("\\\\"),
                '\u{8}' => to.push_str("\\b"),
                '\t' => to.push_str("\\t"),
                '\n' => to.push_str("\\n"),
                '\u{c}' => to.push_str("\\f"),
                '\r' => to.push_str("\\r"),
                control if control < ' ' => print(to, format_args!("\\u{:04x}", u32::from(control))),
                char => to.push(char),
            }
        }
        to.push('"');
    }
}

impl Json for bool {
    fn tell(&self, to: &mut String) {
        print(to, format_args!("{self}"));
    }
}

impl<T: Json> Json for Option<T> {
    fn tell(&self, to: &mut String) {
        match self {
            Some(value) => value.tell(to),
            None => to.push_str("null"),
        }
    }
}

impl<T: Json> Json for [T] {
    fn tell(&self, to: &mut String) {
        to.push('[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                to.push(',');
            }
            value.tell(to);
        }
        to.push(']');
    }
}

impl<A: Json, B: Json> Json for (A, B) {
    fn tell(&self, to: &mut String) {
        to.push('[');
        self.0.tell(to);
        to.push(',');
        self.1.tell(to);
        to.push(']');
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Json for $number {
            fn tell(&self, to: &mut String) {
                print(to, format_args!("{self}"));
            }
        }
    )+};
}
numbers!(u16, u32, u64, usize);

macro_rules! told_as_what_they_hold {
    ($([$($generics:tt)*] $type:ty),+) => {$(
        impl<$($generics)*> Json for $type {
            fn tell(&self, to: &mut String) {
                (**self).tell(to);
            }
        }
    )+};
}
told_as_what_they_hold!([] String, ['a] Cow<'a, str>, [T: Json] Vec<T>, [T: Json] Box<T>, ['a, T: Json + ?Sized] &'a T);

fn print(to: &mut String, text: std::fmt::Arguments<'_>) {
    // INVARIANT: a string takes all that is written to it.
    to.write_fmt(text).expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Row {
        name: Option<String>,
        sizes: Vec<u64>,
        pair: (u32, bool),
        note: Option<&'static str>,
    }
    json!(struct Row { name, sizes, pair; if_some note });

    fn agrees(text: &str) -> bool {
        to_json(&text) == serde_json::to_string(text).expect("text is JSON")
    }

    #[test]
    fn fields_stand_in_their_order_and_missing_ones_are_null_or_left_out() {
        let row = Row { name: None, sizes: vec![1, u64::MAX], pair: (7, true), note: None };
        assert_eq!(to_json(&row), r#"{"name":null,"sizes":[1,18446744073709551615],"pair":[7,true]}"#);
        let row = Row { name: Some("\"".to_owned()), sizes: Vec::new(), pair: (0, false), note: Some("n") };
        assert_eq!(to_json(&row), r#"{"name":"\"","sizes":[],"pair":[0,false],"note":"n"}"#);
    }

    #[test]
    fn every_control_character_is_written_as_serde_writes_it() {
        for char in (0..0x100).filter_map(char::from_u32).chain(['\u{2028}', '\u{feff}', '\u{10ffff}']) {
            assert!(agrees(&format!("a{char}b")), "{char:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_writes_it(text in "\\PC*|.*") {
            prop_assert!(agrees(&text));
        }
    }
}
