// The roster of one webinar on this device, and what a code or a number says by it.
"use strict";
self.Door = self.Door || {};

(() => {
  const CODE = /^([0-9A-F]{32})\.([0-9A-F]{7})\.[A-Z2-7]{20}$/;
  const PAGE = 1000;

  async function mark(code) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code));
    return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  Door.roster = {
    // The old roster stays usable until the new one is whole: people are only put over it.
    async download(webinar, progress) {
      let cursor = "", have = 0, total = 0;
      do {
        const page = await Door.call(
          `/v1/webinars/${webinar.webinar_id}/door-roster?limit=${PAGE}&cursor=${cursor}`);
        const people = page.items.map((p) =>
          ({ ...p, webinar_id: webinar.webinar_id, folded: p.external_id.toLowerCase() }));
        await Door.store.putAll("people", people);
        have += people.length;
        total = page.total;
        cursor = page.next || "";
        progress(have, total);
      } while (cursor);
      await Door.store.put("rosters", { ...webinar, total: have, at: new Date().toISOString() });
    },

    // {person} | {problem: "cut-short" | "no-code" | "other-webinar"} | {} for a code not in the roster.
    async whose(webinarId, text) {
      const code = text.trim().toUpperCase();
      const parts = CODE.exec(code);
      if (!parts) {
        return { problem: /^[0-9A-F]{32}(\.|$)/.test(code) && code.length < 61 ? "cut-short" : "no-code" };
      }
      if (parts[2] !== webinarId.replaceAll("-", "").slice(0, 7).toUpperCase()) {
        return { problem: "other-webinar" };
      }
      return { code, person: await Door.store.personByMark(webinarId, await mark(code)) };
    },
  };
})();
