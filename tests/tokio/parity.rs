//! One source, compiled against tokio's own types and against gordian's: names, signatures, bounds and what they do.

macro_rules! parity {
    ($module:ident, $sync:path) => {
        mod $module {
            use $sync as sync;

            include!("parity/source.rs");
        }
    };
}

parity!(tokios, ::tokio::sync);
parity!(checked, ::gordian::checked::tokio::sync);
parity!(plain, ::gordian::plain::tokio::sync);
parity!(chosen, ::gordian::tokio::sync);
