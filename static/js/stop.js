/* The Stop button of a run. Its answer is in the feed; until that comes, the page says
   what is known: that it was heard, refused, or never arrived. */
"use strict";

const stopButton = ({ say }) => {
  const UNREACHED =
    "The server does not answer, so the stop did not arrive. The run may go on; press Stop again once the connection is back.";
  const AWAY = "There is no connection to the server now: a stop may not arrive.";
  const REFUSED = "The run could not be stopped. Load the page again and try once more.";
  const form = document.getElementById("stop");
  const button = form?.querySelector("button");
  if (!button) return { reachable: () => {} };

  const note = document.createElement("span");
  note.id = "stop-away";
  note.className = "gist";
  note.textContent = AWAY;
  const reachable = (yes) => {
    if (yes) {
      note.remove();
      button.removeAttribute("aria-describedby");
    } else if (!note.isConnected && form.isConnected) {
      form.append(note);
      button.setAttribute("aria-describedby", note.id);
    }
  };
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) {
      button.disabled = true;
      button.lastChild.textContent = "Stopping";
    } else say(event.detail.xhr?.status ? REFUSED : UNREACHED, "bad");
  });
  return { reachable };
};
