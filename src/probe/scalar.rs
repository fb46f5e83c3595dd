//! Values that fit a word, as a reader is shown them.
//!
//! Must not know: who reads or writes them.

use crate::event::Value;

/// A value that fits a word.
pub(crate) trait Scalar: Copy {
    /// Returns the value, for a reader's eyes. Its bits differ where the values differ.
    fn value(self) -> Value;
}

macro_rules! scalar {
    ($($number:ident as $way:ident($wide:ident),)*) => {
        $(impl Scalar for $number {
            #[inline(always)]
            fn value(self) -> Value {
                Value::$way(self as $wide)
            }
        })*
    };
}

scalar! {
    i8 as Signed(i64), i16 as Signed(i64), i32 as Signed(i64), i64 as Signed(i64), isize as Signed(i64),
    u8 as Unsigned(u64), u16 as Unsigned(u64), u32 as Unsigned(u64), u64 as Unsigned(u64), usize as Unsigned(u64),
}

impl Scalar for bool {
    #[inline(always)]
    fn value(self) -> Value {
        Value::Bool(self)
    }
}

impl<T> Scalar for *mut T {
    #[inline(always)]
    fn value(self) -> Value {
        Value::Address(self.addr())
    }
}
