// How long a password would hold: the guesses that zxcvbn expects, over what one graphics card can
// try in a second against this program's key derivation.

import { text } from "./texts.js";

const GUESSES_A_SECOND = 1700; // one NVIDIA RTX 4090 on Argon2id, 64 MiB, 3 passes: 1,669 at most
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

// A time below which seconds the words are for, and how good that is.
const TIMES = [
  [1, "moment", 1],
  [MINUTE, "seconds", 1],
  [HOUR, "minutes", 1],
  [DAY, "hours", 1],
  [60 * DAY, "days", 1],
  [2 * YEAR, "months", 2],
  [20 * YEAR, "years", 2],
  [200 * YEAR, "decades", 3],
  [20_000 * YEAR, "centuries", 3],
  [Infinity, "ages", 4],
];

let library = null;

/** Load zxcvbn, which is large, when it is first needed. */
export function loadEstimator() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "static/vendor/zxcvbn.js";
    script.onload = () => resolve(window.zxcvbn);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

/** How good a password is: a level from 0 to 4, and a sentence. */
export async function estimate(password) {
  if (!password) return { level: 0, sentence: text("password.empty") };
  const zxcvbn = await loadEstimator();
  const { guesses } = zxcvbn(password.slice(0, 100)); // it takes long for long ones
  const seconds = guesses / GUESSES_A_SECOND;
  const [, time, level] = TIMES.find(([below]) => seconds < below);
  const word = seconds < HOUR ? 0 : level;
  return {
    level: Math.max(1, level),
    sentence: text("password.estimate", { level: text(`password.level.${word}`), time: text(`time.${time}`) }),
  };
}

// Without those that look alike: 31 characters, 4.95 bits each; sixteen have 79 bits.
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** A random password that can be written down: four groups of four. */
export function suggestion() {
  const letters = [];
  while (letters.length < 16) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 248) letters.push(LETTERS[byte % 31]); // 248 = 8 x 31: every letter as likely
  }
  return letters.join("").replace(/.{4}(?=.)/g, "$&-");
}
