//! Turns a union's locks and orders into a picture: a card for each file, a row for each lock, a curve for each order.
//!
//! Must not know: the page it may stand in, but for the `data-` attributes that the page's script reads.
//! INVARIANT: equal unions give equal pictures; all text is escaped; nothing outside of the file is named.

mod cards;
mod curves;
mod layout;
mod reported;

use std::fmt::Write;

use crate::format::visible::visible;
use crate::union::Union;
use cards::{Card, Cards, ROW, TITLE};
use curves::Curve;
pub(super) use reported::Reported;

/// Returns the lock-order graph as an SVG file; the cycles that findings are about are red.
///
/// # Cost
/// 1 000 locks in 200 files with 2 000 orders take about a tenth of a second.
pub fn graph(union: &Union) -> String {
    let picture = picture(union, &Reported::of(union), Scope::All);
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{picture}")
}

/// How much of the graph is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    /// All locks, and all their orders.
    All,
    /// The orders that findings are about, and their locks.
    Cycles,
}

/// Returns the graph as an `svg` element, which can stand in a page.
pub(super) fn picture(union: &Union, reported: &Reported, scope: Scope) -> String {
    let cards = Cards::new(union, reported, scope);
    let (layout, curves) = curves::run(&cards, union);
    let (width, height) = (layout.size.width + 2.0 * MARGIN, layout.size.height + 2.0 * MARGIN);
    let (width, height) = (width.max(LEAST_WIDTH), height.max(LEAST_HEIGHT));
    let count = curves.len();
    let label = format!("Lock-order graph: {} lock classes, {count} orders", cards.class_count());
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gordian-graph\" viewBox=\"{:.0} {:.0} {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{label}\">\n<style>{}</style>\n\
         <g class=\"world\">\n",
        -MARGIN,
        -MARGIN,
        include_str!("svg/graph.css"),
    );
    if cards.cards.is_empty() {
        let _ = writeln!(text, "<text class=\"nothing\" x=\"0\" y=\"20\">No lock was seen.</text>");
    }
    // What is red is drawn last, and so on top.
    let (cycles, others): (Vec<&Curve>, Vec<&Curve>) = curves.iter().partition(|curve| curve.is_reported);
    others.into_iter().chain(cycles).for_each(|curve| draw_curve(&mut text, curve, union));
    for (card, rect) in cards.cards.iter().zip(&layout.cards) {
        draw_card(&mut text, card, rect, union);
    }
    text + "</g>\n</svg>\n"
}

const MARGIN: f64 = 64.0;
const LEAST_WIDTH: f64 = 240.0;
const LEAST_HEIGHT: f64 = 80.0;

fn draw_curve(text: &mut String, curve: &Curve, union: &Union) {
    let edge = &union.edges[curve.edge];
    let class = if curve.is_reported { "edge cycle" } else { "edge" };
    let weight = 1.2 + (edge.contexts as f64).max(1.0).log10();
    let [from, to] = [edge.from, edge.to].map(|class| escape(&cards::name(&union.classes[class])));
    let (ways, processes) = (counted(edge.contexts, "way"), counted(edge.processes, "process"));
    let _ = writeln!(
        text,
        "<g class=\"{class}\" data-edge=\"{}\" data-from=\"{}\" data-to=\"{}\"><title>{to} was requested under {from}: \
         {ways}, {processes}</title><path class=\"line\" stroke-width=\"{weight:.1}\" \
         d=\"{}{}\"/>{}</g>",
        curve.edge,
        edge.from,
        edge.to,
        curve.path(),
        curve.arrowhead(),
        if edge.contexts > 1 { count(curve, edge.contexts) } else { String::new() },
    );
}

fn count(curve: &Curve, contexts: u64) -> String {
    let (x, y) = curve.label();
    format!("<text class=\"count\" x=\"{x:.1}\" y=\"{:.1}\">{contexts}</text>", y + 3.5)
}

fn draw_card(text: &mut String, card: &Card, rect: &layout::Rect, union: &Union) {
    let layout::Rect { left, top, width, height } = *rect;
    let hue = card.hue();
    let _ = writeln!(
        text,
        "<g class=\"card\" transform=\"translate({left:.1} {top:.1})\"><title>{}</title><rect class=\"paper\" \
         width=\"{width:.0}\" height=\"{height:.0}\" rx=\"6\"/><path class=\"crate\" style=\"fill:hsl({hue} 55% 50%)\" \
         d=\"M0 6 a6 6 0 0 1 6 -6 h{:.0} a6 6 0 0 1 6 6 v-1 h-{width:.0} z\"/><text class=\"title\" x=\"10\" y=\"18\">\
         <tspan class=\"name\">{}</tspan> <tspan class=\"note\">{}</tspan></text>",
        escape(&card.path),
        width - 12.0,
        escape(&card.krate),
        escape(&card.file),
    );
    for (at, row) in card.rows.iter().enumerate() {
        let class = &union.classes[row.class];
        let mark = match (row.is_reported, row.has_orders) {
            (true, _) => " cycle",
            (false, true) => "",
            (false, false) => " idle",
        };
        let _ = writeln!(
            text,
            "<g class=\"lock{mark}\" data-class=\"{}\" tabindex=\"0\" role=\"button\" transform=\"translate(0 {:.0})\">\
             <title>{}, {} created at {}</title><rect class=\"row\" x=\"1\" width=\"{:.0}\" height=\"{ROW:.0}\"/>\
             <text x=\"10\" y=\"15\"><tspan class=\"name\">{}</tspan> <tspan class=\"note\">{}</tspan></text></g>",
            row.class,
            TITLE + at as f64 * ROW,
            escape(&cards::name(class)),
            escape(&class.type_name),
            escape(&card.created(class)),
            width - 2.0,
            escape(&row.label),
            escape(&row.note),
        );
    }
    // From afar a card is only a name, as big as it fits.
    let name = if card.krate.is_empty() { &card.file } else { &card.krate };
    let size = (width - 16.0) / (name.chars().count().max(4) as f64 * 0.62);
    let _ = writeln!(
        text,
        "<text class=\"far\" x=\"{:.0}\" y=\"{:.0}\" font-size=\"{:.0}\">{}</text></g>",
        width / 2.0,
        height / 2.0 + size.min(height * 0.7) * 0.35,
        size.min(height * 0.7),
        escape(name),
    );
}

fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ if noun.ends_with('s') => format!("{count} {noun}es"),
        _ => format!("{count} {noun}s"),
    }
}

/// Returns `text` as text between tags or in quotes.
fn escape(text: &str) -> String {
    let text = visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
