"use strict";
// The case's keys, live warnings, remembered typing, and the next case before it is wanted. The page works without this file.
(() => {
  const by = (id) => document.getElementById(id);
  // The next case: what the server calls it, and its page. It is claimed for a short while as soon as a decision is begun.
  let ready = null;
  let loading = null;
  // Whether it goes along with what is sent, and where a link leads that was pressed; elsewhere than to it he lets it go.
  let kept = false;
  let towards = "";
  let end = null;
  const csrf = document.querySelector("meta[name=csrf]").content;
  // Milliseconds that a decision waits for it.
  const PATIENCE = 1000;

  const path = () => `/staff/case/${ready.name.split(".")[0]}`;
  const letGo = () => {
    if (ready && towards !== path()) navigator.sendBeacon(`${path()}/release`, new URLSearchParams({ csrf, left: "1" }));
    ready = null;
  };
  addEventListener("pagehide", () => { if (!kept) letGo(); });

  const begin = () => {
    end = () => {};
    kept = false;
    towards = "";
    const page = by("case");
    if (!page) return;
    // All that listens to more than the page itself ends with it.
    const gone = new AbortController();
    const on = (target, name, handler) => target.addEventListener(name, handler, { signal: gone.signal });
    const words = JSON.parse(page.dataset.words);
    const acts = JSON.parse(page.dataset.acts);
    const help = by("help");
    const me = page.dataset.me;

    // ---- keys, by where the key is, so that they work in the Russian layout, too
    const places = { Slash: "/", Space: " " };
    const pressed = (event) => {
      if (event.key === "Escape") return "Escape";
      if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return "?";
      if (/^[a-z/]$/i.test(event.key)) return event.key.toLowerCase();
      return places[event.code] || (/^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : "");
    };
    const open = (action) => {
      const part = by(`act-${action}`);
      if (!part) return;
      document.querySelectorAll(".act[open]").forEach((one) => { if (one !== part) one.open = false; });
      part.open = true;
      const form = part.querySelector("form");
      // What he would read is shown as the part opens (`toggle`); Enter sends.
      (form.querySelector("input[type=text], textarea, select, input[type=checkbox]") || form.querySelector(".send")).focus();
      part.scrollIntoView({ block: "nearest" });
    };
    const submit = (id) => by(id)?.requestSubmit();
    const keys = {
      a: () => open("approve"), c: () => open("correct"), r: () => open("reject"), w: () => open("ask"),
      q: () => open("ask"), e: () => open("reply"), n: () => open("note"), m: () => open("merge"), x: () => open("close"),
      t: () => submit("claim"), z: () => submit("undo"), " ": () => submit("next"),
      j: () => by("behind")?.click(), k: () => by("ahead")?.click(),
      "/": () => location.assign("/staff/queue#search"), "?": () => help.showModal(),
      Escape: () => (by("release") ? submit("release") : by("list").click()),
    };
    let left = null;
    on(document, "focusout", (event) => { if (event.target === left) left = null; });
    on(document, "keydown", (event) => {
      if (event.isComposing || event.repeat || help.open) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        // Enter alone is a new line where several can be written.
        const form = event.target.closest?.(".act form");
        if (form) { event.preventDefault(); form.requestSubmit(form.querySelector(".send")); }
        return;
      }
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const place = event.target;
      const key = pressed(event);
      const part = place.closest?.(".act");
      if (key === "Escape" && part?.open) { part.open = false; left = part.querySelector("summary"); left.focus(); event.preventDefault(); return; }
      if (place.matches("select, textarea, input:not([type=checkbox])")) return;
      // Space presses what has the focus; but whoever has just left a part by Escape wants the next case, not that part.
      if (key === " " && place !== left && place.matches("button, input, summary, a")) return;
      if (keys[key]) { event.preventDefault(); keys[key](); }
    });
    by("help-open").hidden = false;
    by("help-open").addEventListener("click", () => help.showModal());
    document.querySelectorAll(".act").forEach((part) => part.addEventListener("toggle", () => {
      const form = part.querySelector("form");
      if (part.open && part.id !== "act-note" && !part.querySelector(".forecast")) window.htmx?.trigger(form, "preview");
      if (part.open && part.id !== "act-note") load();
    }));

    // ---- what was typed outlasts a session that ends; it stays in this tab, and goes with the decision
    const store = `case:${me}:${page.dataset.case}`;
    const forms = [...document.querySelectorAll(".act form")];
    const keep = () => {
      const kept = forms.map((form) => [...form.elements].filter((one) => one.matches("textarea, input[type=text]")).map((one) => [one.id, one.value, one.defaultValue])).flat().filter(([, value, first]) => value !== first);
      if (kept.length) sessionStorage.setItem(store, JSON.stringify(kept)); else sessionStorage.removeItem(store);
    };
    // What was sent is done with: the answer says so in its address. An undo there may be of the case before.
    const query = new URLSearchParams(location.search);
    if (query.has("said") || query.get("of") === page.dataset.case) sessionStorage.removeItem(store);
    try {
      for (const [id, value] of JSON.parse(sessionStorage.getItem(store) || "[]")) {
        const field = by(id);
        if (field) { field.value = value; field.closest(".act").open = true; }
      }
    } catch { sessionStorage.removeItem(store); }
    let wanted = "";
    let deciding = false;
    on(document, "submit", (event) => {
      // Not `action`: some forms have a field of that name.
      kept = event.submitter?.name !== "preview" && /\/(decide|next|release)$/.test(event.target.getAttribute("action"));
    });
    on(document, "click", (event) => {
      towards = event.target.closest?.("a[href]")?.pathname || "";
    });
    forms.forEach((form) => {
      form.addEventListener("input", keep);
      form.addEventListener("submit", (event) => {
        wanted = "sent";
        if (deciding) event.preventDefault();
        if (deciding || !loading || event.submitter?.name === "preview") return;
        event.preventDefault();
        deciding = true;
        decide(form);
      });
    });
    // Another case on the screen, or this one decided: what was typed here is done with.
    Object.keys(sessionStorage).filter((name) => name.startsWith("case:") && (name !== store || page.dataset.state !== "open")).forEach((name) => sessionStorage.removeItem(name));

    // ---- the next case
    const load = () => {
      if (loading || !page.dataset.onward) return;
      loading = fetch(`/staff/case/${page.dataset.case}/ahead`, { method: "POST", headers: { "X-CSRF-Token": csrf } })
        // A session that has ended leads to a page, too, and that is of no case.
        .then(async (answer) => { if (answer.headers.has("X-Case")) ready = { name: answer.headers.get("X-Case"), html: await answer.text() }; })
        .catch(() => {});
    };
    // What is sent says which case is ready, so that the server goes on with it and not with another one.
    on(document, "formdata", (event) => { if (ready) event.formData.set("ahead", ready.name); });
    const decide = async (form) => {
      form.querySelector(".send").disabled = true;
      await Promise.race([loading, new Promise((late) => { setTimeout(late, PATIENCE); })]);
      // Without a next case, or where the line broke, the browser sends it the plain way; a second arrival changes nothing.
      if (!ready) { form.submit(); return; }
      let answer = null;
      let text = "";
      try {
        const body = new URLSearchParams(new FormData(form));
        answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
        text = await answer.text();
      } catch { form.submit(); return; }
      if ((answer.headers.get("Content-Type") || "").startsWith("application/json")) {
        const said = JSON.parse(text);
        const { html } = ready;
        ready = loading = null;
        sessionStorage.removeItem(store);
        show(html, said.at, said);
      } else if (!answer.redirected) {
        show(text);
      } else if (new URL(answer.url).pathname.startsWith("/staff/case/")) {
        if (new URL(answer.url).pathname !== path()) letGo();
        ready = loading = null;
        sessionStorage.removeItem(store);
        show(text, answer.url);
      } else {
        location.assign(answer.url);
      }
    };

    // ---- undo counts down
    const undo = by("undo");
    if (undo) {
      const until = performance.now() + Number(undo.dataset.left) * 1000;
      const timer = setInterval(() => {
        const left = Math.max(Math.ceil((until - performance.now()) / 1000), 0);
        undo.querySelector(".left").textContent = left;
        if (!left) { clearInterval(timer); undo.remove(); }
      }, 500);
      gone.signal.addEventListener("abort", () => clearInterval(timer));
    }

    // ---- live
    const live = by("live");
    const tell = (text) => { live.textContent = text; live.hidden = false; };
    const stop = () => {
      by("claim")?.setAttribute("hidden", "");
      by("decide")?.querySelectorAll("button, input, select, textarea").forEach((one) => {
        // Typed words stay to be read and copied.
        if (one.matches("textarea, input[type=text]")) one.readOnly = true; else one.disabled = true;
      });
    };
    let last = page.dataset.holder;
    const changed = (data) => {
      if (wanted) return;
      if (data.state === "closed" && page.dataset.state === "open") {
        page.dataset.state = "closed";
        stop();
        const at = new Date(data.at || Date.now()).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: page.dataset.zone });
        const what = acts[data.what] || data.what || "";
        tell(data.what === "settled" ? words.settled : words.decided.replace("{who}", data.who || "").replace("{at}", at).replace("{what}", what));
      } else if (data.state === "open" && page.dataset.state === "closed") {
        tell(words.reopened);
      } else if (data.what === "claimed" && data.who !== me) {
        last = data.who;
        tell(words.held.replace("{who}", data.who));
      } else if (data.what === "released" && last && last !== me) {
        last = "";
        tell(words.released);
      } else if (data.version !== undefined && data.version > Number(page.dataset.version) && data.who !== me) {
        tell(words.moved);
      }
    };
    let stream = null;
    let again = 0;
    const leave = () => {
      stream?.close();
      location.assign(`/staff/sign-in?next=${encodeURIComponent(location.pathname)}`);
    };
    const listen = () => {
      clearTimeout(again);
      stream?.close();
      stream = new EventSource(`/staff/queue/stream?case=${page.dataset.case}`);
      stream.addEventListener("ready", (event) => { page.dataset.listens = "1"; changed(JSON.parse(event.data)); });
      stream.addEventListener("case", (event) => {
        const data = JSON.parse(event.data);
        if (data.case === page.dataset.case) changed(data);
      });
      stream.addEventListener("over", (event) => {
        stream.close();
        // Nothing leads away from what is being typed: it says so, and the next click asks for the password.
        if (JSON.parse(event.data).why === "session") tell(words.session); else location.reload();
      });
      stream.addEventListener("error", () => {
        if (stream.readyState === EventSource.CLOSED) again = setTimeout(listen, 3000);
      });
    };
    on(document, "visibilitychange", () => { if (document.hidden) { clearTimeout(again); stream?.close(); } else listen(); });
    on(window, "pagehide", () => stream?.close());
    // A preview that finds no session must not lose what is typed; signing in brings it back.
    document.body.addEventListener("htmx:beforeOnLoad", (event) => {
      if (event.detail.xhr.status === 401) { event.preventDefault(); tell(words.session); keep(); by("live").append(" ", Object.assign(document.createElement("a"), { href: "#", textContent: words.sign_in, onclick: (click) => { click.preventDefault(); leave(); } })); }
    });
    if (!document.hidden) listen();
    end = () => { gone.abort(); clearTimeout(again); stream?.close(); };
  };

  const place = () => location.pathname + location.search;
  let here = place();
  // Another page in the place of this one, without asking for it again.
  const show = (html, at, news) => {
    end();
    const fresh = new DOMParser().parseFromString(html, "text/html");
    document.title = fresh.title;
    document.body.replaceWith(document.adoptNode(fresh.body));
    if (at) history.pushState(null, "", at);
    here = place();
    if (news) {
      by("main").insertAdjacentHTML("afterbegin", news.undo);
      by("holder").textContent = news.holder;
    }
    window.htmx?.process(document.body);
    scrollTo(0, 0);
    begin();
    const heading = document.querySelector("h1");
    if (heading) { heading.tabIndex = -1; heading.focus({ preventScroll: true }); }
  };
  // A step inside the page, such as to its contents, is no way back to another.
  addEventListener("popstate", () => { if (place() !== here) location.reload(); });
  begin();
})();
