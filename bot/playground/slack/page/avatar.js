// Small pictures for people and apps, drawn here: initials for people, a honeycomb for the bot.

import { make } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const HEXAGON = "M0,-10 L8.66,-5 L8.66,5 L0,10 L-8.66,5 L-8.66,-5 Z";
const CELLS = [[18, 10.5], [8.8, 26.5], [27.2, 26.5]];

export function avatar(id, name) {
  if (id.endsWith("CILIUM")) return make("span", { class: "avatar bot", "aria-hidden": "true" }, comb());
  if (id === "USLACKBOT") return make("span", { class: "avatar slackbot", "aria-hidden": "true" }, "S");
  const initials = name.split(" ").map((word) => word[0]).join("").slice(0, 2);
  return make("span", { class: `avatar tone-${tone(id)}`, "aria-hidden": "true" }, initials);
}

// The same person has the same colour everywhere.
const tone = (id) => [...id.slice(-5)].reduce((sum, letter) => sum * 7 + letter.codePointAt(0), 0) % 5;

function comb() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 36 36");
  for (const [x, y] of CELLS) {
    const cell = document.createElementNS(SVG, "path");
    cell.setAttribute("d", HEXAGON);
    cell.setAttribute("transform", `translate(${x} ${y}) scale(0.8)`);
    svg.append(cell);
  }
  return svg;
}
