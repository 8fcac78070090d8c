// What the page says while it works, and when something went wrong.

import { Problem } from "./api.js";
import { find, show } from "./dom.js";
import { text } from "./texts.js";

const PATIENCE = 350; // milliseconds in which nothing is said

/** Say what is being done for as long as `work` takes; it gets a function that says how far it is. */
export async function whileBusy(key, work) {
  complain(null);
  const say = (words, part) => {
    find("busy-text").textContent = words;
    const bar = find("busy-bar");
    if (part === undefined) bar.removeAttribute("value");
    else bar.value = part;
  };
  say(text(key));
  const timer = setTimeout(() => show(find("busy")), PATIENCE);
  try {
    return await work(say);
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
    return null;
  } finally {
    clearTimeout(timer);
    show(find("busy"), false);
  }
}

/** Put a job's progress into words: a key for its beginning, and one for faces that are done. */
export function telling(say, beginning, key) {
  return (progress) => {
    if (progress === null) say(text("busy.sending"));
    else if (progress.state === "waiting") say(text("busy.waiting"));
    else if (progress.total === 0) say(text(beginning));
    else if (progress.done === progress.total) say(text("busy.finishing"), 1);
    else say(text(key, progress), progress.done / progress.total);
  };
}

/** Say what went wrong; nothing with null. */
export function complain(error) {
  const alert = find("alert");
  show(alert, error !== null);
  if (error === null) return;
  const known = error instanceof Problem;
  alert.textContent = known ? error.sentence : text("error.other", { message: error.message });
  alert.scrollIntoView({ block: "nearest" });
}
