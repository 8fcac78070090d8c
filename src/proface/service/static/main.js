// The page: words, tabs, and the two things to do.

import { ask } from "./api.js";
import { find, narrow, show } from "./dom.js";
import { startProtecting } from "./protect.js";
import { startRecovering } from "./recover.js";
import { complain } from "./status.js";
import { loadTexts, text } from "./texts.js";

const LOCAL = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function startTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      show(find(tab.getAttribute("aria-controls")), tab === chosen);
    }
    narrow();
    document.title = text("document", { tab: chosen.textContent });
    complain(null);
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      choose(next);
      next.focus();
    });
  });
  choose(tabs[0]);
}

async function start() {
  await loadTexts();
  const local = LOCAL.test(location.hostname);
  find("where").textContent = text(local ? "where.local" : "where.remote", { host: location.host });
  startTabs();
  try {
    const [limits, obfuscators, profiles] = await Promise.all(
      ["api/limits", "api/obfuscators", "api/profiles"].map(ask),
    );
    startProtecting({ limits, obfuscators, profiles });
    startRecovering({ limits });
    document.body.dataset.ready = "yes";
  } catch (error) {
    complain(error);
  }
}

start();
