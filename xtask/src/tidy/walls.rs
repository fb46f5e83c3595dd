//! Who may know whom: the absences of `docs/architecture.md`, read from the names that each room uses.
//!
//! Must not know: why a room wants a name.
//! INVARIANT: tests are exempt; they may look through every wall.

use super::names::names;
use super::source::Source;
use super::{Rule, Violation};

/// Names that some rooms do without.
struct Wall {
    /// The rooms, by how their paths begin, and those within that are free.
    rooms: &'static [&'static str],
    besides: &'static [&'static str],
    never: &'static [&'static str],
    except: &'static [&'static str],
    why: &'static str,
}

#[rustfmt::skip]
const WALLS: &[Wall] = &[
    Wall {
        rooms: &["src/analysis/"], besides: &[],
        never: &["std::time", "std::thread", "thread_local!", "static"], except: &[],
        why: "an analysis knows no time and no thread, and keeps no state but its own",
    },
    Wall {
        rooms: &["src/analysis/"], besides: &[],
        never: &["print!", "println!", "eprint!", "eprintln!", "dbg!", "std::io", "crate::report", "crate::policy", "crate::config"], except: &[],
        why: "an analysis has no output: it returns findings",
    },
    Wall {
        rooms: &["src/analysis/"], besides: &[],
        never: &["crate::stream", "crate::probe", "crate::backend", "crate::sync", "crate::thread"], except: &[],
        why: "an analysis does not know whether it runs live or on a trace",
    },
    Wall {
        rooms: &["src/analysis/"], besides: &[],
        never: &["crate::rt"], except: &["crate::rt::Site", "crate::rt::Backtrace", "crate::rt::Flag", "crate::rt::Numbers"],
        why: "an analysis may carry evidence that the cellar caught and keep numbers there, and names none of its live parts",
    },
    Wall {
        rooms: &["src/event.rs", "src/event/", "src/finding.rs", "src/finding/"], besides: &[],
        never: &["crate::report", "crate::policy"], except: &[],
        why: "events and findings own no words and do nothing",
    },
    Wall {
        rooms: &["src/rt/"], besides: &[],
        never: &["crate"], except: &["crate::rt"],
        why: "the cellar knows no other room",
    },
    Wall {
        rooms: &["src/backend/loom.rs", "src/backend/loom/"], besides: &[],
        never: &["crate::probe"], except: &[],
        why: "a model-checking backend never meets the probe",
    },
    Wall {
        rooms: &["src/"], besides: &["src/policy.rs", "src/policy/"],
        never: &["panic!", "std::panic::panic_any", "std::panic::resume_unwind"], except: &[],
        why: "only the policy panics; a broken invariant is an `assert!`, `expect` or `unreachable!`",
    },
    Wall {
        rooms: &["src/"], besides: &["src/rt/", "src/backend/"],
        never: &["std::sync"], except: &["std::sync::Arc", "std::sync::Weak"],
        why: "only the cellar and the backends name std's locks and atomics",
    },
    Wall {
        rooms: &["src/"], besides: &["src/tokio/", "src/backend/checked/tokio/", "src/backend/plain/tokio.rs"],
        never: &["tokio"], except: &[],
        why: "only its own rooms name tokio",
    },
    Wall {
        rooms: &["src/"],
        besides: &[
            "src/rt/", "src/backend/checked/", "src/backend/rlock.rs", "src/backend/unguarded.rs",
            "src/backend/plain/reentrant.rs", "src/backend/loom.rs", "src/backend/loom/",
        ],
        never: &["unsafe"], except: &[],
        why: "`unsafe` lives in the cellar and where a guard is built by hand",
    },
];

/// Finds the names that stand in a room that must do without them.
pub(super) fn check(source: &Source<'_>) -> Vec<Violation> {
    let names = names(source);
    let walls = WALLS.iter().filter(|wall| source.is_under(wall.rooms) && !source.is_under(wall.besides));
    walls
        .flat_map(|wall| names.iter().filter(|name| wall.hides(name)).map(|name| (name, wall.why)))
        .map(|(name, why)| Violation::new(source.path, name.line, Rule::Walls, format!("`{}`: {why}", name.path)))
        .collect()
}

impl Wall {
    fn hides(&self, name: &super::names::Name) -> bool {
        self.never.iter().any(|never| name.is_within(never)) && !self.except.iter().any(|except| name.is_within(except))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that `text` breaks exactly one wall in the file `path`, and none in the file `free`.
    fn check_wall(path: &str, free: &str, text: &str) {
        assert_eq!(check(&Source::new(path, text)).len(), 1, "{path}: {text}");
        assert_eq!(check(&Source::new(free, text)).len(), 0, "{free}: {text}");
    }

    #[test]
    fn an_analysis_knows_no_time_no_thread_no_output_and_no_live_part() {
        let free = "src/policy.rs";
        for text in [
            "use std::{fmt, time::Instant};",
            "fn f() { std::thread::current(); }",
            "thread_local! {}",
            "fn f() { println!() }",
            "use std::io::Write;",
            "use crate::{event::Event, report::Report};",
            "fn f(config: &crate::config::Config) {}",
            "use crate::stream::Live;",
            "use super::super::probe;",
            "use crate::rt::{Site, Gate};",
        ] {
            check_wall("src/analysis/graph.rs", free, text);
        }
        check_wall("src/analysis/graph.rs", free, "static A: u8 = 0;");
    }

    #[test]
    fn events_and_findings_do_not_know_what_is_done_with_them() {
        check_wall("src/event.rs", "src/probe.rs", "use crate::policy::Policy;");
        check_wall("src/finding.rs", "src/probe.rs", "use crate::report;");
    }

    #[test]
    fn the_cellar_knows_no_other_room() {
        check_wall("src/rt/gate.rs", "src/probe.rs", "use crate::event::Event;");
        check_wall("src/rt/gate.rs", "src/rt.rs", "use super::super::event::Event;");
        assert_eq!(check(&Source::new("src/rt/gate.rs", "use crate::rt::prim; use super::Site;")), []);
    }

    #[test]
    fn the_rest_of_the_house_keeps_its_walls() {
        check_wall("src/backend/loom.rs", "src/backend/checked/mutex.rs", "use crate::probe::Held;");
        check_wall("src/probe.rs", "src/policy.rs", "fn f() { panic!(\"no\") }");
        check_wall("src/stream/live.rs", "src/rt/prim.rs", "use std::sync::{Arc, Mutex};");
        check_wall("src/stream/live.rs", "src/rt/prim.rs", "use core::sync::atomic;");
        check_wall("src/stream/live.rs", "src/rt/gate.rs", "fn f() { unsafe { g() } }");
        check_wall("src/stream/live.rs", "src/tokio/current.rs", "use tokio::task::Id;");
        check_wall("src/stream/live.rs", "src/backend/checked/tokio/mod.rs", "fn f() { ::tokio::task::id(); }");
    }

    #[test]
    fn comments_literals_and_tests_may_name_everything() {
        let text = "//! panic!\n/// [`std::sync::Mutex`]\nfn f() -> &'static str { \"unsafe\" }\n#[cfg(test)]\nmod tests { use std::sync::Mutex; fn g() { panic!() } }";
        assert_eq!(check(&Source::new("src/analysis/graph.rs", text)), []);
    }
}
