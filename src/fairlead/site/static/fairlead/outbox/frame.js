// On every page: what waits on this device, said and sent; names forgotten when they must be.
import { KEEP, wipe, wipeOld } from "./names.js";
import { ask, forgetKey, forgetOldKey } from "./seal.js";
import { send } from "./send.js";
import { all, drafts, recall, remember } from "./store.js";
import { say } from "./words.js";

const AGAIN = 30_000;
const SYNC = "serviceWorker" in navigator && "SyncManager" in window;
const { body } = document;
const banner = document.getElementById("outbox-banner");

// Who is asking: the page says it; a page without a person is signed out; the kept shell knows only who was here last.
export async function person() {
  if (body.dataset.shell) return (await recall("person")) ?? 0;
  return Number(body.dataset.person) || 0;
}

// Other tabs of this browser: when somebody else signs in, or nobody is left, none keeps names on the screen.
const whoIsHere = new BroadcastChannel("fairlead-person");
whoIsHere.onmessage = () => leaveIfAnother();

async function greet() {
  if (body.dataset.shell) return;
  const now = Number(body.dataset.person) || 0;
  if (now !== ((await recall("person")) ?? 0)) {
    await wipe();
    await forgetKey();
    await remember("person", now);
    whoIsHere.postMessage(null);
  }
}

// A tab that slept through the message looks when it is seen again. The server knows nothing of names any more.
async function leaveIfAnother() {
  const mine = Number(body.dataset.person) || 0;
  if (!body.dataset.shell && mine && mine !== ((await recall("person")) ?? 0)) location.replace(body.dataset.outbox);
}

function line(text, link) {
  const p = document.createElement("p");
  p.append(`${text} `);
  if (link) {
    const a = document.createElement("a");
    a.href = body.dataset.outbox;
    a.textContent = link;
    p.append(a);
  }
  return p;
}

async function show() {
  const me = await person();
  const events = await all();
  const lines = [];
  const mine = events.filter((e) => e.person === me);
  const waiting = mine.filter((e) => e.state === "waiting").length;
  const refused = mine.length - waiting;
  if (waiting) {
    lines.push(line(say("waiting", { n: waiting }), say("open")));
    wakeLater();
  }
  if (refused) lines.push(line(say("refused", { n: refused }), say("open")));
  const begun = document.querySelector("form[data-visit]") ? 0 : (await drafts(me)).length;
  if (begun) lines.push(line(say("drafts", { n: begun }), say("open")));
  const others = new Map();
  for (const e of events) if (e.person !== me) others.set(e.person, { who: e.who, n: (others.get(e.person)?.n ?? 0) + 1 });
  for (const other of others.values()) lines.push(line(say("others", other)));
  banner.hidden = !lines.length;
  const text = banner.querySelector("[data-lines]");
  if (text.textContent !== lines.map((l) => l.textContent).join("")) text.replaceChildren(...lines);
}

// Have the browser wake the service worker when a network is back, also when no page of ours is open any more.
async function wakeLater() {
  if (!SYNC || !navigator.serviceWorker.controller) return;
  const { sync } = await navigator.serviceWorker.ready;
  await sync.register("outbox").catch(() => {}); // not allowed here: pages send as ever
}

async function sendNow() {
  const me = await person();
  const events = me ? await all() : [];
  if (events.some((e) => e.person === me && e.state === "waiting")) await send(me);
}

async function forgetOld() {
  if ((await wipeOld()) || (await forgetOldKey())) dispatchEvent(new Event("outbox"));
  if (document.querySelector("form[data-roll], form[data-visit]") && Date.now() - opened >= KEEP) location.replace(body.dataset.outbox);
}
const opened = Date.now();

document.addEventListener("submit", (event) => {
  if (event.target.matches("[action*='/logout'], [action$='/demo/leave'], [action$='/demo/become']")) {
    wipe();
    forgetKey();
  }
});

async function keepPages() {
  if (!("serviceWorker" in navigator) || !body.dataset.keeps) return;
  const me = await person();
  if ((await recall("key"))?.person !== me) await ask(me); // before the network is gone
  const kind = SYNC ? ["/sw.js?sync=1", { type: "module" }] : ["/sw.js", {}];
  await navigator.serviceWorker.register(kind[0], { ...kind[1], updateViaCache: "none" });
  const ready = await navigator.serviceWorker.ready;
  const keep = [...document.querySelectorAll("a[data-keep]")].map((a) => a.getAttribute("href"));
  if (keep.length) ready.active.postMessage({ keep: [location.pathname, ...keep] });
}

async function start() {
  await greet();
  await forgetOld();
  await show();
  addEventListener("outbox", show);
  addEventListener("online", sendNow);
  document.addEventListener("visibilitychange", () => document.hidden || leaveIfAnother().then(sendNow));
  setInterval(sendNow, AGAIN);
  setInterval(forgetOld, 60_000);
  await sendNow();
  await keepPages();
}

start().catch((error) => console.warn("outbox:", error));
