// Sends what waits on this device: walk-ins, then scans, then proctors' lists. Sending again what was
// already taken changes nothing (scan ids), so a lost answer is no problem. Nothing leaves the queue
// before the server has said what became of it.
"use strict";
self.Door = self.Door || {};

(() => {
  const AT_ONCE = 500;
  const SECONDS = 30;

  class Stop extends Error {
    constructor(because, detail) { super(because); this.because = because; this.detail = detail; }
  }

  async function call(url, options) {
    let answer;
    try {
      answer = await fetch(url, { ...options, cache: "no-store", signal: AbortSignal.timeout(SECONDS * 1000) });
    } catch {
      throw new Stop("offline");
    }
    if (answer.status === 401) throw new Stop("sign-in");
    if (answer.status >= 500 || answer.status === 429) throw new Stop("busy");
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Stop(answer.status === 403 ? "forbidden" : "refused", body);
    return body;
  }

  const post = (url, body, headers = {}) => call(url, {
    method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers },
  });

  function wire(scan) {
    const { scan_id, session_id, kind, gate, time, code, participant_id } = scan;
    const who = code ? { code } : { participant_id };
    return { scan_id, session_id, kind, gate, time, ...who };
  }

  function after(scan, result) {
    const refused = result.status === "refused";
    const kept = { ...scan, state: refused ? "refused" : "sent", status: result.status,
      problem: result.problem, flags: result.flags || [], shown: result.external_id || scan.shown };
    if (!refused) delete kept.code;
    return kept;
  }

  async function sendScans(report) {
    for (;;) {
      const waiting = await Door.store.inState("unsent", AT_ONCE);
      if (!waiting.length) return;
      const first = waiting[0];
      const batch = waiting.filter((s) =>
        s.webinar_id === first.webinar_id && s.scanner_id === first.scanner_id);
      const answer = await post(`/v1/webinars/${first.webinar_id}/check-ins`, {
        scans: batch.map(wire), scanner: { id: first.scanner_id, clock_now: new Date().toISOString() },
      });
      const results = batch.map((scan, place) => after(scan, answer.results[place]));
      await Door.store.putAll("queue", results);
      report.skew = answer.skew;
      report.results.push(...results);
    }
  }

  async function sendWalkIns(report) {
    for (const one of await Door.store.all("walkins")) {
      if (one.problem) continue;
      const pass = await post(`/v1/webinars/${one.webinar_id}/walk-in-pass`, {});
      const person = await Door.vault.open(one.sealed);
      try {
        const enrolled = await post(`${pass.url}/v1/walk-ins/${one.webinar_id}`,
          { walk_in_id: one.walk_in_id, ...person }, { authorization: `Bearer ${pass.pass}` });
        const { participant_id, external_id } = enrolled;
        await Door.store.put("queue",
          { ...one.scan, participant_id, who: participant_id, shown: external_id, state: "unsent" });
        await Door.store.remove("walkins", one.walk_in_id);
      } catch (stop) {
        if (stop.because !== "refused") throw stop;
        await Door.store.put("walkins", { ...one, problem: stop.detail });
        report.refused = true;
      }
    }
  }

  async function sendLists(report) {
    for (const list of await Door.store.all("lists")) {
      if (list.sent || list.problem) continue;
      try {
        await call(`/v1/webinars/${list.webinar_id}/proctor-lists/${list.list_id}`, {
          method: "PUT", body: JSON.stringify(list.body), headers: { "content-type": "application/json" },
        });
        await Door.store.put("lists", { ...list, sent: true });
      } catch (stop) {
        if (stop.because !== "refused") throw stop;
        await Door.store.put("lists", { ...list, problem: stop.detail });
        report.refused = true;
      }
    }
  }

  // Each part by itself: where walk-ins cannot be sent now, scans are.
  async function once() {
    const report = { state: "sent", results: [], skew: null };
    for (const part of [sendScans, sendWalkIns, sendScans, sendLists]) {
      try {
        await part(report);
      } catch (stop) {
        if (!(stop instanceof Stop)) throw stop;
        report.state = stop.because;
        report.detail = stop.detail;
      }
    }
    return report;
  }

  // One at a time, of all pages and the service worker.
  Door.sync = () => navigator.locks.request("hadir-door-sync", once);
  Door.call = call;
  Door.Stop = Stop;
})();
