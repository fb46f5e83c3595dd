//! Turns text of programs and records into text that shows all of itself.
//!
//! Must not know: where the text goes; escaping is the format's.
//! Source: the letters that can reorder others are those of <https://trojansource.codes>.
//! INVARIANT: what is returned has no control characters but tabs and line ends, and none that reorder others.

use std::fmt::Write;

/// Returns `text` with every character that cannot be seen, or that moves others, written as `\u{202e}`.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_visible(letter) {
            shown.push(letter);
        } else {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(letter));
        }
    }
    shown
}

fn is_visible(letter: char) -> bool {
    match letter {
        '\t' | '\n' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => false,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => !letter.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(visible("a\u{7}b\u{202e}c\0"), "a\\u{7}b\\u{202e}c\\u{0}");
    }

    #[test]
    fn what_can_be_seen_is_left_alone() {
        let text = "fn größe() {\n\tlet 数 = \"<b>&\";\n}";
        assert_eq!(visible(text), text);
    }
}
