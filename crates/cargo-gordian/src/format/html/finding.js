// Turns a finding into elements: what happens in time, each side with its source and its stack, and what to do.
//
// Must not know: which finding is shown, or where.
// INVARIANT: every side is shown in full, with what the record has of it; what it has not is said to be missing.

// Lints whose sides exclude each other or come one after the other: nobody waits in what they show.
const ONE_BY_ONE = ["sequential_order", "gated_order", "wait_while_holding", "lost_notify", "condvar_two_mutexes"];
const RACES = ["data_race", "lost_update", "atomicity"];
const VERBS = {
  request: "requests", wait: "waits for", wait_timeout: "waits for", notify: "notifies", arrive: "arrives at", receive: "receives from", send: "sends to",
  join: "joins", end_scope: "ends the scope of", park: "parks", read: "reads", write: "writes", update: "updates",
};
const verb = (deed) => VERBS[deed] ?? deed;
const color = (column) => `c${column % 6}`;

function drawFinding(found, index) {
  const { report } = found;
  return [
    drawBar(found, index),
    make("h1", null, rich(report.title)),
    make("div", { class: "faint" }, `Found ${plural(report.count, "time")}, ${foundBy(found)}`, found.processes.length > 0 && ": ", found.processes.map(processText).join(", "),
      found.found_by > found.processes.length && ", and others"),
    make("h2", null, isRace(report) ? "What happened" : "How it hangs".concat(isOneByOne(report) ? ", or could" : "")),
    drawTimeline(found, index),
    make("h2", null, "Each side"),
    make("div", { class: "sides" }, report.sides.map((side, number) => drawSide(found, index, side, number))),
    drawList("Why it is not excused", report.reasons),
    drawList("What to do", report.advice),
    drawList("What the detector could not see", report.holes),
    report.doubt > 0 && make("p", { class: "faint" }, isRace(report) ? "One side's thread was not started through gordian: what orders it may not have been seen." :
      `${plural(report.doubt, "thread")} of the process never met the detector. If one of them can wake the sides, they are not stuck.`),
    drawLocks(report, index),
    drawSilence(report),
  ].flat().filter(Boolean);
}

const isRace = (report) => RACES.includes(report.lint);
const isOneByOne = (report) => isRace(report) || ONE_BY_ONE.includes(report.lint);

function drawBar(found, index) {
  const { report } = found;
  const [name, reason] = standing(found);
  const copy = async (event) => {
    const button = event.currentTarget;
    button.textContent = (await copied(report.fingerprint)) ? "Copied" : "Select it below";
  };
  const inGraph = Object.values(data.orders).some((of) => of.includes(index));
  return make("div", { class: "bar" },
    make("span", { class: `badge ${report.level}` }, `${report.code} ${report.level}`), make("span", { class: "lint" }, report.lint),
    make("span", { class: "badge" }, name), reason && make("span", { class: "faint" }, `“${reason}”`),
    make("span", { class: "right" }, make("button", { type: "button", onclick: copy, title: report.fingerprint }, "Copy fingerprint"),
      inGraph && make("button", { type: "button", onclick: () => (location.hash = `cycle-${index}`) }, "Show in the graph")));
}

// A page from a file may not use the clipboard everywhere; then a selection does.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// What happens, in the order in which it goes wrong: [{ column, words, place, kind, lock, side }].
function events(report) {
  const holds = report.sides.map((side, column) =>
    side.held.map((held, number) => ({
      column, side: column, lock: held.lock, place: held.site, mode: held.mode, kind: number === side.holds ? "held" : "also",
      words: [side.holds === null || number === side.holds ? "holds " : "also holds ", make("b", null, report.locks[held.lock].label)],
    })));
  const wants = report.sides.map((side, column) => {
    if (!side.wants) return [];
    const { lock, deed, site, mode } = side.wants;
    const what = deed === "park" ? [] : [" ", make("b", null, report.locks[lock].label)];
    return [{ column, side: column, lock, place: site, mode, kind: "wants", words: [verb(deed), what, side.value ? ` (${side.value})` : ""] }];
  });
  const all = isOneByOne(report) ? holds.flatMap((held, column) => [...held, ...wants[column]]) : [...holds.flat(), ...wants.flat()];
  return all.map((event) => ({ ...event, note: event.mode === "shared" ? " (read)" : "" }));
}

// Which earlier event an event waits for: the one by which another side, or itself, holds what it wants.
function blocker(report, all, event) {
  if (event.kind !== "wants" || isOneByOne(report)) return -1;
  const isOf = (other, kind) => other.kind === kind && other.lock === event.lock;
  const next = (event.side + 1) % report.sides.length;
  const ofNext = all.findIndex((other) => isOf(other, "held") && other.side === next);
  return ofNext >= 0 ? ofNext : all.findIndex((other) => isOf(other, "held") || isOf(other, "also"));
}

