// Draws the last answers, and asks for new figures once a second while somebody looks.
"use strict";

const PAUSE = 1000; // milliseconds between two questions
const SLOTS = 60; // answers side by side
const ROWS = 10; // answers in the table
const BOX = { left: 64, right: 788, top: 16, bottom: 316 };
const DECADES = { lowest: -6, highest: 1 }; // powers of ten, in seconds
const SVG = "http://www.w3.org/2000/svg";

const chart = document.getElementById("chart");

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function show(id, text) {
  const place = document.getElementById(id);
  if (place.textContent !== text) place.textContent = text; // said aloud only where it changes
}

function duration(seconds) {
  for (const [unit, size] of [["s", 1], ["ms", 1e-3], ["µs", 1e-6]]) {
    if (seconds >= size || unit === "µs") {
      const value = seconds / size;
      return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
    }
  }
}

function height(seconds) {
  const { lowest, highest } = DECADES;
  const power = Math.min(Math.max(Math.log10(seconds), lowest), highest);
  return BOX.bottom - ((power - lowest) / (highest - lowest)) * (BOX.bottom - BOX.top);
}

function median(values) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function drawGrid() {
  const grid = document.getElementById("grid");
  for (let power = DECADES.lowest; power <= DECADES.highest; power += 1) {
    const y = height(10 ** power);
    const label = duration(10 ** power).replace(/\.0+ /, " ");
    grid.append(
      element("line", { x1: BOX.left, x2: BOX.right, y1: y, y2: y }),
      element("text", { x: BOX.left - 8, y: y + 4 }, label),
    );
  }
}

// A hit is a disc and a miss a diamond, so that nobody has to tell their colours apart.
function point(answer, slot) {
  const x = BOX.left + 10 + ((BOX.right - BOX.left - 20) * slot) / (SLOTS - 1);
  const y = height(answer.seconds);
  const shape = answer.hit
    ? element("circle", { cx: x, cy: y, r: 5 })
    : element("path", { d: `M${x} ${y - 7}L${x + 7} ${y}L${x} ${y + 7}L${x - 7} ${y}Z` });
  shape.setAttribute("class", answer.hit ? "point of-hit" : "point of-miss");
  shape.dataset.number = answer.number;
  shape.append(element("title", {}, `${answer.what}: ${duration(answer.seconds)}`));
  return [element("line", { class: "stem", x1: x, x2: x, y1: y, y2: BOX.bottom }), shape];
}

function row(answer) {
  const made = document.createElement("tr");
  const cells = [answer.number, answer.what, answer.hit ? "the cache" : "computing"];
  for (const text of [...cells, duration(answer.seconds)]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    made.append(cell);
  }
  made.lastChild.className = "figure";
  return made;
}

function draw({ cache, answers }) {
  const hits = answers.filter((each) => each.hit).map((each) => each.seconds);
  const misses = answers.filter((each) => !each.hit).map((each) => each.seconds);
  const [hit, miss] = [median(hits), median(misses)];
  show("hits", String(cache.hits));
  show("misses", String(cache.misses));
  show("ratio", `${Math.round(cache.hit_ratio * 100)} %`);
  show("typical-hit", hit === null ? "–" : duration(hit));
  show("typical-miss", miss === null ? "–" : duration(miss));
  show("computing", duration(cache.compute_seconds));
  const medians = [
    hit === null ? "" : `, typically in ${duration(hit)}`,
    miss === null ? "" : `, typically in ${duration(miss)}`,
  ];
  const text = `${hits.length} from the cache${medians[0]}; ${misses.length} computed${medians[1]}.`;
  show("chart-text", text);
  show("state", answers.length ? `Of the last ${answers.length} answers: ${text}` : "No answers yet.");
  const begins = SLOTS - answers.length;
  const points = answers.flatMap((answer, place) => point(answer, begins + place));
  document.getElementById("points").replaceChildren(...points);
  const newest = answers.slice(-ROWS).reverse();
  document.getElementById("rows").replaceChildren(...newest.map(row));
}

let drawn = "";

async function follow() {
  if (!document.hidden) {
    try {
      const response = await fetch(chart.dataset.figures);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const figures = await response.text();
      if (figures !== drawn) draw(JSON.parse(figures));
      drawn = figures;
    } catch {
      drawn = "";
      show("state", "The application does not answer; these are its last figures.");
    }
  }
  setTimeout(follow, PAUSE);
}

drawGrid();
follow();
