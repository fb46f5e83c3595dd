//! One source, compiled against tokio's own types and against gordian's: names, signatures, bounds and what they do.
#![allow(clippy::duplicate_mod, reason = "that is the point")]

macro_rules! parity {
    ($module:ident, $sync:path) => {
        #[path = "parity"]
        mod $module {
            use $sync as sync;

            #[path = "source.rs"]
            mod source;
        }
    };
}

parity!(tokios, ::tokio::sync);
parity!(checked, ::gordian::checked::tokio::sync);
parity!(plain, ::gordian::plain::tokio::sync);
parity!(chosen, ::gordian::tokio::sync);
