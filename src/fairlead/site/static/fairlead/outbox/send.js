// A page's sending: where to, with which token, in which words.
import { sendAs } from "./sending.js";
import { say } from "./words.js";

const { arrive, arriveVisit, arrivePicture, arriveContact, who } = document.body.dataset;

const where = {
  arrive,
  arriveVisit,
  arrivePicture,
  arriveContact,
  token: () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "",
  renew: () => fetch(who, { credentials: "same-origin" }), // brings a fresh cookie
  words: say,
};

export async function send(person) {
  const result = await sendAs(person, where);
  if (Object.keys(result.sent).length) dispatchEvent(new CustomEvent("outbox-sent", { detail: result.sent }));
  return result;
}
