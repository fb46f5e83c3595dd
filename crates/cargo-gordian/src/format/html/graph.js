// Lets one move through the graph that the page was given, and tells what is known of a lock or an order.
//
// Must not know: where a lock is drawn; it reads that from the picture.
// INVARIANT: what is lit is what the panel tells of.

const view = { x: 0, y: 0, scale: 1, part: "all", ready: false };
const canvas = at("canvas");
const picture = () => at(view.part).querySelector("svg");
const world = () => picture().querySelector(".world");

// Orders by their ends.
const leaving = union.classes.map(() => []);
const entering = union.classes.map(() => []);
union.edges.forEach((edge, index) => {
  leaving[edge.from].push(index);
  entering[edge.to].push(index);
});
const isRed = (edge) => data.orders[edge] !== undefined;

// More locks than this are a map, and not a page: the cycles are shown first.
const MANY = 120;

function startGraph() {
  const hasCycles = Object.keys(data.orders).length > 0;
  for (const part of ["all", "cycles"]) {
    const svg = at(part).querySelector("svg");
    const box = svg.viewBox.baseVal;
    svg.dataset.box = [box.x, box.y, box.width, box.height].join(" ");
    // From here on the script moves the world; on paper the whole of it is shown again.
    addEventListener("beforeprint", () => {
      svg.setAttribute("viewBox", svg.dataset.box);
      svg.querySelector(".world").removeAttribute("transform");
      svg.classList.remove("away");
    });
    addEventListener("afterprint", () => {
      svg.removeAttribute("viewBox");
      move();
    });
    svg.removeAttribute("viewBox");
  }
  at("only-cycles").disabled = !hasCycles;
  at("only-cycles").checked = hasCycles && union.classes.length > MANY;
  at("only-cycles").addEventListener("change", () => {
    showPart();
    fit();
    light();
  });
  at("fit").addEventListener("click", fit);
  at("closer").addEventListener("click", () => zoom(1.3));
  at("further").addEventListener("click", () => zoom(1 / 1.3));
  canvas.addEventListener("wheel", wheel, { passive: false });
  canvas.addEventListener("pointerdown", drag);
  canvas.addEventListener("keydown", key);
  for (const name of ["pointermove", "focusin"]) canvas.addEventListener(name, (event) => hover(event.type === "focusin" ? event.target : under(event)));
  canvas.addEventListener("pointerleave", () => hover(canvas));
  showPart();
  showPanel();
}

function showPart() {
  view.part = at("only-cycles").checked ? "cycles" : "all";
  for (const part of ["all", "cycles"]) at(part).hidden = part !== view.part;
}

// What is chosen: a lock, an order, or the orders of a finding.
let chosen = { locks: [], edges: [] };

function openGraph(kind, number) {
  const isKnown = { lock: number < union.classes.length, order: number < union.edges.length, cycle: number < findings.length }[kind];
  if (!isKnown) chosen = { locks: [], edges: [] };
  else if (kind === "lock") chosen = { locks: [number], edges: [...leaving[number], ...entering[number]] };
  else if (kind === "order") chosen = { locks: [], edges: [number] };
  else chosen = { locks: [], edges: Object.keys(data.orders).map(Number).filter((edge) => data.orders[edge].includes(number)) };
  const isDrawn = chosen.locks.every((lock) => at(view.part).querySelector(`[data-class="${lock}"]`)) && chosen.edges.every((edge) => kind === "lock" || at(view.part).querySelector(`[data-edge="${edge}"]`));
  if (!isDrawn) {
    at("only-cycles").checked = false;
    showPart();
    view.ready = false;
  }
  if (!view.ready) fit();
  if (isKnown && !(kind === "lock" && bringToView(ends(), 0.6))) bringToView(kind === "lock" ? chosen.locks : ends(), 0);
  light();
  showPanel(isKnown ? kind : null, number);
}

const ends = () => chosen.edges.flatMap((edge) => [union.edges[edge].from, union.edges[edge].to]);

