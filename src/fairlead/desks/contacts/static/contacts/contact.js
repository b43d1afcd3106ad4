// Enhancement only: a contact that no network can lose. The finished form goes into the outbox, locked, and is sent from
// there. Without scripts the form is posted as it is.
import { ask, moment, seal, unseal } from "../fairlead/outbox/seal.js";
import { send } from "../fairlead/outbox/send.js";
import { device, finish, get, uuid } from "../fairlead/outbox/store.js";
import { say } from "../fairlead/outbox/words.js";

const { name, person } = document.body.dataset;
const me = Number(person);
const PATIENCE = 1500;
const SKIP = ["csrfmiddlewaretoken", "token"];

function lead(form) {
  const { page, zone } = form.dataset;
  const field = (called) => form.elements.namedItem(called);
  const said = form.querySelector("[data-contact-said]");
  const chosen = () => [...form.querySelectorAll("input[name=people]:checked")];
  let replaces = "";
  let latest = "";

  function tell(text) {
    said.textContent = text;
    said.hidden = !text;
  }

  const typed = () => [...new FormData(form)].filter(([n, v]) => n !== "csrfmiddlewaretoken" && typeof v === "string");
  const title = () =>
    [chosen().map((box) => box.dataset.name).join(", "), field("kind").selectedOptions[0].textContent].join(" · ");

  function fill(fields) {
    const given = new Map();
    for (const [n, v] of fields) given.set(n, [...(given.get(n) ?? []), v]);
    for (const input of form.elements) {
      if (!input.name || SKIP.includes(input.name)) continue;
      const values = given.get(input.name) ?? [];
      if (input.type === "checkbox") input.checked = values.includes(input.value);
      else if (input.type !== "submit" && values.length) input.value = values[0];
    }
  }

  // A kept page is as old as it is: number and moment are made anew each time that the form is opened.
  async function begin() {
    const now = await moment();
    field("token").value = uuid();
    if (!field("plan").value) {
      field("day").value = new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(now);
      field("at").value = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(now);
    }
    const asked = new URLSearchParams(location.search);
    const boxes = [...form.querySelectorAll("input[name=people]")];
    if (boxes.some((box) => box.value === asked.get("person"))) {
      for (const box of boxes) box.checked = box.value === asked.get("person"); // the kept page is nobody's in particular
    }
    const from = asked.get("from");
    const event = from ? await get(from) : null;
    const was = event?.person === me ? await unseal(me, event.sealed) : null;
    if (was) {
      fill(was.fields);
      replaces = from;
    }
  }

  function missing() {
    const n = Number(field("minutes").value);
    if (!chosen().length) return [form.querySelector("input[name=people]"), "say_people"];
    if (!(Number.isInteger(n) && n >= 1 && n <= 600)) return [field("minutes"), "say_contact_minutes"];
    if (!field("day").value || !field("at").value) return [field("day"), "say_contact_when"];
    if (field("promise").value.trim() && !field("due").value) return [field("due"), "say_due"];
    return null;
  }

  const arrived = (sent) => {
    if (!(latest in sent)) return;
    const to = sent[latest].page;
    latest = "";
    location.assign(to);
  };
  addEventListener("outbox-sent", (event) => arrived(event.detail));
  addEventListener("outbox", async () => {
    const own = latest && (await get(latest));
    if (own?.state === "refused") tell(own.said);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = missing();
    if (wrong) {
      tell(say(wrong[1]));
      wrong[0]?.focus();
      return;
    }
    const id = field("token").value;
    try {
      const sealed = await seal(me, { fields: typed(), title: title(), notes: field("note").value.trim() ? 1 : 0 });
      if (!sealed) return form.submit(); // no room for an outbox here: as without scripts
      const taken_at = (await moment()).toISOString();
      const again = replaces ? { replaces } : {};
      await finish({ id, kind: "contact", person: me, who: name, device: await device(), page, taken_at, sealed, ...again });
    } catch {
      return form.submit();
    }
    latest = id;
    for (const button of form.querySelectorAll(".sticky-actions button")) button.disabled = true;
    tell(say("sending"));
    const { sent, stopped } = await send(me);
    arrived(sent);
    if (latest && stopped) tell(`${say("contact_kept")} ${say(stopped, { who: name })}`);
  });

  async function start() {
    await Promise.race([ask(me), new Promise((go) => setTimeout(go, PATIENCE))]); // the key, and the school's clock
    await begin();
    form.dataset.ready = "1";
  }
  start().catch(() => (form.dataset.ready = "1"));
}

for (const form of document.querySelectorAll("form[data-contact]")) if (me) lead(form);
