//! The parts of `cargo gordian`, for its own tests and fuzz targets. Not an interface for other programs.

pub mod union;
