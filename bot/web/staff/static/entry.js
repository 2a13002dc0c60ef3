// Slips one after another: Enter sends the line, its outcome stands below, and the next one can be typed meanwhile.
// A line that did not arrive stays on the page, and is sent again under the same token: nothing is stored twice.
"use strict";
(() => {
  const form = document.getElementById("slips");
  const box = document.getElementById("lines");
  const rows = document.getElementById("rows");
  const tally = document.getElementById("tally");
  const words = JSON.parse(form.dataset.words);
  let csrf = document.querySelector("meta[name=csrf]").content;

  const token = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const counted = (...results) => [...rows.children].filter((row) => results.includes(row.dataset.result)).length;
  const tell = () => {
    const waiting = counted("waiting", "lost");
    tally.textContent = [
      `${words.stored} ${counted("stored", "review")}`,
      `${words.unstored} ${counted("refused", "doubtful")}`,
      ...(waiting ? [`${words.waiting} ${waiting}`] : []),
    ].join(" · ");
  };
  const button = (cell, text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = text;
    made.addEventListener("click", act);
    cell.append(made);
  };
  const offer = (row) => {
    const { text, result } = row.dataset;
    const cell = row.querySelector(".act");
    if (result === "doubtful") button(cell, words.sure, () => { row.remove(); send(`${text} !`); });
    if (result === "doubtful" || result === "refused") {
      button(cell, words.mend, () => { row.remove(); box.value = text; box.focus(); tell(); });
    }
  };
  const lost = (row, key, why) => {
    row.dataset.result = "lost";
    row.className = "refused";
    row.children[1].textContent = why;
    row.querySelector(".act").replaceChildren();
    button(row.querySelector(".act"), words.again, () => post(row, key, true));
    tell();
  };
  const renew = async () => {
    // Signed in anew in another tab, this page has the old session's token.
    const page = await (await fetch(location.href, { headers: { Accept: "text/html" } })).text();
    csrf = new DOMParser().parseFromString(page, "text/html").querySelector("meta[name=csrf]")?.content || csrf;
  };
  const post = async (row, key, isAgain = false) => {
    const body = new URLSearchParams(new FormData(form));
    body.set("lines", row.dataset.text);
    body.set("token", key);
    try {
      if (isAgain) await renew();
      const headers = { "HX-Request": "true", "X-CSRF-Token": csrf };
      const answer = await fetch(form.action, { method: "POST", body, headers });
      if (answer.status === 401 || answer.status === 403) return lost(row, key, words.session);
      if (!answer.ok) return lost(row, key, words.lost);
      const found = document.createElement("tbody");
      found.innerHTML = await answer.text();
      const made = found.querySelector("tr");
      row.replaceWith(made);
      offer(made);
      return tell();
    } catch {
      return lost(row, key, words.lost);
    }
  };
  const send = (text) => {
    const row = document.createElement("tr");
    row.dataset.text = text;
    row.dataset.result = "waiting";
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = text;
    const [said, act] = [document.createElement("td"), document.createElement("td")];
    said.textContent = "…";
    act.className = "act";
    row.append(name, said, act);
    rows.prepend(row);
    document.getElementById("results").hidden = false;
    tell();
    return post(row, token());
  };

  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    const lines = box.value.split(/\r?\n/).filter((line) => line.trim());
    box.value = "";
    // One after another: two lines of one account must not overtake each other.
    lines.reduce((before, line) => before.then(() => send(line.trim())), Promise.resolve());
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    box.focus();
  });
  window.addEventListener("beforeunload", (event) => { if (counted("waiting", "lost") || box.value.trim()) event.preventDefault(); });
  [...rows.children].forEach(offer);
})();
