// Somebody without an enrolment: their data waits encrypted beside the scan that follows it.
"use strict";

(() => {
  const FIELDS = ["name", "category", "region_code", "agency", "email"];
  let editing = null;

  function scan() {
    const { webinar_id, session_id, gate, scanner } = Door.now;
    return { scan_id: crypto.randomUUID(), webinar_id, session_id, gate, scanner_id: scanner,
      kind: "in", time: new Date().toISOString() };
  }

  async function enrol(form) {
    const person = Object.fromEntries(FIELDS
      .map((name) => [name, form.elements[name].value.trim()]).filter(([, value]) => value));
    const before = editing || { walk_in_id: crypto.randomUUID(), webinar_id: Door.now.webinar_id, scan: scan() };
    const { problem, ...kept } = before;
    await Door.store.put("walkins", { ...kept, sealed: await Door.vault.seal(person) });
    editing = null;
    const { category, region_code } = person;
    form.reset();
    form.elements.category.value = category;
    form.elements.region_code.value = region_code;
    const done = Door.page.at("walk-in-done");
    done.textContent = Door.page.say("walk_in_kept");
    await Door.page.count();
    done.hidden = false;
    Door.feedback.give("good");
    await Door.page.send();
    if (!await Door.store.get("walkins", kept.walk_in_id)) done.textContent = Door.page.say("walk_in_sent");
  }

  Door.walkIn = {
    async edit(one) {
      editing = one;
      const person = await Door.vault.open(one.sealed);
      const form = Door.page.at("walk-in-form");
      for (const name of FIELDS) form.elements[name].value = person[name] || "";
      Door.page.show("walk-in");
    },
  };

  document.addEventListener("DOMContentLoaded", () => {
    const form = Door.page.at("walk-in-form");
    form.onsubmit = (event) => { event.preventDefault(); enrol(form); };
  });
})();
