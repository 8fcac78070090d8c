// The first tab: a picture in, faces chosen, a protected picture out.

import { Problem, post } from "./api.js";
import { startAudience, whatToKeep } from "./audience.js";
import { compare, fit } from "./compare.js";
import { find, list, make, narrow, show } from "./dom.js";
import { Faces } from "./faces.js";
import { checkSize, forget, load, nameOf, offerDownload, takePictures } from "./files.js";
import { Preview } from "./preview.js";
import { complain, telling, whileBusy } from "./status.js";
import { text, hasText } from "./texts.js";

/** Bring the tab to life, with what the service has told of itself. */
export function startProtecting({ limits, obfuscators, profiles }) {
  let file, image;
  const faces = new Faces(find("stage"), changed);
  const look = chooser(obfuscators, () => preview.update());
  const preview = new Preview(find("stage"), find("strip"), faces, look);
  const profile = profileChooser(profiles);
  const audience = startAudience();

  function changed() {
    describe(faces);
    preview.drawStrip();
    preview.update();
  }

  async function take(chosen) {
    await whileBusy("busy.finding", async (say) => {
      checkSize(chosen, limits);
      const loaded = await load(chosen);
      const answer = await post("api/detect", { picture: chosen }, { onProgress: telling(say, "busy.finding") });
      const found = await answer.json();
      forget(image);
      [file, image] = [chosen, loaded];
      find("original").src = image.src;
      find("original").alt = text("picture.alt");
      fit(find("stage"), image);
      step("form");
      preview.start(file, image);
      faces.start(found.width, found.height, found.faces);
      find("add-face").focus({ preventScroll: true });
    });
  }

  async function protect(people) {
    await whileBusy("busy.sending", async (say) => {
      if (!faces.chosen.length) throw new Problem("no-face", "");
      const fields = { ...look(), ...people, picture: file, profile: profile(), boxes: JSON.stringify(faces.chosen) };
      const answer = await post("api/protect", fields, { onProgress: telling(say, "busy.key", "busy.protecting") });
      const blob = await answer.blob();
      offerDownload(find("protect-download"), blob, nameOf(answer));
      compare(find("protect-compare"), [text("protect.before"), image.src], [text("protect.after"), find("protect-download").href]);
      fit(find("protect-compare"), image);
      list(find("protect-notes"), JSON.parse(answer.headers.get("Proface-Notes") ?? "[]"));
      find("keep-who").textContent = whatToKeep(people);
      step("done");
      find("protect-title").focus();
    });
  }

  takePictures(find("protect"), find("protect-file"), take);
  find("add-face").addEventListener("click", () => faces.addInTheMiddle());
  find("all-faces").addEventListener("click", () => faces.setAll(!faces.chosen.length));
  find("protect-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const people = audience();
    if (people !== null) protect(people);
  });
  find("protect-back").addEventListener("click", () => step("form"));
  for (const id of ["protect-other", "protect-again"]) {
    find(id).addEventListener("click", () => {
      complain(null);
      step("start");
      find("protect-file").focus();
    });
  }
}

function step(name) {
  for (const each of ["start", "form", "done"]) show(find(`protect-${each}`), each === name);
  narrow();
  window.scrollTo({ top: 0 });
}

function describe(faces) {
  const [count, total] = [faces.chosen.length, faces.faces.length];
  let key = "some";
  if (!count) key = "off";
  else if (count === total) key = count === 1 ? "one" : "many";
  find("count").textContent = total ? text(`faces.count.${key}`, { count, total }) : text("faces.none");
  find("all-faces").textContent = text(count ? "faces.nothing" : "faces.all");
  show(find("all-faces"), total > 1);
}

/** The obfuscators and the slider; returns what gives the fields that are chosen. */
function chooser({ obfuscators, default: first }, changed) {
  const slider = find("strength");
  const strengths = new Map(obfuscators.map((each) => [each.name, start(each)]));
  const chosen = () => obfuscators.find((each) => find(`obfuscator-${each.name}`).checked);
  const settled = () => {
    const { name, minimum, maximum, default: usual } = chosen();
    if (usual !== null) strengths.set(name, minimum + (slider.value / 100) * (maximum - minimum));
    slider.setAttribute("aria-valuetext", text("look.value", { percent: slider.value }));
    const weak = usual !== null && strengths.get(name) < usual * 0.98;
    find("strength-advice").textContent = text(weak ? "look.advice.weak" : "look.advice.strong");
    find("strength-advice").classList.toggle("problem", weak);
    changed();
  };
  const picked = () => {
    const { name, minimum, maximum } = chosen();
    show(find("strength-field"), minimum !== null);
    if (minimum !== null) {
      slider.value = Math.round((100 * (strengths.get(name) - minimum)) / (maximum - minimum));
    }
    settled();
  };
  for (const { name, summary } of obfuscators) {
    const label = hasText(`obfuscator.${name}`) ? text(`obfuscator.${name}`) : summary;
    find("obfuscators").append(radio("obfuscator", name, label, name === first, picked));
  }
  slider.addEventListener("input", settled);
  const waiting = changed;
  changed = () => {};
  picked();
  changed = waiting;
  return () => ({ obfuscator: chosen().name, strength: strengths.get(chosen().name) });
}

// None for an obfuscator that has no strength to choose.
const start = ({ default: usual }) => usual ?? undefined;

/** The profiles, by what a wrong password gives; only those whose pictures are secret. */
function profileChooser({ profiles, default: first }) {
  const offered = profiles.filter((each) => each.secret && hasText(`wrong.${each.wrong_password}`));
  for (const { name, wrong_password: wrong } of offered) {
    const element = radio("profile", name, text(`wrong.${wrong}`), name === first);
    element.append(make("span", { className: "hint", textContent: text(`wrong.${wrong}.detail`) }));
    find("profiles").append(element);
  }
  return () => offered.find((each) => find(`profile-${each.name}`).checked)?.name ?? first;
}

function radio(group, value, label, checked, changed = () => {}) {
  const input = make("input", { type: "radio", name: group, id: `${group}-${value}`, value, checked });
  input.addEventListener("change", changed);
  return make("label", { className: "radio" }, input, make("span", { textContent: label }));
}
