// Sending without a page, where the browser offers Background Sync: it wakes the service worker when a network is back.
// Only events of the person whose session this browser holds now; a session that has ended sends nothing.
import { askAt } from "./seal.js";
import { sendAs } from "./sending.js";

// `addresses`: arrive, arriveVisit, arrivePicture, who.
export async function sendInBackground(addresses) {
  let csrf = "";
  const ask = async () => {
    const answer = await fetch(addresses.who, { credentials: "same-origin", cache: "no-store" });
    const said = await answer.json();
    csrf = said.csrf;
    return said.person;
  };
  askAt(addresses.who);
  const person = await ask();
  if (!person) return; // whoever signs in next sends what is theirs
  const { stopped } = await sendAs(person, { ...addresses, token: () => csrf, renew: ask, words: () => "" });
  if (stopped === "offline" || stopped === "busy") throw new Error(stopped); // the browser tries again later
}
