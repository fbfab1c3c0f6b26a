/* What every page does with scripts on: CSRF for htmx, copy buttons, times. */
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) event.detail.headers["X-CSRFToken"] = token.content;
});

/* A refusal comes as a fragment with a status of 400 or more; show it. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const type = event.detail.xhr.getResponseHeader("Content-Type") || "";
  if (event.detail.xhr.status >= 400 && type.startsWith("text/html")) {
    event.detail.shouldSwap = true;
  }
});

/* <button data-copy="id"> copies the text of that element, or its data-source; the
   button of a code box copies the code beside it. */
const copiedBy = (button) =>
  button.dataset.copy
    ? document.getElementById(button.dataset.copy)
    : button.parentElement.querySelector("pre");
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], .copy-code");
  const source = button && copiedBy(button);
  if (!source) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(source.dataset.source ?? source.textContent);
    button.textContent = "Copied";
  } catch {
    /* without https there is no clipboard: select it, the keys still copy */
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = label; }, 1600);
});

/* "now" is true for a minute; then it is the time of day, as the server writes it */
setInterval(() => {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (time.textContent === "now" && Date.now() - at >= 60_000) time.textContent = at.toISOString().slice(11, 16);
  }
}, 5000);

/* Code that a model wrote gets a copy button, and a place in the tab order: what is wider
   than its box is scrolled by keys. */
const fitCode = (root) => {
  for (const pre of root.querySelectorAll(".prose pre:not([data-fitted])")) {
    pre.dataset.fitted = "";
    pre.tabIndex = 0;
    const box = document.createElement("div");
    box.className = "code-box";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-code";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy this code");
    pre.replaceWith(box);
    box.append(pre, button);
  }
};
document.addEventListener("DOMContentLoaded", () => fitCode(document));
document.addEventListener("htmx:load", (event) => fitCode(event.detail.elt));

/* Times are sent in UTC and shown as the reader's clock has them. */
const tellTime = (root) => {
  const today = new Date();
  for (const place of root.querySelectorAll("time[datetime]:not([data-told])")) {
    place.dataset.told = "";
    const at = new Date(place.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    place.title = at.toLocaleString(undefined, { dateStyle: "long", timeStyle: "medium" });
    if (!/\d/.test(place.textContent)) continue;
    const clock = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
    if (at.toDateString() === today.toDateString()) place.textContent = clock;
    else if (at.getFullYear() === today.getFullYear()) place.textContent = `${day}, ${clock}`;
    else place.textContent = `${day} ${at.getFullYear()}`;
  }
};
document.addEventListener("DOMContentLoaded", () => tellTime(document));
document.addEventListener("htmx:load", (event) => tellTime(event.detail.elt));

/* A proxy or a port forward may change the address: then forms and sockets are refused.
   Ask once, where the two differ, and show what the site says of it. */
document.addEventListener("DOMContentLoaded", async () => {
  const told = document.querySelector('meta[name="site-origin"]')?.content;
  if (!told || told === location.origin) return;
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const headers = { "X-CSRFToken": token, "HX-Request": "true" };
  const answer = await fetch("/origin/", { method: "POST", headers });
  const banner = document.getElementById("banner");
  if (answer.ok || !banner) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const note = document.createElement("div");
  note.className = "note";
  note.dataset.tone = "warn";
  const said = page.getElementById("refusal");
  said?.removeAttribute("id");
  note.append(said ?? answer.statusText);
  banner.replaceChildren(note);
  banner.hidden = false;
});
