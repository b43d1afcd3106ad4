// The outbox's own page: each roll that waits, what can be done with it, and files in and out.
import { person } from "./frame.js";
import { ofRoll } from "./names.js";
import { send } from "./send.js";
import { all, append, remove } from "./store.js";
import { moment, say } from "./words.js";

const list = document.querySelector("[data-outbox-list]");
const empty = document.querySelector("[data-outbox-empty]");
const said = document.querySelector("[data-outbox-said]");
const shape = document.querySelector("template[data-outbox-item]").content;
const tools = document.querySelector("[data-outbox-tools]");
const address = (roll) => document.body.dataset.roll.replace("/0", `/${roll}`);

function tell(text) {
  said.textContent = text;
  said.hidden = !text;
}

async function item(event) {
  const node = shape.firstElementChild.cloneNode(true);
  const part = (name) => node.querySelector(`[data-part="${name}"]`);
  const names = await ofRoll(address(event.roll));
  const absent = Object.keys(event.marks).filter((s) => event.marks[s] === "absent");
  node.dataset.id = event.id;
  part("title").textContent = names?.title || say("roll", { n: event.roll });
  part("taken").textContent = say("taken", { time: moment(event.taken_at) });
  part("marks").textContent = say("marks", { present: Object.keys(event.marks).length - absent.length, absent: absent.length });
  part("names").textContent = absent.map((s) => names?.students[s]).filter(Boolean).join(", ");
  part("waiting").hidden = event.state !== "waiting";
  part("refused").hidden = event.state === "waiting";
  part("said").textContent = event.said;
  part("send").hidden = event.state !== "waiting";
  part("again").hidden = event.state === "waiting";
  part("again").href = `${address(event.roll)}?amend=1&from=${event.id}`;
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
    await remove(event.id);
    tell(say("deleted"));
  });
  return node;
}

async function show() {
  const me = await person();
  const mine = (await all()).filter((e) => e.person === me);
  const asked = list.querySelector("[data-part=sure]:not([hidden])")?.closest("[data-id]").dataset.id;
  list.replaceChildren(...(await Promise.all(mine.map(item))));
  const still = asked && list.querySelector(`[data-id="${asked}"]`);
  if (still) still.querySelector("[data-part=sure]").hidden = false;
  empty.hidden = mine.length > 0;
  tools.hidden = !me;
  tools.querySelector("[data-export-all]").hidden = mine.length < 2;
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
  save((await all()).filter((e) => e.person === me));
});
tools.querySelector("input[type=file]").addEventListener("change", (event) => {
  if (event.target.files[0]) bringBack(event.target.files[0]);
  event.target.value = "";
});
addEventListener("outbox", show);
show();
