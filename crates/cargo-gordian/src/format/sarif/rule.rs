//! Turns a lint into a rule of SARIF, with its page as help.
//!
//! Must not know: findings.

use gordian::{Level, Lint};
use serde_json::json;
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor};

/// Returns the rule.
pub(super) fn of(lint: Lint) -> ReportingDescriptor {
    let level = match lint.default_level() {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "note",
    };
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let page = alone(lint.page());
    let help = MultiformatMessageString::builder().text(page.clone()).markdown(page.clone()).build();
    ReportingDescriptor::builder()
        .id(lint.code())
        .name(format!("{lint:?}"))
        .short_description(text(&capital(lint.title())))
        .full_description(text(&first_paragraph(&page)))
        .help(help)
        .default_configuration(ReportingConfiguration::builder().level(json!(level)).build())
        .properties(PropertyBag::builder().tags(vec!["concurrency".to_owned(), "correctness".to_owned()]).build())
        .build()
}

/// Returns a page without links to the pages beside it, which a reader of the log does not have.
fn alone(page: &str) -> String {
    let mut parts = page.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let link = part.split_once(')').filter(|(target, _)| !target.contains(char::is_whitespace));
        match (link, text.rfind('[')) {
            (Some((target, rest)), Some(start)) if !target.contains("://") => {
                text.remove(start);
                text += rest;
            }
            _ => {
                text += "](";
                text += part;
            }
        }
    }
    text
}

/// Returns the paragraph below the page's heading, as plain text on one line.
fn first_paragraph(page: &str) -> String {
    let paragraph = page.split("\n\n").nth(1).unwrap_or(page);
    paragraph.replace("**", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_alone_keeps_its_words_and_the_links_that_work_anywhere() {
        let page = "see [the `index`](README.md#levels), [std](https://doc.rust-lang.org) and `a[0](b c)`";
        assert_eq!(alone(page), "see the `index`, [std](https://doc.rust-lang.org) and `a[0](b c)`");
    }

    #[test]
    fn no_rule_links_to_a_page_beside_it() {
        for lint in Lint::all() {
            let rule = of(lint);
            let help = rule.help.and_then(|help| help.markdown).unwrap_or_default();
            assert!(!help.contains(".md)") && !help.contains(".md#"), "{lint}");
            assert!(rule.full_description.is_some_and(|text| text.text.starts_with("Default: ")), "{lint}");
        }
    }
}
