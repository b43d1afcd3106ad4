// The outbox's own page: each roll and visit that waits, what can be done with it, and files in and out.
import { person } from "./frame.js";
import { ofRoll } from "./names.js";
import { unseal } from "./seal.js";
import { send } from "./send.js";
import { all, append, discard, drafts, dropDraft, pictures } from "./store.js";
import { moment, say } from "./words.js";

const list = document.querySelector("[data-outbox-list]");
const empty = document.querySelector("[data-outbox-empty]");
const said = document.querySelector("[data-outbox-said]");
const shape = document.querySelector("template[data-outbox-item]").content;
const tools = document.querySelector("[data-outbox-tools]");
const begun = document.querySelector("[data-drafts]");
const address = (roll) => document.body.dataset.roll.replace("/0", `/${roll}`);

function tell(text) {
  said.textContent = text;
  said.hidden = !text;
}

async function ofVisit(event) {
  const was = await unseal(event.person, event.sealed);
  return {
    title: was?.title || say("visit"),
    what: say("written", { time: moment(event.taken_at ?? event.saved_at), n: was?.notes ?? "–", pictures: await album(event.id) }),
    names: was ? "" : say("locked"),
    again: `${event.page}${event.page.includes("?") ? "&" : "?"}from=${event.id}`,
  };
}

// How many pictures go with a visit: of a draft, or of one that waits.
async function album(id) {
  return (await pictures(id)).length + (await all()).filter((e) => e.visit === id).length;
}

async function ofContact(event) {
  const was = await unseal(event.person, event.sealed);
  return { ...(await ofVisit(event)), title: was?.title || say("contact"), what: say("logged", { time: moment(event.taken_at) }) };
}

// A picture whose visit has arrived; before that it is told with its visit.
async function ofPicture(event) {
  const was = await unseal(event.person, event.sealed);
  const what = say("pictured", { time: moment(event.taken_at) });
  return { title: was?.text || say("picture"), what, names: was ? "" : say("locked"), again: "" };
}

async function ofARoll(event) {
  const names = await ofRoll(address(event.roll));
  const absent = Object.keys(event.marks).filter((s) => event.marks[s] === "absent");
  const marks = say("marks", { present: Object.keys(event.marks).length - absent.length, absent: absent.length });
  return {
    title: names?.title || say("roll", { n: event.roll }),
    what: `${say("taken", { time: moment(event.taken_at) })}: ${marks}`,
    names: absent.map((s) => names?.students[s]).filter(Boolean).join(", "),
    again: `${address(event.roll)}?amend=1&from=${event.id}`,
  };
}

async function item(event) {
  const node = shape.firstElementChild.cloneNode(true);
  const part = (name) => node.querySelector(`[data-part="${name}"]`);
  const visit = event.kind === "visit";
  const kinds = { visit: ofVisit, contact: ofContact, picture: ofPicture };
  const told = await (kinds[event.kind] ?? ofARoll)(event);
  node.dataset.id = event.id;
  part("title").textContent = told.title;
  part("taken").textContent = told.what;
  part("names").textContent = told.names;
  part("waiting").hidden = event.state !== "waiting";
  part("refused").hidden = event.state === "waiting";
  part("said").textContent = event.said;
  part("send").hidden = event.state !== "waiting";
  part("again").hidden = event.state === "waiting" || !told.again;
  part("again").href = told.again;
  if (visit || event.kind === "contact") part("again").textContent = part("again").dataset.visit;
  part("export").hidden = Boolean(event.sealed); // its words are locked for this device's person; a file would only be opened here
  for (const button of node.querySelectorAll("button")) {
    button.setAttribute("aria-label", `${button.textContent}: ${part("title").textContent}`);
  }
  part("send").addEventListener("click", retry);
  part("export").addEventListener("click", () => save([event]));
  part("delete").addEventListener("click", () => {
    part("sure").hidden = false;
    part("keep").focus();
  });
  part("keep").addEventListener("click", () => {
    part("sure").hidden = true;
    part("delete").focus();
  });
  part("really").addEventListener("click", async () => {
    await discard(event.id);
    tell(say("deleted"));
  });
  return node;
}

