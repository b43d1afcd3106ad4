// Pages with names, kept by the service worker so that a roll can be taken offline; gone at sign-out and after 14 hours.

const CACHE = "fairlead-names";
export const KEEP = 14 * 60 * 60 * 1000;

export const wipe = () => window.caches?.delete(CACHE);

// Also when the device's clock was set back: what seems to come from the future is not trusted.
export async function wipeOld(now = Date.now()) {
  if (!window.caches || !(await caches.has(CACHE))) return 0;
  const cache = await caches.open(CACHE);
  let gone = 0;
  for (const request of await cache.keys()) {
    const kept = await cache.match(request);
    const age = now - Number(kept?.headers.get("x-fairlead-kept"));
    if (age >= -300_000 && age < KEEP) continue;
    await cache.delete(request);
    gone += 1;
  }
  return gone;
}

// The words of a roll's sheet, while they are on this device: its heading, and names by student id.
export async function ofRoll(address) {
  const kept = await window.caches?.match(address, { cacheName: CACHE, ignoreSearch: true, ignoreVary: true });
  if (!kept) return null;
  const page = new DOMParser().parseFromString(await kept.text(), "text/html");
  const students = {};
  for (const name of page.querySelectorAll("[id^=name-] strong")) {
    students[name.closest("[id]").id.slice("name-".length)] = name.textContent;
  }
  return { title: page.querySelector("h1")?.textContent ?? "", students };
}
