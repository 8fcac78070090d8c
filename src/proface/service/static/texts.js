// The page's words come from one file a language: texts/en.json. To translate, copy it, and add the
// language here. What a translation lacks is shown in English.

const LANGUAGES = ["en"];
let words = {};

/** Load the words of the reader's language and put them into the page. */
export async function loadTexts() {
  const wanted = navigator.languages.map((each) => each.split("-")[0]);
  const language = wanted.find((each) => LANGUAGES.includes(each)) ?? "en";
  words = await read("en");
  if (language !== "en") words = { ...words, ...(await read(language)) };
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = text(element.dataset.text);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
  }
}

/** The words of a key, with {names} filled in. */
export function text(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Whether there are words for a key. */
export const hasText = (key) => key in words;

async function read(language) {
  const answer = await fetch(`static/texts/${language}.json`);
  return answer.json();
}
