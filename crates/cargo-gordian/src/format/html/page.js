// Shows the findings, lets one search them, and goes where the address says.
//
// Must not know: how a finding (finding.js) or the graph (graph.js) is drawn.
// INVARIANT: text from data gets into the page only as text (`make`), never as markup.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const { union } = data;
const findings = union.findings;
const at = (id) => document.getElementById(id);

// Makes an element. Children that are no elements become text; null and false are left out.
function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

// Names between backticks are code.
const rich = (text) => text.split("`").map((part, index) => (index % 2 ? make("code", { class: "named" }, part) : part));

const plural = (count, noun) => `${count} ${count === 1 ? noun : noun + (noun.endsWith("s") ? "es" : "s")}`;
const placeText = (place) => `${place.file}:${place.line}:${place.column}`;
const place = (of) => make("span", { class: "place" }, placeText(of));
// A place without its folders, which a tooltip has.
const shortPlace = (of) => make("span", { class: "place", title: placeText(of) }, placeText(of).split("/").pop());
const threadText = (thread) => `thread ${thread.number}${thread.name ? ` '${thread.name}'` : ""}`;
const programName = (process) => process.program.split(/[\\/]/).pop() || process.program;
const processText = (index) => {
  const process = union.processes[index];
  return `${programName(process)} (pid ${process.pid}${process.host ? ` on ${process.host}` : ""})`;
};

// A time that no calendar has, as a broken record may hold it, stays a number.
function timeText(milliseconds) {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? milliseconds : time.toISOString().replace("T", " ").slice(0, 19);
}

// What a lock class is called: its name, or its kind and its line.
function className(index) {
  const lock = union.classes[index];
  return lock.name ?? `${lock.kind} at line ${lock.created.line}`;
}

// Returns "new", "known" or "suppressed", and the reason of the last.
function standing(found) {
  if (typeof found.standing === "string") return [found.standing, ""];
  return ["suppressed", found.standing.suppressed];
}

// Who found it, in words.
function foundBy(found) {
  return found.found_by === 0 ? "only the union of the processes shows it" : `in ${plural(found.found_by, "process")}`;
}

// All text of a finding, to search in.
function findingText(found) {
  const words = [];
  const gather = (value) => {
    if (typeof value === "string") words.push(value);
    else if (value && typeof value === "object") Object.values(value).forEach(gather);
  };
  gather(found.report);
  found.processes.forEach((process) => words.push(processText(process)));
  return words.concat(standing(found)).join("\n").toLowerCase();
}

const state = { text: "", levels: new Set(["deny", "warn", "allow"]), shown: null };
const texts = findings.map(findingText);

// Words in any order must all be there.
const searched = () => state.text.toLowerCase().split(/\s+/).filter(Boolean);
const isListed = (index) => state.levels.has(findings[index].report.level) && searched().every((word) => texts[index].includes(word));

function showHeader() {
  document.body.classList.add(data.verdict.state);
  at("verdict-text").textContent = data.verdict.text;
  document.title = `${data.verdict.text} - gordian`;
  const figures = [plural(union.processes.length, "process"), plural(union.classes.length, "lock class"), plural(union.edges.length, "order")];
  at("figures").textContent = figures.join(" · ") + ` · gordian ${data.version}`;
  at("tab-findings").append(` ${findings.length}`);
  at("tab-graph").append(` ${union.classes.length}`);
  at("tab-processes").append(` ${union.processes.length}`);
}

// What is missing stands above everything, and is open if nothing else was found.
function showHoles() {
  const torn = union.processes.flatMap((process, index) => (process.is_whole ? [] : [`${processText(index)} was killed or aborted.`]));
  const holes = union.holes.concat(torn);
  const notice = (title, rest, items) =>
    make("details", { class: "notice", open: data.verdict.state !== "fails" && items.length < 6 }, make("summary", null, make("b", null, title), ` ${rest}`), make("ul", null, items));
  if (holes.length) {
    const first = holes.length === 1 ? holes[0] : `${plural(holes.length, "hole")}: what was lost may hide findings.`;
    at("holes").append(notice("This record is incomplete:", first, holes.map((hole) => make("li", null, hole))));
  }
  if (union.unwatched.length) {
    const items = union.unwatched.map((crate) =>
      make("li", null, make("b", null, crate.krate), crate.package === crate.krate ? "" : ` of ${crate.package}`, ": ", rich(crate.reason), crate.details && make("pre", null, crate.details)),
    );
    at("holes").append(notice(`${plural(items.length, "crate")} not watched.`, "Their locks are in no finding and not in the graph.", items));
  }
}

function showFilters() {
  for (const level of state.levels) {
    const count = findings.filter((found) => found.report.level === level).length;
    if (!count) continue;
    const toggle = (event) => {
      const isOn = !state.levels.delete(level);
      if (isOn) state.levels.add(level);
      event.currentTarget.setAttribute("aria-pressed", isOn);
      showList();
    };
    at("filters").append(make("button", { type: "button", "aria-pressed": "true", onclick: toggle }, `${level} ${count}`));
  }
  at("filters").hidden = !findings.length;
}

