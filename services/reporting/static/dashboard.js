// Updates the page's figures from the server's stream. The page is complete without it.
"use strict";

const ANNOUNCE_EVERY_MS = 30000;
const all = (name, mark) => document.querySelectorAll(`[data-${name}="${CSS.escape(mark)}"]`);

function show(mark, value) {
  for (const node of all("live", mark)) node.textContent = value;
  for (const node of all("live-width", mark)) node.setAttribute("width", value);
  for (const node of all("live-show", mark)) node.hidden = !value;
  for (const node of all("live-level", mark)) {
    node.dataset.level = value;
    node.querySelector(".ground").setAttribute("fill", `url(#level-${value})`);
  }
}

let announced = 0;
function announce(sentence) {
  const now = Date.now();
  if (now - announced < ANNOUNCE_EVERY_MS) return;
  announced = now;
  document.querySelector("[data-announce]").textContent = sentence;
}

function connected(is) {
  const dot = document.querySelector("[data-connection]");
  const text = document.querySelector("[data-connection-text]");
  dot.hidden = false;
  dot.dataset.connection = is ? "on" : "off";
  text.textContent = (is ? text.dataset.on : text.dataset.off) + " · ";
}

function take(message, first) {
  const marks = JSON.parse(message.data);
  for (const [mark, value] of Object.entries(marks)) show(mark, value);
  if (marks.announce && !first) announce(marks.announce);
}

const stream = new EventSource(document.body.dataset.liveUrl);
stream.addEventListener("open", () => connected(true));
stream.addEventListener("error", () => connected(false));
stream.addEventListener("snapshot", (message) => take(message, true));
stream.addEventListener("marks", (message) => take(message, false));
