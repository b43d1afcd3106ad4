// What waits on this device: events in IndexedDB, kept until the school has them, and drafts of visits. Ids only, never
// a student's name; what was written in words is locked (seal.js).

const NAME = "fairlead";

// Each step is a schema that some device still has. A step only adds: an older tab can go on reading.
const STEPS = [
  (db) => db.createObjectStore("events", { keyPath: "id" }),
  (db) => db.createObjectStore("about", { keyPath: "key" }),
  (db) => db.createObjectStore("drafts", { keyPath: "id" }),
  (db) => db.createObjectStore("pictures", { keyPath: "id" }),
];

let opened = null;

function open() {
  opened ??= new Promise((done, fail) => {
    const request = indexedDB.open(NAME, STEPS.length);
    request.onupgradeneeded = (event) => {
      for (const step of STEPS.slice(event.oldVersion)) step(request.result, request.transaction);
    };
    request.onsuccess = () => done(watched(request.result));
    request.onerror = () => {
      if (request.error.name !== "VersionError") return fail(request.error);
      const asItIs = indexedDB.open(NAME); // another tab has a newer Fairlead: its schema holds ours
      asItIs.onsuccess = () => done(watched(asItIs.result));
      asItIs.onerror = () => fail(asItIs.error);
    };
  });
  opened.catch(() => (opened = null));
  return opened;
}

function watched(db) {
  const again = () => (opened = null);
  db.onversionchange = () => { db.close(); again(); }; // a newer Fairlead wants to upgrade: do not stand in its way
  db.onclose = again;
  return db;
}

async function run(store, mode, work) {
  const db = await open();
  return new Promise((done, fail) => {
    const transaction = db.transaction(store, mode, mode === "readwrite" ? { durability: "strict" } : {});
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => done(request?.result);
    transaction.onabort = transaction.onerror = () => fail(transaction.error);
  });
}

const changes = new BroadcastChannel("fairlead-outbox");

function tell() {
  changes.postMessage(null);
  dispatchEvent(new Event("outbox"));
}
changes.onmessage = () => dispatchEvent(new Event("outbox"));

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

export async function recall(key) {
  return (await run("about", "readonly", (s) => s.get(key)))?.value;
}

export const remember = (key, value) => run("about", "readwrite", (s) => s.put({ key, value }));

export async function device() {
  let id = await recall("device");
  if (!id) await remember("device", (id = uuid()));
  return id;
}

export async function all() {
  const events = await run("events", "readonly", (s) => s.getAll());
  return events.sort((a, b) => a.taken_at.localeCompare(b.taken_at));
}

export const get = (id) => run("events", "readonly", (s) => s.get(id));

// Once, by its id: an event that is here already stays as it is.
export async function append(event) {
  if (await get(event.id)) return false;
  await run("events", "readwrite", (s) => s.add({ state: "waiting", said: "", ...event }));
  navigator.storage?.persist?.();
  tell();
  return true;
}

export async function change(id, fields) {
  const event = await get(id);
  if (!event) return;
  await run("events", "readwrite", (s) => s.put({ ...event, ...fields }));
  tell();
}

export async function remove(id) {
  await run("events", "readwrite", (s) => s.delete(id));
  tell();
}

// A visit that is not wanted any more goes with its pictures.
export async function discard(id) {
  for (const event of await all()) if (event.visit === id) await run("events", "readwrite", (s) => s.delete(event.id));
  await remove(id);
}

// Pictures of visits that are being written, locked like drafts: {id, visit, person, sealed}.
export async function pictures(visit) {
  return (await run("pictures", "readonly", (s) => s.getAll())).filter((p) => p.visit === visit);
}

export const keepPicture = (picture) => run("pictures", "readwrite", (s) => s.put(picture));

export const dropPicture = (id) => run("pictures", "readwrite", (s) => s.delete(id));

// Drafts: visits that are being written. Only their writer's are asked for.
export async function drafts(person) {
  const kept = await run("drafts", "readonly", (s) => s.getAll());
  return kept.filter((d) => d.person === person).sort((a, b) => b.saved_at.localeCompare(a.saved_at));
}

export const keepDraft = (draft) => run("drafts", "readwrite", (s) => s.put(draft));

export async function dropDraft(id) {
  for (const picture of await pictures(id)) await dropPicture(picture.id);
  await run("drafts", "readwrite", (s) => s.delete(id));
  tell();
}

// A finished visit goes from the drafts into the outbox in one step, its pictures behind it as events of their own: never
// in both, never in neither.
export async function finish(event) {
  const db = await open();
  const { person, who, device, page } = event;
  const later = new Date(Date.parse(event.taken_at) + 1).toISOString(); // sent after their visit
  const shared = { kind: "picture", state: "waiting", said: "", visit: event.id, person, who, device, page, taken_at: later };
  await new Promise((done, fail) => {
    const transaction = db.transaction(["events", "drafts", "pictures"], "readwrite", { durability: "strict" });
    transaction.objectStore("events").put({ state: "waiting", said: "", ...event });
    transaction.objectStore("drafts").delete(event.id);
    const held = transaction.objectStore("pictures").getAll();
    held.onsuccess = () => {
      for (const { id, visit, sealed } of held.result) {
        if (visit !== event.id) continue;
        transaction.objectStore("events").put({ ...shared, id, sealed });
        transaction.objectStore("pictures").delete(id);
      }
    };
    transaction.oncomplete = done;
    transaction.onabort = transaction.onerror = () => fail(transaction.error);
  });
  navigator.storage?.persist?.();
  tell();
}
