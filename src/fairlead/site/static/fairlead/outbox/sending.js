// Sends a person's own events, oldest first, until the server says that it has them. For a page and for the service
// worker alike: nothing here needs a document. The server refuses an event of anybody but who is signed in.
import { unseal } from "./seal.js";
import { all, change, discard, remove } from "./store.js";

const PATIENCE = 20_000;

// Where an event goes and what it says; null for words that are locked and cannot be read now.
async function letter(event, where) {
  const { id, person, device, taken_at } = event;
  const envelope = { id, person, device, taken_at, now: new Date().toISOString() };
  if (!event.sealed) return { to: where.arrive, says: { ...envelope, roll: event.roll, marks: event.marks } };
  const inside = await unseal(person, event.sealed);
  if (event.kind === "picture") {
    return inside && { to: where.arrivePicture, says: { ...envelope, visit: event.visit, ...inside } };
  }
  const to = event.kind === "contact" ? where.arriveContact : where.arriveVisit;
  return inside && { to, says: { ...envelope, fields: inside.fields } };
}

async function post({ to, says }, where) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": where.token() };
  const options = { method: "POST", headers, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) };
  const answer = await fetch(to, { ...options, body: JSON.stringify(says) });
  // A portal that answers everything with a page of its own is not the school: without our shape nothing has arrived.
  return { status: answer.status, said: await answer.json() };
}

async function postSafely(written, where) {
  const answer = await post(written, where);
  if (answer.said.error?.code !== "csrf") return answer;
  await where.renew();
  return post(written, where);
}

// Gives {sent: {id: answer}, stopped: code}: "offline", "sign_in", "other_person", "busy" or "".
async function run(person, where) {
  const sent = {};
  const events = await all();
  const here = new Set(events.map((e) => e.id));
  for (const event of events) {
    if (event.person !== person || event.state !== "waiting") continue;
    if (here.has(event.visit)) continue; // a picture waits for its visit
    let answer;
    try {
      const written = await letter(event, where);
      if (!written) return { sent, stopped: navigator.onLine ? "sign_in" : "offline" };
      answer = await postSafely(written, where);
    } catch {
      return { sent, stopped: "offline" };
    }
    const { status, said } = answer;
    const code = said.error?.code;
    if (status === 200 && said.id === event.id) {
      sent[event.id] = said;
      here.delete(event.id);
      await remove(event.id);
      if (event.replaces) await discard(event.replaces);
    } else if (code === "sign_in" || code === "other_person") {
      await change(event.id, { said: where.words(code, { who: event.who }) });
      return { sent, stopped: code };
    } else if (code && status < 500 && ![403, 405, 429].includes(status)) {
      await change(event.id, { state: "refused", code, said: said.error.what });
    } else {
      return { sent, stopped: "busy" };
    }
  }
  return { sent, stopped: "" };
}

const told = new BroadcastChannel("fairlead-sent");
told.onmessage = (message) => dispatchEvent(new CustomEvent("outbox-sent", { detail: message.data }));

// One tab, or the service worker, at a time, so that the same event is not sent by each (it would count once all the
// same). `where`: addresses (arrive, arriveVisit, arrivePicture, arriveContact); token() against forged requests, and renew() to get another;
// words(code, values) says a refusal in the page's language, or "" where nobody reads.
export async function sendAs(person, where) {
  const work = () => run(person, where);
  const result = await (navigator.locks ? navigator.locks.request("fairlead-outbox", work) : work());
  if (Object.keys(result.sent).length) told.postMessage(result.sent);
  return result;
}
