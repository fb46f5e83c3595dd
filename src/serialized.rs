//! Turns a list of fields into `serde::Serialize`, as serde's derive macro would.
//!
//! Must not know: what is told.
//! Source: serde's derive macro. Its own compilation, with the parser that it needs, is half of what building the overlay
//! of `cargo gordian` costs, which somebody waits for; so it is used only to read (the feature `read`).
//! INVARIANT: a field or a variant that is not listed does not compile.

/// Implements `Serialize`: of a struct as its fields, of an enum of words as text, of an enum of structs as an object with
/// one key.
macro_rules! serialized {
    (struct $type:ident $(<$life:lifetime>)? { $($field:ident),+ $(; if_some $optional:ident)? }) => {
        impl $(<$life>)? serde::Serialize for $type $(<$life>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let Self { $($field,)+ $($optional)? } = self;
                let fields = [$(stringify!($field)),+].len();
                $(let fields = fields + usize::from($optional.is_some());)?
                let mut told = serializer.serialize_struct(stringify!($type), fields)?;
                $(told.serialize_field(stringify!($field), $field)?;)+
                $(if let Some(value) = $optional {
                    told.serialize_field(stringify!($optional), value)?;
                })?
                told.end()
            }
        }
    };
    (words $type:ident { $($variant:ident = $word:literal),+ }) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(match self {
                    $(Self::$variant => $word),+
                })
            }
        }
    };
    (lines $type:ident <$life:lifetime> { $($variant:ident = $key:literal),+ }) => {
        impl<$life> serde::Serialize for $type<$life> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut told = serializer.serialize_map(Some(1))?;
                match self {
                    $(Self::$variant(value) => told.serialize_entry($key, value)?),+
                }
                told.end()
            }
        }
    };
}
pub(crate) use serialized;