// Lights what is chosen, or what is pointed at, and its neighbours.
function light(locks = chosen.locks, edges = chosen.edges) {
  const svg = picture();
  svg.querySelectorAll(".lit").forEach((element) => element.classList.remove("lit"));
  const lit = new Set([...locks, ...edges.flatMap((edge) => [union.edges[edge].from, union.edges[edge].to])]);
  svg.classList.toggle("focus", lit.size > 0);
  lit.forEach((lock) => svg.querySelector(`[data-class="${lock}"]`)?.classList.add("lit"));
  edges.forEach((edge) => svg.querySelector(`[data-edge="${edge}"]`)?.classList.add("lit"));
}

// What is under the pointer, or an order close to it: a line is too thin to be hit.
function under({ target, clientX, clientY }) {
  if (target.closest("[data-class], [data-edge]")) return target;
  const around = [-3, 3, -6, 6].flatMap((by) => [[by, 0], [0, by]]);
  const near = around.map(([x, y]) => document.elementFromPoint(clientX + x, clientY + y)).find((element) => element?.closest("#canvas [data-edge]"));
  return near ?? target;
}

let pointed = null;

function hover(target) {
  const element = target.closest("[data-class], [data-edge]");
  if (element === pointed) return;
  pointed = element;
  canvas.classList.toggle("pointing", element !== null);
  const lock = target.closest("[data-class]")?.dataset.class;
  const edge = target.closest("[data-edge]")?.dataset.edge;
  if (lock !== undefined) light([Number(lock)], [...leaving[lock], ...entering[lock]]);
  else if (edge !== undefined) light([], [Number(edge)]);
  else light();
}

function open(target) {
  const lock = target.closest("[data-class]")?.dataset.class;
  const edge = target.closest("[data-edge]")?.dataset.edge;
  location.hash = lock !== undefined ? `lock-${lock}` : edge !== undefined ? `order-${edge}` : "graph";
}

function move() {
  world().setAttribute("transform", `translate(${view.x.toFixed(1)} ${view.y.toFixed(1)}) scale(${view.scale.toFixed(4)})`);
  // Letters that nobody can read make room for the crate's name.
  picture().classList.toggle("away", view.scale < 0.42);
}

function zoom(by, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const scale = Math.min(4, Math.max(0.02, view.scale * by));
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  view.scale = scale;
  move();
}

// Shows a rectangle of the picture, not larger than life.
function show(left, top, width, height, most = 1.25) {
  if (!canvas.clientWidth) return;
  view.scale = Math.max(0.02, Math.min(most, canvas.clientWidth / width, canvas.clientHeight / height));
  view.x = (canvas.clientWidth - width * view.scale) / 2 - left * view.scale;
  view.y = (canvas.clientHeight - height * view.scale) / 2 - top * view.scale;
  view.ready = true;
  move();
}

const fit = () => show(...picture().dataset.box.split(" ").map(Number));

// Moves so that the locks are seen, and returns true; not if they would be smaller than `least`.
function bringToView(locks, least) {
  const svg = picture();
  const scale = view.scale;
  const origin = svg.getBoundingClientRect();
  const boxes = locks.map((lock) => svg.querySelector(`[data-class="${lock}"]`)?.closest(".card").getBoundingClientRect()).filter(Boolean);
  if (!boxes.length) return false;
  const inWorld = (value, from, shift) => (value - from - shift) / scale;
  const left = inWorld(Math.min(...boxes.map((box) => box.left)), origin.left, view.x) - 60;
  const right = inWorld(Math.max(...boxes.map((box) => box.right)), origin.left, view.x) + 60;
  const top = inWorld(Math.min(...boxes.map((box) => box.top)), origin.top, view.y) - 60;
  const bottom = inWorld(Math.max(...boxes.map((box) => box.bottom)), origin.top, view.y) + 60;
  if (Math.min(canvas.clientWidth / (right - left), canvas.clientHeight / (bottom - top)) < least) return false;
  show(left, top, right - left, bottom - top, Math.max(0.9, Math.min(scale, 1.25)));
  return true;
}

