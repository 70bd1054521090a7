// Light, dark, or as the system says.

import { byId, memory } from "./dom.js";

const THEMES = { auto: "automatic", light: "light", dark: "dark" };

function show(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").textContent = `Theme: ${THEMES[name]}`;
  memory.write("theme", name);
}

export function startTheme() {
  byId("theme").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    show(names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length]);
  });
  const remembered = memory.read("theme", "auto");
  show(Object.hasOwn(THEMES, remembered) ? remembered : "auto");
}
