"use strict";
// Leaving quickly: by the link, or by three times Escape. This page is replaced, so that going back
// does not lead here. Without scripts the link is a plain one.
(function () {
  const link = document.getElementById("leave");
  let pressed = [];
  function leave(event) {
    event.preventDefault();
    document.documentElement.hidden = true;
    window.location.replace(link.href);
  }
  link.addEventListener("click", leave);
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") {
      pressed = [];
      return;
    }
    pressed = pressed.filter((at) => event.timeStamp - at < 2000).concat(event.timeStamp);
    if (pressed.length >= 3) {
      leave(event);
    }
  });
})();