function wheel(event) {
  event.preventDefault();
  const { left, top } = canvas.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0016)), event.clientX - left, event.clientY - top);
}

function drag(event) {
  if (event.button !== 0) return;
  const start = { x: event.clientX - view.x, y: event.clientY - view.y, target: under(event) };
  let moved = 0;
  const follow = (now) => {
    moved += Math.abs(now.movementX) + Math.abs(now.movementY);
    if (moved < 4) return;
    canvas.classList.add("moving");
    view.x = now.clientX - start.x;
    view.y = now.clientY - start.y;
    move();
  };
  const done = (now) => {
    removeEventListener("pointermove", follow);
    removeEventListener("pointerup", done);
    removeEventListener("pointercancel", done);
    canvas.classList.remove("moving");
    if (moved < 4 && now.type === "pointerup") open(start.target);
  };
  addEventListener("pointermove", follow);
  addEventListener("pointerup", done);
  addEventListener("pointercancel", done);
}

function key(event) {
  const by = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
  if (by) {
    view.x += by[0];
    view.y += by[1];
    move();
  } else if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "0") fit();
  else if (event.key === "Escape") location.hash = "graph";
  else if (event.key === "Enter" || event.key === " ") open(event.target);
  else return;
  event.preventDefault();
}

let matches = [];

