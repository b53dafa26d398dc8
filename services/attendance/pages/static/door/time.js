// Times of day in the session's own zone, with Indonesia's name of it: a phone may be set to another.
"use strict";
self.Door = self.Door || {};

(() => {
  const NAMES = { "Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT" };
  const locale = () => (document.documentElement.lang === "id" ? "id-ID" : "en-GB");
  const called = (zone) => NAMES[zone] || zone;

  function said(time, zone, options) {
    return `${new Date(time).toLocaleString(locale(), { ...options, timeZone: zone })} ${called(zone)}`;
  }

  // How many milliseconds the zone's clocks are ahead of UTC at that time.
  function ahead(time, zone) {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric",
      month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(time);
    const of = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second) - Math.floor(time / 1000) * 1000;
  }

  Door.time = {
    called,
    clock: (time, zone) => said(time, zone, { hour: "2-digit", minute: "2-digit" }),
    full: (time, zone) => said(time, zone, { dateStyle: "medium", timeStyle: "short" }),

    // "09:30", as a field of a form has it.
    field(time, zone) {
      const at = Date.parse(time);
      return new Date(at + ahead(at, zone)).toISOString().slice(11, 16);
    },

    // A field's time of day on the session's first day there; after midnight it is the next day.
    instant(text, { start, time_zone }) {
      const first = Date.parse(start);
      const offset = ahead(first, time_zone);
      const day = new Date(first + offset).toISOString().slice(0, 10);
      const found = Date.parse(`${day}T${text}:00Z`) - offset;
      return new Date(found < first - 12 * 3600e3 ? found + 86400e3 : found).toISOString();
    },

    // Of {session, …}: the one that is on now, or the next one; when all are over, the last.
    current(choices, now = Date.now()) {
      const inOrder = [...choices].sort((a, b) => Date.parse(a.session.start) - Date.parse(b.session.start));
      return inOrder.find(({ session }) => Date.parse(session.end) > now) || inOrder.pop();
    },
  };
})();
