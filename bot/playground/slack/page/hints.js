// Three things a newcomer can try, each done with one click.

import { whole } from "./cluster.js";
import { byId, make, memory } from "./dom.js";

// options: { cluster() -> state, break(fault, node), send(text) }
export function renderHints(options) {
  const root = byId("hints");
  const done = memory.read("hints done", []);
  const steps = planned(options, done);
  const drawn = JSON.stringify([steps.map(({ label }) => label), done]);
  if (drawn === root.dataset.drawn) return;
  root.dataset.drawn = drawn;
  root.hidden = memory.read("hints hidden", false) || steps.every(({ key }) => done.includes(key));
  root.replaceChildren(
    make("span", { class: "hints-title" }, "Try this"),
    ...steps.map(({ key, label, code, run }, index) => make("button", {
      class: `hint ${done.includes(key) ? "done" : ""}`,
      async onclick() {
        memory.write("hints done", [...new Set([...done, key])]);
        renderHints(options);
        await run();
      },
    }, make("span", { class: "hint-number", "aria-hidden": "true" },
      done.includes(key) ? "✓" : String(index + 1)), make(code ? "code" : "span", {}, label))),
    make("button", { class: "icon", "aria-label": "Hide these suggestions", onclick() {
      memory.write("hints hidden", true);
      root.hidden = true;
    } }, "×"));
}

// The node that was broken here stays the one to ask about.
function planned({ cluster, send, ...does }, done) {
  const state = cluster();
  const broken = done.includes("break") && memory.read("hints node", null);
  const node = state?.nodes?.find(({ name }) => name === broken)?.name
    ?? (state?.nodes && whole(state));
  const fault = state?.catalogue?.find(({ name, target }) =>
    target === "node" && /crash/i.test(name)) ??
    state?.catalogue?.find(({ target }) => target === "node");
  const ask = (text) => ({ key: text, label: text, code: true, run: () => send(text) });
  if (!fault || !node) return [ask("/cilium status"), ask("/cilium help")];
  return [
    ask("/cilium status"),
    { key: "break", label: `Break ${node}: ${fault.name}`,
      run: () => { memory.write("hints node", node); return does.break(fault.name, node); } },
    { ...ask(`/cilium status ${node}`), key: "node" },
  ];
}
