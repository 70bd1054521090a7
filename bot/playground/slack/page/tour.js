// A short tour: one thing to try at a time. It never moves the conversation, and remembers its end.

import { byId, make, memory } from "./dom.js";

// `does` carries out what a step suggests: send, mention, home, become, point. A step that needs an
// event is left out while the app has not asked for it (`does.hears`).
export function tour(does) {
  const steps = planned(does).filter(({ needs }) => !needs || does.hears.includes(needs));
  const root = byId("tour");
  const show = (at) => {
    memory.write("tour", at);
    root.hidden = at >= steps.length;
    if (root.hidden) return;
    const { title, text, label, run } = steps[at];
    root.replaceChildren(
      make("button", { class: "icon end", "aria-label": "End the tour",
        onclick: () => show(steps.length) }, "×"),
      make("p", { class: "tour-count" }, `Tour, ${at + 1} of ${steps.length}`),
      make("h3", {}, title), make("p", {}, text),
      make("div", { class: "tour-buttons" },
        make("button", { class: "primary", onclick: run }, label),
        make("button", { class: "quiet", onclick: () => {
          show(at + 1);
          root.querySelector("button.primary")?.focus();
        } }, at + 1 < steps.length ? "Next" : "Finish")));
  };
  const start = Number(memory.read("tour", 0)) || 0;
  show(start);
  byId("start-tour").addEventListener("click", () => {
    show(0);
    does.point("tour");
    root.querySelector("button.primary")?.focus();
  });
}

function planned({ send, mention, home, become, point, command }) {
  return [
    { title: "Ask the bot", label: "Ask for the status",
      text: "A slash command asks a question. Start with / and pick one; Up brings the last back.",
      run: () => send(`${command} status`) },
    { title: "Talk in a thread", label: "Write a mention",
      text: "Slash commands do not work in threads; a mention does. Reply to a message with "
        + "@cilium, then close the thread to come back here.",
      needs: "app_mention", run: mention },
    { title: "Break something", label: "Show the cluster",
      text: "Pick a fault and a node, inject it, then ask again: the answer should name both.",
      run: () => point("cluster-section") },
    { title: "Be somebody else", label: "Become Gus, the guest",
      text: "Not everybody may ask. Ask as Gus, and see what he is told and who else sees it.",
      run: () => become("gus") },
    { title: "Look at the app’s home", label: "Open the home tab",
      text: "What runs, what waits for you: the home tab shows it for each person alone.",
      needs: "app_home_opened", run: home },
    { title: "Disturb the line", label: "Show the line",
      text: "Let Slack refuse posts or lose an event, and see what the bot makes of it.",
      run: () => point("link-body") },
  ];
}
