// A proctor's list: who sat before one screen, from when to when, by which room's link.
"use strict";

(() => {
  const SHOWN = 50;
  const chosen = new Map();
  const { at, say } = Door.page;
  let editing = null; // a refused list that is being corrected: {list, session}

  // What the form is about: the session of the list that is corrected, else that of this door.
  const place = () => (editing ? { webinar_id: editing.list.webinar_id, session: editing.session }
    : { webinar_id: Door.now.webinar_id, session: Door.now.session });

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
    const found = await Door.store.peopleByExternal(place().webinar_id, start, SHOWN);
    const rest = found.filter((p) => !chosen.has(p.participant_id) && p.status === "enrolled");
    at("list-people").replaceChildren(...[...chosen.values(), ...rest].map(row));
    count();
  }

  function wrong(text) {
    at("list-problem").textContent = text;
    at("list-problem").hidden = !text;
    if (text) at("list-done").hidden = true;
  }

  // What the server would refuse for good is told before it is kept.
  function checked(body) {
    const late = body.start >= body.end;
    at("list-end").setAttribute("aria-invalid", String(late));
    wrong(late ? say("problem_interval-empty") : chosen.size ? "" : say("nobody_chosen"));
    if (late) at("list-end").focus();
    else if (!chosen.size) at("list-find").focus();
    return !late && chosen.size > 0;
  }

  function written(session) {
    const [zoom_number, registrant_id] = [session.zoom_number, at("list-room").value.trim()];
    return {
      session_id: session.id,
      people: [...chosen.keys()].map((participant_id) => ({ participant_id })),
      start: Door.time.instant(at("list-start").value, session),
      end: Door.time.instant(at("list-end").value, session),
      room: zoom_number && registrant_id ? { zoom_number, registrant_id } : null,
      reason: at("list-reason").value.trim(),
    };
  }

  async function save() {
    const { webinar_id, session } = place();
    const body = written(session);
    if (!checked(body)) return;
    const list_id = editing ? editing.list.list_id : crypto.randomUUID();
    await Door.store.put("lists", { list_id, webinar_id, name: at("list-name").value.trim(), body });
    await empty();
    const done = at("list-done");
    done.textContent = say("list_kept");
    await Door.page.count();
    done.hidden = false;
    await Door.page.send();
    const kept = await Door.store.get("lists", list_id);
    if (kept.sent) done.textContent = say("list_sent");
    if (kept.problem) wrong(`${say("state_refused")}. ${Door.page.sentence(kept.problem)}`);
  }

  async function empty() {
    editing = null;
    chosen.clear();
    at("list-form").reset();
    at("list-end").removeAttribute("aria-invalid");
    wrong("");
    await open();
  }

  // The hours are the session's unless somebody says otherwise.
  async function open() {
    const { start, end, time_zone, zoom_number } = place().session;
    at("list-start").value = at("list-start").value || Door.time.field(start, time_zone);
    at("list-end").value = at("list-end").value || Door.time.field(end, time_zone);
    at("list-room-part").hidden = !zoom_number;
    for (const zone of document.querySelectorAll(".zone")) zone.textContent = Door.time.called(time_zone);
    at("list-editing").hidden = !editing;
    if (editing) at("list-edited").textContent = say("list_edited", { name: editing.list.name, session: editing.session.id });
    await people();
  }

  // Its session as it was downloaded; one that is no more gives way to that of this door.
  async function sessionOf({ webinar_id, body }) {
    const roster = await Door.store.get("rosters", webinar_id);
    const known = roster ? roster.sessions : [];
    return known.find((one) => one.id === body.session_id) || Door.now.session;
  }

  async function fill({ webinar_id, name, body }, { time_zone }) {
    for (const { participant_id } of body.people) {
      const person = await Door.store.get("people", [webinar_id, participant_id]);
      chosen.set(participant_id, person || { participant_id, external_id: participant_id });
    }
    at("list-name").value = name;
    at("list-start").value = body.start ? Door.time.field(body.start, time_zone) : "";
    at("list-end").value = body.end ? Door.time.field(body.end, time_zone) : "";
    at("list-room").value = body.room ? body.room.registrant_id : "";
    at("list-reason").value = body.reason;
  }

  // Until it is saved again, the refused list stays as it is.
  async function edit(list) {
    const session = await sessionOf(list);
    await empty();
    editing = { list, session };
    await fill(list, session);
    Door.page.show("lists");
    wrong(Door.page.sentence(list.problem));
  }

  Door.lists = { open, edit };
  document.addEventListener("DOMContentLoaded", () => {
    at("list-form").onsubmit = (event) => { event.preventDefault(); save(); };
    at("list-find").oninput = people;
    at("list-stop").onclick = empty;
  });
})();
