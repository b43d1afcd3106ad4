// The page brings the words in its language: <template id="outbox-words"><span data-word="…">.

const words = document.getElementById("outbox-words").content;

export function say(word, values = {}) {
  const text = words.querySelector(`[data-word="${word}"]`).textContent;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

const zone = document.documentElement.lang;

export const time = (at) => new Intl.DateTimeFormat(zone, { timeStyle: "short" }).format(new Date(at));
export const moment = (at) =>
  new Intl.DateTimeFormat(zone, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
