// Sends what waits: the signed-in person's own events, oldest first, until the server says that it has them.
import { unseal } from "./seal.js";
import { all, change, remove } from "./store.js";
import { say } from "./words.js";

const PATIENCE = 20_000;
const { arrive, arriveVisit, who } = document.body.dataset;

function token() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

// Where an event goes and what it says; null for words that are locked and cannot be read now.
async function letter(event) {
  const { id, person, device, taken_at } = event;
  const envelope = { id, person, device, taken_at, now: new Date().toISOString() };
  if (event.kind !== "visit") return { to: arrive, says: { ...envelope, roll: event.roll, marks: event.marks } };
  const inside = await unseal(person, event.sealed);
  return inside && { to: arriveVisit, says: { ...envelope, fields: inside.fields } };
}

async function post({ to, says }) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
  const options = { method: "POST", headers, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) };
  const answer = await fetch(to, { ...options, body: JSON.stringify(says) });
  // A portal that answers everything with a page of its own is not the school: without our shape nothing has arrived.
  return { status: answer.status, said: await answer.json() };
}

async function postSafely(written) {
  const answer = await post(written);
  if (answer.said.error?.code !== "csrf") return answer;
  await fetch(who, { credentials: "same-origin" }); // brings a fresh token
  return post(written);
}

// Gives {sent: {id: answer}, stopped: code}: "offline", "sign_in", "other_person", "busy" or "".
async function run(person) {
  const sent = {};
  for (const event of await all()) {
    if (event.person !== person || event.state !== "waiting") continue;
    let answer;
    try {
      const written = await letter(event);
      if (!written) return { sent, stopped: navigator.onLine ? "sign_in" : "offline" };
      answer = await postSafely(written);
    } catch {
      return { sent, stopped: "offline" };
    }
    const { status, said } = answer;
    const code = said.error?.code;
    if (status === 200 && said.id === event.id) {
      sent[event.id] = said;
      await remove(event.id);
      if (event.replaces) await remove(event.replaces);
    } else if (code === "sign_in" || code === "other_person") {
      await change(event.id, { said: say(code, { who: event.who }) });
      return { sent, stopped: code };
    } else if (code && status < 500 && ![403, 405, 429].includes(status)) {
      await change(event.id, { state: "refused", code, said: said.error.what });
    } else {
      return { sent, stopped: "busy" };
    }
  }
  return { sent, stopped: "" };
}

// One tab at a time, so that the same event is not sent by each (it would count once all the same).
export async function send(person) {
  const result = await (navigator.locks ? navigator.locks.request("fairlead-outbox", () => run(person)) : run(person));
  if (Object.keys(result.sent).length) dispatchEvent(new CustomEvent("outbox-sent", { detail: result.sent }));
  return result;
}