async function draft(kept) {
  const node = document.querySelector("template[data-draft-item]").content.firstElementChild.cloneNode(true);
  const part = (name) => node.querySelector(`[data-part="${name}"]`);
  const told = await ofVisit(kept);
  part("title").textContent = told.title;
  part("taken").textContent = told.what;
  part("names").textContent = told.names;
  part("go").href = `${kept.page}?draft=${kept.id}`;
  part("delete").setAttribute("aria-label", `${part("delete").textContent}: ${told.title}`);
  part("delete").addEventListener("click", () => (part("sure").hidden = false));
  part("keep").addEventListener("click", () => (part("sure").hidden = true));
  part("really").addEventListener("click", async () => {
    await dropDraft(kept.id);
    tell(say("deleted"));
  });
  return node;
}

const rolls = (events) => events.filter((e) => !e.sealed);

async function show() {
  const me = await person();
  const held = (await all()).filter((e) => e.person === me);
  const visits = new Set(held.map((e) => e.id));
  const mine = held.filter((e) => !visits.has(e.visit));
  const asked = list.querySelector("[data-part=sure]:not([hidden])")?.closest("[data-id]").dataset.id;
  list.replaceChildren(...(await Promise.all(mine.map(item))));
  const still = asked && list.querySelector(`[data-id="${asked}"]`);
  if (still) still.querySelector("[data-part=sure]").hidden = false;
  const open = me ? await drafts(me) : [];
  begun.replaceChildren(...(await Promise.all(open.map(draft))));
  begun.parentElement.hidden = !open.length;
  empty.hidden = mine.length + open.length > 0;
  tools.hidden = !me;
  tools.querySelector("[data-export-all]").hidden = rolls(mine).length < 2;
}

async function retry() {
  tell(say("sending"));
  const { sent, stopped } = await send(await person());
  const n = Object.keys(sent).length;
  tell(stopped ? say(stopped, { who: say("them") }) : n ? say("sent", { n }) : "");
}

function save(events) {
  const file = { fairlead: "outbox", version: 1, events: events.map(({ state, said: _, code, ...event }) => event) };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1)], { type: "application/json" }));
  link.download = `fairlead-${events[0].taken_at.slice(0, 10)}-${events[0].id.slice(0, 8)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function sound(e) {
  return (
    UUID.test(e?.id) && UUID.test(e.device) && Number.isInteger(e.person) && Number.isInteger(e.roll) &&
    !Number.isNaN(Date.parse(e.taken_at)) && typeof e.marks === "object" &&
    Object.entries(e.marks).every(([s, m]) => /^\d+$/.test(s) && (m === "present" || m === "absent"))
  );
}

async function bringBack(file) {
  let read;
  try {
    read = file.size < 5_000_000 ? JSON.parse(await file.text()) : null;
  } catch {
    read = null;
  }
  const events = read?.fairlead === "outbox" && Array.isArray(read.events) ? read.events : [];
  if (!events.length || !events.every(sound)) return tell(say("not_a_file"));
  const me = await person();
  if (events.some((e) => e.person !== me)) return tell(say("other_file"));
  for (const { id, person: of, who, device, roll, taken_at, marks } of events) {
    await append({ id, person: of, who: String(who ?? "").slice(0, 60), device, roll, taken_at, marks });
  }
  await retry();
}

tools.querySelector("[data-export-all]").addEventListener("click", async () => {
  const me = await person();
  save(rolls(await all()).filter((e) => e.person === me));
});
tools.querySelector("input[type=file]").addEventListener("change", (event) => {
  if (event.target.files[0]) bringBack(event.target.files[0]);
  event.target.value = "";
});
addEventListener("outbox", show);
show();
