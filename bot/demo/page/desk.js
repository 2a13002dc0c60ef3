// The staff's side: calendars, counters and the queue.

import { byId, make, say, show } from "./dom.js";
import { age, clockIn, dayOf, monthOf, now, phoneText, phrase, whole, words } from "./words.js";

const DRUMS = 3;
const FRESH = 20_000;

let branches = [];

export function showDesk(state) {
  branches = state.branches;
  showCalendars();
  for (const [name, count] of Object.entries(state.counters)) showCounter(byId(name), count);
  const waiting = state.cases.filter((item) => item.state === "open").length;
  say(byId("waiting"), phrase("waiting_cases", { count: waiting }));
  byId("no-cases").hidden = state.cases.length > 0;
  show(byId("cases"), state.cases, newCase, updateCase);
}

/** Clocks and ages go on without news. */
export function tick() {
  showCalendars();
  for (const element of byId("cases").children) showStanding(element);
}

function showCalendars() {
  const items = branches.map((branch) => ({ ...branch, id: branch.code }));
  show(byId("calendars"), items, newCalendar, updateCalendar);
}

const newCalendar = () =>
  make(
    "li",
    {},
    make("p", { className: "where" }, make("span", { className: "branch" }), make("time")),
    make("p", { className: "window" }, make("span", { className: "days" }), make("span", { className: "state" })),
  );

function updateCalendar(element, branch) {
  const [first, last] = branch.window;
  say(element.querySelector(".branch"), branch.name);
  say(element.querySelector("time"), clockIn(branch.timezone, now()));
  const days = [phrase("window", { first, last }), phrase("today", { day: dayOf(branch.today) })];
  say(element.querySelector(".days"), `${days.join(", ")}: `);
  say(element.querySelector(".state"), branch.open ? phrase("open") : phrase("shut", { month: monthOf(branch.month) }));
  element.classList.toggle("shut", !branch.open);
}

/** A number on drums, as on a meter; a screen reader hears the plain number. */
function showCounter(element, count) {
  if (element.dataset.count === String(count)) return;
  const first = element.dataset.count === undefined;
  element.dataset.count = count;
  const digits = String(count).padStart(DRUMS, "0");
  const leading = digits.length - String(count).length;
  const drums = [...digits].map((digit, place) => make("span", { className: place < leading ? "leading" : "" }, digit));
  element.replaceChildren(
    make("span", { className: "drums", aria: { "aria-hidden": "true" } }, ...drums),
    make("span", { className: "heard" }, String(count)),
  );
  element.classList.toggle("turned", !first);
}

function newCase(item) {
  const about = [item.account && phrase("account", { number: item.account }), item.sender && phoneText(item.sender)];
  if (item.consumption !== null) about.push(phrase("consumption", { kwh: whole(item.consumption) }));
  const element = make(
    "li",
    { data: { openedAt: item.opened_at, kind: item.kind } },
    make(
      "p",
      { className: "kind" },
      make("strong", {}, words.cases[item.kind] ?? item.kind),
      make("span", { className: "standing" }),
    ),
    make("p", { className: "typed" }, item.text),
    make("p", { className: "outcome" }, [`№\u00a0${item.reference}`, ...about.filter(Boolean)].join(" · ")),
  );
  if (now() - item.opened_at < FRESH) element.classList.add("fresh");
  return element;
}

function updateCase(element, item) {
  element.dataset.standing = item.state === "open" ? "" : decision(item);
  element.classList.toggle("closed", item.state !== "open");
  showStanding(element);
}

/** How long a case waits; or what was decided, and by whom. */
function showStanding(element) {
  const { standing, openedAt } = element.dataset;
  say(element.querySelector(".standing"), standing || phrase("waits", { age: age(Number(openedAt)) }));
}

function decision(item) {
  const word = words.decisions[item.decision] ?? item.decision;
  return item.decision === "superseded" || !item.decided_by ? word : `${word}, ${item.decided_by}`;
}
