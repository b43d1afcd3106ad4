// Pictures of a visit. On its form: made small, locked like the draft and kept beside it, sent after it. On its page: made
// small before they are sent. Without scripts they are sent as they are, from the page of the saved visit.
import { seal, unseal } from "../fairlead/outbox/seal.js";
import { dropPicture, keepPicture, pictures, uuid } from "../fairlead/outbox/store.js";
import { say } from "../fairlead/outbox/words.js";

const SIZES = [[1600, 0.82], [1200, 0.75], [900, 0.6]]; // longest side in pixels, quality
const LARGEST = 1_400_000; // bytes, so that a message with it is below 2.5 MB
const MOST = 12; // of one visit, as the server has it

// A JPEG small enough to be kept and sent, upright and without a camera's notes; null for what is no picture.
async function small(file) {
  const drawn = await createImageBitmap(file).catch(() => null);
  for (const [longest, quality] of drawn ? SIZES : []) {
    const by = Math.min(1, longest / Math.max(drawn.width, drawn.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(drawn.width * by));
    canvas.height = Math.max(1, Math.round(drawn.height * by));
    canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob && blob.size <= LARGEST) return blob;
  }
  return null;
}

const address = (blob) =>
  new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });

// The album of a form: `token` gives the visit's number, `tell` says what went wrong, `save` keeps the draft beside it.
export function album(form, person, { token, tell, save }) {
  const shape = form.querySelector("template[data-picture-shape]");
  const places = [...form.querySelectorAll("[data-pictures]")];

  function show(id, inside) {
    const place = places.find((p) => p.dataset.pictures === inside.item) ?? places[0];
    const node = shape.content.firstElementChild.cloneNode(true);
    const [image, words, button] = ["img", "input", "button"].map((what) => node.querySelector(what));
    const keep = async () => keepPicture({ id, visit: token(), person, sealed: await seal(person, inside) });
    const called = () => (image.alt = words.value || say("picture"));
    image.src = `data:image/jpeg;base64,${inside.content}`;
    words.value = inside.text;
    called();
    words.addEventListener("change", async () => {
      inside.text = words.value.trim();
      called();
      await keep();
    });
    button.addEventListener("click", async () => {
      await dropPicture(id);
      node.remove();
      place.querySelector("input[type=file]").focus();
    });
    place.querySelector("[data-picture-list]").append(node);
    return { keep, words };
  }

  async function take(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    if (form.querySelectorAll("[data-picture-list] > li").length >= MOST) return tell(say("enough_pictures", { n: MOST }));
    const blob = await small(file);
    if (!blob) return tell(say("not_a_picture"));
    const content = (await address(blob)).split(",")[1];
    const inside = { item: input.closest("[data-pictures]").dataset.pictures, text: "", content };
    const [id, sealed] = [uuid(), await seal(person, inside)];
    if (!sealed) return tell(say("picture_later"));
    await keepPicture({ id, visit: token(), person, sealed });
    tell("");
    show(id, inside).words.focus();
    await save();
  }

  for (const place of places) {
    place.closest("[data-album]").hidden = false;
    const input = place.querySelector("input[type=file]");
    input.addEventListener("change", () => take(input).catch(() => tell(say("picture_later"))));
  }

  return {
    // What was kept with this visit before.
    async back() {
      for (const kept of await pictures(token())) {
        const inside = await unseal(person, kept.sealed);
        if (inside) show(kept.id, inside);
      }
    },
    // Pictures of a visit that was not accepted go along with the one that takes its place.
    async adopt(events) {
      for (const { sealed } of events) await keepPicture({ id: uuid(), visit: token(), person, sealed });
      await this.back();
    },
    clear() {
      for (const place of places) place.querySelector("[data-picture-list]").replaceChildren();
    },
  };
}

for (const input of document.querySelectorAll("input[data-small]")) {
  const said = input.form.querySelector("[data-picture-said]");
  input.addEventListener("change", async () => {
    const [file] = input.files;
    said.hidden = true;
    if (!file || file.type === "application/pdf") return;
    const blob = await small(file);
    said.textContent = blob ? "" : say("not_a_picture");
    said.hidden = Boolean(blob);
    if (!blob || blob.size >= file.size) return;
    const files = new DataTransfer();
    files.items.add(new File([blob], "picture.jpg", { type: blob.type }));
    input.files = files.files;
  });
}