function drawTimeline(found, index) {
  const { report } = found;
  const all = events(report);
  const columns = report.sides.length;
  const grid = make("div", { class: "timeline", style: `grid-template-columns: 14px repeat(${columns}, minmax(${columns > 3 ? 128 : 200}px, 1fr)) ${columns === 1 ? "minmax(0, 1fr)" : ""}` });
  const put = (element, row, column) => {
    element.style.gridRow = row;
    element.style.gridColumn = column;
    grid.append(element);
    return element;
  };
  report.sides.forEach((side, column) => {
    const again = report.sides.slice(0, column).some((before, other) => before.thread.number === side.thread.number && data.sides[index][other] === data.sides[index][column]);
    const process = data.sides[index][column];
    put(make("div", { class: `head ${color(column)}` }, threadText(side.thread), again && ", elsewhere", process !== null && make("small", null, processText(process))), 1, column + 2);
    if (all.length) put(make("div", { class: `life ${color(column)}` }), `2 / span ${all.length + (isRace(report) ? columns - 1 : 0)}`, column + 2);
  });
  let row = 2;
  all.forEach((event, number) => {
    if (isRace(report) && number > 0 && event.side !== all[number - 1].side) {
      put(make("div", { class: "between" }, report.lint === "data_race" ? "nothing orders these two accesses: either may come first" : "in between"), row++, `2 / span ${columns}`);
    }
    const held = blocker(report, all, event);
    const other = held >= 0 && report.sides[all[held].side];
    const waits = other && (all[held].side === event.side ? "waits for itself" : `waits for ${other.thread.name ? `'${other.thread.name}'` : threadText(other.thread)}`);
    put(make("span", { class: "time" }, number + 1), row, 1);
    const words = make("span", null, event.words, event.note, waits && make("span", { class: "waits" }, `, ${waits}`));
    const box = make("div", { class: `event ${color(event.column)} ${event.kind}${waits ? " blocked" : ""}` }, words, shortPlace(event.place));
    box.dataset.row = number;
    if (held >= 0) box.dataset.blocker = held;
    put(box, row++, event.column + 2);
  });
  const isRing = all.some((event) => blocker(report, all, event) >= 0);
  const end = report.lint === "deadlock" || report.lint === "stall" ? "They wait for ever: this happened." : report.lint === "self_deadlock" ? "It waits for ever." : "If they meet like this, all wait for ever.";
  return [grid, isRing && make("p", { class: "end" }, end)];
}

// Draws who waits for whom into each timeline below `root`: along the row, then up the gutter beside whoever holds it.
function drawArrows(root) {
  for (const grid of root.querySelectorAll(".timeline")) {
    grid.querySelector("svg")?.remove();
    const shape = (tag, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
      return element;
    };
    const svg = shape("svg", { width: grid.scrollWidth, height: grid.scrollHeight, "aria-hidden": "true" });
    const edges = (element) => ({ left: element.offsetLeft, right: element.offsetLeft + element.offsetWidth, y: element.offsetTop + element.offsetHeight / 2 });
    for (const [number, waiting] of [...grid.querySelectorAll("[data-blocker]")].entries()) {
      const from = edges(waiting);
      const to = edges(grid.querySelector(`[data-row="${waiting.dataset.blocker}"]`));
      const shift = 4 * (number % 5) - 8;
      // Seen from the left the gutter is at the left of the holder, else at its right.
      const isRightward = to.left > from.left;
      const [start, gutter, end] = isRightward ? [from.right, to.left - 17 + shift, to.left] : [to.left === from.left ? from.right : from.left, to.right + 17 + shift, to.right];
      const tip = isRightward ? -7 : 7;
      svg.append(shape("path", { d: `M${start} ${from.y}H${gutter}V${to.y}H${end + tip}` }), shape("path", { class: "tip", d: `M${end} ${to.y}l${tip * 1.2} -4.5v9z` }));
    }
    grid.append(svg);
  }
}

function drawSide(found, index, side, column) {
  const { report } = found;
  const process = data.sides[index][column];
  const label = (lock) => report.locks[lock].label;
  const held = side.held.map((of) => make("li", null, "holds ", make("b", null, label(of.lock)), of.mode === "shared" ? " (read) since " : " since ", place(of.site),
    of.backtrace.length > 0 && make("details", null, make("summary", null, "stack of its acquisition"), drawTrace(of.backtrace))));
  const marks = side.held.map((of) => ({ place: of.site, kind: "held", text: `\`${label(of.lock)}\` is taken here` }));
  if (side.wants) {
    const { deed, lock, site } = side.wants;
    const text = deed === "request" ? `\`${label(lock)}\` is requested here` : deed === "park" ? "parks here" : `${verb(deed)} \`${label(lock)}\` here`;
    marks.push({ place: site, kind: "wanted", text });
  }
  const wakers = side.wants?.wakers;
  return make("div", { class: `side ${color(column)}` },
    make("h3", null, threadText(side.thread), process !== null && make("small", { class: "faint" }, ` in ${processText(process)}`)),
    make("ul", null, held.length ? held : make("li", { class: "faint" }, "holds nothing"),
      side.wants && make("li", null, `${verb(side.wants.deed)} `, side.wants.deed !== "park" && [make("b", null, label(side.wants.lock)), side.wants.mode === "shared" ? " (read) " : " "], "at ", place(side.wants.site)),
      wakers && make("li", { class: "faint" }, wakerText(wakers)), side.value && make("li", null, side.wants?.deed === "read" ? "reads the value " : "the value is ", make("code", null, side.value))),
    side.lasted_ms !== null && make("div", { class: "faint" }, `for ${side.lasted_ms} ms so far`),
    drawExcerpts(marks),
    make("h4", null, side.wants?.deed === "request" ? "Stack of the request" : "Stack"), drawTrace(side.backtrace));
}

