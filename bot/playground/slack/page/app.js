// The page: one person's view of the workspace, and everything that person does.

import { avatar } from "./avatar.js";
import { Cluster } from "./cluster.js";
import { Composer } from "./composer.js";
import { byId, make, memory } from "./dom.js";
import { startDrawers } from "./drawers.js";
import { collect } from "./fields.js";
import { renderHints } from "./hints.js";
import { Home } from "./home.js";
import { Link } from "./link.js";
import { spoken } from "./message.js";
import { MessageList } from "./message_list.js";
import { Modal } from "./modal.js";
import { Server } from "./server.js";
import { renderSidebar } from "./sidebar.js";
import { startTheme } from "./theme.js";
import { toast } from "./toasts.js";
import { tour } from "./tour.js";
import { begin, markSeen } from "./unread.js";

// What the page knows. Messages are kept for all channels, by channel and timestamp.
const world = {
  team: "", viewer: null, people: [], users: {}, channels: [], commands: [], ownCommands: [], mention: "",
  hears: [],
  messages: new Map(), channel: null, thread: null,
  names: () => ({
    users: world.users,
    channels: Object.fromEntries(world.channels.map(({ id, name }) => [id, name])),
  }),
  in: (channel) => [...(world.messages.get(channel)?.values() ?? [])]
    .sort((one, other) => (one.ts < other.ts ? -1 : 1)),
  enter, openThread, become,
};

const self = () => world.people.find(({ id }) => id === world.viewer)?.name ?? remembered();
const firstName = () =>
  world.people.find(({ id }) => id === world.viewer)?.real_name.split(" ", 1)[0] ?? "";
const remembered = () => memory.read("person", "ana");
const announce = (text) => { byId("announcer").textContent = text; };

const server = new Server({
  state, message, removed, joined, connected, cluster: showCluster, views: showViews,
  link: (seen) => link.show(seen),
});
const post = (path, body) => server.post(path, { as: self(), ...body });
// What a person does in the home tab fails where they do not look for words.
async function inHome(path, body) {
  const { error } = await post(path, body);
  if (error) toast(/^\w+$/.test(error) ? `${world.app} did not take that (${error}).` : error);
}
const act = async (shown, control, block, selected, node) => {
  const { error } = await server.post("click", {
    as: self(), channel: shown.channel, ts: shown.ts, block_id: block.block_id,
    action_id: control.action_id, selected, typed: collect(node.closest("article")),
  });
  if (!error) return;
  const words = `That did not work: the app did not take the click (${error}).`;
  node.parentElement.querySelector(".click-failed")?.remove();
  node.parentElement.append(make("span", { class: "click-failed", role: "alert" }, words));
};

const list = new MessageList(byId("messages"), { world, act, intro });
const replies = new MessageList(byId("thread-messages"), { world, act, inThread: true });
const composer = new Composer(byId("composer"), {
  id: "box", label: "Message", commands: () => [...world.commands, ...world.ownCommands], mentions,
  send: (text) => send(text),
});
const threadComposer = new Composer(byId("thread-composer"), {
  id: "thread-box", label: "Reply…", commands: () => [], mentions,
  send: (text) => reply(text),
});
const cluster = new Cluster(byId("cluster-body"), {
  inject: (name, target) => inject(name, target),
  clear: async (id) => (await server.post(`faults/${encodeURIComponent(id)}/clear`, {})).error,
});
const link = new Link({ disturb: async (name) => (await post("disturb", { name })).error });
const modal = new Modal({ world, post, closed: () => composer.focus() });
const home = new Home({ world, post: inHome, entered: (tab) => {
  byId("home").hidden = tab !== "home";
  for (const id of ["messages", "composer"]) byId(id).hidden = tab === "home";
} });
const inject = async (name, target) => (await server.post("faults", { name, target })).error;

// Whom one can mention: the app first, then everybody here.
function mentions() {
  const app = { name: world.mention.slice(1), real_name: world.app, role: "app" };
  return [app, ...world.people.filter(({ id }) => id !== world.viewer)];
}

