// Text as text: entities decoded, and characters that change the reading direction made visible.

import { make } from "./dom.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
export const decode = (text) => text.replace(/&(?:lt|gt|amp);/g, (found) => ENTITIES[found]);

const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

// A node for text that is shown exactly as it is. A right-to-left override could make a name
// read as another, so each such mark becomes a small label with its code point.
export function plain(text) {
  if (!DIRECTION.test(text)) return document.createTextNode(text);
  const parts = text.split(/([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/u);
  return make("span", {}, parts.filter(Boolean).map((part) => {
    if (!DIRECTION.test(part)) return part;
    const code = part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return make("span", { class: "control", title: "a text direction mark" }, `U+${code}`);
  }));
}

// Only these schemes are followed; anything else stays text.
export const isLink = (url) => /^(https?:\/\/|mailto:|tel:)/i.test(url);

export const link = (url, ...label) =>
  make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...label);
