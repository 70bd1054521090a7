// On narrow screens the sidebar and the playground panel slide over the channel.

import { byId } from "./dom.js";

// Returns a function that opens one by its name, or with null closes what is open.
export function startDrawers({ closeThread, leave }) {
  const drawer = (name) => {
    if (name) document.body.dataset.drawer = name;
    else delete document.body.dataset.drawer;
    if (name === "cluster") closeThread();
  };
  const opens = (button, name, first) => byId(button).addEventListener("click", () => {
    drawer(name);
    byId(first).focus();
  });
  opens("open-sidebar", "sidebar", "close-sidebar");
  opens("open-cluster", "cluster", "close-cluster");
  for (const id of ["close-sidebar", "close-cluster", "backdrop"])
    byId(id).addEventListener("click", () => { drawer(null); leave(); });
  byId("close-thread").addEventListener("click", closeThread);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || byId("confirm").open || byId("modal").open) return;
    if (document.body.dataset.drawer) drawer(null);
    else closeThread();
  });
  return drawer;
}
