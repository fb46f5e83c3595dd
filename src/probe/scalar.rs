//! Values that fit a word, as a reader is shown them.
//!
//! Must not know: who reads or writes them.

use crate::event::Value;

/// A value that fits a word.
pub(crate) trait Scalar: Copy {
    /// Returns a number that differs where the values differ.
    fn bits(self) -> u64;

    /// Returns what the number stands for.
    fn value(bits: u64) -> Value;
}

macro_rules! scalar {
    ($($number:ident as $way:ident($wide:ident),)*) => {
        $(impl Scalar for $number {
            #[inline(always)]
            fn bits(self) -> u64 {
                self as $wide as u64
            }

            fn value(bits: u64) -> Value {
                Value::$way(bits as $wide)
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
    fn bits(self) -> u64 {
        u64::from(self)
    }

    fn value(bits: u64) -> Value {
        Value::Bool(bits != 0)
    }
}

impl<T> Scalar for *mut T {
    #[inline(always)]
    fn bits(self) -> u64 {
        self.addr() as u64
    }

    fn value(bits: u64) -> Value {
        Value::Address(bits as usize)
    }
}
