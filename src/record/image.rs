//! Where the program's own code lies in memory, so that addresses in it mean the same in every run.
//!
//! Must not know: what is at an address.
//! Source: proc_pid_maps(5). Elsewhere than on Linux nothing is known, and no stack is told.

use std::ffi::OsStr;
use std::ops::Range;

/// The program's image, read when it is first asked about.
pub(super) enum Image {
    Unread,
    /// The system does not tell.
    Unknown,
    /// Its parts in memory, in ascending order: the first one's start is where it was loaded.
    Loaded(Vec<Range<u64>>),
}

impl Image {
    /// Returns those of the addresses that are in the image, counted from where it was loaded. `None` if none is.
    pub(super) fn relative(&mut self, addresses: &[usize]) -> Option<Vec<u64>> {
        if let Self::Unread = self {
            *self = read().map_or(Self::Unknown, Self::Loaded);
        }
        let Self::Loaded(parts) = self else { return None };
        let base = parts.first()?.start;
        let inside = addresses.iter().map(|&address| address as u64);
        let inside = inside.filter(|address| parts.iter().any(|part| part.contains(address)));
        let relative: Vec<u64> = inside.map(|address| address - base).collect();
        (!relative.is_empty()).then_some(relative)
    }
}

fn read() -> Option<Vec<Range<u64>>> {
    let program = std::fs::read_link("/proc/self/exe").ok()?;
    let maps = std::fs::read("/proc/self/maps").ok()?;
    Some(parts(&String::from_utf8_lossy(&maps), &OsStr::new(&program).to_string_lossy()))
}

/// Returns where the parts of `program` are.
fn parts(maps: &str, program: &str) -> Vec<Range<u64>> {
    let part = |line: &str| {
        let mut rest = line;
        // Range, rights, offset, device and inode; what is left is the path, which may have blanks.
        for _ in 0..5 {
            rest = rest.trim_start_matches(' ').split_once(' ')?.1;
        }
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        let address = |digits| u64::from_str_radix(digits, 16).ok();
        (rest.trim_start_matches(' ') == program).then_some(address(start)?..address(end)?)
    };
    maps.lines().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::Backtrace;

    const MAPS: &str = "\
55d0c0000000-55d0c0010000 r--p 00000000 fe:01 1234                       /opt/bank/my app
55d0c0010000-55d0c0050000 r-xp 00010000 fe:01 1234                       /opt/bank/my app
55d0c1000000-55d0c1021000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000028000 r-xp 00000000 fe:01 99                         /usr/lib/libc.so.6
7f0000100000-7f0000104000 rw-p 00000000 00:00 0 
";

    #[test]
    fn only_the_programs_own_parts_count() {
        let found = parts(MAPS, "/opt/bank/my app");
        assert_eq!(found, [0x55d0_c000_0000..0x55d0_c001_0000, 0x55d0_c001_0000..0x55d0_c005_0000]);
        assert_eq!(parts(MAPS, "/opt/bank/my"), []);
    }

    #[test]
    fn addresses_count_from_the_first_part_and_others_are_left_out() {
        let mut image = Image::Loaded(parts(MAPS, "/opt/bank/my app"));
        let stack = [0x55d0_c001_0123, 0x7f00_0000_0001, 0x55d0_c004_ffff, 0x55d0_c005_0000];
        assert_eq!(image.relative(&stack), Some(vec![0x1_0123, 0x4_ffff]));
        assert_eq!(image.relative(&stack[1..2]), None);
        assert_eq!(Image::Unknown.relative(&stack), None);
    }

    #[cfg(all(target_os = "linux", not(miri)))]
    #[test]
    fn this_programs_own_calls_are_in_its_image() {
        let stack = Backtrace::capture();
        let here = stack.addresses()[0];
        let mut image = Image::Unread;
        let relative = image.relative(stack.addresses()).expect("this is the program's own code");
        let Image::Loaded(parts) = &image else { unreachable!("it was read") };
        assert_eq!(relative[0] + parts[0].start, here as u64);
    }
}
