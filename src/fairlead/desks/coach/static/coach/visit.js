// Enhancement only: a visit that no network can lose. What is typed is kept on this device, locked, as it is typed; the
// finished visit goes into the outbox and is sent from there. Without scripts the form is posted as it is.
import { ask, moment, seal, unseal } from "../fairlead/outbox/seal.js";
import { send } from "../fairlead/outbox/send.js";
import { all, device, drafts, finish, get, keepDraft, uuid } from "../fairlead/outbox/store.js";
import { say, time } from "../fairlead/outbox/words.js";
import { album } from "./pictures.js";

const { name, person } = document.body.dataset;
const me = Number(person);
const LINE = "script";
const PATIENCE = 1500;

function lead(form) {
  const { page, purposeLabel, usual, zone } = form.dataset;
  const asked = new URLSearchParams(location.search);
  const field = (called) => form.elements.namedItem(called);
  const value = (called) => field(called)?.value ?? "";
  const list = form.querySelector("[data-lines-of-script]");
  const shape = form.querySelector("template[data-line-shape]").innerHTML;
  const said = form.querySelector("[data-visit-said]");
  const notice = document.querySelector("[data-draft]");
  const day = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);
  const minute = (at) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(at);
  const touched = new Set(); // of when and how long: what the person has said is not worked out any more
  let began = 0;
  let replaces = "";

  function tell(text) {
    said.textContent = text;
    said.hidden = !text;
  }

  // The script's lines: one empty line at the end, each stamped when it is begun.
  const lines = () => [...list.querySelectorAll("[data-line]")];
  const part = (line, what) => line.querySelector(`[name^="${LINE}-"][name$="-${what}"]`);

  function addLine() {
    const n = lines().length;
    const holder = document.createElement("ol");
    holder.innerHTML = shape.replaceAll("__prefix__", n);
    list.append(...holder.children);
    field(`${LINE}-TOTAL_FORMS`).value = n + 1;
    return lines().at(-1);
  }

  async function stamp(line) {
    if (part(line, "at").value || !part(line, "text").value.trim()) return;
    const now = await moment();
    if (part(line, "at").value) return;
    part(line, "at").value = minute(now);
    part(line, "id").value ||= uuid();
    if (lines().at(-1) === line) addLine();
    live(now);
  }

  // Somebody who takes notes as they come is in the room: the visit began when the form was opened and goes on.
  function live(now) {
    if (!touched.has("at") && !touched.has("day")) {
      field("day").value = day(new Date(began));
      field("at").value = minute(new Date(began));
    }
    if (!touched.has("minutes") && !touched.has("at")) {
      field("minutes").value = Math.min(240, Math.max(1, Math.ceil((now.getTime() - began) / 60_000)));
    }
  }

  function evidence() {
    for (const shown of form.querySelectorAll("[data-evidence-of]")) {
      const found = lines().filter((line) =>
        [...line.querySelectorAll("input:checked")].some((tag) => tag.value === shown.dataset.evidenceOf),
      );
      shown.replaceChildren(...found.map((line) => Object.assign(document.createElement("li"), { textContent: words(line) })));
      shown.hidden = !found.length;
    }
  }
  const words = (line) => [part(line, "at").value, part(line, "text").value.trim()].filter(Boolean).join(" – ");

  // A class belongs to its teacher: of the others' none is offered.
  function classes() {
    const teacher = field("teacher");
    const section = field("section");
    if (teacher?.tagName !== "SELECT" || section?.tagName !== "SELECT") return;
    const chosen = teacher.selectedOptions[0]?.textContent;
    for (const group of section.querySelectorAll("optgroup")) {
      group.hidden = group.disabled = group.label !== chosen;
      if (!group.disabled && group.children.length === 1) group.children[0].selected = true;
    }
    if (section.selectedOptions[0]?.parentElement.disabled) section.value = "";
  }

  // What was typed, as the server would read it; and back into the form.
  const typed = () =>
    [...new FormData(form)].filter(([n, v]) => n !== "csrfmiddlewaretoken" && typeof v === "string");

  function fill(fields) {
    const total = Number(fields.find(([n]) => n === `${LINE}-TOTAL_FORMS`)?.[1]) || 1;
    while (lines().length < Math.min(total, 300)) addLine();
    const given = new Map();
    for (const [n, v] of fields) given.set(n, [...(given.get(n) ?? []), v]);
    for (const input of form.elements) {
      if (!input.name || ["csrfmiddlewaretoken", "version", "purpose", `${LINE}-TOTAL_FORMS`].includes(input.name)) continue;
      const values = given.get(input.name) ?? [];
      if (input.type === "radio" || input.type === "checkbox") input.checked = values.includes(input.value);
      else if (input.type !== "submit" && input.type !== "button" && values.length) input.value = values[0];
    }
    for (const details of form.querySelectorAll("details")) {
      if ([...details.querySelectorAll("textarea")].some((t) => t.value)) details.open = true;
    }
    classes();
    evidence();
  }

  const title = () => {
    const teacher = field("teacher");
    const who = teacher?.tagName === "SELECT" ? teacher.selectedOptions[0]?.value && teacher.selectedOptions[0].textContent : "";
    return [who || document.querySelector("[data-visit-title]").textContent.trim(), purposeLabel].join(" · ");
  };
  const notes = () => lines().filter((line) => part(line, "text").value.trim()).length;
  const inside = (fields) => ({ fields, title: title(), notes: notes(), touched: [...touched] });

  // Kept as it is typed: one save at a time, and the latest state always last.
  let saving = null;
  let again = false;
  let done = false;
  async function save() {
    if (saving) {
      again = true;
      return saving;
    }
    form.dataset.saving = "1";
    saving = (async () => {
      do {
        again = false;
        const sealed = await seal(me, inside(typed()));
        if (!sealed) {
          tell(say("not_kept"));
          break;
        }
        if (done) break;
        await keepDraft({ id: value("token"), person: me, page, replaces, began, saved_at: new Date().toISOString(), sealed });
        form.dataset.kept = value("token");
      } while (again);
    })()
      .catch(() => tell(say("not_kept")))
      .finally(() => {
        saving = null;
        delete form.dataset.saving;
      });
    return saving;
  }

  const photos = album(form, me, { token: () => value("token"), tell, save });

  async function begin() {
    began = (await moment()).getTime();
    const from = new Date(began - Number(usual) * 60_000); // as long as nothing is scripted: it is typed afterwards
    field("token").value = uuid();
    field("day").value = day(from);
    field("at").value = minute(from);
    if (asked.get("teacher") && field("teacher").tagName === "SELECT") field("teacher").value = asked.get("teacher");
    classes();
  }

  function draftSays(text, other) {
    notice.querySelector("[data-draft-said]").textContent = text;
    const link = notice.querySelector("[data-draft-other]");
    link.hidden = !other;
    if (other) link.href = other;
    notice.querySelector("[data-draft-new]").hidden = Boolean(other);
    notice.hidden = false;
  }

  // What waits to be gone on with: a visit that was not accepted, a named draft, or the latest of this page.
  async function resume() {
    const from = asked.get("from");
    const event = from ? await get(from) : null;
    if (event?.person === me) {
      const was = await unseal(me, event.sealed);
      if (was) {
        fill(was.fields);
        field("token").value = uuid();
        began = Date.parse(event.taken_at);
        for (const what of was.touched) touched.add(what);
        replaces = from;
        await photos.adopt((await all()).filter((e) => e.visit === from));
        return;
      }
    }
    const mine = await drafts(me);
    const kind = (address) => address.split("/").slice(0, 6).join("/");
    const draft = mine.find((d) => d.id === asked.get("draft")) ?? mine.find((d) => d.page === page);
    const was = draft && (await unseal(me, draft.sealed));
    if (was && draft.page === page) {
      fill(was.fields);
      for (const what of was.touched) touched.add(what);
      ({ began, replaces } = draft);
      await photos.back();
      form.dataset.kept = draft.id;
      draftSays(say("draft_back", { time: time(draft.saved_at) }), "");
      return;
    }
    const older = mine.find((d) => kind(d.page) === kind(page));
    if (older) draftSays(say("draft_other", { time: time(older.saved_at) }), older.page);
  }

  notice.querySelector("[data-draft-new]").addEventListener("click", async () => {
    form.reset();
    for (const line of lines().slice(1)) line.remove();
    field(`${LINE}-TOTAL_FORMS`).value = lines().length;
    touched.clear();
    photos.clear();
    replaces = "";
    delete form.dataset.kept;
    await begin();
    evidence();
    notice.hidden = true;
    field("minutes").focus();
  });

  form.addEventListener("input", async (event) => {
    form.dataset.saving = "1"; // until all of it is kept
    if (["day", "at", "minutes"].includes(event.target.name)) touched.add(event.target.name);
    if (event.target.name === "teacher") classes();
    const line = event.target.closest("[data-line]");
    if (line) await stamp(line);
    evidence();
    await save();
  });
  form.querySelector("[data-more-lines]").addEventListener("click", (event) => {
    event.preventDefault();
    part(addLine(), "text").focus();
  });

  const draftFeedback = form.querySelector("[data-draft-feedback]");
  if (draftFeedback) draftFeedback.hidden = false;
  draftFeedback?.addEventListener("click", async () => {
    const parts = [];
    const names = new Map([...list.querySelectorAll(".chips label")].map((l) => [l.querySelector("input").value, l.textContent.trim()]));
    for (const [key, called] of names) {
      const found = lines().filter((line) => [...line.querySelectorAll("input:checked")].some((t) => t.value === key));
      if (found.length) parts.push([called, ...found.map(words)].join("\n"));
    }
    const box = field("feedback");
    box.value = [box.value.trim(), ...parts].filter(Boolean).join("\n\n");
    box.focus();
    await save();
  });

  function missing(share) {
    const n = Number(value("minutes"));
    if (!value("teacher")) return ["teacher", "say_teacher"];
    if (!(Number.isInteger(n) && n >= 1 && n <= 240)) return ["minutes", "say_minutes"];
    if (!value("day") || !value("at")) return [value("day") ? "at" : "day", "say_when"];
    if (share && !value("feedback").trim()) return ["feedback", "say_feedback"];
    if (value("promise").trim() && !value("due")) return ["due", "say_due"];
    return null;
  }

  let latest = "";
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
    const share = event.submitter?.name === "share";
    event.preventDefault();
    const wrong = missing(share);
    if (wrong) {
      tell(say(wrong[1]));
      field(wrong[0]).focus();
      return;
    }
    done = true;
    const plainly = () => {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: share ? "share" : "keep", value: "1" }));
      form.submit(); // no room for an outbox here: as without scripts
    };
    await saving;
    const taken = (await moment()).toISOString();
    const id = value("token");
    try {
      const sealed = await seal(me, inside([...typed(), ["done", share ? "share" : "keep"]]));
      if (!sealed) return plainly();
      const again = replaces ? { replaces } : {};
      await finish({ id, kind: "visit", person: me, who: name, device: await device(), page, taken_at: taken, sealed, ...again });
    } catch {
      return plainly();
    }
    latest = id;
    for (const button of form.querySelectorAll(".sticky-actions button")) button.disabled = true;
    notice.hidden = true;
    tell(say("sending"));
    const { sent, stopped } = await send(me);
    arrived(sent);
    if (latest && stopped) tell(`${say("visit_kept")} ${say(stopped, { who: name })}`);
  });

  async function start() {
    for (const line of lines().slice(1)) line.remove();
    field(`${LINE}-TOTAL_FORMS`).value = lines().length;
    await Promise.race([ask(me), new Promise((go) => setTimeout(go, PATIENCE))]); // the key, and the school's clock
    await begin();
    await resume();
    if (!lines().length || part(lines().at(-1), "text").value) addLine();
    form.dataset.ready = "1";
    // The page of this very version, for the day on which another one is published.
    navigator.serviceWorker?.ready.then((worker) => worker.active.postMessage({ keep: [page] }));
  }
  start();
}

for (const form of document.querySelectorAll("form[data-visit]")) if (me) lead(form);
