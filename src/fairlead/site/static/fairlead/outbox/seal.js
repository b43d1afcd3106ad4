// What was written about somebody is locked on this device, with a key that only its writer's session brings. The key
// goes at sign-out and after 14 hours; what was locked stays, and is readable again when its writer has signed in.
import { KEEP } from "./names.js";
import { recall, remember } from "./store.js";

const PATIENCE = 6000;
let who = globalThis.document?.body?.dataset.who; // the service worker has no document and is told
export const askAt = (address) => (who = address);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

export const forgetKey = () => remember("key", null);

export async function forgetOldKey(now = Date.now()) {
  const held = await recall("key");
  if (!held || (now - held.kept >= -300_000 && now - held.kept < KEEP)) return false;
  await forgetKey();
  return true;
}

// Ask the school who is signed in: brings the key, and how far this device's clock is off. False without a network.
export async function ask(person) {
  let said;
  try {
    said = await (await fetch(who, { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) })).json();
  } catch {
    return false;
  }
  if (said.person !== person || !person || !crypto.subtle) return false;
  const off = Date.parse(said.now) - Date.now();
  await remember("off", Math.abs(off) > 120_000 ? off : 0);
  const keys = await Promise.all(
    said.keys.map((key) => crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["encrypt", "decrypt"])),
  );
  await remember("key", { person, keys, kept: Date.now() });
  return true;
}

async function keysOf(person) {
  await forgetOldKey();
  let held = await recall("key");
  if (held?.person !== person && (await ask(person))) held = await recall("key");
  return held?.person === person ? held.keys : [];
}

// The present moment, by the school's clock as it was when there was a network last.
export const moment = async () => new Date(Date.now() + ((await recall("off")) ?? 0));

// null where nothing can be locked: there nothing is kept.
export async function seal(person, inside) {
  const [key] = await keysOf(person);
  if (!key) return null;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(inside)));
  return { iv, data };
}

// null where it cannot be read: another person's, or without the key.
export async function unseal(person, sealed) {
  for (const key of sealed ? await keysOf(person) : []) {
    try {
      const read = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, key, sealed.data);
      return JSON.parse(new TextDecoder().decode(read));
    } catch {
      continue; // locked before the school's secret was renewed: an older key follows
    }
  }
  return null;
}
