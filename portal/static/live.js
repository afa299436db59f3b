"use strict";
// Parts of a page that follow what happens: an element with `data-live` names the events of the
// stream it shows. The stream tells that something happened; the page is asked for again and the
// part put in its place. What is being typed stands outside of such parts.
(function () {
  const FIRST_PAUSE = 2000, LONGEST_PAUSE = 60000, SILENT_FOR = 45000;
  if (!document.querySelector("[data-live]")) {
    return;
  }
  let stream = null, pause = FIRST_PAUSE, heard = 0, waiting = false;

  async function renew(name) {
    const wanted = Array.from(document.querySelectorAll("[data-live]")).filter(
      (part) => name === "resync" || part.dataset.live.split(" ").includes(name));
    if (!wanted.length || waiting) {
      return;
    }
    waiting = true;
    try {
      const answer = await fetch(window.location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) {
        return;
      }
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of wanted) {
        const newer = found.getElementById(part.id);
        if (newer && newer.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) {
          part.innerHTML = newer.innerHTML;
        }
      }
    } catch (error) {
      // The network is gone; the stream tells when it is back.
    } finally {
      waiting = false;
    }
  }

  async function open() {
    const key = document.querySelector("input[name=form_key]");
    const answer = await fetch("/app/live", {
      method: "POST", credentials: "same-origin",
      body: new URLSearchParams({ form_key: key ? key.value : "" }),
    });
    if (answer.status !== 200) {
      return again();
    }
    const { ticket } = await answer.json();
    stream = new EventSource("/api/v1/stream?ticket=" + encodeURIComponent(ticket));
    heard = Date.now();
    stream.onopen = () => { pause = FIRST_PAUSE; renew("resync"); };
    stream.onerror = () => { stream.close(); again(); };
    for (const name of ["message", "unread", "notification", "appointment", "guided-session", "resync"]) {
      stream.addEventListener(name, () => { heard = Date.now(); renew(name); });
    }
    stream.addEventListener("heartbeat", () => { heard = Date.now(); });
  }

  function again() {
    window.setTimeout(() => open().catch(again), pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  window.setInterval(() => {
    if (stream && stream.readyState !== EventSource.CLOSED && Date.now() - heard > SILENT_FOR) {
      stream.close();
      again();
    }
  }, SILENT_FOR / 3);
  window.addEventListener("pagehide", () => { if (stream) { stream.close(); } });
  open().catch(again);
})();
