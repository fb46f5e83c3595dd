//! Random programs, judged by clocks and by the definition of a race: do both find the same?
//!
//! Must not know: the library, but for what the module above has brought in: the fuzz targets have this module too.
//! INVARIANT: places that are never used again make both sides agree on which cells race, and on the first race of each;
//! whatever is told, also later and of places that are used again, is a race.

mod clocks;
mod definition;
mod program;

use self::clocks::{Places, Told};
use self::definition::Definition;
use self::program::Step;
use super::{AccessHistory, Epoch, Place, Race, RaceClock, Way};

/// Judges the program that the bytes stand for, on both sides.
///
/// # Errors
/// If they differ; the text has the smallest such program that is this one without some steps.
pub(crate) fn compare(bytes: &[u8]) -> Result<(), String> {
    let mut steps = program::program(bytes);
    let Err(mut difference) = judge(&steps) else { return Ok(()) };
    let mut without = 0;
    while without < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(without);
        let fewer = program::possible(fewer);
        match judge(&fewer) {
            Ok(()) => without += 1,
            Err(text) => (steps, difference, without) = (fewer, text, 0),
        }
    }
    let steps: Vec<String> = steps.iter().enumerate().map(|(index, step)| format!("{index} {step}")).collect();
    Err(format!("{}\n  {difference}", steps.join("; ")))
}

fn judge(steps: &[Step]) -> Result<(), String> {
    let definition = Definition::new(steps, None);
    let told = clocks::play(steps, Places::EachOnce).told;
    only_races(&definition, &told)?;
    for cell in 0..program::CELLS {
        let first = told.iter().find(|told| told.cell == cell).copied();
        let expected = definition.first_race(cell);
        if first != expected {
            return Err(format!("of cell {cell} the clocks tell {first:?}, the definition {expected:?}"));
        }
    }
    let again = clocks::play(steps, Places::UsedAgain);
    only_races(&definition, &again.told)?;
    let most = program::most_at_once(steps);
    if again.places > most {
        return Err(format!("{} places for {most} threads at once", again.places));
    }
    Ok(())
}

fn only_races(definition: &Definition<'_>, told: &[Told]) -> Result<(), String> {
    let invented = told.iter().find(|told| !definition.is_race(told.earlier, told.later));
    invented.map_or(Ok(()), |told| Err(format!("the clocks tell {told:?}, which is no race")))
}

#[cfg(test)]
mod tests {
    use super::definition::Source;
    use super::program::Act;
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::{TestError, TestRunner};
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    #[test]
    fn clocks_agree_with_the_definition_of_a_race() {
        let tally = RefCell::new(BTreeMap::<String, u32>::new());
        let compared = Cell::new(0);
        let programs = super::super::PROGRAMS;
        let config =
            ProptestConfig { max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::with_cases(programs) };
        let bytes = prop::collection::vec(any::<u8>(), 0..=program::MOST_BYTES);
        let result = TestRunner::new(config).run(&bytes, |bytes| {
            compare(&bytes).map_err(TestCaseError::fail)?;
            compared.set(compared.get() + 1);
            let steps = program::program(&bytes);
            // What matters takes longer to find out than to compare.
            let mattering = if compared.get() % 8 == 0 { what_matters(&steps) } else { Vec::new() };
            for it in what_it_shows(&steps).into_iter().chain(mattering) {
                *tally.borrow_mut().entry(it).or_default() += 1;
            }
            Ok(())
        });
        if let Err(TestError::Fail(difference, _)) = result {
            panic!("{difference}");
        }
        // A trial that never comes near the rare branches proves nothing.
        let tally = tally.into_inner();
        let rare: Vec<_> =
            shown().into_iter().filter(|it| tally.get(it).is_none_or(|n| *n < programs / 2000)).collect();
        assert!(rare.is_empty(), "too seldom: {rare:?} of {tally:?}");
        println!("{} programs: {tally:?}", compared.get());
    }

    /// What programs must show now and then.
    fn shown() -> Vec<String> {
        let told = ["race", "no race", "raced read", "raced write", "hidden by a place", "place again", "later race"];
        let told = told.iter().map(|it| (*it).to_owned());
        told.chain(Source::ALL.iter().map(|source| format!("{source:?} matters"))).collect()
    }

    fn what_it_shows(steps: &[Step]) -> Vec<String> {
        let mut shown = Vec::new();
        let definition = Definition::new(steps, None);
        let races: Vec<_> = (0..program::CELLS).map(|cell| definition.first_race(cell)).collect();
        let once = clocks::play(steps, Places::EachOnce);
        let again = clocks::play(steps, Places::UsedAgain);
        let mut show = |it: &str, is_so: bool| {
            if is_so {
                shown.push(it.to_owned());
            }
        };
        show("race", !once.told.is_empty());
        show("no race", once.told.is_empty());
        show("raced read", races.iter().flatten().any(|race| race.way == Way::Read));
        show("raced write", races.iter().flatten().any(|race| race.way == Way::Write));
        show("hidden by a place", again.told.len() < once.told.len());
        show("place again", again.places < once.places);
        show("later race", once.told.len() > races.iter().flatten().count());
        shown
    }

    /// Returns the sources of order without which the races would be others.
    fn what_matters(steps: &[Step]) -> Vec<String> {
        let races = |without| -> Vec<Option<Told>> {
            let definition = Definition::new(steps, without);
            (0..program::CELLS).map(|cell| definition.first_race(cell)).collect()
        };
        let all = races(None);
        let mattering = Source::ALL.into_iter().filter(|&source| races(Some(source)) != all);
        mattering.map(|source| format!("{source:?} matters")).collect()
    }

    #[test]
    fn the_definition_finds_the_race_of_a_program_and_none_in_its_fix() {
        use Act::{Lock, Read, Start, Unlock, Write};
        let step = |thread, act| Step { thread, act };
        let racy = [step(0, Start(1)), step(0, Read(0)), step(0, Write(0)), step(1, Read(0)), step(1, Write(0))];
        let race = Definition::new(&racy, None).first_race(0);
        assert_eq!(race, Some(Told { cell: 0, earlier: 2, way: Way::Write, later: 3 }));
        let mut fixed = vec![racy[0]];
        for part in [&racy[1..3], &racy[3..5]] {
            fixed.push(step(part[0].thread, Lock(0)));
            fixed.extend(part);
            fixed.push(step(part[0].thread, Unlock(0)));
        }
        assert_eq!(program::possible(fixed.clone()), fixed);
        assert_eq!(Definition::new(&fixed, None).first_race(0), None);
        assert!(Definition::new(&fixed, Some(Source::Lock)).first_race(0).is_some());
    }
}
