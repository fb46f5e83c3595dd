//! Turns the classes of a union into cards: one for each file, with a row for each lock.
//!
//! Must not know: where a card goes.
//! INVARIANT: a class is on one row of one card; cards are in the order of their crates and files, rows in that of lines.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::Size;
use super::{Reported, Scope};
use crate::format::origin::Origin;
use crate::format::visible::visible;
use crate::union::{Class, Union};

/// The height of a row.
pub(super) const ROW: f64 = 21.0;
/// The height of a card's title.
pub(super) const TITLE: f64 = 27.0;
/// The width of a letter of the monospaced font.
const LETTER: f64 = 7.25;
/// More letters than this are cut; a tooltip has them all.
const MOST_LETTERS: usize = 46;

/// The cards, and where on them each class is.
pub(super) struct Cards {
    pub(super) cards: Vec<Card>,
    /// The card and the row of each class that is drawn.
    pub(super) at: BTreeMap<usize, (usize, usize)>,
    /// The orders that are drawn, and whether a finding is about them.
    pub(super) orders: Vec<(usize, bool)>,
}

/// A file with locks.
pub(super) struct Card {
    pub(super) krate: String,
    pub(super) file: String,
    pub(super) path: String,
    pub(super) rows: Vec<Row>,
}

/// A lock.
pub(super) struct Row {
    /// Its position in the union's classes.
    pub(super) class: usize,
    pub(super) label: String,
    pub(super) note: String,
    pub(super) is_reported: bool,
    pub(super) has_orders: bool,
}

impl Cards {
    pub(super) fn new(union: &Union, reported: &Reported, scope: Scope) -> Self {
        let is_reported = |edge: usize| reported.orders.contains_key(&edge);
        let orders: Vec<(usize, bool)> = (0..union.edges.len())
            .map(|edge| (edge, is_reported(edge)))
            .filter(|&(_, is_reported)| scope == Scope::All || is_reported)
            .collect();
        let ends = |&(edge, _): &(usize, bool)| [union.edges[edge].from, union.edges[edge].to];
        let ordered: BTreeSet<usize> = orders.iter().flat_map(ends).collect();
        let red: BTreeSet<usize> = orders.iter().filter(|(_, is_reported)| *is_reported).flat_map(ends).collect();
        let mut files: BTreeMap<Origin, Vec<usize>> = BTreeMap::new();
        for (at, class) in union.classes.iter().enumerate() {
            if scope == Scope::All || ordered.contains(&at) {
                files.entry(Origin::of(&class.created.file)).or_default().push(at);
            }
        }
        let cards = files.into_iter().map(|(origin, mut classes)| {
            classes.sort_by_key(|&at| (union.classes[at].created.line, union.classes[at].created.column, at));
            let row = |&class: &usize| {
                let (is_reported, has_orders) = (red.contains(&class), ordered.contains(&class));
                let (label, note) = words(&union.classes[class]);
                Row { class, label, note, is_reported, has_orders }
            };
            let (krate, file) = (cut(&origin.krate, MOST_LETTERS / 2), cut_front(&origin.file, MOST_LETTERS / 2));
            Card { krate, file, path: origin.path, rows: classes.iter().map(row).collect() }
        });
        let cards: Vec<Card> = cards.collect();
        let place = |(card, of): (usize, &Card)| {
            let rows: Vec<_> = of.rows.iter().enumerate().map(|(row, of)| (of.class, (card, row))).collect();
            rows
        };
        let at = cards.iter().enumerate().flat_map(place).collect();
        Self { cards, at, orders }
    }

    pub(super) fn class_count(&self) -> usize {
        self.at.len()
    }
}

impl Card {
    /// Returns how much room it needs.
    pub(super) fn size(&self) -> Size {
        let length = |text: &str| text.chars().count();
        let rows = self.rows.iter().map(|row| length(&row.label) + 1 + length(&row.note));
        let letters = rows.chain([length(&self.krate) + 1 + length(&self.file)]).max().unwrap_or(0);
        Size { width: (letters as f64 * LETTER + 22.0).ceil(), height: TITLE + self.rows.len() as f64 * ROW + 5.0 }
    }

    /// Returns where one of its locks was created.
    pub(super) fn created(&self, class: &Class) -> String {
        format!("{}:{}:{}", self.path, class.created.line, class.created.column)
    }

    /// Returns the hue of its crate, in degrees: of crates whose names differ, most often another one.
    pub(super) fn hue(&self) -> u32 {
        let hash =
            self.krate.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        // Red is left to the cycles.
        30 + hash % 300
    }
}

/// Returns what to call a class: its name, or its kind and its line.
pub(super) fn name(class: &Class) -> String {
    match &class.name {
        Some(name) => name.clone(),
        None => format!("{} at line {}", class.kind, class.created.line),
    }
}

fn words(class: &Class) -> (String, String) {
    let label = match &class.name {
        Some(name) => cut(name, MOST_LETTERS / 2),
        None => format!("line {}", class.created.line),
    };
    let note = if class.type_name.is_empty() { &class.kind } else { &class.type_name };
    let rest = MOST_LETTERS - label.chars().count();
    (label, cut(note, rest))
}

/// Returns at most the first `most` letters.
fn cut(text: &str, most: usize) -> String {
    let text = visible(text).replace(['\n', '\t'], " ");
    if text.chars().count() <= most { text } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// Returns at most the last `most` letters.
fn cut_front(text: &str, most: usize) -> String {
    let text = visible(text).replace(['\n', '\t'], " ");
    let count = text.chars().count();
    if count <= most { text } else { ['…'].into_iter().chain(text.chars().skip(count + 1 - most)).collect() }
}
