// The sidebar: channels, the app's direct messages, and the person one acts as.

import { avatar } from "./avatar.js";
import { byId, make } from "./dom.js";
import { unread as unreadIn } from "./unread.js";

export function renderSidebar(world) {
  byId("team").textContent = world.team;
  const places = (direct) => world.channels.filter((channel) => channel.direct === direct)
    .map((channel) => place(channel, world));
  byId("channels").replaceChildren(...places(false));
  byId("apps").replaceChildren(...places(true));
  byId("people").replaceChildren(...world.people.map((person) => make("button", {
    class: "person", role: "radio", "data-name": person.name,
    "aria-checked": String(person.id === world.viewer),
    tabindex: person.id === world.viewer ? "0" : "-1",
    onclick: () => world.become(person.name),
    onkeydown: (event) => step(event, world),
  }, avatar(person.id, person.real_name),
  make("span", {}, person.real_name, make("span", { class: "role" }, person.role)))));
}

const SIGNS = { direct: "⬡", private: "🔒", shared: "◇", public: "#" };

function place(channel, world) {
  const unread = unreadIn(world.viewer, channel.id, world.in(channel.id));
  const current = channel.id === world.channel;
  return make("li", {}, make("button", {
    class: `place ${unread ? "unread" : ""}`, "aria-current": current ? "page" : null,
    onclick: () => world.enter(channel.id),
  }, make("span", { class: "sign", "aria-hidden": "true" }, SIGNS[channel.kind]),
  make("span", { class: "place-name" }, channel.name),
  unread ? make("span", { class: "count", "aria-label": `${unread} unread` }, String(unread))
    : null));
}

// Arrow keys move between people, as in any group of radio buttons.
function step(event, world) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const at = world.people.findIndex((person) => person.id === world.viewer);
  world.become(world.people[(at + by + world.people.length) % world.people.length].name, true);
}
