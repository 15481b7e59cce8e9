// Keeps a page of the preview up to date. The server adds this to what it sends; no file of the book has it.
(() => {
  const version = document.currentScript.dataset.version;
  const box = document.getElementById("report-preview");

  function tell(now) {
    if (now.version && now.version !== version) {
      location.reload(); // the browser keeps the place
    } else if (now.mark !== box.dataset.mark) {
      box.dataset.mark = now.mark;
      box.innerHTML = now.banner; // the server has escaped it
    }
  }

  // A browser has few connections to one server, so that pages nobody sees give theirs up.
  let stream = null;
  function follow() {
    if (document.hidden) {
      stream?.close();
      stream = null;
    } else if (!stream) {
      stream = new EventSource("/_preview/events?page=" + encodeURIComponent(location.pathname));
      stream.onmessage = (event) => tell(JSON.parse(event.data));
    }
  }
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => { stream?.close(); stream = null; });
  addEventListener("pageshow", follow);
  follow();
})();
