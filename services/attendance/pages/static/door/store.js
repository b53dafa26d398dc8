// What a door page keeps on its device (IndexedDB), for the page and its service worker.
// A roster holds pseudonyms and marks of codes; a queue entry keeps its code until it is sent.
"use strict";
self.Door = self.Door || {};

(() => {
  const NAME = "hadir-door";
  const KEEP_SENT = 7 * 86400e3;
  let opened;

  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  const finished = (transaction) => new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

  // Version 2: numbers are found however they are typed; `folded` is the number in small letters.
  function fold(people) {
    people.createIndex("folded", ["webinar_id", "folded"]);
    people.openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) return;
      cursor.update({ ...cursor.value, folded: cursor.value.external_id.toLowerCase() });
      cursor.continue();
    };
  }

  function upgrade(request, { oldVersion }) {
    if (oldVersion < 1) make(request.result);
    fold(request.transaction.objectStore("people"));
  }

  function make(database) {
    database.createObjectStore("settings");
    database.createObjectStore("keys");
    database.createObjectStore("rosters", { keyPath: "webinar_id" });
    const people = database.createObjectStore("people", { keyPath: ["webinar_id", "participant_id"] });
    people.createIndex("mark", ["webinar_id", "mark"]);
    const queue = database.createObjectStore("queue", { keyPath: "scan_id" });
    queue.createIndex("state", "state");
    queue.createIndex("person", ["webinar_id", "session_id", "who"]);
    database.createObjectStore("walkins", { keyPath: "walk_in_id" });
    database.createObjectStore("lists", { keyPath: "list_id" });
  }

  function database() {
    opened = opened || new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 2);
      request.onupgradeneeded = (event) => upgrade(request, event);
      request.onsuccess = () => {
        request.result.onclose = request.result.onversionchange = () => {
          request.result.close();
          opened = undefined;
        };
        resolve(request.result);
      };
      request.onerror = () => { opened = undefined; reject(request.error); };
    });
    return opened;
  }

  async function read(store, work) {
    return done(work((await database()).transaction(store).objectStore(store)));
  }

  // "strict": when this returns, it is on the disk – a closed browser or an empty battery loses nothing.
  async function write(store, work) {
    const transaction = (await database()).transaction(store, "readwrite", { durability: "strict" });
    work(transaction.objectStore(store));
    return finished(transaction);
  }

  Door.store = {
    get: (store, key) => read(store, (s) => s.get(key)),
    all: (store) => read(store, (s) => s.getAll()),
    put: (store, value, key) => write(store, (s) => s.put(value, key)),
    putAll: (store, values) => write(store, (s) => values.forEach((v) => s.put(v))),
    remove: (store, key) => write(store, (s) => s.delete(key)),

    personByMark: (webinar, mark) => read("people", (s) => s.index("mark").get([webinar, mark])),

    peopleByExternal: (webinar, start, limit) => read("people", (s) => {
      const folded = start.toLowerCase();
      return s.index("folded").getAll(IDBKeyRange.bound([webinar, folded], [webinar, folded + "\uffff"]), limit);
    }),

    scansOf: (webinar, session, who) => read("queue", (s) =>
      s.index("person").getAll([webinar, session, who])),

    inState: (state, limit) => read("queue", (s) => s.index("state").getAll(state, limit)),
    countState: (state) => read("queue", (s) => s.index("state").count(state)),

    dropPeople: (webinar) => write("people", (s) =>
      s.delete(IDBKeyRange.bound([webinar], [webinar, []]))),

    dropOldScans: () => write("queue", (s) => {
      for (const state of ["sent", "seen"]) {
        s.index("state").openCursor(state).onsuccess = (event) => {
          const cursor = event.target.result;
          if (!cursor) return;
          if (Date.parse(cursor.value.time) < Date.now() - KEEP_SENT) cursor.delete();
          cursor.continue();
        };
      }
    }),
  };
})();
