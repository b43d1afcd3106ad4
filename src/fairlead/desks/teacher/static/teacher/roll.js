// Enhancement only: "everyone present" without a round trip, running counts, and a roll that no network can lose:
// it is put into this device's outbox first and sent from there. Without scripts the form is posted as it is.
import { send } from "../fairlead/outbox/send.js";
import { append, device, get, uuid } from "../fairlead/outbox/store.js";
import { say, time } from "../fairlead/outbox/words.js";

const { person } = document.body.dataset;

function lead(form) {
  const lines = [...form.querySelectorAll("[role=radiogroup]")];
  const marked = form.querySelector("[data-marked]");
  const absent = form.querySelector("[data-absent]");
  const said = form.querySelector("[data-roll-said]");
  const from = new URLSearchParams(location.search).get("from");

  const count = () => {
    marked.textContent = form.querySelectorAll("input:checked").length;
    absent.textContent = form.querySelectorAll('input[value="absent"]:checked').length;
  };
  form.addEventListener("change", count);
  form.querySelector("[data-all-present]")?.addEventListener("click", (event) => {
    event.preventDefault();
    for (const line of lines) {
      if (!line.querySelector("input:checked")) line.querySelector('input[value="present"]').checked = true;
    }
    count();
  });
  count();
  if (person && from) get(from).then(refill);

  // A roll that was refused is taken again from its own marks; who is new on the list has none yet.
  function refill(event) {
    if (event?.person !== Number(person) || event.roll !== Number(form.dataset.roll)) return;
    for (const line of lines) {
      for (const input of line.querySelectorAll("input")) {
        input.checked = event.marks[input.name.slice("student-".length)] === input.value;
      }
    }
    count();
  }

  function tell(text) {
    said.textContent = text;
    said.hidden = false;
  }

  let latest = "";
  const arrived = (sent) => {
    if (!(latest in sent)) return;
    latest = ""; // told by the event or by the call, whichever comes first
    location.assign(location.pathname);
  };
  addEventListener("outbox-sent", (event) => arrived(event.detail));
  addEventListener("outbox", async () => {
    const own = latest && (await get(latest));
    if (own?.state === "refused") tell(own.said);
  });

  form.addEventListener("submit", async (event) => {
    if (!person || event.submitter?.name === "all_present") return;
    event.preventDefault();
    const open = lines.filter((line) => !line.querySelector("input:checked"));
    if (open.length) {
      tell(say("unmarked", { n: open.length }));
      open[0].querySelector("input").focus();
      return;
    }
    const marks = {};
    for (const input of form.querySelectorAll("input:checked")) marks[input.name.slice("student-".length)] = input.value;
    const taken = new Date().toISOString();
    const button = form.querySelector(".sticky-actions button");
    button.disabled = true;
    try {
      latest = uuid();
      const roll = Number(form.dataset.roll);
      const replaces = from ? { replaces: from } : {};
      await append({ id: latest, person: Number(person), who: document.body.dataset.name, device: await device(), roll, taken_at: taken, marks, ...replaces });
    } catch {
      form.submit(); // no room for an outbox here: as without scripts
      return;
    }
    tell(say("sending"));
    const { sent, stopped } = await send(Number(person));
    arrived(sent);
    if (!latest) return;
    button.disabled = false;
    if (stopped) tell(`${say("kept", { time: time(taken) })} ${say(stopped, { who: document.body.dataset.name })}`);
  });
}

for (const form of document.querySelectorAll("form[data-roll]")) lead(form);
