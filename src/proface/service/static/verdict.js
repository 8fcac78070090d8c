// Whether a picture is what was protected: what `api/verify` answers, in words.

import { find, list, show } from "./dom.js";
import { text } from "./texts.js";

/** Show what was found; `secret` says whether it was found with one. Nothing with null. */
export function showVerdict(found, secret) {
  show(find("verdict"), found !== null);
  if (found === null) return;
  const [state, detail] = judged(found, secret);
  find("verdict").dataset.state = state;
  find("verdict-title").textContent = text(`verdict.${state}`);
  find("verdict-detail").textContent = detail;
  list(find("verdict-problems"), found.problems);
  const { time, version } = found.made;
  const made = { time: `${time.slice(0, 16).replace("T", " ")} UTC`, version };
  find("verdict-made").textContent = text(found.authentic === "yes" ? "made.known" : "made.said", made);
  const signed = found.signature === "unknown signer";
  find("verdict-signature").textContent = signed ? text("verdict.signed") : "";
}

/** A state, and a sentence on it. */
function judged({ problems, is_authentic: authentic, scene, faces }, secret) {
  if (problems.length) return ["changed", text("verdict.changed.detail")];
  if (!authentic) return ["unsaid", text(secret ? "verdict.unsaid.paper" : "verdict.unsaid.detail")];
  if (scene === "unknown") return ["authentic", text("verdict.authentic.scene")];
  const count = faces.filter(({ opens }) => opens === "yes").length;
  if (count < faces.length) return ["authentic", text("verdict.authentic.some", { count, total: faces.length })];
  return ["authentic", text("verdict.authentic.detail")];
}