// Dims all locks whose names, types, files or threads do not hold the words.
function searchGraph(words) {
  const textOf = (index) => {
    const lock = union.classes[index];
    const witnesses = [...leaving[index], ...entering[index]].flatMap((edge) => union.edges[edge].witnesses);
    return [className(index), lock.type_name, lock.created.file, ...data.origins[lock.created.file], ...witnesses.flatMap((of) => [of.thread_name ?? "", of.held_at.file, of.wanted_at.file, ...of.backtrace.map((frame) => frame.function)])].join("\n").toLowerCase();
  };
  matches = words.length ? union.classes.map((_, index) => index).filter((index) => words.every((word) => textOf(index).includes(word))) : [];
  for (const part of ["all", "cycles"]) {
    const svg = at(part).querySelector("svg");
    svg.classList.toggle("searching", words.length > 0);
    svg.querySelectorAll(".match").forEach((element) => element.classList.remove("match"));
    matches.forEach((lock) => svg.querySelector(`[data-class="${lock}"]`)?.classList.add("match"));
  }
  at("matches").textContent = words.length ? plural(matches.length, "lock") + (matches.length === 1 ? " matches" : " match") : "";
  if (!/^#(lock|order|cycle)-/.test(location.hash)) showPanel();
}

function openFirstMatch() {
  if (matches.length) location.hash = `lock-${matches[0]}`;
}

const go = (hash, ...children) => make("button", { type: "button", class: "row", onclick: () => (location.hash = hash) }, children);

// The crate, file and line of a lock.
function whereText(index) {
  const { created } = union.classes[index];
  const [crate, file] = data.origins[created.file];
  return `${crate} ${file}:${created.line}`;
}

function lockRow(index) {
  return go(`lock-${index}`, make("b", { class: [...leaving[index], ...entering[index]].some(isRed) ? "red" : "" }, className(index)), make("small", null, whereText(index)));
}

function orderRow(index, isLeaving) {
  const edge = union.edges[index];
  const other = isLeaving ? edge.to : edge.from;
  return go(`order-${index}`, make("span", { class: isRed(index) ? "red" : "" }, className(other)), make("small", null, whereText(other)), make("small", null, `${plural(edge.contexts, "way")}, ${plural(edge.processes, "process")}`));
}

const findingLinks = (indexes) => indexes.map((index) => make("div", null, make("a", { href: `#${findings[index].report.fingerprint}` }, `${findings[index].report.code} ${findings[index].report.lint}`)));

function showPanel(kind, number) {
  const content = kind === "lock" ? lockPanel(number) : kind === "order" ? orderPanel(number) : kind === "cycle" ? cyclePanel(number) : listPanel();
  at("panel").replaceChildren(...content.flat(Infinity).filter(Boolean));
  at("panel").scrollTop = 0;
}

function listPanel() {
  if (!union.classes.length) return [make("p", { class: "faint" }, "No lock was seen.")];
  const all = searched().length ? matches : union.classes.map((_, index) => index);
  // The busiest come first: they are who deadlocks, and who slows down.
  const busy = (index) => [...leaving[index], ...entering[index]].reduce((sum, edge) => sum + 1 + (isRed(edge) ? 1000 : 0), 0);
  const sorted = [...all].sort((a, b) => busy(b) - busy(a) || a - b);
  return [make("h3", null, plural(all.length, "lock class")), make("p", { class: "faint" }, union.edges.length ? "Those in cycles first, then those with most orders." : "No lock was requested under another one: there is no order to keep."),
    sorted.slice(0, 200).map(lockRow), sorted.length > 200 && make("p", { class: "faint" }, `and ${sorted.length - 200} more: search for them.`)];
}

function lockPanel(index) {
  const lock = union.classes[index];
  const reported = [...new Set([...leaving[index], ...entering[index]].flatMap((edge) => data.orders[edge] ?? []))];
  const orders = (title, of, isLeaving) => [make("h2", null, `${title} (${of.length})`), of.length ? of.map((edge) => orderRow(edge, isLeaving)) : make("p", { class: "faint" }, "none")];
  return [make("h3", null, className(index)), make("code", null, lock.type_name || lock.kind), make("div", null, "created at ", place(lock.created)), sourceLine(lock.created),
    reported.length > 0 && [make("h2", null, "Findings"), findingLinks(reported)], orders("Requested under it", leaving[index], true), orders("It was requested under", entering[index], false)];
}

function sourceLine(of) {
  const line = data.sources[of.file]?.[of.line]?.trim();
  return line && make("pre", { class: "faint", style: "margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere" }, line);
}

function orderPanel(index) {
  const edge = union.edges[index];
  const mode = (of) => (of === "exclusive" ? "" : " (read)");
  const witness = (of) => make("div", { class: "witness" },
    make("b", null, threadText({ number: of.thread, name: of.thread_name })), make("div", { class: "faint" }, processText(of.process)),
    make("div", null, `holds ${className(edge.from)}${mode(of.held)} since `, place(of.held_at)), sourceLine(of.held_at),
    make("div", null, `requests ${className(edge.to)}${mode(of.wanted)} at `, place(of.wanted_at)), sourceLine(of.wanted_at),
    of.gates.length > 0 && make("div", { class: "faint" }, "also holds ", of.gates.map(([gate, how]) => className(gate) + mode(how)).join(", ")),
    make("details", null, make("summary", null, `stack (${of.backtrace.length})`), drawTrace(of.backtrace)));
  return [make("h3", null, `${className(edge.from)} → ${className(edge.to)}`), make("p", { class: isRed(index) ? "red" : "faint" }, isRed(index) ? "On a cycle that was reported." : "On no cycle that was reported."),
    make("p", null, `The second was requested under the first, in ${plural(edge.contexts, "way")}, in ${plural(edge.processes, "process")}.`), findingLinks(data.orders[index] ?? []),
    make("h2", null, "Locks"), lockRow(edge.from), lockRow(edge.to), make("h2", null, `Witnesses (${edge.witnesses.length})`), edge.witnesses.map(witness)];
}

function cyclePanel(index) {
  const { report } = findings[index];
  return [make("h3", null, `${report.code} ${report.lint}`), make("p", null, rich(report.title)), make("a", { href: `#${report.fingerprint}` }, "Back to the finding"), make("h2", null, "Its orders"),
    chosen.edges.map((edge) => go(`order-${edge}`, make("span", { class: "red" }, `${className(union.edges[edge].from)} → ${className(union.edges[edge].to)}`)))];
}
