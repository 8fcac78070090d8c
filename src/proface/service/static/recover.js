// The second tab: a protected picture in, what opens it, what comes back, and whether it is authentic.

import { post } from "./api.js";
import { compare, fit } from "./compare.js";
import { find, list, narrow, show } from "./dom.js";
import { checkSize, forget, load, nameOf, offerDownload, takePictures } from "./files.js";
import { Opening, openers } from "./opening.js";
import { complain, telling, whileBusy } from "./status.js";
import { text } from "./texts.js";
import { showVerdict } from "./verdict.js";

const WRONG_RECOVERIES = ["noise", "obfuscated", "error"];
const WORTH_A_LOOK = ["damaged", "not-authentic"]; // problems that a check says more of

/** Bring the tab to life. */
export function startRecovering({ limits }) {
  let file, image, wrong, first;
  let checking = new AbortController();
  const opening = new Opening(() => find("recover-result").classList.contains("wrong") && clearResult());

  async function take(chosen) {
    await whileBusy("busy.inspecting", async (say) => {
      checkSize(chosen, limits);
      const loaded = await load(chosen);
      const answer = await post("api/inspect", { picture: chosen }, { onProgress: telling(say, "busy.inspecting") });
      const inspected = await answer.json();
      forget(image);
      [file, image, first] = [chosen, loaded, null];
      wrong = wrongShows(inspected);
      fit(find("recover-compare"), image);
      describe(inspected, wrong);
      clearResult();
      step("form");
      opening.start(inspected.slots);
      await check(say, {});
    });
  }

  async function recover() {
    clearResult();
    await whileBusy("busy.sending", async (say) => {
      opening.check();
      const fields = { ...opening.fields, picture: file, accept_damage: find("accept-damage").checked };
      const kind = opening.kind;
      let answer;
      try {
        answer = await post("api/recover", fields, { onProgress: telling(say, "busy.key", "busy.recovering") });
      } catch (problem) {
        if (WORTH_A_LOOK.includes(problem.code)) await check(say, opening.fields);
        throw problem;
      }
      const matched = answer.headers.get("Proface-Key-Matched");
      await showResult(answer, matched, kind);
      if (matched !== "false") await check(say, opening.fields);
    });
  }

  async function showResult(answer, matched, kind) {
    const link = find("recover-download");
    offerDownload(link, await answer.blob(), nameOf(answer));
    compare(find("recover-compare"), [text("recover.before"), image.src], [text("recover.after"), link.href], 8);
    // What a wrong password or identity gives is said already.
    const notes = matched === "false" ? "[]" : answer.headers.get("Proface-Notes");
    list(find("recover-notes"), JSON.parse(notes ?? "[]"));
    const results = { true: `recover.done.${kind}`, false: `recover.not.${wrong}`, unknown: "recover.done.unknown" };
    find("recover-result").textContent = text(results[matched]);
    find("recover-result").classList.toggle("wrong", matched === "false");
    show(link);
    find("recover-compare").scrollIntoView({ block: "nearest" });
  }

  /** Say whether the picture is what was protected, as far as these fields tell. */
  async function check(say, fields) {
    const { signal } = (checking = new AbortController());
    const onProgress = telling(say, "busy.checking");
    const answer = await post("api/verify", { ...fields, picture: file }, { signal, onProgress });
    const found = await answer.json();
    const secret = Object.keys(fields).length > 0;
    if (!secret) first = found;
    showVerdict(found, secret);
    if (found.problems.length) show(find("damage-field"));
  }

  function clearResult() {
    checking.abort();
    show(find("recover-download"), false);
    find("recover-result").textContent = "";
    list(find("recover-notes"), []);
    showVerdict(first, false);
    if (image) compare(find("recover-compare"), [text("recover.before"), image.src]);
  }

  takePictures(find("recover"), find("recover-file"), take);
  find("recover-form").addEventListener("submit", (event) => {
    event.preventDefault();
    recover();
  });
  find("recover-check").addEventListener("click", () => {
    clearResult();
    whileBusy("busy.checking", async (say) => {
      opening.check();
      await check(say, opening.fields);
    });
  });
  find("recover-other").addEventListener("click", () => {
    complain(null);
    opening.start([]);
    step("start");
    find("recover-file").focus();
  });
}

function step(name) {
  for (const each of ["start", "form"]) show(find(`recover-${each}`), each === name);
  narrow();
}

/** What a wrong password or identity shows, as the keys of texts have it. */
function wrongShows({ wrong_password: wrong, slots }) {
  if (slots.some(({ kind }) => kind === "paper")) return "paper";
  return WRONG_RECOVERIES.includes(wrong) ? wrong : "unknown";
}

function describe({ faces, slots, problems }, wrong) {
  const count = faces.length;
  find("recover-faces").textContent = text(count === 1 ? "recover.faces.one" : "recover.faces.many", { count });
  find("recover-opens").textContent = openers(slots);
  find("recover-wrong").textContent = text(`recover.wrong.${wrong}`);
  list(find("recover-problems"), problems);
  show(find("damage-field"), problems.length > 0);
  find("accept-damage").checked = false;
}
