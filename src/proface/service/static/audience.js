// Who may open what is protected: a password, typed twice, and people with keys of their own.

import { debounced, find, revealing } from "./dom.js";
import { estimate, loadEstimator, suggestion } from "./strength.js";
import { text } from "./texts.js";

/** Bring the fields to life; returns what gives the form's fields, or null while they will not do. */
export function startAudience() {
  const [first, again, recipients] = ["password", "again", "recipients"].map(find);
  const reveal = revealing(find("show-password"), [first, again], text);
  const people = () => recipients.value.trim();
  const compareBoth = () => {
    const differ = again.value !== "" && again.value !== first.value;
    find("again-problem").textContent = differ ? text("password.differ") : "";
    again.setAttribute("aria-invalid", String(differ));
  };
  const weigh = () => {
    const alone = people() !== "" && !first.value && !again.value;
    for (const field of [first, again]) field.required = !alone;
    find("people-alone").textContent = alone ? text("people.alone") : "";
  };
  const judge = debounced(150, async () => {
    const { level, sentence } = await estimate(first.value);
    find("meter").dataset.level = level;
    find("password-strength").textContent = sentence;
  });
  first.addEventListener("focus", loadEstimator, { once: true });
  first.addEventListener("input", judge);
  for (const field of [first, again, recipients]) {
    field.addEventListener("input", () => {
      compareBoth();
      weigh();
    });
  }
  find("suggest").addEventListener("click", () => {
    first.value = again.value = suggestion();
    reveal(true);
    compareBoth();
    weigh();
    find("meter").dataset.level = 4;
    find("password-strength").textContent = text("password.suggested");
  });
  find("password-strength").textContent = text("password.empty");
  return () => {
    if (first.value === again.value && (first.value || people())) {
      return { password: first.value || undefined, recipients: people() || undefined };
    }
    find("again-problem").textContent = text("password.differ");
    again.focus();
    return null;
  };
}

/** What whoever protects must keep, by who may open the picture. */
export function whatToKeep({ password, recipients }) {
  if (!recipients) return text("keep.password");
  return text(password ? "keep.both" : "keep.recipients");
}