function state(whole) {
  // Each person comes back to where they were; a reload stays.
  const before = world.viewer === whole.viewer
    ? world.channel : memory.read(`channel/${whole.viewer}`, world.channel);
  Object.assign(world, {
    team: whole.team, viewer: whole.viewer, people: whole.people, users: whole.users,
    channels: whole.channels, commands: whole.commands, mention: whole.mention,
    ownCommands: whole.own_commands, hears: whole.hears, app: whole.bot.name, messages: new Map(),
  });
  for (const known of whole.messages) keep(known);
  begin(whole.messages);
  const [linked, ts] = location.hash.slice(1).split("/");
  history.replaceState(null, "", "/");
  const wanted = linked || before;
  const there = world.channels.find(({ id }) => id === wanted) ?? world.channels[0];
  enter(there.id, { focus: false });
  if (world.thread) openThread(world.thread, { focus: false });
  if (ts) reveal(ts);
  showCluster(whole.cluster);
  showViews(whole.views);
  link.show(whole.link);
  startTour();
}

function showViews({ modal: top, below, home: published }) {
  modal.show(top, below);
  home.show(published);
}

// A permalink leads to its message, or to the thread that holds it.
function reveal(ts) {
  const { thread_ts } = world.messages.get(world.channel)?.get(ts) ?? {};
  if (thread_ts) openThread(thread_ts);
  (thread_ts ? replies : list).reveal(ts);
}

function keep(changed) {
  if (!world.messages.has(changed.channel)) world.messages.set(changed.channel, new Map());
  world.messages.get(changed.channel).set(changed.ts, changed);
}

function message(changed) {
  const before = world.messages.get(changed.channel)?.get(changed.ts);
  const isNew = !before;
  keep(changed);
  if (changed.channel !== world.channel) {
    if (isNew && !changed.thread_ts) renderSidebar(world);
    return;
  }
  markSeen(world.viewer, world.channel, world.in(world.channel));
  if (!changed.thread_ts) list.put(changed);
  if (world.thread && (changed.ts === world.thread || changed.thread_ts === world.thread))
    replies.put(changed);
  if (isNew || said(before) !== said(changed)) speakSoon(changed);
}

const said = ({ text, blocks }) => JSON.stringify([text, blocks]);

// A message that is updated many times a second is read out once it rests.
let speaking = null;
function speakSoon(changed) {
  clearTimeout(speaking);
  speaking = setTimeout(() => announce(spoken(changed, world.names())), 700);
}

function removed({ channel, ts }) {
  world.messages.get(channel)?.delete(ts);
  if (channel !== world.channel) return;
  list.remove(ts);
  replies.remove(ts);
}

// The app came into a channel: what its beginning says of that is no longer true.
function joined({ channel }) {
  const known = world.channels.find(({ id }) => id === channel);
  if (!known) return;
  known.bot_is_member = true;
  if (channel === world.channel) list.show(world.in(channel).filter((one) => !one.thread_ts));
}

function connected(yes, closed = false) {
  byId("connection").textContent = yes ? ""
    : closed ? "No connection. If the playground was started anew, open its new link."
      : "Connection lost – trying again…";
}

function enter(id, { focus = true, tab = "messages" } = {}) {
  const channel = world.channels.find((known) => known.id === id);
  const isNew = world.channel !== id || tab !== "messages";
  if (world.channel !== id) closeThread();
  world.channel = id;
  markSeen(world.viewer, id, world.in(id));
  composer.keep(`${world.viewer}/${id}`);
  if (isNew || focus) home.enter(channel, tab);
  memory.write(`channel/${world.viewer}`, id);
  const name = `${channel.direct ? "" : "#"}${channel.name}`;
  document.title = `${name} – ${world.team} playground`;
  byId("channel-name").textContent = name;
  byId("channel-purpose").textContent = channel.purpose;
  // A phone does not show the list of people: whom one acts as stands where one types.
  composer.relabel(`Message ${name} as ${firstName()}`);
  threadComposer.relabel(`Reply as ${firstName()}…`);
  renderSidebar(world);
  list.show(world.in(id).filter((known) => !known.thread_ts));
  drawer(null);
  if (focus && tab === "messages") composer.focus();
}

// The first lines of an empty channel say what one can do here.
function intro() {
  const channel = world.channels.find(({ id }) => id === world.channel);
  return make("div", { class: "intro" },
    channel.direct ? avatar("CILIUM", channel.name) : null,
    make("h3", {}, channel.direct ? channel.name : `#${channel.name}`),
    make("p", {}, channel.bot_is_member
      ? ["Cilium on-call listens here. Type ", make("code", {}, "/cilium status"),
        " and press Enter", ...otherwise(channel), "."]
      : "Cilium on-call is not in this channel: it can answer commands here only privately or "
        + "through them."));
}

