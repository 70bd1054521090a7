// Short words at the edge of the page, for what went wrong elsewhere than where one looks.

import { byId, make } from "./dom.js";
import { plain } from "./plain.js";

const SHOWN_MS = 9000;

export function toast(words, kind = "trouble") {
  const node = make("div", { class: `toast ${kind}` }, make("span", {}, plain(words)),
    make("button", { class: "icon", "aria-label": "Dismiss", onclick: () => node.remove() }, "×"));
  byId("toasts").append(node);
  setTimeout(() => node.remove(), SHOWN_MS);
}
