"use strict";
// The queue's keys and live updates. The page works without this file; only these two are missing then.
(() => {
  const list = document.getElementById("cases");
  if (!list) return;
  const page = JSON.parse(list.dataset.page);
  const fresh = document.getElementById("fresh");
  const arrived = new Set();
  const rows = () => [...list.querySelectorAll(".case")];
  const row = (name) => list.querySelector(`.case[data-case="${CSS.escape(name)}"]`);

  // ---- keys. `code` is where the key is, so that they work in the Russian layout, too; a Latin letter is taken as it is.
  const help = document.getElementById("help");
  const places = { KeyJ: "j", KeyK: "k", KeyO: "o", KeyX: "x", Slash: "/", Space: " " };
  const pressed = (event) => {
    if (/^[a-z/?]$/i.test(event.key)) return event.key.toLowerCase();
    if (event.code === "Slash" && event.shiftKey) return "?";
    return places[event.code] || "";
  };
  const move = (step) => {
    const all = rows();
    const now = all.findIndex((one) => one.contains(document.activeElement));
    const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + step, 0), all.length - 1)];
    if (next) { next.querySelector(".ref").focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const current = () => rows().find((one) => one.contains(document.activeElement));
  const actions = {
    j: () => move(1),
    k: () => move(-1),
    o: () => current()?.querySelector(".ref").click(),
    x: () => current()?.querySelector(".pick input")?.click(),
    " ": () => document.getElementById("next")?.requestSubmit(),
    "/": () => document.getElementById("search").focus(),
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || help.open) return;
    const place = event.target;
    if (place.matches("select, textarea, input:not([type=checkbox])")) {
      if (event.key === "Escape") place.blur();
      return;
    }
    const key = pressed(event);
    // Space presses what has the focus: buttons and boxes keep it.
    if (key === " " && (event.repeat || place.matches("button, input, summary"))) return;
    if (actions[key]) { event.preventDefault(); actions[key](); }
  });
  const opener = document.getElementById("help-open");
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
  document.querySelectorAll("kbd.key").forEach((one) => { one.hidden = false; });

  // On a phone the cases come first.
  const by = document.getElementById("by");
  if (matchMedia("(max-width: 62rem)").matches && !("narrows" in by.dataset)) by.open = false;

  // ---- choosing many
  const chosen = document.getElementById("chosen");
  const tell = () => {
    const count = list.querySelectorAll(".pick input:checked").length;
    if (chosen) chosen.textContent = count ? `(${count})` : "";
  };
  list.addEventListener("change", tell);
  tell();
  const undo = document.getElementById("undo");
  if (undo) {
    const end = performance.now() + Number(undo.dataset.left) * 1000;
    const timer = setInterval(() => {
      const left = Math.max(Math.ceil((end - performance.now()) / 1000), 0);
      undo.querySelector(".left").textContent = left;
      if (!left) { clearInterval(timer); undo.remove(); }
    }, 500);
  }

  // ---- ages grow by themselves; by the server's clock, of which the page knows one moment through its own ages
  const age = (since) => {
    const minutes = Math.max(Math.floor((Date.now() - since) / 60000), 0);
    const [n, unit] = minutes >= 1440 ? [minutes / 1440, "d"] : minutes >= 60 ? [minutes / 60, "h"] : [minutes, "min"];
    return `${Math.floor(n)}\u00a0${page.ages[unit]}`;
  };
  const sane = Math.abs(Date.now() - page.now) < 120000; // a computer whose clock is wrong keeps the server's ages
  if (sane) {
    setInterval(() => rows().forEach((one) => {
      if (one.dataset.state !== "open") return;
      one.querySelector(".old").textContent = age(Number(one.dataset.opened));
      if (Date.now() >= Number(one.dataset.due)) { one.classList.add("late"); one.classList.remove("soon"); }
    }), 30000);
  }

  // ---- live
  const held = (one, who) => {
    one.dataset.holder = who;
    one.classList.toggle("held", Boolean(who));
    one.querySelector(".holder").textContent = who ? (who === page.me ? page.live.mine : `${page.live.held} ${who}`) : "";
  };
  const gone = (one, words) => {
    one.dataset.state = "closed";
    one.classList.add("gone");
    one.classList.remove("held", "late", "soon");
    const box = one.querySelector(".pick input");
    if (box) { box.checked = false; box.disabled = true; tell(); }
    one.querySelector(".holder").textContent = words;
  };
  const back = (one) => {
    one.dataset.state = "open";
    one.classList.remove("gone");
    const box = one.querySelector(".pick input");
    if (box) box.disabled = false;
    held(one, "");
  };
  const passes = (data) => {
    const wanted = page.wanted;
    return ["open", "free"].includes(wanted.state) && !wanted.search && !["day", "older", "overdue"].includes(wanted.age)
      && ["kind", "branch", "channel"].every((name) => !wanted[name] || wanted[name] === data[name]);
  };
  const announce = () => {
    fresh.replaceChildren();
    if (!arrived.size) return;
    const line = document.createElement("p");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = page.live.show;
    button.addEventListener("click", () => { location.reload(); });
    line.append(page.live.fresh.replace("{n}", arrived.size), button);
    fresh.append(line);
  };
  const lost = () => {
    if (fresh.querySelector(".lost")) return;
    const line = document.createElement("p");
    line.className = "lost";
    line.textContent = page.live.lost;
    fresh.append(line);
  };
  const on = {
    case(data) {
      const one = row(data.case);
      if (data.state === "closed") {
        if (arrived.delete(data.case)) announce();
        if (one) gone(one, `${page.acts[data.what] || data.what}${data.what === "settled" || !data.who ? "" : ` · ${data.who}`}`);
      } else if (one) {
        if (one.dataset.state === "closed") back(one);
        if (data.what === "claimed") held(one, data.who);
        else if (data.what === "released") held(one, "");
      } else if ((data.what === "opened" || data.what === "undone") && passes(data)) {
        arrived.add(data.case);
        announce();
      }
    },
    counts(data) {
      document.querySelectorAll("#ages [data-count]").forEach((one) => { one.textContent = data[one.dataset.count]; });
      const kinds = document.getElementById("kinds");
      const seen = new Set();
      kinds.querySelectorAll("li").forEach((item) => {
        const [total, late] = data.kinds[item.dataset.kind] || [0, 0];
        seen.add(item.dataset.kind);
        item.querySelector("b").textContent = total;
        const alarm = item.querySelector(".alarm");
        alarm.hidden = !late;
        alarm.querySelector(".n").textContent = late;
      });
      Object.entries(data.kinds).filter(([kind]) => !seen.has(kind)).forEach(([kind, [total]]) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        const count = document.createElement("b");
        const alarm = document.createElement("span");
        const n = document.createElement("span");
        item.dataset.kind = kind;
        link.href = `/staff/queue?${kinds.dataset.query}&kind=${encodeURIComponent(kind)}`;
        count.textContent = total;
        alarm.className = "alarm";
        alarm.hidden = true;
        n.className = "n";
        alarm.append("⚠ ", n);
        link.append(`${page.kinds[kind] || kind} `, count, alarm);
        item.append(link);
        kinds.append(item);
      });
      if (page.wanted.state === "open" && page.query === "state=open") document.querySelectorAll(".found").forEach((one) => { one.textContent = data.total; });
    },
    // What is shown is brought up to date in its place; what is new is announced, and nothing moves.
    async refresh() {
      const shown = rows();
      const answer = await fetch(`/staff/queue/rows?${page.query}&count=${Math.max(shown.length, 50)}`, { headers: { "HX-Request": "true" } });
      if (answer.status === 401) return leave();
      if (!answer.ok) return undefined;
      const found = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
      const present = new Map([...found.querySelectorAll(".case")].map((one) => [one.dataset.case, one]));
      for (const one of shown) {
        const now = present.get(one.dataset.case);
        if (now) {
          if (one.dataset.state === "closed" && now.dataset.state === "open") back(one);
          if (now.dataset.state === "open" && one.dataset.holder !== now.dataset.holder) held(one, now.dataset.holder);
        } else if (one.dataset.state === "open" && !page.after) gone(one, page.live.gone);
      }
      const known = new Set(shown.map((one) => one.dataset.case));
      if (!page.after && page.wanted.state !== "decided") {
        const last = shown.length ? [...present.keys()].lastIndexOf(shown[shown.length - 1].dataset.case) : present.size;
        [...present.keys()].forEach((name, place) => {
          if (!known.has(name) && (place < last || shown.length < 50)) arrived.add(name);
        });
        announce();
      }
      return undefined;
    },
    over(data) {
      if (data.why === "rights") location.reload(); else leave();
    },
  };
  const leave = () => {
    stream?.close();
    location.assign(`/staff/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  };
  let stream = null;
  let again = 0;
  const listen = () => {
    clearTimeout(again);
    stream?.close();
    stream = new EventSource("/staff/queue/stream");
    for (const name of ["case", "counts", "refresh", "over"]) {
      stream.addEventListener(name, (event) => on[name](JSON.parse(event.data)));
    }
    stream.addEventListener("ready", () => { fresh.querySelector(".lost")?.remove(); on.refresh().catch(lost); });
    stream.addEventListener("error", () => {
      lost();
      // A refusal ends it for good, and so does a stop of the service behind a proxy: begin anew, and ask who we are.
      if (stream.readyState === EventSource.CLOSED) {
        again = setTimeout(async () => {
          const answer = await fetch("/staff/queue/rows?count=1", { headers: { "HX-Request": "true" } }).catch(() => null);
          if (answer && answer.status === 401) leave(); else listen();
        }, 3000);
      }
    });
  };
  // A browser has six connections to a server: tabs that nobody looks at must not hold one.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { clearTimeout(again); stream?.close(); } else listen();
  });
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  if (!document.hidden) listen();
})();
