/* The builder speaks with the server: all that changes goes through the form's own post,
   one request after the other, and nothing that is typed is ever overwritten. */

const PAUSE = 400;

export const query = (selector) => document.querySelector(selector);
export const form = () => document.getElementById("builder");

/* `typed` counts changes, so that an answer knows whether it is older than one;
   `sending` is what is under way, `unsent` says that something is not kept yet */
export const state = { typed: 0, unsent: false, busy: false, sending: null };
const waiting = [];
let timer = 0;

/* what a button's `do` says, or a function that finds it out when its turn has come */
export function act(todo, options = {}) {
  clearTimeout(timer);
  if (todo === "keep" && waiting.some((each) => each.todo === "keep")) return;
  /* nobody leaves before what is typed has been kept: a refusal would lose it */
  if (todo === "leave" && state.unsent) waiting.push({ todo: "keep" });
  waiting.push({ todo, ...options });
  send();
}

/* keep what is typed, after a pause in typing */
export function keepSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => act("keep"), PAUSE);
}

/* not now: something more is coming, or an answer would take what is dragged away */
export function holdKeeping() {
  clearTimeout(timer);
}

async function send() {
  if (state.busy || !waiting.length) return;
  state.busy = true;
  const one = waiting.shift();
  /* a key means what it means once those before it have been answered */
  if (typeof one.todo === "function") one.todo = one.todo();
  if (!one.todo) {
    state.busy = false;
    return send();
  }
  if (one.todo === "leave") return leave(one);
  const quiet = one.todo === "keep";
  const looks = one.todo === "redraw" || one.todo.startsWith("go:");
  one.typed = state.typed;
  state.unsent = false;
  one.from = focused();
  if (!quiet && !looks) query("#workshop").inert = true;
  state.sending = one;
  try {
    await htmx.ajax("POST", form().action, {
      source: form(),
      target: "#workshop",
      swap: quiet ? "none" : "outerHTML",
      values: { do: one.todo },
    });
  } catch {
    /* said by htmx:sendError */
  }
  state.sending = null;
  query("#workshop").inert = false;
  if (one.denied) {
    state.unsent = true;
    if (await renewed()) waiting.unshift({ ...one, denied: false, retried: true });
    else one.failed = say("You are signed out. Sign in in another tab, then go on here.", "/sign-in/");
  }
  if (one.failed) waiting.splice(0, waiting.length, ...waiting.filter((each) => each.todo !== "leave"));
  state.busy = false;
  if (one.again) waiting.unshift({ ...one, again: false });
  send();
}

/* what has the focus, so that it can have it again in the answer */
export function focused() {
  const at = document.activeElement;
  return { id: at.id, name: at.name, value: at.value, inDiagram: Boolean(at.closest("#diagram")) };
}

/* saving goes on to another page: the plain form does it, once all else is kept */
function leave(one) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "do";
  field.value = one.save;
  state.unsent = false;
  form().append(field);
  form().submit();
}

/* signed out, or in again with another token: htmx would leave what is typed */
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr } = event.detail;
  if (!state.sending || state.sending.retried || ![401, 403].includes(xhr.status)) return;
  event.preventDefault();
  state.sending.denied = true;
});

async function renewed() {
  try {
    const answer = await fetch(form().action);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("#builder [name=csrfmiddlewaretoken]");
    if (!token) return false;
    query("meta[name=csrf-token]").content = token.value;
    form().elements.csrfmiddlewaretoken.value = token.value;
    return true;
  } catch {
    return false;
  }
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (event.detail.target.id !== "workshop") return;
  if (xhr.status >= 400) {
    event.detail.shouldSwap = true;
    event.detail.target = query("#notice");
    event.detail.swapOverride = "innerHTML";
    state.unsent = true;
    if (state.sending) state.sending.failed = true;
    return;
  }
  query("#notice").replaceChildren();
  const version = xhr.getResponseHeader("X-Version");
  if (version && query("#version")) query("#version").value = version;
  if (state.sending && state.sending.todo !== "keep" && state.sending.typed !== state.typed) {
    /* somebody typed meanwhile: ask again, with what was typed */
    event.detail.shouldSwap = false;
    state.sending.again = true;
  }
});

function say(text, link) {
  const line = document.createElement("p");
  line.append(text);
  if (link) {
    const onward = document.createElement("a");
    Object.assign(onward, { href: link, target: "_blank", textContent: "Sign in" });
    line.append(" ", onward);
  }
  query("#notice").replaceChildren(line);
  state.unsent = true;
  return true;
}
document.addEventListener("htmx:sendError", () => {
  if (state.sending) state.sending.failed = true;
  say("No connection. What you typed stays here and is sent with your next change; a button has to be pressed again.");
});

/* the last word before the page goes: what was typed within the pause */
addEventListener("pagehide", () => {
  if (!state.unsent || !form()) return;
  const body = new FormData(form());
  body.set("do", "keep");
  if (state.busy) body.set("version", "*");
  navigator.sendBeacon(form().action, body);
  state.unsent = false;
});
