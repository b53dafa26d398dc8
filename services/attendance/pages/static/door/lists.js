// A proctor's list: who sat before one screen, from when to when, by which room's link.
"use strict";

(() => {
  const SHOWN = 50;
  const chosen = new Map();
  const { at, say } = Door.page;

  function row(person) {
    const [item, label, box] = ["li", "label", "input"].map((tag) => document.createElement(tag));
    box.type = "checkbox";
    box.checked = chosen.has(person.participant_id);
    box.onchange = () => {
      if (box.checked) chosen.set(person.participant_id, person);
      else chosen.delete(person.participant_id);
      count();
    };
    label.append(box, Door.page.described(person));
    item.append(label);
    return item;
  }

  function count() {
    at("list-count").textContent = say("chosen", { count: chosen.size });
  }

  async function people() {
    const start = at("list-find").value.trim();
    const found = await Door.store.peopleByExternal(Door.now.webinar_id, start, SHOWN);
    const rest = found.filter((p) => !chosen.has(p.participant_id) && p.status === "enrolled");
    at("list-people").replaceChildren(...[...chosen.values(), ...rest].map(row));
    count();
  }

  // A time of day on the session's first day here; after midnight it is the next day.
  function instant(text) {
    if (!text) return null;
    const start = new Date(Door.now.session.start);
    const [hours, minutes] = text.split(":").map(Number);
    const found = new Date(start);
    found.setHours(hours, minutes, 0, 0);
    if (found < start - 12 * 3600e3) found.setDate(found.getDate() + 1);
    return found.toISOString();
  }

  async function save() {
    if (!chosen.size) { at("list-find").focus(); return; }
    const name = at("list-name").value.trim();
    const [zoom_number, registrant_id] = [Door.now.session.zoom_number, at("list-room").value.trim()];
    const body = {
      session_id: Door.now.session_id,
      people: [...chosen.keys()].map((participant_id) => ({ participant_id })),
      start: instant(at("list-start").value), end: instant(at("list-end").value),
      room: zoom_number && registrant_id ? { zoom_number, registrant_id } : null,
      reason: at("list-reason").value.trim(),
    };
    const list_id = crypto.randomUUID();
    await Door.store.put("lists", { list_id, webinar_id: Door.now.webinar_id, name, body });
    chosen.clear();
    at("list-form").reset();
    await open();
    const done = at("list-done");
    done.textContent = say("list_kept");
    await Door.page.count();
    done.hidden = false;
    await Door.page.send();
    const kept = await Door.store.get("lists", list_id);
    if (kept.sent) done.textContent = say("list_sent");
  }

  const hours = (time) => new Date(time).toTimeString().slice(0, 5);

  // The hours are the session's unless somebody says otherwise.
  async function open() {
    const { start, end, zoom_number } = Door.now.session;
    at("list-start").value = at("list-start").value || hours(start);
    at("list-end").value = at("list-end").value || hours(end);
    at("list-room-part").hidden = !zoom_number;
    await people();
  }

  Door.lists = { open };
  document.addEventListener("DOMContentLoaded", () => {
    at("list-form").onsubmit = (event) => { event.preventDefault(); save(); };
    at("list-find").oninput = people;
  });
})();
