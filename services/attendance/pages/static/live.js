// Moves the live page's figures with the server's stream. The page is complete without it.
"use strict";

const page = document.body.dataset;
const one = (css) => document.querySelector(css);
const locale = document.documentElement.lang === "id" ? "id-ID" : "en-GB";
const figure = new Intl.NumberFormat(locale);
const time = (more) => new Intl.DateTimeFormat("id-ID", {
  timeZone: page.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...more,
});
const seconds = time({ second: "2-digit" });
const minutes = time({});
const ANNOUNCE_EVERY_MS = 30000;

function drawHour(points) {
  const peak = Math.max(1, ...points.map((point) => point.in));
  const plot = one(".plot svg");
  plot.querySelectorAll(".minute").forEach((bar, place) => {
    const high = (page.plot * points[place].in) / peak;
    bar.setAttribute("height", high);
    bar.setAttribute("y", page.plot - high);
  });
  one('[data-live="peak"]').textContent = figure.format(peak);
  plot.setAttribute("aria-label", plot.dataset.label.replace("{peak}", figure.format(peak)));
  for (const at of [0, 30, 60])
    one(`[data-hour="${at}"]`).textContent = minutes.format(new Date(points[at].at));
}

function showRegions(regions) {
  const most = Math.max(1, ...regions.map((region) => region.in));
  const known = new Map(regions.map((region) => [region.region_code ?? "", region]));
  for (const row of document.querySelectorAll("[data-region]")) {
    const region = known.get(row.dataset.region);
    row.hidden = !region;
    if (!region) continue;
    for (const cell of row.querySelectorAll("[data-cell]"))
      cell.textContent = figure.format(region[cell.dataset.cell]);
    row.querySelector(".part").setAttribute("width", `${(100 * region.in) / most}%`);
  }
  one("[data-provinces]").hidden = !regions.length;
  one("[data-nobody]").hidden = Boolean(regions.length);
}

let announced = Date.now();
function announce(people) {
  if (Date.now() - announced < ANNOUNCE_EVERY_MS) return;
  announced = Date.now();
  const status = one("[data-announce]");
  status.textContent = `${figure.format(people)} ${status.dataset.people}`;
}

function show(live) {
  for (const name of ["in", "room", "online", "unrecognised"])
    one(`[data-live="${name}"]`).textContent = figure.format(live[name]);
  one("[data-stale]").hidden = !live.stale;
  const asOf = one("[data-as-of]");
  asOf.textContent = asOf.dataset.asOf.replace("{at}", seconds.format(new Date(live.as_of)));
  drawHour(live.last_hour);
  showRegions(live.regions);
  announce(live.in);
}

function connected(is) {
  const dot = one("[data-connection]");
  const text = one("[data-connection-text]");
  dot.hidden = false;
  dot.dataset.connection = is ? "on" : "off";
  text.textContent = is ? text.dataset.on : text.dataset.off;
}

const stream = new EventSource(page.liveUrl);
stream.addEventListener("open", () => connected(true));
stream.addEventListener("error", () => connected(false));
for (const kind of ["snapshot", "live"])
  stream.addEventListener(kind, (message) => show(JSON.parse(message.data)));
