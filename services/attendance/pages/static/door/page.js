// The door page: what is chosen, what a scan says, what waits to be sent.
"use strict";

(() => {
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const language = document.documentElement.lang;
  const AGAIN = 6000;
  const SYNC_EVERY = 30000;
  const SKEW = 60;
  const at = (id) => document.getElementById(id);
  const say = (key, values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const clock = (time) => Door.time.clock(time, now.session.time_zone);
  let now = null;
  let webinars = [];
  let last = { key: "", at: 0 };
  let shown = "";
  let syncing = null;

  // --- results ---

  function result(kind, headline, who = "", more = "") {
    at("result").dataset.kind = kind;
    at("headline").textContent = headline;
    at("who").textContent = who;
    at("more").textContent = more;
    Door.feedback.give(kind);
  }

  // What was said of the scan before is not about what is looked at now.
  function idle() {
    at("result").dataset.kind = "idle";
    at("headline").textContent = say("ready");
    at("who").textContent = at("more").textContent = "";
  }

  function notice(text) {
    at("notice").textContent = text;
    at("notice").hidden = !text;
  }

  const described = (person) => [person.external_id, person.region].filter(Boolean).join(" · ");

  async function told(person, kind, before) {
    if (!person) return ["look", say("not_in_roster"), "", say("checked_when_sent")];
    if (person.status !== "enrolled") return ["look", say("cancelled"), described(person), say("kept_for_review")];
    const same = before.filter((scan) => scan.kind === kind).map((scan) => scan.time).sort().pop();
    const newest = before.map((scan) => [scan.time, scan.kind]).sort().pop();
    const repeated = newest && newest[1] === kind;
    const mode = person.mode === "online" ? say("enrolled_online") : say("enrolled");
    if (repeated) return ["look", say(kind === "in" ? "already_in" : "already_out", { at: clock(same) }), described(person), mode];
    return ["good", say(kind === "in" ? "welcome" : "goodbye"), described(person), mode];
  }

  // --- scanning ---

  async function scanned(text) {
    const kind = document.querySelector('input[name="kind"]:checked').value;
    const key = `${kind} ${text}`;
    if (key === last.key && Date.now() - last.at < AGAIN) { last.at = Date.now(); return; }
    last = { key, at: Date.now() };
    const { problem, code, person } = await Door.roster.whose(now.webinar_id, text);
    if (problem) { result("bad", say(problem)); return; }
    await record(kind, person, code);
  }

  // What is not on the disk was not scanned: the crew must see that.
  async function record(kind, person, code) {
    try {
      await keep(kind, person, code);
    } catch {
      last = { key: "", at: 0 };
      result("bad", say("not_kept"), person ? described(person) : "");
      return;
    }
    await count();
    send();
  }

  async function keep(kind, person, code) {
    const who = person ? person.participant_id : code;
    const before = await Door.store.scansOf(now.webinar_id, now.session_id, who);
    const scan = {
      scan_id: crypto.randomUUID(), webinar_id: now.webinar_id, session_id: now.session_id, kind,
      gate: now.gate, scanner_id: now.scanner, time: new Date().toISOString(), state: "unsent",
      who, shown: person ? person.external_id : "",
      ...(code ? { code } : { participant_id: person.participant_id }),
    };
    await Door.store.put("queue", scan);
    shown = scan.scan_id;
    result(...await told(person, kind, before.filter((one) => one.state !== "refused")));
  }

  async function find(text) {
    const list = at("found");
    list.replaceChildren();
    if (text.includes(".") || text.length > 40) {
      at("code").value = "";
      await scanned(text);
      return;
    }
    idle();
    const people = await Door.store.peopleByExternal(now.webinar_id, text, 8);
    if (!people.length) { result("bad", say("nobody_found"), text); return; }
    for (const person of people) {
      const item = document.createElement("li");
      item.append(button(described(person), async () => {
        list.replaceChildren();
        at("code").value = "";
        await record(document.querySelector('input[name="kind"]:checked').value, person);
      }));
      list.append(item);
    }
  }

  async function camera() {
    Door.feedback.allow();
    const box = document.querySelector(".camera");
    if (Door.camera.running) {
      Door.camera.stop();
      delete box.dataset.on;
      at("camera").textContent = say("start_camera");
      return;
    }
    try {
      await Door.camera.start(at("video"), scanned);
      box.dataset.on = "";
      at("camera").textContent = say("stop_camera");
      if (navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => undefined);
    } catch (problem) {
      notice(say(problem.name === "NotAllowedError" ? "camera_forbidden" : "camera_missing"));
    }
  }

  // --- sending ---

  function send() {
    syncing = syncing || Door.sync().then(sent).finally(() => { syncing = null; });
    return syncing;
  }

  async function sent(report) {
    at("sign-in").hidden = report.state !== "sign-in";
    if (report.state === "offline" || report.state === "busy") await later();
    if (report.state === "forbidden") notice(say("forbidden"));
    if (Math.abs(report.skew || 0) > SKEW) notice(say("clock_wrong", { seconds: Math.abs(report.skew) }));
    for (const scan of report.results) {
      const flag = scan.flags && scan.flags[0];
      if (flag) {
        result("look", say("two_gates", { gate: flag.gate, at: clock(flag.at * 1000) }), scan.shown);
      } else if (scan.state === "refused" && scan.scan_id === shown) {
        result("bad", language === "id" ? scan.problem.title : scan.problem.detail, scan.shown);
      }
    }
    await count();
    if (!at("outbox").hidden) await outbox();
  }

  async function later() {
    const worker = navigator.serviceWorker && await navigator.serviceWorker.getRegistration("/door");
    if (worker && worker.sync) await worker.sync.register("hadir-door").catch(() => undefined);
  }

  async function waiting() {
    const [scans, walkIns, lists] = await Promise.all([
      Door.store.countState("unsent"), Door.store.all("walkins"), Door.store.all("lists")]);
    return scans + [...walkIns, ...lists].filter((one) => !one.sent && !one.problem).length;
  }

  async function refusedOnes() {
    const [scans, walkIns, lists] = await Promise.all([
      Door.store.countState("refused"), Door.store.all("walkins"), Door.store.all("lists")]);
    return scans + [...walkIns, ...lists].filter((one) => one.problem).length;
  }

  async function count() {
    const [unsent, refused] = await Promise.all([waiting(), refusedOnes()]);
    at("badge").textContent = unsent + refused ? String(unsent + refused) : "";
    at("counts").textContent = say("counted", { unsent, refused });
  }

  // --- the queue ---

  function entry(state, what, detail) {
    const item = document.createElement("li");
    item.dataset.state = state;
    for (const [name, text] of [["what", what], ["", detail]]) {
      const line = document.createElement("p");
      line.className = name;
      line.textContent = text;
      item.append(line);
    }
    return item;
  }

  // In this page's language, by the problem's type.
  function sentence(problem) {
    const code = String(problem.type || "").split(":").pop();
    return texts[`problem_${code}`] || say("problem_other", { code });
  }

  // Of a scan the server itself says it in both languages.
  const ofScan = (problem) =>
    problem ? (language === "id" ? problem.title : problem.detail || problem.title) : "";

  // Faults of a field are in both languages, "… / …", where our own rules found them; else in English.
  function faults(problem) {
    const found = (problem.errors || []).map(({ detail }) => detail.split(" / "))
      .map((said) => (language === "en" ? said.pop() : said.length === 2 ? said[0] : ""));
    return [sentence(problem), ...found].join(" ").trim();
  }

  // Refused for good: it stays until somebody corrects it, or says that it may go.
  function refusedEntry(what, one, store, key, edit) {
    const item = entry("refused", what, `${say("state_refused")}. ${faults(one.problem)}`);
    item.append(button(say("correct"), () => edit(one)), button(say("drop"), async () => {
      if (!confirm(say("drop_sure"))) return;
      await Door.store.remove(store, one[key]);
      await outbox();
    }));
    return item;
  }

  function scanEntry(scan) {
    const flag = scan.flags && scan.flags[0];
    const state = flag || scan.status === "parked" ? "look" : scan.state;
    const words = flag ? say("two_gates", { gate: flag.gate, at: clock(flag.at * 1000) })
      : ofScan(scan.problem) || say(`state_${scan.state}`);
    const what = `${clock(scan.time)} · ${say(scan.kind)} · ${scan.gate} · ${scan.shown || say("unknown")}`;
    const item = entry(state, what, words);
    if (scan.state === "refused") item.append(button(say("handled"), () => handled(scan)));
    return item;
  }

  function button(label, press) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button second";
    made.textContent = label;
    made.onclick = press;
    return made;
  }

  // Somebody has looked at it: it is kept for a while, and asks no more.
  async function handled({ code, ...scan }) {
    await Door.store.put("queue", { ...scan, state: "seen" });
    await outbox();
  }

  async function outbox() {
    const [refused, unsent, sentOnes, walkIns, lists] = await Promise.all([
      Door.store.inState("refused", 200), Door.store.inState("unsent", 200),
      Door.store.inState("sent"), Door.store.all("walkins"), Door.store.all("lists")]);
    const newest = (scans) => scans.sort((a, b) => (a.time < b.time ? 1 : -1));
    at("entries").replaceChildren(
      ...newest(refused).map(scanEntry),
      ...walkIns.map((one) => walkInEntry(one)),
      ...lists.map((list) => listEntry(list)),
      ...newest(unsent).map(scanEntry),
      ...newest(sentOnes).slice(0, 30).map(scanEntry),
    );
    await count();
  }

  function walkInEntry(one) {
    const what = `${clock(one.scan.time)} · ${say("new_person")}`;
    if (one.problem) return refusedEntry(what, one, "walkins", "walk_in_id", Door.walkIn.edit);
    return entry("unsent", what, say("state_unsent"));
  }

  function listEntry(list) {
    const what = `${say("list")} · ${list.name}`;
    if (list.problem) return refusedEntry(what, list, "lists", "list_id", Door.lists.edit);
    const state = list.sent ? "sent" : "unsent";
    return entry(state, what, say(`state_${state}`));
  }

  // --- views and set-up ---

  function show(view) {
    idle();
    for (const name of ["setup", "scan", "outbox", "walk-in", "lists"]) at(name).hidden = name !== view;
    for (const button of document.querySelectorAll("[data-view]")) {
      if (button.dataset.view === view) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    at("bar").hidden = view === "setup" && !now;
    if (view !== "scan" && Door.camera.running) camera();
    if (view === "outbox") outbox();
    if (view === "lists") Door.lists.open();
    scrollTo(0, 0);
  }

  function option(value, label) {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = label;
    return made;
  }

  function sessions() {
    const webinar = webinars.find((one) => one.webinar_id === at("webinar").value);
    const list = webinar ? webinar.sessions : [];
    at("session").replaceChildren(...list.map((s) => option(s.id, sessionName(s))));
    const soonest = Door.time.current(list.map((session) => ({ session })));
    if (soonest) at("session").value = soonest.session.id;
  }

  const sessionName = (s) => `${s.id} · ${Door.time.full(s.start, s.time_zone)} · ${s.hall}`;

  // What was chosen before, while it is not over; else the session that is on now, or the next one.
  function preselect() {
    const choices = webinars.flatMap((webinar) => webinar.sessions.map((session) => ({ webinar, session })));
    const before = now && choices.find(({ webinar, session }) => webinar.webinar_id === now.webinar_id
      && session.id === now.session_id && Date.parse(session.end) > Date.now());
    const choice = before || Door.time.current(choices);
    if (choice) at("webinar").value = choice.webinar.webinar_id;
    sessions();
    if (choice) at("session").value = choice.session.id;
  }

  async function setup() {
    show("setup");
    const kept = await Door.store.all("rosters");
    try {
      webinars = (await Door.call("/v1/door/webinars")).items;
      notice(webinars.length ? "" : say("no_webinars"));
    } catch (stop) {
      webinars = kept;
      at("sign-in").hidden = stop.because !== "sign-in";
      notice(stop.because === "sign-in" ? "" : say("offline_setup"));
    }
    at("webinar").replaceChildren(...webinars.map((w) => option(w.webinar_id, w.title)));
    preselect();
    at("gate").value = now ? now.gate : "";
    at("scanner").value = now ? now.scanner : "";
  }

  async function start() {
    Door.feedback.allow();
    const webinar = webinars.find((one) => one.webinar_id === at("webinar").value);
    const session = webinar.sessions.find((one) => one.id === at("session").value);
    at("downloading").hidden = false;
    try {
      await Door.roster.download(webinar, (have, total) => {
        at("download").max = Math.max(total, 1);
        at("download").value = have;
        at("download-text").textContent = say("downloaded", { have, total });
      });
      notice("");
    } catch (stop) {
      at("sign-in").hidden = stop.because !== "sign-in";
      if (!await Door.store.get("rosters", webinar.webinar_id)) { notice(say("not_downloaded")); return; }
      notice(say("old_roster"));
    } finally {
      at("downloading").hidden = true;
    }
    now = { webinar_id: webinar.webinar_id, session_id: session.id, title: webinar.title,
      session, gate: at("gate").value.trim(), scanner: at("scanner").value.trim() };
    await Door.store.put("settings", now, "now");
    if (navigator.storage && navigator.storage.persist) await navigator.storage.persist();
    await place();
  }

  async function place() {
    const roster = await Door.store.get("rosters", now.webinar_id);
    at("where").textContent = `${now.title} · ${now.session_id} · ${say("gate")} ${now.gate} · ${now.scanner}`;
    at("roster-age").textContent = say("roster_of", { people: roster.total, at: clock(roster.at) });
    Door.now = now;
    show("scan");
    await count();
    send();
  }

  // --- start ---

  function listen() {
    at("setup-form").onsubmit = (event) => { event.preventDefault(); start(); };
    at("webinar").onchange = sessions;
    at("change").onclick = setup;
    at("camera").onclick = camera;
    at("send").onclick = send;
    at("typed").onsubmit = (event) => {
      event.preventDefault();
      Door.feedback.allow();
      const text = at("code").value.trim();
      if (text) find(text);
    };
    for (const button of document.querySelectorAll("[data-view]")) button.onclick = () => show(button.dataset.view);
    addEventListener("online", send);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) send(); });
    setInterval(async () => { if (await waiting()) send(); }, SYNC_EVERY);
  }

  async function worker() {
    if (!navigator.serviceWorker) { notice(say("no_offline")); return; }
    navigator.serviceWorker.addEventListener("message", () => (at("outbox").hidden ? count() : outbox()));
    try {
      await navigator.serviceWorker.register("/door-sw.js", { scope: "/door", updateViaCache: "none" });
    } catch {
      if (!navigator.serviceWorker.controller) notice(say("no_offline"));
    }
  }

  Door.page = { at, say, show, count, send, sentence, described };
  document.addEventListener("DOMContentLoaded", async () => {
    listen();
    now = await Door.store.get("settings", "now") || null;
    await Door.store.dropOldScans();
    await (now ? place() : setup());
    worker();
  });
})();