// What else the app listens to: a mention, or in direct messages the bare words.
function otherwise({ direct }) {
  if (!world.hears.includes(direct ? "message.im" : "app_mention")) return [];
  return [direct ? ", or just " : ", or mention ", make("code", {}, direct ? "status" : world.mention)];
}

function become(name, keepFocus = false) {
  memory.write("person", name);
  server.follow(name);
  const { real_name } = world.people.find((person) => person.name === name);
  announce(`You are now ${real_name}`);
  const button = () => document.querySelector(`.person[data-name="${CSS.escape(name)}"]`);
  if (keepFocus) setTimeout(() => button()?.focus(), 150);
}

function openThread(ts, { focus = true } = {}) {
  const all = world.in(world.channel);
  world.thread = ts;
  threadComposer.keep(`${world.viewer}/${ts}`);
  byId("thread").hidden = false;
  document.body.dataset.panel = "thread";
  replies.show(all.filter((known) => known.ts === ts || known.thread_ts === ts));
  if (focus) threadComposer.focus();
}

function closeThread() {
  if (!world.thread) return;
  const opener = document.querySelector(
    `#messages [data-ts="${CSS.escape(world.thread)}"] [data-key="replies"]`);
  world.thread = null;
  byId("thread").hidden = true;
  delete document.body.dataset.panel;
  opener?.focus({ preventScroll: true });
}

async function send(text) {
  if (!text.startsWith("/")) {
    const { error } = await server.post("message", { as: self(), channel: world.channel, text });
    composer.say(error ?? "", "trouble");
    if (error) composer.write(text);
    return;
  }
  const [command] = text.split(/\s/, 1);
  const own = world.ownCommands.some((known) => known.command === command);
  if (!own && !world.commands.some((known) => known.command === command)) {
    composer.say(`${command} is not a command here. Try ${world.commands[0]?.command ?? ""} help.`,
      "trouble");
    composer.write(text);
    return;
  }
  composer.say(own ? "" : `${text} – sent, waiting for the app…`);
  const { error, seconds } = await server.post("command", {
    as: self(), channel: world.channel, command, text: text.slice(command.length).trim(),
  });
  if (seconds === undefined || own) composer.say(error ?? "", "trouble"); // no app was asked
  else if (error) composer.say(""); // Slackbot says it in the channel
  else composer.say(`${text} – taken by the app in ${Math.round(seconds * 1000)} ms`);
}

async function reply(text) {
  if (text.startsWith("/")) {
    threadComposer.say(`${text.split(/\s/, 1)[0]} is not supported in threads. Sorry!`, "trouble");
    return;
  }
  const { error } = await server.post("message", {
    as: self(), channel: world.channel, text, thread_ts: world.thread,
  });
  threadComposer.say(error ?? "", "trouble");
}

function showCluster(seen) {
  byId("cluster-section").hidden = !seen;
  cluster.show(seen);
  renderHints({ cluster: () => cluster.state, send, break: breakNode });
}

async function breakNode(name, target) {
  const error = await inject(name, target);
  if (error) composer.say(error, "trouble");
  else composer.say(`${name} on ${target}: injected`);
}

const drawer = startDrawers({ closeThread, leave: () => composer.focus() });
startTheme();
let toured = false;
function startTour() { // once: what the app hears is known only with the first state
  if (!toured) tour({ ...tourSteps, hears: world.hears });
  toured = true;
}
const tourSteps = {
  command: "/cilium", send: (text) => { drawer(null); send(text); }, become,
  home: () => {
    const app = world.channels.find(({ direct }) => direct);
    if (app) enter(app.id, { tab: "home" });
  },
  mention: () => {
    const last = world.in(world.channel).filter(({ thread_ts, ephemeral }) =>
      !thread_ts && !ephemeral).at(-1);
    drawer(null);
    if (last) openThread(last.ts);
    (last ? threadComposer : composer).write(`${world.mention} `);
    (last ? threadComposer : composer).focus();
  },
  point: (id) => {
    closeThread();
    drawer("cluster");
    const node = byId(id);
    node.scrollIntoView({ block: "nearest" });
    node.classList.remove("pointed");
    requestAnimationFrame(() => node.classList.add("pointed"));
  },
};

server.follow(remembered());
composer.focus();
