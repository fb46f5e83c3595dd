//! Ordinary uses of the checked parts, of which nothing may be reported.
