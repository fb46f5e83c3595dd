//! Turns Rust source into tokens: what is code, what is a literal, what is a comment.
//!
//! Must not know: the grammar; a rule that needs it looks at neighbours.
//! Source: the lexical structure chapter of the Rust reference. We differ: a number is a word, and only `::` is a mark of two
//! characters.
//! INVARIANT: every character that is not white space belongs to one token.

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Word,
    Mark,
    Lifetime,
    /// A literal of text, bytes or a character, with its quotes.
    Literal,
    Comment,
}

/// A stretch of source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// The line it begins on; the first is 1.
    pub(crate) line: usize,
}

impl Token<'_> {
    pub(crate) fn is_code(&self) -> bool {
        self.kind != Kind::Comment
    }
}

/// Returns the tokens of `source`, in order.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let (kind, length) = if first.is_whitespace() { (None, first.len_utf8()) } else { next(rest) };
        let text = &rest[..length];
        found.extend(kind.map(|kind| Token { kind, text, line }));
        line += text.matches('\n').count();
        at += length;
    }
    found
}

/// Returns the kind and the length of the token that `rest` begins with.
fn next(rest: &str) -> (Option<Kind>, usize) {
    let first = rest.chars().next().unwrap_or_default();
    let (kind, length) = if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment(rest))
    } else if let Some(length) = literal(rest) {
        (Kind::Literal, length)
    } else if first == '\'' {
        (Kind::Lifetime, 1 + word(&rest[1..]))
    } else if is_word(first) {
        (Kind::Word, word(rest))
    } else if rest.starts_with("::") {
        (Kind::Mark, 2)
    } else {
        (Kind::Mark, first.len_utf8())
    };
    (Some(kind), length)
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn word(rest: &str) -> usize {
    rest.find(|character| !is_word(character)).unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let step = if rest[at..].starts_with("/*") { 1 } else { -i32::from(rest[at..].starts_with("*/")) };
        depth += step;
        at += if step == 0 { rest[at..].chars().next().map_or(1, char::len_utf8) } else { 2 };
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Returns the length of the literal that `rest` begins with, prefix and quotes included.
fn literal(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or_default();
        after.starts_with('"')
            || (prefix.ends_with('r') && after.trim_start_matches('#').starts_with('"'))
            || (*prefix == "b" && after.starts_with('\''))
    });
    let Some(prefix) = prefix else {
        return character(rest);
    };
    let body = &rest[prefix.len()..];
    if prefix == "b" && body.starts_with('\'') {
        return Some(1 + character(body)?);
    }
    if prefix.ends_with('r') {
        let hashes = body.len() - body.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let open = prefix.len() + hashes + 1;
        return Some(rest[open..].find(&end).map_or(rest.len(), |length| open + length + end.len()));
    }
    Some(prefix.len() + quoted(body, '"'))
}

/// Tells `'a'` from the lifetime `'a`.
fn character(rest: &str) -> Option<usize> {
    let mut characters = rest.strip_prefix('\'')?.chars();
    let is_literal = match characters.next()? {
        '\\' => true,
        _ => characters.next() == Some('\''),
    };
    is_literal.then(|| quoted(rest, '\''))
}

/// Returns the length up to the closing quote, past escaped ones.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str, kind: Kind) -> Vec<&str> {
        tokens(source).into_iter().filter(|token| token.kind == kind).map(|token| token.text).collect()
    }

    #[test]
    fn what_a_comment_or_a_literal_holds_is_not_code() {
        let source = "a /* b /* c */ d */ \"e \\\" // f\" r#\"g \"h\" i\"# b'j' 'k' '\\'' // l\nm r#type";
        assert_eq!(texts(source, Kind::Word), ["a", "m", "r", "type"]);
        assert_eq!(texts(source, Kind::Comment), ["/* b /* c */ d */", "// l"]);
        assert_eq!(texts(source, Kind::Literal), ["\"e \\\" // f\"", "r#\"g \"h\" i\"#", "b'j'", "'k'", "'\\''"]);
    }

    #[test]
    fn a_lifetime_is_not_a_character() {
        assert_eq!(texts("&'static str, 'a', '_", Kind::Lifetime), ["'static", "'_"]);
    }

    #[test]
    fn a_token_knows_its_first_line() {
        let lines: Vec<usize> = tokens("a\n\"b\nc\"\n/* d\n */ e::f").iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 2, 4, 5, 5, 5]);
    }
}