function showList() {
  const items = findings.map((found, index) => {
    if (!isListed(index)) return null;
    const { report } = found;
    const [name, reason] = standing(found);
    const link = { href: `#${report.fingerprint}`, class: name === "new" ? "" : "quiet", "aria-current": state.shown === index ? "true" : null };
    return make("li", null, make("a", link,
      make("span", { class: `badge ${report.level}` }, report.code), make("span", { class: "lint" }, report.lint), name !== "new" && make("span", { class: "badge" }, name),
      make("span", { class: "title" }, rich(report.title)),
      make("small", null, `${report.level} · ${plural(report.count, "time")} · ${foundBy(found)}`), reason && make("small", null, `“${reason}”`)));
  });
  at("list").replaceChildren(...items.filter(Boolean));
}

function showFinding(index) {
  state.shown = index;
  showList();
  const detail = at("detail");
  detail.replaceChildren(...drawFinding(findings[index], index));
  detail.scrollTop = 0;
  drawArrows(detail);
  at("list").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

function showNothing() {
  const words = {
    empty: ["No process was recorded", "Nothing that was run left a record: no test was built with checked locks, or the folder that was given holds none."],
    incomplete: ["Nothing was found in what is there", "The record is incomplete, as the notice above says. What was lost may hide a deadlock: this is not a clean report."],
    clean: ["Nothing was found", "No lock was requested in an order that could hang, and nobody waited for ever, in what these processes did."],
  };
  const [title, text] = words[data.verdict.state] ?? words.clean;
  const locks = union.classes.length === 1 && union.edges.length === 0 ? " Only one lock was seen, and one lock has no order." : "";
  at("detail").replaceChildren(make("div", { class: "empty" }, make("b", null, title), make("p", null, text + locks)));
  at("list").replaceChildren(make("li", { class: "empty" }, "No findings"));
}

function showProcesses() {
  const row = (process) =>
    make("tr", null,
      make("td", null, make("b", null, programName(process)), make("code", { class: "faint" }, [process.program, ...process.arguments].join(" "))),
      make("td", null, process.package ?? ""), make("td", null, process.pid), make("td", null, process.host),
      make("td", null, timeText(process.started_ms)),
      make("td", null, process.is_whole ? "whole" : make("span", { class: "badge warn" }, "ends early")));
  const heads = ["Program", "Package", "Pid", "Host", "Started (UTC)", "Record"].map((head) => make("th", { scope: "col" }, head));
  const table = make("table", null, make("thead", null, make("tr", null, heads)), make("tbody", null, union.processes.map(row)));
  at("processes").append(union.processes.length ? table : make("div", { class: "empty" }, make("b", null, "No process was recorded")));
}

// Shows what the address names: a finding, a lock, an order, or a part of the page.
function follow() {
  const name = location.hash.slice(1);
  const finding = findings.findIndex((found) => found.report.fingerprint === name);
  const [, kind, number] = /^(lock|order|cycle)-(\d+)$/.exec(name) ?? [];
  const part = kind || name === "graph" ? "graph" : name === "processes" ? "processes" : "findings";
  for (const id of ["findings", "graph", "processes"]) {
    at(id).hidden = id !== part;
    if (id === part) at(`tab-${id}`).setAttribute("aria-current", "page");
    else at(`tab-${id}`).removeAttribute("aria-current");
  }
  if (part === "graph") openGraph(kind, Number(number));
  if (part === "findings" && findings.length && (finding >= 0 || state.shown === null)) showFinding(Math.max(finding, 0));
  else if (part === "findings" && findings.length) drawArrows(at("detail"));
}

// Goes to the next finding that is listed, or back.
function step(by) {
  const listed = findings.map((_, index) => index).filter(isListed);
  const next = listed[listed.indexOf(state.shown) + by];
  if (next !== undefined && !at("findings").hidden) location.hash = findings[next].report.fingerprint;
}

function start() {
  showHeader();
  showHoles();
  showFilters();
  showList();
  if (!findings.length) showNothing();
  showProcesses();
  startGraph();
  addEventListener("hashchange", follow);
  addEventListener("resize", () => document.querySelectorAll("#detail").forEach(drawArrows));
  at("search").addEventListener("input", (event) => {
    state.text = event.target.value;
    if (findings.length) showList();
    searchGraph(searched());
  });
  at("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter") at("graph").hidden ? at("list").querySelector("a")?.click() : openFirstMatch();
  });
  addEventListener("keydown", (event) => {
    if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      at("search").focus();
    }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });
  // On paper there is nothing to click: every finding is written out.
  addEventListener("beforeprint", () => at("print").replaceChildren(...findings.map((found, index) => make("div", { class: "printed" }, drawFinding(found, index)))));
  addEventListener("afterprint", () => at("print").replaceChildren());
  follow();
}
