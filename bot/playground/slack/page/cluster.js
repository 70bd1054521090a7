// The cluster panel: nodes as tiles, faults to inject, faults to clear.

import { ago } from "./dates.js";
import { byId, make } from "./dom.js";
import { plain } from "./plain.js";

const HEALTHY = new Set(["ok", "ready", "running", "healthy", "true"]);
const UNKNOWN = new Set(["unknown", "", "undefined", "null"]);
const LOOKS = {
  ok: { mark: "✓", words: "healthy", several: "healthy" },
  agent: { mark: "!", words: "agent in trouble", several: "agents in trouble" },
  down: { mark: "×", words: "node not ready", several: "nodes not ready" },
  unknown: { mark: "?", words: "not known", several: "not known" },
};
const MOST_NAMED = 24;
const MOST_NUMBERED = 80;

export class Cluster {
  // options: { inject(name, target), clear(id) }, both resolving to an error text or null
  constructor(root, options) {
    this.root = root;
    this.options = options;
    this.target = null;
    this.fault = null;
    this.note = "";
  }

  get state() {
    return this.shown;
  }

  show(state) {
    this.shown = state;
    const focused = this.root.contains(document.activeElement)
      ? document.activeElement.dataset.key : null;
    const scrolled = this.root.querySelector(".tiles")?.scrollTop ?? 0;
    if (state?.error) {
      this.root.replaceChildren(make("p", { class: "trouble", role: "alert" },
        "The cluster does not answer: ", plain(state.error)));
    } else if (state) {
      const looks = new Map(state.nodes.map((node) => [node.name, look(node)]));
      this.target ??= whole(state);
      this.fault ??= state.catalogue[0]?.name;
      this.root.replaceChildren(
        this.tiles(state, looks), legend(looks), this.faults(state), this.form(state));
      this.root.querySelector(".tiles").scrollTop = scrolled;
    }
    if (focused) this.root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    summary(state);
  }

  tiles({ nodes, faults }, looks) {
    const size = nodes.length <= MOST_NAMED ? "named"
      : nodes.length <= MOST_NUMBERED ? "numbered" : "tiny";
    return make("div", { class: `tiles ${size}`, role: "group", "aria-label": "Nodes" },
      nodes.map((node) => {
        const kind = looks.get(node.name);
        const active = faults.filter((fault) => targets(fault).includes(node.name));
        const words = [node.name, LOOKS[kind].words, `agent ${node.agent}`,
          ...active.map((fault) => fault.name)].join(", ");
        return make("button", {
          class: `tile ${kind}`, title: words, "aria-label": words,
          "aria-pressed": String(node.name === this.target), "data-key": `node ${node.name}`,
          onclick: () => { this.target = node.name; this.show(this.shown); },
        }, make("span", { class: "tile-mark", "aria-hidden": "true" }, LOOKS[kind].mark),
        size === "tiny" ? null : make("span", { class: "tile-name", "aria-hidden": "true" },
          plain(size === "named" ? node.name : node.name.replace(/^.*?(\d+)$/, "$1"))));
      }));
  }

  faults({ faults }) {
    return make("section", { "aria-label": "Active faults" },
      make("h3", {}, "Active faults"),
      faults.length ? make("ul", { class: "faults" }, faults.map((fault) => make("li", {},
        make("div", {}, make("strong", {}, plain(fault.name)),
          make("span", { class: "muted" }, plain(`${aim(fault)}${since(fault)}`))),
        make("button", { class: "quiet", "data-key": `clear ${fault.id}`,
          "aria-label": `Clear ${fault.name} on ${aim(fault)}`,
          onclick: () => this.run(this.options.clear(fault.id)) }, "Clear"))))
        : make("p", { class: "muted" }, "None: the cluster is as it should be."));
  }

  form({ nodes, catalogue }) {
    const entry = catalogue.find((known) => known.name === this.fault) ?? catalogue[0];
    if (!entry) return make("div");
    const names = nodes.map(({ name }) => name);
    if (!this.other || this.other === this.target)
      this.other = names.find((name) => name !== this.target);
    const select = (label, key, values, chosen, onchange) => make("label", {}, label,
      make("select", { "data-key": key, "aria-label": label, onchange: (event) => onchange(event.target.value) },
        values.map((value) => make("option", { value, selected: value === chosen },
          plain(value)))));
    return make("form", { class: "inject", onsubmit: (event) => {
      event.preventDefault();
      const aimed = { node: this.target, "node-pair": `${this.target} ${this.other}` };
      this.run(this.options.inject(entry.name, aimed[entry.target] ?? null));
    } },
    make("h3", {}, "Inject a fault"),
    select("Fault", "fault", catalogue.map(({ name }) => name), entry.name,
      (name) => { this.fault = name; this.show(this.shown); }),
    make("p", { class: "muted" }, plain(entry.description ?? "")),
    /^node/.test(entry.target) ? select("Node", "target", names, this.target,
      (name) => { this.target = name; this.show(this.shown); }) : null,
    entry.target === "node-pair" ? select("Other node", "other", names, this.other,
      (name) => { this.other = name; this.show(this.shown); }) : null,
    make("button", { class: "danger", "data-key": "inject" }, "Inject"),
    make("p", { class: "trouble", role: "status" }, plain(this.note)));
  }

  async run(working) {
    this.note = (await working) ?? "";
    this.show(this.shown);
  }
}

// A node to break: one that nothing is wrong with, else there is nothing to see.
export function whole({ nodes, faults }) {
  const broken = new Set(faults.flatMap(targets));
  const free = ({ name }) => !broken.has(name);
  return (nodes.slice(6).find(free) ?? nodes.find(free) ?? nodes.at(-1))?.name;
}

function look({ ready, agent }) {
  const state = String(agent).toLowerCase();
  if (ready === false) return "down";
  if (HEALTHY.has(state)) return "ok";
  return UNKNOWN.has(state) ? "unknown" : "agent";
}

function legend(looks) {
  const counts = {};
  for (const kind of looks.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return make("ul", { class: "legend" }, Object.entries(LOOKS)
    .filter(([kind]) => counts[kind])
    .map(([kind, { mark, words, several }]) => make("li", {},
      make("span", { class: `swatch ${kind}`, "aria-hidden": "true" }, mark),
      `${counts[kind]} ${counts[kind] === 1 ? words : several}`)));
}

function summary(state) {
  const button = byId("open-cluster");
  button.hidden = !state;
  if (!state) return;
  const bad = (state.nodes ?? []).filter((node) => look(node) !== "ok").length;
  button.classList.toggle("trouble", bad > 0 || Boolean(state.error));
  byId("cluster-summary").textContent = state.error ? "Cluster: no answer"
    : `Cluster: ${bad ? `${bad} in trouble` : `${state.nodes.length} healthy`}`;
}

// A fault is aimed at a node, at two ("node-1 node-2"), or at the cluster as a whole.
const targets = (fault) => (fault.target ?? "").split(" ").filter(Boolean);
const aim = (fault) => targets(fault).join(" and ") || "the cluster";

// `since` comes as seconds or as an ISO time; both are shown as an age.
function since(fault) {
  const at = typeof fault.since === "number" ? fault.since * 1000 : Date.parse(fault.since);
  return Number.isNaN(at) ? "" : ` · ${ago((Date.now() - at) / 1000)}`;
}
