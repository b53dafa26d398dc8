// The door page's service worker. Before this text the server puts VERSION (a hash of all FILES) and
// FILES; importScripts' order is theirs. It caches the page's own files, never an answer of the API.
"use strict";
importScripts("/static/door/store.js", "/static/door/vault.js", "/static/door/sync.js");

const CACHE = `hadir-door-${VERSION}`;
const PAGES = ["/door", "/door?lang=en"];

// A redirect (to the sign-in) is no page of ours: the installation fails and is tried again later.
async function keep(cache, url) {
  const answer = await fetch(url, { cache: "no-cache", redirect: "error" });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  await cache.put(url, answer);
}

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all([...PAGES, ...FILES].map((url) => keep(cache, url)));
  await self.skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("hadir-door-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

function kept(request) {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return null;
  if (request.mode === "navigate" && url.pathname === "/door") {
    return url.searchParams.get("lang") === "en" ? PAGES[1] : PAGES[0];
  }
  return FILES.includes(url.pathname) ? url.pathname : null;
}

async function answer(name, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(name)) || fetch(request);
}

async function sync() {
  const report = await Door.sync();
  for (const page of await self.clients.matchAll()) page.postMessage({ synced: true });
  if (report.state === "offline" || report.state === "busy") throw new Error(report.state);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const name = kept(event.request);
  if (name) event.respondWith(answer(name, event.request));
});
self.addEventListener("sync", (event) => {
  if (event.tag === "hadir-door") event.waitUntil(sync());
});
