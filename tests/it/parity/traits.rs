//! Turns a type into the names of the traits that it has.
//!
//! Must not know: what the type is for.
//! Source: an inherent constant is found before a trait's, and only where its bound holds; so the type answers itself.
//! INVARIANT: `traits_of!` asks every question that `questions!` makes.

/// The names of the traits of `$type`, which must be concrete: a type parameter would answer no to everything.
macro_rules! traits_of {
    ($type:ty) => {{
        #[allow(unused_imports, reason = "an answer of yes does not need the trait that says no")]
        use $crate::parity::traits::*;
        let answers = [
            send::Asked::<$type>::ANSWER,
            sync::Asked::<$type>::ANSWER,
            unpin::Asked::<$type>::ANSWER,
            unwind_safe::Asked::<$type>::ANSWER,
            ref_unwind_safe::Asked::<$type>::ANSWER,
            clone::Asked::<$type>::ANSWER,
            copy::Asked::<$type>::ANSWER,
            debug::Asked::<$type>::ANSWER,
            default::Asked::<$type>::ANSWER,
            display::Asked::<$type>::ANSWER,
            error::Asked::<$type>::ANSWER,
            hash::Asked::<$type>::ANSWER,
            partial_eq::Asked::<$type>::ANSWER,
            eq::Asked::<$type>::ANSWER,
            partial_ord::Asked::<$type>::ANSWER,
            ord::Asked::<$type>::ANSWER,
        ];
        answers.into_iter().flatten().collect::<Vec<&str>>().join(" ")
    }};
}
pub(crate) use traits_of;

macro_rules! questions {
    ($($module:ident $no:ident: $bound:path;)+) => {$(
        pub(crate) use $module::Otherwise as $no;

        pub(crate) mod $module {
            pub(crate) struct Asked<T: ?Sized>(std::marker::PhantomData<T>);

            impl<T: ?Sized + $bound> Asked<T> {
                pub(crate) const ANSWER: Option<&str> = Some(stringify!($module));
            }

            pub(crate) trait Otherwise {
                const ANSWER: Option<&'static str> = None;
            }

            impl<T: ?Sized> Otherwise for Asked<T> {}
        }
    )+};
}

questions! {
    send NotSend: Send;
    sync NotSync: Sync;
    unpin NotUnpin: Unpin;
    unwind_safe NotUnwindSafe: std::panic::UnwindSafe;
    ref_unwind_safe NotRefUnwindSafe: std::panic::RefUnwindSafe;
    clone NotClone: Clone;
    copy NotCopy: Copy;
    debug NotDebug: std::fmt::Debug;
    default NotDefault: Default;
    display NotDisplay: std::fmt::Display;
    error NotError: std::error::Error;
    hash NotHash: std::hash::Hash;
    partial_eq NotPartialEq: PartialEq;
    eq NotEq: Eq;
    partial_ord NotPartialOrd: PartialOrd;
    ord NotOrd: Ord;
}

#[test]
fn the_questions_tell_yes_from_no() {
    assert_eq!(
        traits_of!(u8),
        "send sync unpin unwind_safe ref_unwind_safe clone copy debug default display hash partial_eq eq partial_ord ord"
    );
    assert_eq!(traits_of!(*mut dyn Send), "unpin clone copy debug hash partial_eq eq partial_ord ord");
    assert_eq!(
        traits_of!(std::fmt::Error),
        "send sync unpin unwind_safe ref_unwind_safe clone copy debug default display error hash partial_eq eq partial_ord ord"
    );
    struct Nothing(
        #[expect(dead_code, reason = "only its traits matter")] *mut dyn Fn(),
        std::marker::PhantomPinned,
        std::marker::PhantomData<&'static mut std::cell::Cell<u8>>,
    );
    assert_eq!(traits_of!(Nothing), "");
}