function wakerText(wakers) {
  const threads = wakers.threads.length ? ` (thread ${wakers.threads.join(", ")})` : "";
  return { each: `each of these must act before it goes on${threads}`, anyone: `anybody could wake it, and nobody is left${threads}`, gone: `the only one who could wake it is gone${threads}` }[wakers.who] ?? wakers.who + threads;
}

function drawTrace(frames) {
  if (!frames.length) return make("div", { class: "faint" }, "No stack was caught, or it could not be resolved.");
  const line = (frame) => frame.place && data.sources[frame.place.file]?.[frame.place.line]?.trim();
  return make("ol", { class: "trace" }, frames.map((frame) => make("li", null, make("code", { class: "function" }, frame.function), frame.place && make("div", null, place(frame.place)), line(frame) && make("pre", null, line(frame)))));
}

// Shows the lines around the marks; marks that are close together share an excerpt.
function drawExcerpts(marks) {
  const groups = [];
  for (const mark of [...marks].sort((a, b) => a.place.file.localeCompare(b.place.file) || a.place.line - b.place.line)) {
    const last = groups.at(-1);
    if (last && last.file === mark.place.file && mark.place.line - last.marks.at(-1).place.line <= 6) last.marks.push(mark);
    else groups.push({ file: mark.place.file, marks: [mark] });
  }
  return groups.map(drawExcerpt);
}

// Everybody's tabs are as wide as four letters, so that a mark stands where its letter does.
const spaced = (text) => text.replaceAll("\t", "    ");

function drawExcerpt({ file, marks }) {
  const lines = data.sources[file] ?? {};
  const shown = [];
  for (let line = marks[0].place.line - 2; line <= marks.at(-1).place.line + 2; line++) if (lines[line] !== undefined) shown.push(line);
  while (shown.length && !lines[shown[0]].trim()) shown.shift();
  while (shown.length && !lines[shown.at(-1)].trim()) shown.pop();
  if (!shown.length) return make("div", { class: "faint" }, "The source of ", make("span", { class: "place" }, file), " was not at hand.");
  const indent = Math.min(...shown.filter((line) => lines[line].trim()).map((line) => spaced(lines[line]).match(/^\s*/)[0].length));
  const caret = ({ place, kind, text }) => {
    const before = Math.max(0, spaced(lines[place.line].slice(0, place.column - 1)).length - indent);
    // The words stand before the mark if they fit there: behind it they would end far to the right.
    const words = before > text.length + 1 ? `${text} ^`.padStart(before + 1) : `${" ".repeat(before)}^ ${text}`;
    return make("span", { class: `caret ${kind}`, "data-line": "" }, words);
  };
  const rows = shown.flatMap((line) => {
    const here = marks.filter((mark) => mark.place.line === line);
    return [make("span", { class: here.at(-1)?.kind ?? "", "data-line": line }, spaced(lines[line]).slice(indent) || " "), ...here.map(caret)];
  });
  return [make("div", { class: "place source" }, file), make("pre", { class: "excerpt", tabindex: "0", "aria-label": `Source of ${file}` }, rows)];
}

function drawList(title, items) {
  return items.length > 0 && [make("h2", null, title), make("ul", { class: "plain" }, items.map((item) => make("li", null, rich(item))))];
}

function drawLocks(report, index) {
  const row = (lock, number) => {
    const known = data.classes[index][number];
    return make("tr", null, make("td", null, make("b", null, lock.label), known !== null && [" ", make("a", { href: `#lock-${known}` }, "in the graph")]),
      make("td", { class: "type" }, make("code", null, lock.type_name || lock.kind)), make("td", null, place(lock.created)));
  };
  const heads = ["Lock", "Type", "Created at"].map((head) => make("th", { scope: "col" }, head));
  return report.locks.length > 0 && [make("h2", null, "Locks"), make("table", null, make("thead", null, make("tr", null, heads)), make("tbody", null, report.locks.map(row)))];
}

function drawSilence(report) {
  const site = report.sides.find((side) => side.wants)?.wants.site;
  const line = (text, note) => make("div", { class: "silence" }, make("code", null, text), make("span", { class: "faint" }, note));
  return [make("h2", null, "To silence it"), make("p", { class: "faint" }, "One of these lines, in a file that GORDIAN_SUPPRESS names:"), line(report.fingerprint, "this finding; the same in every run"),
    site && line(`${report.lint} ${site.file}:${site.line}`, "this lint at this place")];
}
