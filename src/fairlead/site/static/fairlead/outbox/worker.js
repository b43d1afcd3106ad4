// The service worker. The server puts BUILD, SHELL and addresses before this text, and where the browser offers
// Background Sync an import of `sendInBackground`, else a stand-in that does nothing (see site/offline.py).
// It never keeps what waits to be sent: that is in IndexedDB, which an upgrade of this worker does not touch.
/* global BUILD, SHELL, OUTBOX, ADDRESSES, sendInBackground */
"use strict";

const ASSETS = `fairlead-shell-${BUILD}`;
const NAMES = "fairlead-names";
const KEEP = 14 * 60 * 60 * 1000;
const LOOSELY = { ignoreSearch: true, ignoreVary: true }; // pages vary with the cookie; whose they are is noted
const SLOW = 6000; // a hallway's network: with a kept page at hand, wait no longer

self.addEventListener("install", (event) => {
  const load = async () => {
    const cache = await caches.open(ASSETS);
    await cache.addAll(SHELL.map((url) => new Request(url, { cache: "reload" })));
    await cache.put(OUTBOX, await fetch(`${OUTBOX}?shell=1`, { credentials: "omit", cache: "reload" }));
    await self.skipWaiting();
  };
  event.waitUntil(load());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("fairlead-shell-") && name !== ASSETS) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (SHELL.includes(url.pathname)) event.respondWith(asset(request));
});

self.addEventListener("message", (event) => {
  const keep = async () => {
    for (const url of event.data.keep ?? []) {
      try {
        await note(url, await fetch(url, { credentials: "same-origin" }));
      } catch {
        return; // no network: what was kept before stays
      }
    }
  };
  event.waitUntil(keep());
});

self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(sendInBackground(ADDRESSES));
});

async function asset(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request, { cacheName: ASSETS, ...LOOSELY });
    if (kept) return kept;
    throw error;
  }
}

async function page(event) {
  const kept = await keptPage(event.request);
  const answer = fetch(event.request).then(async (response) => {
    await note(event.request.url, response);
    return response;
  });
  event.waitUntil(answer.catch(() => undefined));
  try {
    const first = await (kept ? Promise.race([answer, slow()]) : answer);
    return kept && first.status >= 502 ? kept : first;
  } catch {
    return kept ?? (await caches.match(OUTBOX, { cacheName: ASSETS, ...LOOSELY })) ?? Response.error();
  }
}

const slow = () => new Promise((_, fail) => setTimeout(fail, SLOW));

async function keptPage(request) {
  const kept = await caches.match(request, { cacheName: NAMES, ...LOOSELY });
  const age = Date.now() - Number(kept?.headers.get("x-fairlead-kept"));
  return kept && age >= -300_000 && age < KEEP ? kept : undefined;
}

// Keep the page when the server says that it may be kept; forget everybody else's, and at sign-out everything.
async function note(url, response) {
  const person = response.headers.get("x-fairlead-person");
  if (person === null) return;
  if (person === "0") {
    await caches.delete(NAMES);
    return;
  }
  const cache = await caches.open(NAMES);
  for (const request of await cache.keys()) {
    const kept = await cache.match(request);
    if (kept?.headers.get("x-fairlead-person") !== person) await cache.delete(request);
  }
  if (!response.ok || !response.headers.has("x-fairlead-keep")) return;
  const headers = new Headers({ "x-fairlead-person": person, "x-fairlead-kept": String(Date.now()) });
  for (const name of ["content-type", "content-language", "content-security-policy", "referrer-policy"]) {
    if (response.headers.has(name)) headers.set(name, response.headers.get(name));
  }
  const plain = new URL(url, location.href).pathname;
  await cache.put(plain, new Response(await response.clone().blob(), { headers }));
}
