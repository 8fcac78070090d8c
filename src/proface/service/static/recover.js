// The second tab: a protected picture in, a password, and what it brings back.

import { post } from "./api.js";
import { compare, fit } from "./compare.js";
import { find, list, narrow, revealing, show } from "./dom.js";
import { checkSize, forget, load, nameOf, offerDownload, takePictures } from "./files.js";
import { complain, telling, whileBusy } from "./status.js";
import { text } from "./texts.js";

const WRONG_RECOVERIES = ["noise", "obfuscated", "error"];

/** Bring the tab to life. */
export function startRecovering({ limits }) {
  let file, image, wrong;
  revealing(find("show-recover"), [find("recover-password")], text);

  async function take(chosen) {
    await whileBusy("busy.inspecting", async (say) => {
      checkSize(chosen, limits);
      const loaded = await load(chosen);
      const answer = await post("api/inspect", { picture: chosen }, { onProgress: telling(say, "busy.inspecting") });
      const inspected = await answer.json();
      forget(image);
      [file, image] = [chosen, loaded];
      wrong = WRONG_RECOVERIES.includes(inspected.wrong_password) ? inspected.wrong_password : "unknown";
      compare(find("recover-compare"), [text("recover.before"), image.src]);
      fit(find("recover-compare"), image);
      describe(inspected, wrong);
      clearResult();
      step("form");
      find("recover-password").focus();
    });
  }

  async function recover() {
    clearResult();
    await whileBusy("busy.sending", async (say) => {
      const fields = { picture: file, password: find("recover-password").value, accept_damage: find("accept-damage").checked };
      const answer = await post("api/recover", fields, { onProgress: telling(say, "busy.key", "busy.recovering") });
      const blob = await answer.blob();
      const link = find("recover-download");
      offerDownload(link, blob, nameOf(answer));
      compare(find("recover-compare"), [text("recover.before"), image.src], [text("recover.after"), link.href], 8);
      list(find("recover-notes"), JSON.parse(answer.headers.get("Proface-Notes") ?? "[]"));
      find("recover-result").textContent = text(`recover.done.${wrong}`);
      show(link);
      find("recover-compare").scrollIntoView({ block: "nearest" });
    });
  }

  function clearResult() {
    show(find("recover-download"), false);
    find("recover-result").textContent = "";
    list(find("recover-notes"), []);
    if (image) compare(find("recover-compare"), [text("recover.before"), image.src]);
  }

  takePictures(find("recover"), find("recover-file"), take);
  find("recover-form").addEventListener("submit", (event) => {
    event.preventDefault();
    recover();
  });
  find("recover-other").addEventListener("click", () => {
    complain(null);
    find("recover-password").value = "";
    step("start");
    find("recover-file").focus();
  });
}

function step(name) {
  for (const each of ["start", "form"]) show(find(`recover-${each}`), each === name);
  narrow();
}

function describe({ faces, problems }, wrong) {
  const count = faces.length;
  find("recover-faces").textContent = text(count === 1 ? "recover.faces.one" : "recover.faces.many", { count });
  find("recover-wrong").textContent = text(`recover.wrong.${wrong}`);
  list(find("recover-problems"), problems);
  show(find("damage-field"), problems.length > 0);
  find("accept-damage").checked = false;
}
